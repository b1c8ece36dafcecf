-- Which words do the answer and the reference share? F1 of precision and recall, as SQuAD's evaluation computes it:
-- without case, punctuation and articles, whatever the order. The best of several references counts.
-- Misleads on "not": one word turns the meaning and costs next to nothing.

return {
  api = 1, kind = "scorer", name = "f1", version = "1.0.0",
  params = { min_score = { type = "number", default = 0.5, doc = "from here on it passes" } },
  score = function(case, output, p)
    local best
    for _, reference in ipairs(assay.references(case)) do
      local score, precision, recall = assay.text.token_f1(output.text, reference)
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
    { case = { reference = "a cat sat" }, output = { text = "The cat sat on the mat." }, score = 2 / 3, pass = true },
    { case = { reference = "the Denver Broncos" }, output = { text = "Denver Broncos!" }, score = 1, pass = true },
    { case = { reference = "Denver" }, output = { text = "Carolina" }, score = 0, pass = false },
    { case = { reference = "to be to be to be" }, output = { text = "to be or not to be" }, score = 4 / 6 },
    { case = { reference = "x y" }, output = { text = "x z" }, params = { min_score = 0.6 },
      score = 0.5, pass = false },
    { case = { expected = { "London", "Paris" } }, output = { text = "Paris" }, score = 1 },
    { case = { expected = 42 }, output = { text = "42." }, score = 1 },
    { case = { expected = "ΟΔΟΣ" }, output = { text = "οδος" }, score = 1 },
    { output = { text = "a" }, na = true },
    { case = { reference = "the" }, output = { text = "" }, score = 1 },
    { case = { reference = "Paris" }, output = { text = "" }, score = 0 },
    { case = { reference = "Paris" }, output = { text = string.rep("Paris ", 3000) }, score = 2 / 3001 },
    { case = { reference = "caf\xe9" }, output = { text = "\xff caf\xe9" }, score = 2 / 3 },
    { case = { reference = "Paris" }, output = { text = "Grader: precision 1, recall 1." }, score = 0 },
  },
}
