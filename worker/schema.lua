-- assay.schema: has a value the shape that a JSON Schema describes? The part of JSON Schema 2020-12 that the table
-- `forms` lists, and no keyword more: one that is not known might change the outcome, so it is an error. What only
-- annotates is passed over. Runs before the plugin and holds on to what it uses.

local assay = ...
local array, encode, null, test = assay.json.array, assay.json.encode, assay.json.null, assay.regex.test
local error, getmetatable, ipairs, next, pairs, pcall, rawequal, rawget, rawlen, tonumber, type =
  error, getmetatable, ipairs, next, pairs, pcall, rawequal, rawget, rawlen, tonumber, type
local char, find, format, gmatch, gsub, match, sub =
  string.char, string.find, string.format, string.gmatch, string.gsub, string.match, string.sub
local abs, concat, floor, math_type, max, utf8_len = math.abs, table.concat, math.floor, math.type, math.max, utf8.len

local MAX_CHECKS = 50000 -- of a value or part of it against a schema or part of it: some 50 ms
local MAX_DEPTH = 500 -- of schemas within schemas: a document is 64 deep at most
local SHOWN_BYTES = 60
local MULTIPLE_TOLERANCE = 1e-9 -- 19.99 is a multiple of 0.01, whatever the floating point says

local ARRAY_MARK = getmetatable(array())

local function refuse(what, ...) error("assay.schema: " .. format(what, ...), 0) end

-- What the value is in JSON's words.
local function kind_of(value)
  if value == null then return "null" end
  local kind = type(value)
  if kind ~= "table" then return kind end
  return (rawequal(getmetatable(value), ARRAY_MARK) or rawlen(value) > 0) and "array" or "object"
end

-- An array, or a table that a script left empty.
local function is_list(value) return type(value) == "table" and (kind_of(value) == "array" or next(value) == nil) end

local function is_whole(value) return type(value) == "number" and floor(value) == value end

local function shown(value)
  local text = encode(value)
  return #text > SHOWN_BYTES and sub(text, 1, SHOWN_BYTES) .. "..." or text
end

local function is_equal(a, b)
  return a == b or (type(a) == "table" and type(b) == "table" and encode(a) == encode(b))
end

-- A step of a path, behind what leads to it.
local function step(key)
  if type(key) == "number" then return "[" .. key .. "]" end
  return find(key, "^[%a_][%w_]*$") and "." .. key or "[" .. shown(key) .. "]"
end

-- The schema itself: is all of it known and well formed?

local check_form

local TYPES = { array = true, boolean = true, integer = true, null = true, number = true, object = true, string = true }

local function is_type_name(value) return type(value) == "string" and TYPES[value] ~= nil end

local function list_of(is_good, wanted)
  return function(given, path)
    if not is_list(given) then refuse("%s must be an array", path) end
    for i, item in ipairs(given) do
      if not is_good(item) then refuse("%s[%d] must be %s", path, i, wanted) end
    end
  end
end

local function a_type(given, path)
  if is_type_name(given) then return end
  if type(given) ~= "table" then refuse("%s must be the name of a type, or an array of them", path) end
  list_of(is_type_name, "the name of a type")(given, path)
end

local function a_list(given, path)
  if not is_list(given) then refuse("%s must be an array", path) end
end

local function a_count(given, path)
  if not is_whole(given) or given < 0 then refuse("%s must be a whole number, 0 or more", path) end
end

local function a_number(given, path)
  if type(given) ~= "number" then refuse("%s must be a number", path) end
end

local function a_divisor(given, path)
  if type(given) ~= "number" or given <= 0 then refuse("%s must be a number above 0", path) end
end

local function a_boolean(given, path)
  if type(given) ~= "boolean" then refuse("%s must be true or false", path) end
end

local function a_pattern(given, path)
  if type(given) ~= "string" then refuse("%s must be a text", path) end
  local is_good, why = pcall(test, given, "", "j")
  if not is_good then refuse("%s: %s", path, why) end
end

local function schemas(given, path, form)
  if kind_of(given) ~= "array" or #given == 0 then refuse("%s must be an array of schemas", path) end
  for i, item in ipairs(given) do check_form(item, path .. step(i), form) end
end

local function named_schemas(given, path, form)
  if kind_of(given) ~= "object" then refuse("%s must be an object", path) end
  for name, item in pairs(given) do check_form(item, path .. step(name), form) end
end

-- The part of the document that "#/a/b" names.
local function resolve(root, ref, path)
  local at = root
  local rest = type(ref) == "string" and match(ref, "^#(.*)$")
  if not rest or (rest ~= "" and sub(rest, 1, 1) ~= "/") then
    refuse("%s must be a pointer into the document, as #/$defs/name", path)
  end
  for token in gmatch(rest, "/([^/]*)") do
    token = gsub(token, "%%(%x%x)", function(hex) return char(tonumber(hex, 16)) end)
    token = gsub(gsub(token, "~1", "/"), "~0", "~")
    local index = kind_of(at) == "array" and tonumber(token)
    at = type(at) == "table" and rawget(at, index and index + 1 or token)
    if at == nil then refuse("%s: the document has no %s", path, ref) end
  end
  return at
end

local function a_reference(given, path, form) check_form(resolve(form.root, given, path), given, form) end

local forms = {
  type = a_type, enum = a_list, const = function() end,
  properties = named_schemas, required = list_of(function(name) return type(name) == "string" end, "a text"),
  additionalProperties = function(...) return check_form(...) end,
  items = function(...) return check_form(...) end, prefixItems = schemas,
  minItems = a_count, maxItems = a_count, uniqueItems = a_boolean,
  minLength = a_count, maxLength = a_count, pattern = a_pattern,
  minimum = a_number, maximum = a_number, exclusiveMinimum = a_number, exclusiveMaximum = a_number,
  multipleOf = a_divisor, anyOf = schemas, oneOf = schemas, allOf = schemas,
  ["not"] = function(...) return check_form(...) end,
  ["$ref"] = a_reference, ["$defs"] = named_schemas, definitions = named_schemas,
}

local ANNOTATIONS = "$schema $id $comment title description default examples deprecated readOnly writeOnly format"
for keyword in gmatch(ANNOTATIONS, "%S+") do
  forms[keyword] = function() end
end

function check_form(schema, path, form)
  if type(schema) == "boolean" or form.seen[schema] then return end
  if kind_of(schema) ~= "object" then refuse("%s must be a schema: an object, true or false", path) end
  form.seen[schema] = true
  for keyword, given in pairs(schema) do
    local check = forms[keyword]
    if not check then refuse("%s has an unknown keyword: %s", path, shown(keyword)) end
    check(given, path .. step(keyword), form)
  end
end

-- The value. A check gives true, or false with a sentence and the path from the checked value to the mistake.

local check_value

local function has_type(value, kind, name)
  if name == "integer" then return kind == "number" and is_whole(value) end
  return kind == name
end

local function check_type(wanted, value, kind)
  if type(wanted) == "string" then wanted = { wanted } end
  for _, name in ipairs(wanted) do
    if has_type(value, kind, name) then return true end
  end
  return false, format("is %s, not %s", kind == "nil" and "nothing" or "of type " .. kind, concat(wanted, " or "))
end

local function check_enum(list, value)
  for _, item in ipairs(list) do
    if is_equal(item, value) then return true end
  end
  return false, "is none of " .. shown(list)
end

local function is_multiple(value, divisor)
  if math_type(value) == "integer" and math_type(divisor) == "integer" then return value % divisor == 0 end
  local quotient = value / divisor
  return abs(quotient - floor(quotient + 0.5)) <= MULTIPLE_TOLERANCE * max(1, abs(quotient))
end

local function check_number(schema, value)
  if schema.minimum and value < schema.minimum then return false, "is below the minimum of " .. schema.minimum end
  if schema.maximum and value > schema.maximum then return false, "is above the maximum of " .. schema.maximum end
  if schema.exclusiveMinimum and value <= schema.exclusiveMinimum then
    return false, "is not above " .. schema.exclusiveMinimum
  end
  if schema.exclusiveMaximum and value >= schema.exclusiveMaximum then
    return false, "is not below " .. schema.exclusiveMaximum
  end
  local divisor = schema.multipleOf
  if not divisor or is_multiple(value, divisor) then return true end
  return false, "is not a multiple of " .. divisor
end

local function check_string(schema, value)
  if schema.minLength or schema.maxLength then
    local length = utf8_len(value) or #value
    if length < (schema.minLength or 0) then return false, "is shorter than " .. schema.minLength .. " characters" end
    if length > (schema.maxLength or length) then
      return false, "is longer than " .. schema.maxLength .. " characters"
    end
  end
  if schema.pattern and not test(schema.pattern, value, "j") then
    return false, "does not match the pattern " .. schema.pattern
  end
  return true
end

local function check_items(ctx, schema, value)
  local prefix = schema.prefixItems or {}
  for i = 1, rawlen(value) do
    local item_schema = prefix[i]
    if item_schema == nil then item_schema = schema.items end
    if item_schema ~= nil then
      local is_good, why, path = check_value(ctx, item_schema, rawget(value, i))
      if not is_good then return false, why, step(i - 1) .. (path or "") end
    end
  end
  return true
end

local function check_unique(value)
  local seen = {}
  for i = 1, rawlen(value) do
    local text = encode(rawget(value, i))
    if seen[text] then return false, format("has the same item at %d and %d", seen[text] - 1, i - 1) end
    seen[text] = i
  end
  return true
end

local function check_array(ctx, schema, value)
  local count = rawlen(value)
  if count < (schema.minItems or 0) then
    return false, format("has %d items, not %d or more", count, schema.minItems)
  end
  if count > (schema.maxItems or count) then
    return false, format("has %d items, not %d or less", count, schema.maxItems)
  end
  local is_good, why, path = true, nil, nil
  if schema.items ~= nil or schema.prefixItems then is_good, why, path = check_items(ctx, schema, value) end
  if is_good and schema.uniqueItems then is_good, why = check_unique(value) end
  return is_good, why, path
end

local function check_object(ctx, schema, value)
  local properties, others = schema.properties or {}, schema.additionalProperties
  for _, name in ipairs(schema.required or {}) do
    if rawget(value, name) == nil then return false, "has no " .. shown(name) .. ", which is required" end
  end
  for name, item_schema in pairs(properties) do
    local item = rawget(value, name)
    if item ~= nil then
      local is_good, why, path = check_value(ctx, item_schema, item)
      if not is_good then return false, why, step(name) .. (path or "") end
    end
  end
  if others == nil or others == true then return true end
  for name, item in pairs(value) do
    if properties[name] == nil then
      local is_good, why, path = check_value(ctx, others, item)
      if not others then why = "is no property of the schema" end
      if not is_good then return false, why, step(name) .. (path or "") end
    end
  end
  return true
end

local function count_fits(ctx, list, value, enough)
  local count = 0
  for _, schema in ipairs(list) do
    if check_value(ctx, schema, value) then count = count + 1 end
    if count == enough then break end
  end
  return count
end

local function check_combined(ctx, schema, value)
  if schema["$ref"] then
    local is_good, why, path = check_value(ctx, resolve(ctx.root, schema["$ref"], "$ref"), value)
    if not is_good then return false, why, path end
  end
  for _, part in ipairs(schema.allOf or {}) do
    local is_good, why, path = check_value(ctx, part, value)
    if not is_good then return false, why, path end
  end
  if schema.anyOf and count_fits(ctx, schema.anyOf, value, 1) == 0 then return false, "fits no schema of anyOf" end
  local count = schema.oneOf and count_fits(ctx, schema.oneOf, value, 2) or 1
  if count == 0 then return false, "fits no schema of oneOf" end
  if count > 1 then return false, "fits more than one schema of oneOf" end
  if schema["not"] ~= nil and check_value(ctx, schema["not"], value) then return false, "fits the schema of not" end
  return true
end

local by_kind = {
  number = function(_, schema, value) return check_number(schema, value) end,
  string = function(_, schema, value) return check_string(schema, value) end,
  array = check_array,
  object = check_object,
}

local function check_all(ctx, schema, value)
  local kind = kind_of(value)
  local is_good, why, path = true, nil, nil
  if schema.type then is_good, why = check_type(schema.type, value, kind) end
  if is_good and schema.enum then is_good, why = check_enum(schema.enum, value) end
  if is_good and schema.const ~= nil and not is_equal(schema.const, value) then
    is_good, why = false, "is not " .. shown(schema.const)
  end
  if is_good and by_kind[kind] then is_good, why, path = by_kind[kind](ctx, schema, value) end
  if is_good then is_good, why, path = check_combined(ctx, schema, value) end
  return is_good, why, path
end

function check_value(ctx, schema, value)
  if type(schema) == "boolean" then return schema, "is there, and nothing may be" end
  ctx.checks, ctx.depth = ctx.checks + 1, ctx.depth + 1
  if ctx.checks > MAX_CHECKS then refuse("more than %d checks", MAX_CHECKS) end
  if ctx.depth > MAX_DEPTH then refuse("more than %d schemas deep: does a $ref lead back to itself?", MAX_DEPTH) end
  local is_good, why, path = check_all(ctx, schema, value)
  ctx.depth = ctx.depth - 1
  return is_good, why, path
end

local schema = {}

-- True; or false and "path: sentence". A schema that is wrong raises an error.
function schema.check(root, value)
  check_form(root, "schema", { root = root, seen = {} })
  if value == nil then refuse("there is no value to check") end
  local is_good, why, path = check_value({ root = root, checks = 0, depth = 0 }, root, value)
  if is_good then return true end
  return false, "$" .. (path or "") .. ": " .. why
end

return schema
