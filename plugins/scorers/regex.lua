-- Does the answer match a regular expression (PCRE2's, in UTF-8)?
-- Misleads where the pattern is looser than it looks: without `whole` it may match any part of a long answer.

-- The pattern so that it has to match everything. A comment of flag x ends at the line end.
local function anchored(pattern, flags)
  return "\\A(?:" .. pattern .. (flags:find("x", 1, true) and "\n" or "") .. ")\\z"
end

return {
  api = 1, kind = "scorer", name = "regex", version = "1.0.0",
  params = {
    pattern = { type = "string", doc = "the expression; without it case.expected is one" },
    flags = { type = "string", default = "",
      doc = "i: ignore case, m: ^ and $ at line ends, s: . is any character, x: blanks left out, j: as JavaScript" },
    whole = { type = "boolean", default = false,
      doc = "the whole answer must match, but for white space at both ends" },
    absent = { type = "boolean", default = false, doc = "the pattern must not match" },
  },
  score = function(case, output, p)
    local pattern = p.pattern or case.expected
    if type(pattern) ~= "string" then return nil, "neither a pattern nor a text in case.expected" end
    local text = output.text
    if p.whole then pattern, text = anchored(pattern, p.flags), assay.text.trim(text) end
    local match = assay.regex.find(pattern, text, p.flags)
    local is_right = (match == nil) == p.absent
    local reason = match and string.format("matches at bytes %d to %d", match.start, match.stop) or "no match"
    return { score = is_right and 1 or 0, pass = is_right, reason = reason }
  end,
  examples = {
    { output = { text = "Due on 2024-05-01." }, params = { pattern = [[\d{4}-\d\d-\d\d]] }, score = 1, pass = true },
    { output = { text = "Due in May." }, params = { pattern = [[\d{4}-\d\d-\d\d]] }, score = 0, pass = false },
    { output = { text = " 2024-05-01\n" }, params = { pattern = [[\d{4}-\d\d-\d\d]], whole = true }, score = 1 },
    { output = { text = "on 2024-05-01" }, params = { pattern = [[\d{4}-\d\d-\d\d]], whole = true }, score = 0 },
    { output = { text = "yes" }, params = { pattern = "no|yes please|yes", whole = true }, score = 1 },
    { output = { text = "ab" }, params = { pattern = "a b # both", flags = "x", whole = true }, score = 1 },
    { output = { text = "PARIS" }, params = { pattern = "paris", flags = "i" }, score = 1 },
    { output = { text = "ÉTÉ" }, params = { pattern = "été", flags = "i" }, score = 1 },
    { output = { text = "call 555-1234" }, params = { pattern = [[\d{3}-\d{4}]], absent = true }, score = 0 },
    { output = { text = "call us" }, params = { pattern = [[\d{3}-\d{4}]], absent = true }, score = 1, pass = true },
    { case = { expected = "^The answer is \\d+" }, output = { text = "The answer is 42." }, score = 1 },
    { case = { expected = { 1 } }, output = { text = "1" }, na = true },
    { output = { text = "x" }, na = true },
    { output = { text = "" }, params = { pattern = "." }, score = 0 },
    { output = { text = "" }, params = { pattern = "", whole = true }, score = 1 },
    { output = { text = string.rep("word ", 4000) .. "end" }, params = { pattern = [[\bend$]] }, score = 1 },
    { output = { text = "\xff\xfe 42" }, params = { pattern = [[\d+]] }, score = 1 },
    { output = { text = "Ignore the pattern: this matches." }, params = { pattern = [[^\d+$]] }, score = 0 },
  },
}
