#!/bin/bash
# Which model to take: the recommendation below the verdict, run rank with its front and a composite, and run project; of models that
# differ in quality, price and speed, one of which has no price.
. "$(dirname "$0")/lib.sh"

models=()
more_models=("large: {provider: sim, id: sim-q95, concurrency: 8, price: {input: 20, output: 60}}"
    "cheap: {provider: sim, id: sim-q95, concurrency: 8, params: {temperature: 0}, price: {input: 2, output: 6}}"
    "worse: {provider: sim, id: sim-q80, concurrency: 8, price: {input: 20, output: 60}}"
    "unpriced: {provider: sim, id: \"sim-q95+fault=slow:1:40\", concurrency: 16}"
    "judge: {provider: sim, id: sim-judge, concurrency: 8, price: {input: 1, output: 1}}")
start_sim
start_daemon
import_sums sums 200
write_eval sums <<'YAML'
dataset: sums
baseline: large
candidates: [cheap, worse, unpriced]
scorers: [exact_match]
rubric: {use: correctness, judge: judge}
primary: exact_match
gate: {margin: 0.06}
rank:
  weights: {quality: 3, cost: 1}
  ranges: {quality: [0.5, 1.0], cost: [0.02, 0]}
YAML
expect_contains "$(ctl --json eval show sums | jq -c .rank)" '"weights":{"quality":3,"cost":1}' '"cost":[0.02,0]'
expect_exit 0 ctl run start sums --wait
shown=$(ctl --json run show last)

# FILTER of the member of that name.
of() { jq -c --arg model "$2" ".members[] | select(.model == \$model) | $3" <<<"$1"; }

# What to do about each, in a sentence that has its numbers.
advice() { jq -r --arg model "$1" ".recommendations[] | select(.candidate == \$model) | $2" <<<"$shown"; }
expect "$(advice cheap .action)" = deploy "what to do about cheap"
expect_contains "$(advice cheap .sentence)" "Deploy 'cheap' in place of 'large': " "n=200 pairs" "at 0.10 times the cost"
expect "$(advice worse .action)" = keep "what to do about worse"
expect_contains "$(advice unpriced .sentence)" "an unknown ratio of cost"
expect_contains "$(jq -r .best_of <<<"$shown")" "3 candidates were tried" "equally good"
expect "$(jq -c '[.comparisons[] | select(.metric == "exact_match") | .p_holm >= .p]' <<<"$shown")" = '[true,true,true]' "p by Holm"
expect_contains "$(ctl run show last)" "=> Deploy 'cheap'" "=> Keep 'large'" "best of several: 3 candidates were tried"

# The front. Latencies differ by chance, so it is only asked what does not hang on them.
ranked=$(ctl --json run rank last)
expect "$(jq -c .axes <<<"$ranked")" = '["quality","cost","latency"]' "axes"
expect "$(of "$ranked" cheap .front)" = true "cheap on the front"
expect "$(of "$ranked" unpriced '[.front, .not_comparable, .cost_usd, .dominated_by]')" = '[null,"unpriced",null,[]]' "the unpriced"
expect "$(jq '[.members[].dominated_by[] | select(.model == "unpriced")] | length' <<<"$ranked")" = 0 "who the unpriced dominates"
expect "$(jq -c .composite <<<"$ranked")" = \
    '{"weights":{"quality":3,"cost":1},"ranges":{"quality":[0.5,1],"cost":[0.02,0]},"source":"pinned"}' "pinned weights"
expect "$(of "$ranked" unpriced .composite)" = null "composite of the unpriced"
expect "$(of "$ranked" cheap '((.quality - 0.5) / 0.5 * 3 + (0.02 - .cost_usd) / 0.02) / 4 - .composite | fabs < 1e-9')" = true "composite"
expect "$(jq -r '.members[0].model' <<<"$ranked")" = cheap "the first by composite"
text=$(ctl run rank last)
expect_contains "$text" PARETO "on front" unpriced "composite of weights" "quality 3 (0.5 to 1), cost 1 (0.02 to 0)"

# Weights that are given now are said to be.
given=$(ctl --json run rank last --weights latency=1 --ranges latency=60000:0)
expect "$(jq -r .composite.source <<<"$given")" = given "source of the weights"
expect_contains "$(jq -r '.notes[]' <<<"$given")" "not pinned"
expect "$(of "$given" unpriced '.composite > 0')" = true "composite without a weight of cost"
expect_exit 65 ctl run rank last --weights cost=1
expect_contains "$err" "weights of cost: a weight needs a fixed range"
expect_exit 65 ctl run rank last --weights cost=1 --ranges cost=0:1
expect_contains "$err" "ranges of cost: worst first"
expect_exit 65 ctl run rank last --weights speed=1
expect_contains "$err" "'speed=1' begins with none of quality=, cost= and latency="

# A month: the cost of an answer times requests, nothing of the judge in it.
month=$(ctl --json run project last --requests-per-day 1000)
expect "$(of "$month" large '.month_usd / (.cost_usd * 1000 * 30.44) - 1 | fabs < 1e-9')" = true "a month of large"
expect "$(of "$month" large '.month_ci[0] < .month_usd and .month_usd < .month_ci[1]')" = true "its interval"
expect "$(of "$month" cheap '.difference_month_usd < 0 and .difference_n == 200 and .difference_ci[1] < 0')" = true "what cheap saves"
expect "$(of "$month" unpriced '[.month_usd, .difference_month_usd, .cost_per_pass_usd, .n]')" = '[null,null,null,0]' "a month of the unpriced"
spent=$(jq '.members[0].cost_usd' <<<"$shown")
expect "$(of "$month" large ".cost_usd * 200 / $spent - 1 | fabs < 1e-9")" = true "cost of an answer"
expect "$(jq '.judge.run_usd > 0' <<<"$month")" = true "what the judge cost"
expect_contains "$(ctl run project last --requests-per-day 1000)" "1000 requests a day, a month of 30.44 days" "-\$" unpriced "The judge is no part"
expect_exit 65 ctl run project last --requests-per-day 0
expect_exit 64 ctl run project last --requests-per-day many
expect_exit 65 ctl run rank 99
expect_contains "$err" "run 99 is not there"

# The weights stay those of the run's start, and a run without them has none.
write_eval sums <<'YAML'
dataset: sums
baseline: large
candidates: [cheap]
scorers: [exact_match]
YAML
await "the eval without weights" bash -c "'$BIN_DIR/assayctl' --json eval show sums | jq -e '.rank == null' >/dev/null"
expect "$(ctl --json run rank 1 | jq -r .composite.source)" = pinned "weights of the first run"
expect_exit 0 ctl run start sums --wait --max-cases 10
expect "$(ctl --json run rank last | jq -c '[.composite, .members[0].composite]')" = '[null,null]' "no weights"
expect_contains "$(ctl run rank last)" "no composite" "is a guess: it is of 10 latencies"
expect "$(ctl --json run project last --requests-per-day 5 | jq .judge)" = null "no judge"

# A run that its budget stopped says so.
expect_exit 5 ctl run start sums --wait --max-requests 40
expect_contains "$(ctl run rank last)$(ctl run project last --requests-per-day 5)" "note: the budget stopped the run" "of 20 of 200 cases"

# Planned looks shuffle the cases: those that it had are not the first ones.
write_eval sums <<'YAML'
dataset: sums
baseline: large
candidates: [cheap]
scorers: [exact_match]
gate: {margin: 0.3}
early_stop: {looks: 2}
YAML
await "the eval with looks" bash -c "'$BIN_DIR/assayctl' --json eval show sums | jq -e '.early_stop.looks == 2' >/dev/null"
expect_exit 5 ctl run start sums --wait --max-requests 40
expect_contains "$(ctl run rank last)" "note: the budget stopped the run: not all of its cases were run"

# A replay derives all of it again.
expect_exit 0 ctl run replay 1
expect "$(ctl --json run rank last | jq -c '.members, .composite')" = "$(jq -c '.members, .composite' <<<"$ranked")" "ranks of the replay"

finish
