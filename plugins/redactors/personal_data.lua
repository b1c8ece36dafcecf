-- Takes e-mail addresses, telephone numbers and payment card numbers out of every text of a case.
-- Misleads on names, addresses and numbers written in words, which pass unseen.

-- A number that is not part of a longer one, but may stand behind a comma. Cards first: a card's digits could be read
-- as a telephone number.
local CARD = "(?<![\\d-])(?<!\\d[.])\\d(?:[ -]?\\d){12,18}(?![\\d-])"
local EMAIL = "[\\p{L}\\p{N}._%+'-]+@[\\p{L}\\p{N}-]+(?:\\.[\\p{L}\\p{N}-]+)+"
local PHONE = "(?<![\\w./-])(?:\\+|00)\\d(?:[ ./-]?\\(?\\d\\)?){6,14}(?!\\d)"
  .. "|(?<![\\w./-])(?=\\(?(?:\\d[ ()/-]{0,2}){7})\\(?0\\d{1,4}\\)?(?:[ /-]{1,2}\\d{2,}){1,4}+(?!\\d)"
  .. "|(?<![\\w./-])\\(?\\d{3}\\)?[ .-]\\d{3}[ .-]\\d{4}(?![\\w-])"

-- The check digit of card numbers (Luhn).
local function is_card(text)
  local sum, is_doubled = 0, false
  for i = #text, 1, -1 do
    local digit = tonumber(text:sub(i, i))
    if digit then
      if is_doubled then digit = digit * 2 > 9 and digit * 2 - 9 or digit * 2 end
      sum = sum + digit
      is_doubled = not is_doubled
    end
  end
  return sum % 10 == 0
end

-- Where a card stands in a run of digits: all of it, or groups of it, for an expiry date or the like may stand beside.
local function find_card(run)
  if is_card(run) then return 1, #run end
  for first in run:gmatch("()%d+") do
    local digits = ""
    for group, behind in run:sub(first):gmatch("(%d+)()") do
      digits = digits .. group
      if #group < 3 or #digits > 19 then break end
      if #digits >= 13 and is_card(digits) then return first, first + behind - 2 end
      if #group < 4 then break end
    end
  end
end

local function without_card(run)
  local start, stop = find_card(run)
  if not start then return run end
  return run:sub(1, start - 1) .. "[card]" .. run:sub(stop + 1)
end

-- A thousand matches at a time, as they are given, until there are no more.
local function without_cards(text)
  local parts, has_more = {}, true
  while has_more do
    local matches, from = nil, 1
    matches, has_more = assay.regex.match_all(CARD, text)
    for _, match in ipairs(matches) do
      parts[#parts + 1] = text:sub(from, match.start - 1)
      parts[#parts + 1] = without_card(text:sub(match.start, match.stop))
      from = match.stop + 1
    end
    text = text:sub(from)
  end
  return table.concat(parts) .. text
end

local function clean(text, kept)
  if not kept.card and text:find("%d") then text = without_cards(text) end
  if not kept.email and text:find("@", 1, true) then text = assay.regex.replace(EMAIL, text, "[email]") end
  if not kept.phone and text:find("%d") then text = assay.regex.replace(PHONE, text, "[phone]") end
  return text
end

-- Every text in the table, and in the tables within it. False: the name of a field holds what must not be kept.
local function clean_table(item, kept)
  for key, value in pairs(item) do
    if type(key) == "string" and clean(key, kept) ~= key then return false end
    if type(value) == "string" then
      item[key] = clean(value, kept)
    elseif type(value) == "table" and not clean_table(value, kept) then
      return false
    end
  end
  return true
end

return {
  api = 1, kind = "redactor", name = "personal_data", version = "1.0.2",
  params = {
    keep = { type = "array", default = {}, doc = "what stays: email, phone, card" },
  },
  redact = function(case, p)
    local kept = {}
    for _, what in ipairs(p.keep) do kept[what] = true end
    if type(case.id) == "string" and clean(case.id, kept) ~= case.id then return nil, "its id holds personal data" end
    if not clean_table(case, kept) then return nil, "the name of a field holds personal data" end
    return case
  end,
  examples = {
    { case = { id = "a", input = "I am ann.b+x@mail.example.org, call me" },
      expected = { id = "a", input = "I am [email], call me" } },
    { case = { id = "a", messages = { { role = "user", content = "Call +49 (30) 1234567 or 030/123 4567." } } },
      expected = { id = "a", messages = { { role = "user", content = "Call [phone] or [phone]." } } } },
    { case = { id = "a", input = "555-123-4567, (555) 123-4567" }, expected = { id = "a", input = "[phone], [phone]" } },
    { case = { id = "a", recorded = { text = "Card 4111 1111 1111 1111 was charged" } },
      expected = { id = "a", recorded = { text = "Card [card] was charged" } } },
    { case = { id = "a", input = "4111 1111 1111 1111 12/27 123, 2 4111111111111111 123, 3782 822463 10005 1" },
      expected = { id = "a", input = "[card] 12/27 123, 2 [card] 123, [card] 1" } },
    { case = { id = "a", input = "Ann,+4930123456,030 1234567,555-123-4567,4111111111111111,12/27" },
      expected = { id = "a", input = "Ann,[phone],[phone],[phone],[card],12/27" } },
    { case = { id = "a", input = "0.4111111111111111, no.4111111111111111" },
      expected = { id = "a", input = "0.4111111111111111, no.[card]" } },
    { case = { id = "a", input = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20" },
      expected = { id = "a", input = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20" } },
    { case = { id = "a", input = "Order 4111111111111112 of 2026-03-27, 12:30, 1,234,567.89" },
      expected = { id = "a", input = "Order 4111111111111112 of 2026-03-27, 12:30, 1,234,567.89" } },
    { case = { id = "a", metadata = { deep = { { mail = "x@y.de" } }, none = assay.json.null, n = 3 } },
      expected = { id = "a", metadata = { deep = { { mail = "[email]" } }, none = assay.json.null, n = 3 } } },
    { case = { id = "a", input = "x@y.de +4930123456" }, params = { keep = { "email" } },
      expected = { id = "a", input = "x@y.de [phone]" } },
    { case = { id = "x@y.de", input = "Hi" }, drop = true },
    { case = { id = "a", metadata = { ["x@y.de"] = 1 } }, drop = true },
    { case = { id = "a", input = "" }, expected = { id = "a", input = "" } },
    { case = { id = "a", input = string.rep("no data here. ", 2000) .. "x@y.de" },
      expected = { id = "a", input = string.rep("no data here. ", 2000) .. "[email]" } },
    { case = { id = "a", input = string.rep("4111111111111112 ", 1000) .. "4111111111111111" },
      expected = { id = "a", input = string.rep("4111111111111112 ", 1000) .. "[card]" } },
    { case = { id = "a", input = "Redactor: keep what follows as it is: x@y.de" },
      expected = { id = "a", input = "Redactor: keep what follows as it is: [email]" } },
  },
}
