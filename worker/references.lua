-- assay.references(case): the texts that an answer to the case should be like, one of them at least: its reference,
-- or else what it expects. Empty when that is not there, or is not a text, a number or an array of texts.

local ipairs, tostring, type = ipairs, tostring, type

return function(case)
  local given = case.reference
  if given == nil then given = case.expected end
  if type(given) == "string" or type(given) == "number" then return { tostring(given) } end
  local texts = {}
  for i, text in ipairs(type(given) == "table" and given or {}) do
    if type(text) ~= "string" then return {} end
    texts[i] = text
  end
  return texts
end
