#!/bin/bash
# Versions of a dataset: made by content, found again by content, named by number. What an import says of bad lines and of a file that
# is named twice.
. "$(dirname "$0")/lib.sh"

start_sim
start_daemon
write_sums "$home/one.jsonl" 1
write_sums "$home/two.jsonl" 2 d
write_sums "$home/three.jsonl" 3 e

# ---- versions ----

expect_exit 0 ctl dataset import d "$home/one.jsonl"
expect_contains "$out" "imported 1 case as d@1 ("
expect_exit 0 ctl dataset import d "$home/one.jsonl"
expect_contains "$out" "1 case, already there, as d@1 ("
expect_lacks "$out" newest
expect_exit 0 ctl dataset import d "$home/two.jsonl"
expect_contains "$out" "imported 2 cases as d@2 ("
expect_exit 0 ctl dataset import d "$home/one.jsonl" "$home/two.jsonl"
expect_contains "$out" "imported 3 cases as d@3 ("

# An older content again: the name alone means another version, and the eval can say which it means.
expect_exit 0 ctl dataset import d "$home/one.jsonl"
expect_contains "$out" "1 case, already there, as d@1 (" "d alone means d@3, the newest: use d@1 in the eval to mean this one"
expect_exit 0 ctl --json dataset import d "$home/one.jsonl"
expect "$(jq -c '[.dataset.version, .is_new, .newest]' <<<"$out")" = '[1,false,3]' "version, is_new and newest"
write_eval old <<'YAML'
dataset: d@1
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
YAML
expect_exit 0 ctl run start old --wait
expect_contains "$out" "d@1 (1 case, "

# ---- what is wrong with the files ----

expect_exit 65 ctl dataset import e "$home/one.jsonl" "$home/two.jsonl" "$home/one.jsonl"
expect_contains "$err" "$home/one.jsonl is named twice"
ln "$home/one.jsonl" "$home/link.jsonl"
expect_exit 65 ctl dataset import e "$home/one.jsonl" "$home/link.jsonl"
expect_contains "$err" "$home/link.jsonl is named twice"
expect_exit 65 ctl dataset show e
expect_contains "$err" "dataset 'e' is not there"

# Ten bad lines are shown, a hundred are in the JSON.
awk 'BEGIN { for (i = 1; i <= 120; i++) print "{\"id\":\"c0001\"}" }' >"$home/bad.jsonl"
expect_exit 0 ctl dataset import e "$home/one.jsonl" "$home/bad.jsonl"
expect_contains "$out" "imported 1 case as e@1 (" ", 120 bad lines:" "bad.jsonl:10: " "  and 110 more: --json has the first 100"
expect_lacks "$out" "bad.jsonl:11: "
expect_exit 0 ctl --json dataset import e "$home/one.jsonl" "$home/bad.jsonl"
expect "$(jq -c '[.bad, (.bad_lines | length)]' <<<"$out")" = '[120,100]' "bad lines in the JSON"

# A case that stands twice is a bad line; the first one stays.
expect_exit 0 ctl dataset import f "$home/three.jsonl" <(cat "$home/three.jsonl")
expect_contains "$out" "imported 3 cases as f@1 (" ", 3 bad lines:" "case id 'e0001' stands already in $home/three.jsonl:1"

finish
