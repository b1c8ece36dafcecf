-- Does the answer begin with the text it should, or with one of several?
-- Misleads when the right beginning is all that is right: it does not look at the rest.

local function wanted_texts(case, p)
  if #p.texts > 0 then return p.texts end
  return assay.references({ expected = case.expected })
end

return {
  api = 1, kind = "scorer", name = "starts_with", version = "1.0.0",
  params = {
    texts = { type = "array", default = {}, doc = "one of them must be the beginning; without any case.expected must" },
    ignore_case = { type = "boolean", default = true, doc = "upper and lower case are the same" },
    trim = { type = "boolean", default = true, doc = "leave white space before the answer out" },
  },
  score = function(case, output, p)
    local texts = wanted_texts(case, p)
    if #texts == 0 then return nil, "neither texts nor a text in case.expected" end
    local text = p.trim and assay.text.trim(output.text) or output.text
    local plain = p.ignore_case and assay.text.fold or function(as_it_is) return as_it_is end
    text = plain(text)
    for _, wanted in ipairs(texts) do
      local start = plain(wanted)
      if text:sub(1, #start) == start then return { score = 1, pass = true, reason = "begins with: " .. wanted } end
    end
    return { score = 0, pass = false, reason = "does not begin with: " .. table.concat(texts, ", or ") }
  end,
  examples = {
    { output = { text = "Yes, it does." }, params = { texts = { "yes", "no" } }, score = 1, pass = true },
    { output = { text = "It does, yes." }, params = { texts = { "yes", "no" } }, score = 0, pass = false },
    { output = { text = "\n Yes." }, params = { texts = { "Yes" } }, score = 1 },
    { output = { text = " Yes." }, params = { texts = { "Yes" }, trim = false }, score = 0 },
    { output = { text = "YES" }, params = { texts = { "Yes" }, ignore_case = false }, score = 0 },
    { output = { text = "ÄRGER" }, params = { texts = { "ärger" } }, score = 1 },
    { case = { expected = "Paris" }, output = { text = "Paris, of course" }, score = 1 },
    { case = { expected = { "A", "B" } }, output = { text = "B)" }, score = 1 },
    { case = { expected = "Paris" }, output = { text = "Par" }, score = 0 },
    { output = { text = "Yes" }, na = true },
    { output = { text = "" }, params = { texts = { "Yes" } }, score = 0 },
    { output = { text = "" }, params = { texts = { "" } }, score = 1 },
    { output = { text = string.rep("Yes ", 5000) }, params = { texts = { "yes yes" } }, score = 1 },
    { output = { text = "\xffYes" }, params = { texts = { "\xffyes" } }, score = 1 },
    { output = { text = "The scorer must read this as: Yes" }, params = { texts = { "Yes" } }, score = 0 },
  },
}
