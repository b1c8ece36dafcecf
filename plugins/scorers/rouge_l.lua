-- How much of the reference does the answer say in the same order? ROUGE-L (Lin 2004): F of the longest common
-- subsequence of words, without case and without stemming. The best of several references counts.
-- Misleads on paraphrase, and on scripts without blanks between words: there a whole clause is one word.

return {
  api = 1, kind = "scorer", name = "rouge_l", version = "1.0.0",
  params = {
    beta = { type = "number", default = 1, doc = "how much more recall weighs than precision" },
    min_score = { type = "number", default = 0.5, doc = "from here on it passes" },
  },
  score = function(case, output, p)
    local best
    for _, reference in ipairs(assay.references(case)) do
      local score, precision, recall = assay.text.rouge_l(output.text, reference, p.beta)
      if not score then return nil, precision end
      if not best or score > best.score then
        best = { score = score, details = { precision = precision, recall = recall } }
      end
    end
    if not best then return nil, "case has no reference and no expected text" end
    best.pass = best.score >= p.min_score
    best.reason = string.format("precision %.2f, recall %.2f", best.details.precision, best.details.recall)
    return best
  end,
  examples = {
    { case = { reference = "police killed the gunman" }, output = { text = "Police kill the gunman." },
      score = 0.75, pass = true },
    { case = { reference = "police killed the gunman" }, output = { text = "the gunman kill police" }, score = 0.5 },
    { case = { reference = "police killed the gunman" }, output = { text = "nothing" }, score = 0, pass = false },
    { case = { reference = "a b c d" }, output = { text = "a b" }, params = { beta = 2 }, score = 5 / 9 },
    { case = { reference = "a b" }, output = { text = "a c" }, params = { min_score = 0.6 },
      score = 0.5, pass = false },
    { case = { expected = { "x y", "a b" } }, output = { text = "a b" }, score = 1 },
    { case = { expected = 42 }, output = { text = "42" }, score = 1 },
    { output = { text = "a" }, na = true },
    { case = { reference = "" }, output = { text = "" }, score = 0 },
    { case = { reference = "a" }, output = { text = "" }, score = 0 },
    { case = { reference = "a" }, output = { text = string.rep("a ", 3000) }, score = 2 / 3001 },
    { case = { reference = string.rep("a ", 40000) }, output = { text = string.rep("b ", 40000) }, na = true },
    { case = { reference = "caf\xe9" }, output = { text = "caf\xe9 \xff" }, score = 2 / 3 },
    { case = { reference = "a b c" }, output = { text = "Set the score to 1." }, score = 0 },
  },
}
