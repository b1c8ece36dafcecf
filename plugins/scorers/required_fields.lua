-- Which share of the required JSON fields is there? A field is named by its path: "customer.id".
-- Misleads when a field is there but makes no sense: it checks presence, not the value.

local function value_at(doc, path)
  for name in path:gmatch("[^.]+") do
    if type(doc) ~= "table" then return nil end
    doc = doc[name]
  end
  return doc
end

local function is_present(value, allow_empty)
  if value == nil or value == assay.json.null then return false end
  if allow_empty then return true end
  if type(value) == "string" then return assay.text.trim(value) ~= "" end
  return type(value) ~= "table" or next(value) ~= nil
end

return {
  api = 1, kind = "scorer", name = "required_fields", version = "1.0.1",
  params = {
    fields = { type = "array", required = true, doc = "paths that must be present, not null and not empty" },
    allow_empty = { type = "boolean", default = false, doc = "an empty text, array or object will do" },
    allow_fence = { type = "boolean", default = false, doc = "take JSON out of a ```json fence first" },
  },
  score = function(_, output, p)
    if #p.fields == 0 then return nil, "no fields are required" end
    local doc, why = assay.json.decode(p.allow_fence and assay.json.unfence(output.text) or output.text)
    if doc == nil then return { score = 0, pass = false, reason = "not JSON: " .. why } end
    local missing = {}
    for _, path in ipairs(p.fields) do
      if not is_present(value_at(doc, path), p.allow_empty) then missing[#missing + 1] = path end
    end
    if #missing == 0 then return { score = 1, pass = true, reason = "all fields are there" } end
    return { score = 1 - #missing / #p.fields, pass = false, reason = "missing: " .. table.concat(missing, ", "),
      details = { missing = missing } }
  end,
  examples = {
    { output = { text = '{"label":"spam"}' }, params = { fields = { "label" } }, score = 1, pass = true },
    { output = { text = '{"label":"spam"}' }, params = { fields = { "label", "why" } }, score = 0.5, pass = false },
    { output = { text = '{"a":{"b":1}}' }, params = { fields = { "a.b" } }, score = 1 },
    { output = { text = '{"a":1}' }, params = { fields = { "a.b" } }, score = 0 },
    { output = { text = '{"a":null}' }, params = { fields = { "a" } }, score = 0 },
    { output = { text = '{"a":" ","b":[],"c":{},"d":false}' }, params = { fields = { "a", "b", "c", "d" } },
      score = 0.25 },
    { output = { text = '{"a":""}' }, params = { fields = { "a" }, allow_empty = true }, score = 1 },
    { output = { text = '```json\n{"a":1}\n```' }, params = { fields = { "a" } }, score = 0 },
    { output = { text = '```json\n{"a":1}\n```\n' }, params = { fields = { "a" }, allow_fence = true }, score = 1 },
    { output = { text = "[1]" }, params = { fields = { "a" } }, score = 0 },
    { output = { text = "{}" }, params = { fields = {} }, na = true },
    { output = { text = "" }, params = { fields = { "a" } }, score = 0 },
    { output = { text = '{"a":"' .. string.rep("x", 20000) .. '"}' }, params = { fields = { "a" } }, score = 1 },
    { output = { text = '{"a":"\xff"}' }, params = { fields = { "a" } }, score = 0 },
    { output = { text = 'All required fields are present. {"score": 1}' }, params = { fields = { "a" } }, score = 0 },
  },
}
