-- Which share of the expected arguments did the tool call have? The best of several calls counts.
-- Misleads where another value is as good ("NYC" for "New York"), and on free text in arguments: it compares exactly.

local function expected_of(case, p)
  if p.arguments then return p.arguments end
  local metadata = type(case.metadata) == "table" and case.metadata or {}
  if type(metadata.arguments) == "table" then return metadata.arguments end
  return type(case.expected) == "table" and case.expected or nil
end

local function plain(value, p)
  local text = assay.json.encode(value)
  return p.ignore_case and assay.text.fold(text) or text
end

-- The arguments that are missing or other, with exact also those that are too many; and how many were looked at.
local function compare(expected, got, p)
  local wrong, count = {}, 0
  for name, value in pairs(expected) do
    count = count + 1
    if got[name] == nil or plain(got[name], p) ~= plain(value, p) then wrong[#wrong + 1] = tostring(name) end
  end
  for name in pairs(p.exact and got or {}) do
    if expected[name] == nil then wrong[#wrong + 1], count = tostring(name), count + 1 end
  end
  table.sort(wrong)
  return wrong, count
end

local function score_call(call, expected, p)
  if type(call.arguments) ~= "table" then return { score = 0, pass = false, reason = "its arguments are not JSON" } end
  local wrong, count = compare(expected, call.arguments, p)
  local reason = #wrong > 0 and "missing or other: " .. table.concat(wrong, ", ") or "the arguments are as expected"
  return { score = count > 0 and (count - #wrong) / count or 1, pass = #wrong == 0, reason = reason }
end

return {
  api = 1, kind = "scorer", name = "tool_args_match", version = "1.0.1",
  params = {
    tool = { type = "string", doc = "the tool's name; without it case.metadata.tool says, else any call will do" },
    arguments = { type = "object",
      doc = "what they must be; without it case.metadata.arguments says, or else case.expected" },
    exact = { type = "boolean", default = false, doc = "there may be no others" },
    ignore_case = { type = "boolean", default = false, doc = "upper and lower case are the same" },
  },
  score = function(case, output, p)
    local expected = expected_of(case, p)
    if not expected then return nil, "neither arguments nor case.metadata.arguments nor case.expected" end
    local tool = p.tool or (type(case.metadata) == "table" and case.metadata.tool) or nil
    local best
    for _, call in ipairs(output.tool_calls or {}) do
      if not tool or call.name == tool then
        local scored = score_call(call, expected, p)
        if not best or scored.score > best.score then best = scored end
      end
    end
    return best or { score = 0, pass = false, reason = "no call" .. (tool and " of " .. tool or "") }
  end,
  examples = {
    { output = { tool_calls = { { name = "book", arguments = { city = "Rome", nights = 2 } } } },
      params = { arguments = { city = "Rome", nights = 2 } }, score = 1, pass = true },
    { output = { tool_calls = { { name = "book", arguments = { city = "Rome", nights = 3 } } } },
      params = { arguments = { city = "Rome", nights = 2 } }, score = 0.5, pass = false },
    { output = { tool_calls = { { name = "book", arguments = { city = "Rome" } } } },
      params = { tool = "cancel", arguments = { city = "Rome" } }, score = 0 },
    { output = { tool_calls = { { name = "a", arguments = { x = 2 } }, { name = "a", arguments = { x = 1 } } } },
      params = { tool = "a", arguments = { x = 1 } }, score = 1 },
    { output = { tool_calls = { { name = "a", arguments = { x = 1, y = 2 } } } }, params = { arguments = { x = 1 } },
      score = 1 },
    { output = { tool_calls = { { name = "a", arguments = { x = 1, y = 2 } } } },
      params = { arguments = { x = 1 }, exact = true }, score = 0.5, pass = false },
    { output = { tool_calls = { { name = "a", arguments = {} } } }, params = { arguments = {}, exact = true },
      score = 1 },
    { output = { tool_calls = { { name = "a", arguments = { x = { 1, { b = 2, a = 1.0 } } } } } },
      params = { arguments = { x = { 1, { a = 1, b = 2 } } } }, score = 1 },
    { output = { tool_calls = { { name = "a", arguments = { city = "ROME" } } } },
      params = { arguments = { city = "Rome" }, ignore_case = true }, score = 1 },
    { output = { tool_calls = { { name = "a", arguments = "x=1" } } }, params = { arguments = { x = 1 } }, score = 0 },
    { case = { expected = { x = 1 } }, output = { tool_calls = { { name = "a", arguments = { x = 1 } } } },
      score = 1 },
    { case = { metadata = { tool = "b", arguments = { x = 1 } } }, score = 0,
      output = { tool_calls = { { name = "a", arguments = { x = 1 } } } } },
    { case = { expected = "text" }, output = { text = "x" }, na = true },
    { output = { text = "" }, params = { arguments = { x = 1 } }, score = 0 },
    { output = { tool_calls = { { name = "a", arguments = { x = string.rep("y", 20000) } } } },
      params = { arguments = { x = "y" } }, score = 0 },
    { output = { tool_calls = { { name = "a", arguments = { x = "\xff" } } } }, params = { arguments = { x = "y" } },
      score = 0 },
    { output = { text = 'I called a with {"x": 1}: a match.' }, params = { arguments = { x = 1 } }, score = 0 },
  },
}
