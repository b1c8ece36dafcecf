#!/bin/bash
# run plan says before a call is made what a run takes: it makes none itself, a real run lies between its low and its high, and with a
# past to go by its low is what the next run costs.
. "$(dirname "$0")/lib.sh"

models=(free=sim-q94)
priced() { more_models+=("$1: {provider: sim, id: $2, concurrency: 4, params: {max_tokens: 100}, price: {input: 20, output: 60}}"); }
priced large sim-q95
priced small sim-q94
priced judge sim-judge
more_models+=("unpriced: {provider: sim, id: sim-q80}")
start_sim --latency-ms 5
start_daemon
import_sums sums 100
write_eval sums <<'YAML'
dataset: sums
baseline: large
candidates: [small]
scorers: [exact_match]
rubric: {use: correctness, judge: judge}
gate: {margin: 0.1}
YAML

# PLAN FILTER
of() { jq -r "$2" <<<"$1"; }
# A OPERATOR B WHAT: of numbers with a point.
expect_num() {
    [ "$(jq -n "$1 $2 $3")" = true ] || fail "$4: $1, but expected $2 $3"
}

# Without a past: nothing is known of time or output, and no call is made to find out.
plan=$(ctl --json run plan sums --max-requests 300)
expect "$(sim_count requests)" = 0 "calls that a plan makes"
expect "$(of "$plan" .total.calls.low)" = 400 "calls, low"
expect "$(of "$plan" .total.calls.high)" = 600 "calls, high: the judge twice"
expect "$(of "$plan" .total.time_s)" = null "time without a past"
expect "$(of "$plan" .models[0].past_run)" = null "a past that there is not"
expect "$(of "$plan" .budget.verdict)" = will_stop "verdict on 300 requests for 400 calls"
expect "$(of "$plan" .budget.stops_at_row)" = 150 "row at which 300 requests end"
expect "$(of "$plan" .detectable.sigma_run)" = null "run of an assumed spread"
expect_num "$(of "$plan" .detectable.difference)" '>' 0.13 "what 100 cases can show"
expect_num "$(of "$plan" .detectable.difference)" '<' 0.15 "what 100 cases can show"
expect_exit 0 ctl run plan sums
expect_contains "$out" "no past run tells" "unknown" "budget" "none" "100 cases can show a difference of"

# The run itself lies between low and high.
expect_exit 0 ctl run start sums --wait --max-cost-usd 100
shown=$(ctl --json run show last)
cost=$(of "$shown" .budget.total.spent.cost_usd)
expect_num "$cost" '>=' "$(of "$plan" .total.cost_usd.low)" "what the run cost, against low"
expect_num "$cost" '<=' "$(of "$plan" .total.cost_usd.high)" "what the run cost, against high"

# With that past the next one is known: dollars and calls to a hundredth, some time, all of it reusable.
calls=$(sim_count requests)
plan=$(ctl --json run plan sums --journal cache)
expect "$(sim_count requests)" = "$calls" "calls that a plan makes"
expect "$(of "$plan" '[.models[] | select(.past_run == 1)] | length')" = 3 "models with a past"
expect "$(of "$plan" .models[0].reused)" = 100 "replies that are reused"
expect "$(of "$plan" .models[0].calls.low)" = 0 "calls that are left"
plan=$(ctl --json run plan sums)
expect_num "$(of "$plan" .total.cost_usd.low)" '>' "$cost * 0.99" "low with a past"
expect_num "$(of "$plan" .total.cost_usd.low)" '<' "$cost * 1.01" "low with a past"
expect_num "$(of "$plan" .total.time_s)" '>' 0 "seconds"
expect "$(of "$plan" .detectable.sigma_run)" = 1 "run of the spread"
expect_contains "$(ctl run plan sums)" "run 1" "with the spread of run 1" "--cache would take about 200 replies"

# The budget's word.
expect "$(of "$(ctl --json run plan sums --max-cost-usd 1000)" .budget.verdict)" = fits "verdict on plenty"
expect "$(of "$(ctl --json run plan sums --max-cost-usd "$(jq -n "$cost * 1.5")")" .budget.verdict)" = may_stop "verdict between low and high"
expect_contains "$(ctl run plan sums --max-cost-usd "$(jq -n "$cost / 2")")" "it exceeds max_cost_usd: it will stop at about row"

# What is not known is not taken for nothing.
plan=$(ctl --json run plan sums --models unpriced)
expect "$(of "$plan" .total.cost_usd.high)" = null "dollars with a model that has no price"
expect "$(of "$plan" '.models[] | select(.model == "unpriced") | .output_assumed')" = true "output limit"
expect_contains "$(ctl run plan sums --models unpriced)" "unpriced" "4096 assumed"
expect_exit 65 ctl run plan nothing

finish
