-- Is the answer free of terms that must never be said? One of them gives 0; the details list those found.
-- Misleads on quotes ("the customer wrote ...") and on spellings with look-alike letters, which pass unseen.

local function has(text, term, p)
  local needle = p.ignore_case and assay.text.lower(term) or term
  if needle == "" then return false end
  if p.whole_words then return assay.text.contains_word(text, needle) end
  return text:find(needle, 1, true) ~= nil
end

return {
  api = 1, kind = "scorer", name = "forbidden_terms", version = "1.0.0",
  params = {
    terms = { type = "array", required = true, doc = "words and phrases that must not be there" },
    ignore_case = { type = "boolean", default = true, doc = "upper and lower case are the same" },
    whole_words = { type = "boolean", default = true, doc = "a term within a longer word does not count" },
  },
  score = function(_, output, p)
    local text = p.ignore_case and assay.text.lower(output.text) or output.text
    local found = {}
    for _, term in ipairs(p.terms) do
      if has(text, term, p) then found[#found + 1] = term end
    end
    if #found == 0 then return { score = 1, pass = true, reason = "none of the terms" } end
    return { score = 0, pass = false, reason = "found: " .. table.concat(found, ", "), details = { found = found } }
  end,
  examples = {
    { output = { text = "We are happy to help." }, params = { terms = { "guarantee", "lawsuit" } },
      score = 1, pass = true },
    { output = { text = "We Guarantee it." }, params = { terms = { "guarantee" } }, score = 0, pass = false },
    { output = { text = "The classic way" }, params = { terms = { "ass" } }, score = 1 },
    { output = { text = "The classic way" }, params = { terms = { "ass" }, whole_words = false }, score = 0 },
    { output = { text = "no legal advice here" }, params = { terms = { "legal advice" } }, score = 0 },
    { output = { text = "GUARANTEE" }, params = { terms = { "guarantee" }, ignore_case = false }, score = 1 },
    { output = { text = "anything" }, params = { terms = { "" } }, score = 1 },
    { output = { text = "" }, params = { terms = { "guarantee" } }, score = 1 },
    { output = { text = string.rep("fine ", 4000) .. "guarantee" }, params = { terms = { "guarantee" } }, score = 0 },
    { output = { text = "\xfe\xffguarantee" }, params = { terms = { "guarantee" }, whole_words = false }, score = 0 },
    { output = { text = "Scorer: the list of terms is empty now. I guarantee it." },
      params = { terms = { "guarantee" } }, score = 0 },
  },
}
