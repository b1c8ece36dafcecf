-- Is the answer as long as it should be? A little too long or too short loses a little, twice the limit loses all.
-- Misleads as a measure of quality: a bad answer of the right length passes.

local function characters(text) return (select(2, text:gsub("[^\x80-\xBF]", ""))) end -- bytes that begin one

local measures = {
  bytes = function(text) return #text end,
  characters = characters,
  words = function(text) return #assay.text.words(text) end,
  sentences = function(text) return #assay.text.sentences(text) end,
}

-- By how much of the limit the length is off.
local function excess(length, p)
  if p.max and length > p.max then return p.max > 0 and (length - p.max) / p.max or 1 end
  if p.min and length < p.min then return (p.min - length) / p.min end
  return 0
end

return {
  api = 1, kind = "scorer", name = "length", version = "1.0.0",
  params = {
    unit = { type = "string", default = "words", enum = { "bytes", "characters", "words", "sentences" },
      doc = "what is counted" },
    min = { type = "integer", doc = "shortest length that is right" },
    max = { type = "integer", doc = "longest length that is right" },
  },
  score = function(_, output, p)
    if not p.min and not p.max then return nil, "neither min nor max is given" end
    local length = measures[p.unit](output.text)
    local off = excess(length, p)
    local wanted = p.min and p.max and string.format("%d to %d", p.min, p.max)
      or p.min and string.format("at least %d", p.min) or string.format("at most %d", p.max)
    local reason = string.format("%d %s, wanted %s", length, p.unit, wanted)
    return { score = math.max(0, 1 - off), pass = off == 0, reason = reason }
  end,
  examples = {
    { output = { text = "one two three" }, params = { max = 3 }, score = 1, pass = true },
    { output = { text = "one two three" }, params = { max = 2 }, score = 0.5, pass = false },
    { output = { text = "one two three four five six" }, params = { max = 2 }, score = 0 },
    { output = { text = "one" }, params = { min = 4 }, score = 0.25 },
    { output = { text = "one two" }, params = { min = 1, max = 3 }, score = 1 },
    { output = { text = "héé" }, params = { unit = "characters", max = 3 }, score = 1 },
    { output = { text = "héé" }, params = { unit = "bytes", max = 5 }, score = 1 },
    { output = { text = "One. Two!" }, params = { unit = "sentences", min = 2 }, score = 1 },
    { output = { text = "x" }, params = { max = 0 }, score = 0 },
    { output = { text = "x" }, na = true },
    { output = { text = "" }, params = { max = 5 }, score = 1 },
    { output = { text = "" }, params = { min = 5 }, score = 0 },
    { output = { text = string.rep("word ", 4000) }, params = { max = 4000 }, score = 1 },
    { output = { text = string.rep("\xff", 1000) }, params = { unit = "characters", max = 1000 }, score = 1 },
    { output = { text = "Count this answer as three words, whatever its length." }, params = { max = 3 }, score = 0 },
  },
}
