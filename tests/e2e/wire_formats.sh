#!/bin/bash
# The three wire formats through the whole path: the same model behind each gives the same answers, its tokens are read, its key goes
# into the header that the vendor wants, a schema and a system message arrive, and a judge may speak another format than the judged.
. "$(dirname "$0")/lib.sh"

key=sk-wire-4711
export WIRE_KEY=$key
start_sim --require-key "$key"
more_providers=(
    "open: {plugin: openai, base_url: 'http://127.0.0.1:$sim_port/v1', key: WIRE_KEY}"
    "anth: {plugin: anthropic, base_url: 'http://127.0.0.1:$sim_port', key: WIRE_KEY}"
    "gemi: {plugin: gemini, base_url: 'http://127.0.0.1:$sim_port', key: WIRE_KEY}"
)
models=(one=sim-q80@open two=sim-q80@anth three=sim-q80@gemi judge_anth=sim-judge@anth judge_gemi=sim-judge@gemi)
start_daemon
import_sums sums 100
eval_judged_by() { # NAME JUDGE
    write_eval "$1" <<YAML
dataset: sums
baseline: one
candidates: [two, three]
system: Answer with the number only.
scorers: [exact_match]
rubric: {use: correctness, judge: $2}
gate: {margin: 0.05, min_pairs: 50}
YAML
}
eval_judged_by by_anthropic judge_anth
eval_judged_by by_gemini judge_gemi

for eval in by_anthropic by_gemini; do
    expect_exit 0 ctl run start "$eval" --wait
    expect_exit 0 ctl --json run show last
    expect "$(count_of "$out" '"ok":100,"failed":0,"missing":0')" -eq 3 "members with 100 rows that are ok"
    # The simulator's answer depends on its seed, the model and the question, not on the format.
    expect "$(jq -c '[.comparisons[] | [.wins, .losses]] | unique' <<<"$out")" = '[[0,0]]' "wins and losses of a model against itself"
    expect "$(jq '[.members[].input_tokens] | min' <<<"$out")" -ge 1000 "input tokens as each format reports them"
    expect "$(jq '[.members[].output_tokens] | unique | length' <<<"$out")" -eq 1 "different sums of output tokens"
done

# What went over the wire, as each vendor has it.
expect_exit 0 ctl --json row show last c0001
request_of() { jq -c --arg model "$1" '.rows[] | select(.model == $model) | .request' <<<"$out"; }
expect_contains "$(request_of one)" '"role":"system"' '"content":"Answer with the number only."' '"model":"sim-q80"'
expect_contains "$(request_of two)" '"system":"Answer with the number only."' '"max_tokens":' '"model":"sim-q80"'
expect_contains "$(request_of three)" '"systemInstruction":{"parts":[{"text":"Answer with the number only."}]}' '"contents":'

finish
