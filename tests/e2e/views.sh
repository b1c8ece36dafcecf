#!/bin/bash
# run show --by scorer|tag|model, --detailed and --hist: the numbers of the result, each in its view, in a pipe with ASCII alone and on
# a UTF-8 terminal with blocks.
. "$(dirname "$0")/lib.sh"

models=(sim-q95 sim-q80 sim-judge)
more_models+=("unpriced: {provider: sim, id: sim-q95}")
cat >"$home/plugins/scorers/half.lua" <<'LUA'
-- Half a point for each case whose number is odd.
return {
  api = 1, kind = "scorer", name = "half", version = "1.0.0",
  score = function(case) return (tonumber(case.id:match("%d+")) % 2) / 2 end,
}
LUA
start_sim
start_daemon
awk 'BEGIN {
    for (i = 1; i <= 60; i++)
        printf "{\"id\":\"c%02d\",\"input\":\"What is %d + %d?\",\"expected\":\"%d\",\"tags\":[\"%s\"]}\n", i, i, i, 2 * i, i <= 40 ? "many" : "few"
}' >"$home/tagged.jsonl"
expect_exit 0 ctl dataset import tagged "$home/tagged.jsonl"
import_sums plain 10
write_eval tagged <<'YAML'
dataset: tagged
baseline: sim-q95
candidates: [sim-q80, unpriced]
scorers: [exact_match, half]
gate: {margin: 0.1}
YAML
write_eval plain <<'YAML'
dataset: plain
baseline: sim-q95
candidates: [sim-q80]
scorers: [exact_match]
YAML
expect_exit 0 ctl run start tagged --wait
shown=$(ctl --json run show 1)

# VIEW: the line of the view that begins so, its blanks squeezed.
line_of() { tr -s ' ' <<<"$out" | grep -m 1 "^ *$1" || fail "no line '$1' in $out"; }

# ---- by scorer ----

expect_exit 0 ctl run show 1 --by scorer
expect "$(grep -cE '^(exact_match|half)' <<<"$out")" -eq 2 "metrics"
expect "$(grep -c 'AGAINST THE BASELINE' <<<"$out")" -eq 2 "tables of differences"
expect_contains "$(line_of 'sim-q80 60')" "$(jq -r '.members[1].metrics[0].mean * 1000 | round / 1000 | tostring | .[0:5]' <<<"$shown")"
expect_lacks "$out" "TOKENS IN"

# ---- by model ----

expect_exit 0 ctl run show 1 --by model
expect "$(grep -cE '^(sim-q95|sim-q80|unpriced)  (baseline|candidate)' <<<"$out")" -eq 3 "members"
expect "$(grep -cE '^half +60 0.250' <<<"$out")" -eq 3 "rows of the metric half"
expect "$(grep -c 'TOKENS IN' <<<"$out")" -eq 3 "tables of cost"

# ---- by tag ----

expect_exit 0 ctl run show 1 --by tag
expect_contains "$out" "exact_match by tag"
expect_contains "$(line_of 'many 40 sim-q95 40')" "$(jq -r '.tags[1].members[0].mean * 1000 | round / 1000 | tostring | .[0:5]' <<<"$shown")"
expect_contains "$(line_of 'few 20 sim-q95 20')" " ["
expect "$(grep -c 'sim-q80' <<<"$(sed -n '/by tag/,$p' <<<"$out")")" -eq 2 "rows of a candidate"
expect_exit 0 ctl run start plain --wait
expect_exit 0 ctl run show last --by tag
expect_contains "$out" "no case of this run has a tag"

# ---- detailed ----

expect_exit 0 ctl run show 1 --by model
expect_contains "$out" TIMED P95 "PER PASSED CASE"
expect_lacks "$out" P99 "PER 1K TOKENS" "FROM 0 TO 1"
expect_exit 0 ctl run show 1 --detailed
for column in ROWS OK FAILED MISSING TIMED P50 P95 P99 "TOKENS IN" "TOKENS OUT" COST "PER 1K TOKENS" "PER PASSED CASE" N MEAN "95 % INTERVAL" \
    MIN P10 MEDIAN MAX PASS "FROM 0 TO 1"; do
    expect_contains "$out" "$column"
done
cost_per_1k=$(jq -r '.members[0] | .cost_usd / (.input_tokens + .output_tokens) * 1000 | . * 1e6 | floor / 1e6' <<<"$shown")
expect_contains "$(sed -n '/PER 1K/,/^$/p' <<<"$out" | grep '^sim-q95')" "\$$cost_per_1k"
expect_contains "$(sed -n '/PER 1K/,/^$/p' <<<"$out" | grep '^unpriced' | tr -s ' ')" "unpriced unpriced unpriced"
expect_contains "$(sed -n '/^half/,/^$/p' <<<"$out" | grep '^sim-q95')" "9....9...."
expect_exit 0 ctl run show 1 --by model --detailed
expect_contains "$out" "METRIC" "PER PASSED CASE" "9....9...."

# ---- histograms ----

expect_exit 0 ctl run show 1 --hist
expect "$(grep -cE '^(exact_match|half), ' <<<"$out")" -eq 6 "histograms"
expect "$(sed -n '/^half, sim-q80/,/^$/p' <<<"$out" | grep -c '#')" -eq 2 "bars of the metric half"
expect_contains "$(sed -n '/^half, sim-q80/,/^$/p' <<<"$out" | grep '0.5 to 0.6')" "30   50.0 %  ########################################"
expect_lacks "$out" "TOKENS IN"
expect "$(LC_ALL=C grep -c '[^ -~]' <<<"$out" || true)" -eq 0 "lines of a pipe with more than ASCII"

# On a UTF-8 terminal with blocks, on another with ASCII.
on_terminal() {
    local command
    printf -v command '%q ' "$BIN_DIR/assayctl" run show 1 --hist --detailed
    LC_ALL=$1 TERM=xterm script -qec "stty cols 140 rows 50; $command" /dev/null </dev/null
}
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    expect_contains "$(on_terminal C.UTF-8)" "████████████████████████████████████████" "█····█····"
    expect_lacks "$(on_terminal C)" "█"
    expect_contains "$(on_terminal C)" "########################################"
fi

# ---- what is no view, and a run without a result ----

expect_exit 64 ctl run show 1 --by case
expect_contains "$err" "--by is scorer, tag or model, not 'case'"
expect_exit 64 ctl run show 1 --by tag --inflight
expect "$(ctl --json run show 1 --by tag | jq -c .members)" = "$(jq -c .members <<<"$shown")" "JSON, whatever the view"
expect_exit 0 ctl run start tagged --request-delay 10
expect_exit 0 ctl run show last --by tag --detailed
expect_contains "$out" " of 180 rows"
expect_exit 0 ctl run cancel last

finish
