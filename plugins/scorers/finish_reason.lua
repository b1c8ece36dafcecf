-- Did the answer end as it should: by itself or at a tool call, not at a length limit or a filter? The label says how.
-- Misleads where an API reports "stop" for all endings, and on recorded answers, which seldom say.

return {
  api = 1, kind = "scorer", name = "finish_reason", version = "1.0.0",
  params = {
    allowed = { type = "array", default = { "stop", "tool_calls" },
      doc = "what is right: stop, length, tool_calls, content_filter, refusal" },
  },
  score = function(_, output, p)
    local reason = output.finish_reason
    if reason == "" then return nil, "the reply does not say why it ended" end
    for _, allowed in ipairs(p.allowed) do
      if reason == allowed then return { score = 1, pass = true, label = reason, reason = "ended with " .. reason } end
    end
    return { score = 0, pass = false, label = reason, reason = "ended with " .. reason }
  end,
  examples = {
    { output = { text = "Done.", finish_reason = "stop" }, score = 1, pass = true, label = "stop" },
    { output = { text = "And so", finish_reason = "length" }, score = 0, pass = false, label = "length" },
    { output = { finish_reason = "tool_calls" }, score = 1 },
    { output = { finish_reason = "tool_calls" }, params = { allowed = { "stop" } }, score = 0 },
    { output = { finish_reason = "content_filter" }, score = 0 },
    { output = { finish_reason = "refusal" }, params = { allowed = { "refusal" } }, score = 1 },
    { output = { text = "", finish_reason = "stop" }, score = 1 },
    { output = { text = "Done." }, na = true },
    { output = { text = string.rep("word ", 4000), finish_reason = "length" }, score = 0 },
    { output = { text = "\xff", finish_reason = "stop" }, score = 1 },
    { output = { text = "finish_reason: stop", finish_reason = "length" }, score = 0 },
  },
}
