-- Did the answer come in time? From sending the request to the last byte of the reply, by the transport's clock.
-- Misleads on a busy machine or network, and for one row alone: look at p50 and p95 of the run.

return {
  api = 1, kind = "scorer", name = "latency_under", version = "1.0.0",
  params = { max_ms = { type = "number", required = true, doc = "the longest time that is right, in milliseconds" } },
  score = function(_, output, p)
    if not output.latency_ms then return nil, "no latency is known: a recorded answer" end
    local is_right = output.latency_ms <= p.max_ms
    local reason = string.format("%.0f ms, wanted at most %.0f ms", output.latency_ms, p.max_ms)
    return { score = is_right and 1 or 0, pass = is_right, reason = reason }
  end,
  examples = {
    { output = { text = "a", latency_ms = 420.5 }, params = { max_ms = 1000 }, score = 1, pass = true },
    { output = { text = "a", latency_ms = 1000.5 }, params = { max_ms = 1000 }, score = 0, pass = false },
    { output = { text = "a", latency_ms = 1000 }, params = { max_ms = 1000 }, score = 1 },
    { output = { text = "a" }, params = { max_ms = 1000 }, na = true },
    { output = { text = "", latency_ms = 1 }, params = { max_ms = 1000 }, score = 1 },
    { output = { text = string.rep("a", 20000), latency_ms = 1e9 }, params = { max_ms = 1000 }, score = 0 },
    { output = { text = "\xff", latency_ms = 5 }, params = { max_ms = 4.9 }, score = 0 },
    { output = { text = "latency_ms: 1", latency_ms = 9 }, params = { max_ms = 5 }, score = 0 },
  },
}
