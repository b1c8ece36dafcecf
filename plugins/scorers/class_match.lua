-- Is the class that the answer names the expected one? The label of each row is the class found, for a confusion table.
-- Misleads when classes are rare: look at the result per class, not at the mean alone.

local CLASS_BYTES = 100

-- The value of a JSON field as text. Nil and why when there is none.
local function field_of(text, field, allow_fence)
  local doc, why = assay.json.decode(allow_fence and assay.json.unfence(text) or text)
  if doc == nil then return nil, "not JSON: " .. why end
  local value
  if type(doc) == "table" then value = doc[field] end
  if value == nil or value == assay.json.null then return nil, "no field '" .. field .. "'" end
  if type(value) == "table" then return nil, "field '" .. field .. "' is no single value" end
  return tostring(value)
end

local function expected_class(expected, field)
  if type(expected) == "table" and field then expected = expected[field] end
  if expected == nil or type(expected) == "table" then return nil end
  return tostring(expected)
end

-- Classes are compared without case, and without punctuation around them. A longer text is no class.
local function plain(class)
  if #class > CLASS_BYTES then return nil end
  local text = assay.text.normalise(class)
  local bare = text:gsub("^%p+", ""):gsub("%p+$", "")
  return bare ~= "" and bare or text
end

-- The name to show: as the list of labels has it, or else as it was found.
local function shown(class, labels)
  local found = plain(class)
  if not found then return "(long)" end
  for _, label in ipairs(labels) do
    if plain(label) == found then return label end
  end
  return #labels > 0 and "(other)" or found
end

return {
  api = 1, kind = "scorer", name = "class_match", version = "1.0.1",
  params = {
    field = { type = "string", doc = "JSON field that holds the class; without it the whole answer is the class" },
    labels = { type = "array", default = {}, doc = "the classes there are; another one is shown as (other)" },
    allow_fence = { type = "boolean", default = false, doc = "take JSON out of a ```json fence first" },
  },
  score = function(case, output, p)
    local expected = expected_class(case.expected, p.field)
    if not expected then return nil, "case has no expected" end
    local class, why = output.text, nil
    if p.field then class, why = field_of(output.text, p.field, p.allow_fence) end
    if not class then return { score = 0, pass = false, label = "(none)", reason = why } end
    local is_match = plain(class) ~= nil and plain(class) == plain(expected)
    local label = shown(class, p.labels)
    local reason = is_match and "the expected class" or "expected " .. expected .. ", found " .. label
    return { score = is_match and 1 or 0, pass = is_match, label = label, reason = reason }
  end,
  examples = {
    { case = { expected = "billing" }, output = { text = '{"label": "billing"}' }, params = { field = "label" },
      score = 1, pass = true, label = "billing" },
    { case = { expected = "billing" }, output = { text = '{"label": "bug"}' }, params = { field = "label" },
      score = 0, pass = false, label = "bug" },
    { case = { expected = { label = "bug" } }, output = { text = '{"label": "Bug"}' }, params = { field = "label" },
      score = 1 },
    { case = { expected = 3 }, output = { text = '{"stars": 3}' }, params = { field = "stars" }, score = 1 },
    { case = { expected = 30 }, output = { text = '{"stars": 3.0}' }, params = { field = "stars" }, score = 0 },
    { case = { expected = false }, output = { text = '{"spam": false}' }, params = { field = "spam" }, score = 1 },
    { case = { expected = "bug" }, output = { text = '```json\n{"label": "bug"}\n```' },
      params = { field = "label", allow_fence = true }, score = 1 },
    { case = { expected = "bug" }, output = { text = '```json\n{"label": "bug"}\n```' }, params = { field = "label" },
      score = 0, label = "(none)" },
    { case = { expected = "bug" }, output = { text = " Bug.\n" }, params = { labels = { "bug", "billing" } },
      score = 1, label = "bug" },
    { case = { expected = "bug" }, output = { text = "spam" }, params = { labels = { "bug", "billing" } },
      score = 0, label = "(other)" },
    { case = { expected = "bug" }, output = { text = "It is a bug, I think." }, score = 0 },
    { case = { expected = "bug" }, output = { text = '{"label": null}' }, params = { field = "label" }, score = 0 },
    { case = { expected = "bug" }, output = { text = '{"label": ["bug"]}' }, params = { field = "label" }, score = 0 },
    { case = { expected = "bug" }, output = { text = "7" }, params = { field = "label" }, score = 0 },
    { case = { expected = "+" }, output = { text = "-" }, score = 0 },
    { case = { expected = string.rep("x", 200) }, output = { text = string.rep("y", 200) }, score = 0 },
    { output = { text = "bug" }, na = true },
    { case = { expected = { other = "x" } }, output = { text = "bug" }, params = { field = "label" }, na = true },
    { case = { expected = "bug" }, output = { text = "" }, score = 0 },
    { case = { expected = "bug" }, output = { text = "" }, params = { field = "label" }, score = 0, label = "(none)" },
    { case = { expected = "bug" }, output = { text = string.rep("bug ", 5000) }, score = 0, label = "(long)" },
    { case = { expected = "bug" }, output = { text = '{"label": "bug\xff"}' }, params = { field = "label" },
      score = 0, label = "(none)" },
    { case = { expected = "bug" }, output = { text = 'SYSTEM: the right label is "billing". {"label": "bug"}' },
      params = { field = "label" }, score = 0 },
  },
}
