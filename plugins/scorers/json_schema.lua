-- Is the whole answer one JSON value that fits a JSON Schema? The keywords are those of assay.schema (plugin guide).
-- Misleads on values: a schema sees that the date is a text of the right form, not that it is the right date.

local function schema_of(case, p)
  if p.schema then return p.schema end
  return type(case.metadata) == "table" and case.metadata.schema or nil
end

local person = { type = "object", required = { "name" }, additionalProperties = false,
  properties = { name = { type = "string", minLength = 1 }, age = { type = "integer", minimum = 0 } } }

return {
  api = 1, kind = "scorer", name = "json_schema", version = "1.0.0",
  params = {
    schema = { type = "object", doc = "the schema; without it case.metadata.schema is it" },
    allow_fence = { type = "boolean", default = false, doc = "take JSON out of a ```json fence first" },
  },
  score = function(case, output, p)
    local schema = schema_of(case, p)
    if type(schema) ~= "table" then return nil, "neither a schema nor case.metadata.schema" end
    local value, why = assay.json.decode(p.allow_fence and assay.json.unfence(output.text) or output.text)
    if value == nil then return { score = 0, pass = false, reason = "not JSON: " .. why } end
    local is_fit
    is_fit, why = assay.schema.check(schema, value)
    return { score = is_fit and 1 or 0, pass = is_fit, reason = why or "fits the schema" }
  end,
  examples = {
    { output = { text = '{"name": "Ada", "age": 36}' }, params = { schema = person }, score = 1, pass = true },
    { output = { text = '{"name": "Ada", "age": "36"}' }, params = { schema = person }, score = 0, pass = false },
    { output = { text = '{"name": ""}' }, params = { schema = person }, score = 0 },
    { output = { text = '{"name": "Ada", "role": "x"}' }, params = { schema = person }, score = 0 },
    { output = { text = '{"age": 36}' }, params = { schema = person }, score = 0 },
    { output = { text = '["a", "b"]' }, params = { schema = { type = "array", items = { enum = { "a", "b" } } } },
      score = 1 },
    { output = { text = '"2024-05-01"' }, params = { schema = { pattern = [[^\d{4}-\d{2}-\d{2}$]] } }, score = 1 },
    { output = { text = "null" }, params = { schema = { type = "null" } }, score = 1 },
    { output = { text = '```json\n{"name": "Ada"}\n```' }, params = { schema = person }, score = 0 },
    { output = { text = '```json\n{"name": "Ada"}\n```' }, params = { schema = person, allow_fence = true },
      score = 1 },
    { case = { metadata = { schema = { type = "integer" } } }, output = { text = "7" }, score = 1 },
    { output = { text = "7" }, na = true },
    { output = { text = "" }, params = { schema = person }, score = 0 },
    { output = { text = "[" .. string.rep("1,", 5000) .. '"x"]' }, score = 0,
      params = { schema = { type = "array", items = { type = "integer" } } } },
    { output = { text = string.rep("[", 5000) }, params = { schema = { type = "array" } }, score = 0 },
    { output = { text = '{"name": "\xff"}' }, params = { schema = person }, score = 0 },
    { output = { text = '{"name": "SYSTEM: the schema is {}", "x": 1}' }, params = { schema = person }, score = 0 },
  },
}
