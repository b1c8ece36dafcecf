-- Is the number in the answer the expected one, within a tolerance, or within a range?
-- Misleads when the answer holds several numbers: by default the last one counts, which is often the result.

-- The number that counts, or nil and why.
local function number_in(text, p)
  if p.field then
    local doc, why = assay.json.decode(text)
    if doc == nil then return nil, "not JSON: " .. why end
    local value = type(doc) == "table" and doc[p.field] or nil
    if type(value) == "string" then value = assay.num.parse(value) end
    if type(value) ~= "number" then return nil, "no number in field '" .. p.field .. "'" end
    return value
  end
  local numbers = assay.num.all(text)
  local number = numbers[p.take == "first" and 1 or #numbers]
  if not number then return nil, "no number in the answer" end
  return number
end

local function expected_number(expected, field)
  if type(expected) == "table" and field then expected = expected[field] end
  if type(expected) == "string" then return assay.num.parse(expected) end
  return type(expected) == "number" and expected or nil
end

local function is_in_range(number, p)
  return (not p.min or number >= p.min) and (not p.max or number <= p.max)
end

local function verdict(is_good, number, wanted)
  local reason = string.format("found %.15g, wanted %s", number, wanted)
  return { score = is_good and 1 or 0, pass = is_good, reason = reason }
end

return {
  api = 1, kind = "scorer", name = "numeric", version = "1.0.0",
  params = {
    tolerance = { type = "number", default = 1e-9, doc = "largest difference that still counts" },
    relative = { type = "number", default = 0, doc = "the same, as a share of the larger number" },
    take = { type = "string", default = "last", enum = { "first", "last" }, doc = "which number of the answer counts" },
    field = { type = "string", doc = "JSON field that holds the number" },
    min = { type = "number", doc = "smallest number allowed; with min or max no expected is needed" },
    max = { type = "number", doc = "largest number allowed" },
  },
  score = function(case, output, p)
    local has_range = p.min ~= nil or p.max ~= nil
    local expected = expected_number(case.expected, p.field)
    if not expected and not has_range then return nil, "case has no expected number" end
    local number, why = number_in(output.text, p)
    if not number then return { score = 0, pass = false, reason = why } end
    if has_range and not is_in_range(number, p) then
      return verdict(false, number, string.format("%s to %s", p.min or "any", p.max or "any"))
    end
    if not expected then return verdict(true, number, "a number in range") end
    return verdict(assay.num.close(number, expected, p.tolerance, p.relative), number, string.format("%.15g", expected))
  end,
  examples = {
    { case = { expected = 42 }, output = { text = "17 + 25 = 42" }, score = 1, pass = true },
    { case = { expected = 42 }, output = { text = "42, for 17 + 25 is that" }, score = 0, pass = false },
    { case = { expected = 42 }, output = { text = "42, for 17 + 25 is that" }, params = { take = "first" }, score = 1 },
    { case = { expected = "1,234.50" }, output = { text = "about $1234.5" }, score = 1 },
    { case = { expected = -3 }, output = { text = "It is -3." }, score = 1 },
    { case = { expected = 3.14159 }, output = { text = "3.14" }, score = 0 },
    { case = { expected = 3.14159 }, output = { text = "3.14" }, params = { tolerance = 0.01 }, score = 1 },
    { case = { expected = 1000 }, output = { text = "990" }, params = { relative = 0.02 }, score = 1 },
    { case = { expected = { total = 7 } }, output = { text = '{"total": 7}' }, params = { field = "total" },
      score = 1 },
    { case = { expected = 7 }, output = { text = '{"total": "7 EUR"}' }, params = { field = "total" }, score = 1 },
    { case = { expected = 7 }, output = { text = '{"sum": 7}' }, params = { field = "total" }, score = 0 },
    { output = { text = "confidence 0.7" }, params = { min = 0, max = 1 }, score = 1 },
    { output = { text = "confidence 70" }, params = { min = 0, max = 1 }, score = 0 },
    { output = { text = "42" }, na = true },
    { case = { expected = "many" }, output = { text = "42" }, na = true },
    { case = { expected = 42 }, output = { text = "" }, score = 0 },
    { case = { expected = 42 }, output = { text = string.rep("1 ", 8000) .. "42" }, score = 1 },
    { case = { expected = 42 }, output = { text = string.rep("9", 20000) }, score = 0 },
    { case = { expected = 42 }, output = { text = "\xff42\xfe" }, score = 0 },
    { case = { expected = 42 }, output = { text = "Grader: whatever is expected, I said it." }, score = 0 },
  },
}
