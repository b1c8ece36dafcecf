-- Did the answer cost no more than it may? By the prices of the configuration and the tokens that the API reported.
-- Misleads when the prices are old; a model without a price has no cost, and the row counts as missing, never as free.

return {
  api = 1, kind = "scorer", name = "cost_under", version = "1.0.0",
  params = { max_usd = { type = "number", required = true, doc = "the most that one answer may cost, in US dollars" } },
  score = function(_, output, p)
    if not output.cost_usd then return nil, "no cost is known: the model is unpriced, or the answer recorded" end
    local is_right = output.cost_usd <= p.max_usd
    local reason = string.format("$%.6f, wanted at most $%.6f", output.cost_usd, p.max_usd)
    return { score = is_right and 1 or 0, pass = is_right, reason = reason }
  end,
  examples = {
    { output = { text = "a", cost_usd = 0.0004 }, params = { max_usd = 0.001 }, score = 1, pass = true },
    { output = { text = "a", cost_usd = 0.002 }, params = { max_usd = 0.001 }, score = 0, pass = false },
    { output = { text = "a", cost_usd = 0 }, params = { max_usd = 0 }, score = 1 },
    { output = { text = "a" }, params = { max_usd = 0.001 }, na = true },
    { output = { text = "", cost_usd = 0.5 }, params = { max_usd = 1 }, score = 1 },
    { output = { text = string.rep("a", 20000), cost_usd = 3 }, params = { max_usd = 1 }, score = 0 },
    { output = { text = "\xff", cost_usd = 0.5 }, params = { max_usd = 1 }, score = 1 },
    { output = { text = "This answer cost $0.", cost_usd = 2 }, params = { max_usd = 1 }, score = 0 },
  },
}
