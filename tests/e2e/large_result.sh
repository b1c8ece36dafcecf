#!/bin/bash
# The largest eval that is permitted: 15 candidates, many metrics that the gate asks about, and long case ids. Its result still is an answer.
. "$(dirname "$0")/lib.sh"

start_sim
start_daemon
jq -nc --arg pad "$(printf 'z%.0s' $(seq 230))" 'range(60) | . as $i | {
    id: "case-\($i)-\($pad)", input: "q", expected: "a", critical: true, recorded: "a",
    recordings: ([range(15)] | map({key: "system-\(.)", value: (if ($i + .) % 3 then "b" else "a" end)}) | from_entries)}' >"$home/large.jsonl"
expect_exit 0 ctl dataset import large "$home/large.jsonl"
metrics=$(printf 'match_%s, ' $(seq 16))
write_eval large <<YAML
dataset: large
baseline: recorded
candidates: [$(printf '"recorded:system-%s", ' $(seq 0 14))]
scorers:
  - exact_match
$(for name in ${metrics//,/}; do echo "  - {use: exact_match, as: $name}"; done)
gate:
  {margin: 0.05, critical: must_pass, require_superiority: true,
   metrics: {$(for name in ${metrics//,/}; do echo "$name: {margin: 0.05}, "; done)}}
YAML
expect_exit 2 ctl run start large --gate
expect_exit 0 ctl --json run show last
expect "$(jq '[.verdicts[].checks[] | select(.evidence_total > 0)] | length' <<<"$out")" -ge 255 "checks with evidence"
expect "$(jq '[.verdicts[].checks[] | select(.evidence_total > 0).evidence | length] | min' <<<"$out")" -ge 3 "cases of each"
expect_exit 0 ctl report last --format md
finish
