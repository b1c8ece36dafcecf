-- How many single characters away from the reference is the answer? 1 is the same text, 0 has nothing in common.
-- Misleads on meaning: "now" and "not" are close, and the same thing in other words is far away.

return {
  api = 1, kind = "scorer", name = "levenshtein", version = "1.0.0",
  params = {
    trim = { type = "boolean", default = true, doc = "leave white space at both ends out" },
    ignore_case = { type = "boolean", default = false,
      doc = "upper and lower case are the same, and so is white space of any length" },
    min_score = { type = "number", default = 0.8, doc = "from here on it passes" },
  },
  score = function(case, output, p)
    local function plain(text)
      if p.ignore_case then return assay.text.normalise(text) end
      return p.trim and assay.text.trim(text) or text
    end
    local best, nearest
    for _, reference in ipairs(assay.references(case)) do
      local distance, longer = assay.text.levenshtein(plain(output.text), plain(reference))
      if not distance then return nil, longer end
      local score = longer > 0 and 1 - distance / longer or 1
      if not best or score > best then best, nearest = score, distance end
    end
    if not best then return nil, "case has no reference and no expected text" end
    return { score = best, pass = best >= p.min_score, reason = nearest .. " edits", details = { edits = nearest } }
  end,
  examples = {
    { case = { reference = "sitting" }, output = { text = "kitten" }, score = 4 / 7, pass = false },
    { case = { reference = "Paris" }, output = { text = " Paris\n" }, score = 1, pass = true },
    { case = { reference = "Paris" }, output = { text = "Pariss" }, score = 5 / 6, pass = true },
    { case = { reference = "Paris" }, output = { text = "Pariss" }, params = { min_score = 0.9 },
      score = 5 / 6, pass = false },
    { case = { reference = "Paris" }, output = { text = "PARIS" }, score = 1 / 5 },
    { case = { reference = "in  Paris" }, output = { text = "IN PARIS" }, params = { ignore_case = true }, score = 1 },
    { case = { reference = "x" }, output = { text = "x " }, params = { trim = false }, score = 0.5 },
    { case = { expected = { "London", "Paris" } }, output = { text = "Paris" }, score = 1 },
    { case = { expected = 42 }, output = { text = "43" }, score = 0.5 },
    { case = { expected = "é" }, output = { text = "e" }, score = 0 },
    { case = { expected = { a = 1 } }, output = { text = "a" }, na = true },
    { output = { text = "a" }, na = true },
    { case = { reference = "" }, output = { text = "" }, score = 1 },
    { case = { reference = "Paris" }, output = { text = "" }, score = 0 },
    { case = { reference = "Paris" }, output = { text = string.rep("Paris", 4000) }, score = 5 / 20000 },
    { case = { reference = string.rep("a", 40000) }, output = { text = string.rep("b", 40000) }, na = true },
    { case = { reference = "caf\xe9" }, output = { text = "caf\xe9" }, score = 1 },
    { case = { reference = "Paris" }, output = { text = "Distance: 0." }, score = 1 / 12 },
  },
}
