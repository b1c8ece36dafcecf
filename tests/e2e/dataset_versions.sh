#!/bin/bash
# The three formats of datasets, from file to verdict: own cases, chats, TrainLoop events; versions by content; bad lines by number.
. "$(dirname "$0")/lib.sh"

start_sim
start_daemon

write_sums "$home/own.jsonl" 20
jq -c '{messages: [{role: "user", content: .input}, {role: "assistant", content: .expected}]}' "$home/own.jsonl" >"$home/chat.jsonl"
jq -c '{input: [{role: "user", content: .input}], output: {content: .expected}, model: "old-model", tag: "sums",
        modelParams: {}, startTimeMs: 1750000000000, endTimeMs: 1750000000300, durationMs: 300, url: "https://api.example/v1", location: {file: "a.py", lineNumber: "1"}}' \
    "$home/own.jsonl" >"$home/events.jsonl"

for format in own chat events; do
    expect_exit 0 ctl --json dataset import "$format" "$home/$format.jsonl"
    expect_contains "$out" '"cases":20' '"bad":0'
    case $format in
    own) recorded=0 scorer=exact_match ;;
    *) recorded=20 scorer='length: {min: 1}' ;;
    esac
    expect "$(json_get "$out" recorded)" -eq "$recorded" "recorded answers of $format"
    write_eval "$format" <<YAML
dataset: $format
baseline: $([ $recorded = 0 ] && echo sim-q95 || echo recorded)
candidates: [sim-q94]
scorers: [$scorer]
YAML
    expect_exit 0 ctl run start "$format" --wait
    expect_exit 0 ctl --json run show last
    expect "$(jq -c '[.comparisons[].n_pairs] | unique' <<<"$out")" = '[20]' "pairs of $format"
done

# The same content is the same version; other content is a new one; a line that is broken is told by number and reason.
expect_exit 0 ctl --json dataset import own "$home/own.jsonl"
expect_contains "$out" '"is_new":false' '"version":1'
{ head -n 3 "$home/own.jsonl"; echo '{"id": "broken", "inptu": "?"}'; tail -n 2 "$home/own.jsonl"; echo 'not json'; } >"$home/mixed.jsonl"
expect_exit 0 ctl dataset import own "$home/mixed.jsonl"
expect_contains "$out" "own@2" "mixed.jsonl:4:" "did you mean 'input'" "mixed.jsonl:7:"
expect_exit 65 ctl dataset import own "$home/mixed.jsonl" --strict
expect_exit 0 ctl dataset ls
expect_contains "$out" own chat events trainloop
expect_exit 0 ctl dataset show own@1
expect_contains "$out" c0001 "What is 101"

finish
