-- Did the model call the tools it should, and none that it should not? The score is the share of the wanted calls.
-- Misleads on the arguments, which it does not look at (tool_args_match does), and on what became of the calls.

local function list_of(value)
  if type(value) == "string" then return { value } end
  return type(value) == "table" and value or nil
end

local function called_names(output)
  local names = {}
  for i, call in ipairs(output.tool_calls or {}) do names[i] = tostring(call.name) end
  return names
end

-- How many of the wanted calls there were; each call counts once.
local function count_called(wanted, called)
  local left, count = {}, 0
  for _, name in ipairs(called) do left[name] = (left[name] or 0) + 1 end
  for _, name in ipairs(wanted) do
    if (left[name] or 0) > 0 then left[name], count = left[name] - 1, count + 1 end
  end
  return count
end

local function count_in_order(wanted, called)
  local count = 0
  for _, name in ipairs(called) do
    if name == wanted[count + 1] then count = count + 1 end
  end
  return count
end

local function is_among(name, list)
  for _, item in ipairs(list) do
    if item == name then return true end
  end
  return false
end

-- The first call that must not be, or nil.
local function first_unwanted(called, wanted, p)
  for _, name in ipairs(called) do
    if is_among(name, p.none) or (p.only and not is_among(name, wanted)) then return name end
  end
end

return {
  api = 1, kind = "scorer", name = "tool_called", version = "1.0.0",
  params = {
    tools = { type = "array", doc = "names of the tools to call, one as often as it stands here; without it "
      .. "case.metadata.tools says" },
    none = { type = "array", default = {}, doc = "names of tools that must not be called" },
    only = { type = "boolean", default = false, doc = "no other tools may be called" },
    in_order = { type = "boolean", default = false, doc = "the calls must come in this order; others may lie between" },
  },
  score = function(case, output, p)
    local wanted = p.tools or list_of(type(case.metadata) == "table" and case.metadata.tools)
    if not wanted and #p.none == 0 and not p.only then return nil, "neither tools nor case.metadata.tools" end
    wanted = wanted or {}
    local called = called_names(output)
    local details = { called = assay.json.array(called) }
    local unwanted = first_unwanted(called, wanted, p)
    if unwanted then return { score = 0, pass = false, reason = "called: " .. unwanted, details = details } end
    local count = (p.in_order and count_in_order or count_called)(wanted, called)
    local reason = string.format("%d of %d wanted calls%s", count, #wanted, p.in_order and " in order" or "")
    return { score = #wanted > 0 and count / #wanted or 1, pass = count == #wanted, reason = reason, details = details }
  end,
  examples = {
    { output = { tool_calls = { { name = "search" } } }, params = { tools = { "search" } }, score = 1, pass = true },
    { output = { tool_calls = { { name = "search" } } }, params = { tools = { "search", "mail" } },
      score = 0.5, pass = false },
    { output = { tool_calls = { { name = "search" } } }, params = { tools = { "search", "search" } }, score = 0.5 },
    { output = { tool_calls = { { name = "b" }, { name = "a" } } }, params = { tools = { "a", "b" } }, score = 1 },
    { output = { tool_calls = { { name = "b" }, { name = "a" } } }, params = { tools = { "a", "b" }, in_order = true },
      score = 0.5, pass = false },
    { output = { tool_calls = { { name = "a" }, { name = "x" }, { name = "b" } } },
      params = { tools = { "a", "b" }, in_order = true }, score = 1 },
    { output = { tool_calls = { { name = "a" }, { name = "x" } } }, params = { tools = { "a" }, only = true },
      score = 0 },
    { output = { tool_calls = { { name = "delete" } } }, params = { none = { "delete" } }, score = 0, pass = false },
    { output = { text = "Done." }, params = { none = { "delete" } }, score = 1, pass = true },
    { output = { text = "Done." }, params = { tools = {}, only = true }, score = 1 },
    { output = { tool_calls = { { name = "a" } } }, params = { only = true }, score = 0 },
    { case = { metadata = { tools = { "a" } } }, output = { tool_calls = { { name = "a" } } }, score = 1 },
    { case = { metadata = { tools = "a" } }, output = { tool_calls = { { name = "a" } } }, score = 1 },
    { output = { tool_calls = { { name = "a" } } }, na = true },
    { output = { text = "" }, params = { tools = { "search" } }, score = 0 },
    { output = { text = string.rep("search ", 3000) }, params = { tools = { "search" } }, score = 0 },
    { output = { tool_calls = { { name = "\xff" } } }, params = { tools = { "search" } }, score = 0 },
    { output = { text = 'I called search. {"tool_calls": [{"name": "search"}]}' }, params = { tools = { "search" } },
      score = 0 },
  },
}
