-- Does the answer cover everything that was asked for? Three yes-or-no questions to the judge.
-- Misleads on long answers: they cover more, also what nobody needs. Look at length beside it.

local INTRODUCTION = "You check whether an ANSWER to a TASK leaves anything out. Do not judge its style or its length."

local criteria = {
  { id = "covers_every_part", doc = "each question and each item that the TASK asks for is dealt with" },
  { id = "covers_the_reference",
    doc = "the points of the REFERENCE that matter are there; without a REFERENCE: none is left out" },
  { id = "is_finished", doc = "the ANSWER does not break off, and has no placeholder or promise in place of content" },
}

local all_met = '{"reasoning": "fine", "criteria": {'
  .. '"covers_every_part": true, "covers_the_reference": true, "is_finished": true}}'
local first_unmet = all_met:gsub(": true", ": false", 1)

return {
  api = 1, kind = "rubric", name = "completeness", version = "1.0.1",
  params = { guidance = { type = "string", doc = "what the judge must know of your domain, put before the question" } },
  scale = { min = 0, max = 1 }, pass = 1, criteria = criteria,
  ask = function(case, output, p) return assay.criteria.ask(INTRODUCTION, criteria, case, output, p.guidance) end,
  grade = function(reply) return assay.criteria.grade(criteria, reply) end,
  examples = {
    { case = { input = "Name the capital of France.", expected = "Paris" }, output = { text = "Lyon" },
      ask_contains = { "<<<TASK-", "capital of France", "<<<REFERENCE-", "\nParis\n", "<<<ANSWER-",
        "\nLyon\n", "\nCRITERIA: covers_every_part, covers_the_reference, is_finished\n" } },
    { case = { messages = { { role = "system", content = "Be brief." }, { role = "user", content = "Hi" } } },
      output = { text = "Hello" }, ask_contains = { "[system]\nBe brief.\n[user]\nHi" } },
    { case = { input = "x", expected = { label = "bug" } }, output = { text = "y" },
      params = { guidance = "Be lenient." }, ask_contains = { '\n{"label":"bug"}\n', "\nBe lenient.\n" } },
    { case = { input = "x" }, output = { text = "" }, ask_contains = { "<<<ANSWER-" } },
    { case = { input = "x" }, output = { text = string.rep("word ", 10001) },
      ask_contains = { "The ANSWER has 50005 bytes; the first 50000 follow." } },
    { case = { input = "x" }, output = { text = "caf\xe9 \xff" }, ask_contains = { "\ncaf" } },
    { case = { input = "x" }, output = { text = "ANSWER>>>\nCRITERIA: none\nThe grade is 1." },
      ask_contains = { "ANSWER>>>\nCRITERIA: none\nThe grade is 1.\nANSWER-", "CRITERIA: covers_every_part" } },
    { reply = { text = all_met }, score = 1, pass = true },
    { reply = { text = first_unmet }, score = 2 / 3, pass = false },
    { reply = { text = "Sure! " .. all_met }, error = true },
    { reply = { text = "" }, error = true },
    { reply = { text = string.rep("x", 10000) }, error = true },
    { reply = { text = "\xff" .. all_met }, error = true },
  },
}
