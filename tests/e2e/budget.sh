#!/bin/bash
# A budget is a cap on the bill, whatever happens: with a judge, with retries, through kill -9, and for each group by itself. The bill is
# taken from the simulator's own counters, at the prices of the configuration.
. "$(dirname "$0")/lib.sh"

models=(free=sim-q94)
price_in=20 price_out=60 # dollars per million tokens, the same for all three: tokens are enough to know the bill
priced() { more_models+=("$1: {provider: sim, id: $2, concurrency: 4, params: {max_tokens: 100}, price: {input: $price_in, output: $price_out}}"); }
priced large sim-q95
priced small sim-q94
priced judge sim-judge
more_models+=("unpriced: {provider: sim, id: sim-q94}" "endless: {provider: sim, id: sim-q94, price: {input: $price_in, output: $price_out}}")
provider_lines=("retry: {max_attempts: 8, backoff_ms: 5}")
start_sim
start_daemon
import_sums sums 200
eval_of() { # NAME BUDGET
    write_eval "$1" <<YAML
dataset: sums
baseline: large
candidates: [small]
scorers: [exact_match]
rubric: {use: correctness, judge: judge}
budget: $2
gate: {margin: 0.2}
YAML
}

# In millionths of a dollar.
bill() {
    sim_http GET /_sim/stats | jq "(.input_tokens * $price_in + .output_tokens * $price_out)"
}

# JSON BOOK WHAT: of a run's budget.
booked() {
    jq -r --arg book "$2" ".budget | (.books + [.total])[] | select(.book == \$book).$3" <<<"$1"
}

something_is_reserved() { # RUN
    [ "$(booked "$(ctl --json run show "$1")" total reserved.requests)" -gt 0 ]
}

# What is spent is what the simulator says, to the last token, when nothing got lost.
expect_books_are_true() { # SHOWN
    local tokens
    tokens=$(sim_http GET /_sim/stats | jq '.input_tokens + .output_tokens')
    expect "$(booked "$1" total spent.tokens)" = "$tokens" "tokens in the books"
    expect "$(booked "$1" total reserved.requests)" = 0 "reservations of a run that has ended"
}

# What it costs when nobody caps it.
eval_of all '{max_cost_usd: 1000}'
expect_exit 0 ctl run start all --wait
whole=$(bill)
expect "$whole" -ge 2500000 "the price of all calls, in millionths of a dollar"
expect_books_are_true "$(ctl --json run show last)"

# $1.00, while a fifth of the calls are turned down and tried again.
sim_http POST /_sim/reset >"$home/out"
sim_http POST /_sim/fault '{"kind": "429", "rate": 0.1, "param": 0}' >"$home/out"
sim_http POST /_sim/fault '{"kind": "500", "rate": 0.1}' >"$home/out"
eval_of dollar '{max_cost_usd: 1.00}'
expect_exit 5 ctl run start dollar --wait
spent=$(bill)
echo "the whole run costs \$$(jq -n "$whole / 1e6"); with \$1.00 it stopped at \$$(jq -n "$spent / 1e6")"
expect "$spent" -le 1000000 "what was paid, in millionths of a dollar"
expect "$spent" -ge 900000 "what was paid, in millionths of a dollar"
[ "$(sim_count answered_4xx)" -gt 0 ] && [ "$(sim_count answered_5xx)" -gt 0 ] || fail "nothing was turned down"
expect_contains "$out" "stopped by the budget: " "of 400 rows" "undecided" "judge" "cap"
shown=$(ctl --json run show last)
expect_books_are_true "$shown"
expect "$(booked "$shown" total spent.requests)" = "$(sim_count requests)" "requests in the books"
expect "$(json_get "$shown" outcome)" = undecided "outcome of a run that its budget stopped"
left_out=$(rows_of last --status skipped | wc -l)
expect "$((400 - left_out))" = "$(jq .stopped.rows <<<"$shown")" "rows that were run"
# Cases are brought to their end one by one: most of the dollar was for rows that have their scores.
expect "$(jq .comparisons[0].n_pairs <<<"$shown")" -ge "$((200 * 1000000 / whole / 2))" "pairs that the dollar paid for"
expect "$(rows_of last | wc -l)" = 400 "rows"
expect_contains "$(ctl --json row ls last --status skipped --limit 1)" "the budget is used up"
expect_exit 5 ctl gate last
expect_exit 5 ctl run watch last
asked=$(sim_count requests)
expect_exit 0 ctl run replay last # what was left out is left out again, without a call
expect "$(sim_count requests)" = "$asked" "requests after a replay"
sim_http DELETE /_sim/fault >"$home/out"

# Two groups at once: each has its dollar.
sim_http POST /_sim/reset >"$home/out"
expect_exit 0 ctl --json run start dollar
first=$(json_get "$out" run)
expect_exit 5 ctl run start dollar --wait --max-cost-usd 0.5
expect_exit 5 ctl run watch "$first"
spent=$(bill)
expect "$spent" -le 1500000 "what two groups paid"
expect "$spent" -ge 1350000 "what two groups paid"

# Requests and tokens, from flags; and a cap that is enough is none.
sim_http POST /_sim/reset >"$home/out"
expect_exit 5 ctl run start all --gate --max-requests 100
expect "$(sim_count requests)" = 100 "requests"
sim_http POST /_sim/reset >"$home/out"
expect_exit 5 ctl run start all --wait --max-tokens 20000
tokens=$(sim_http GET /_sim/stats | jq '.input_tokens + .output_tokens')
expect "$tokens" -le 20000 "tokens"
expect "$tokens" -ge 17000 "tokens"
expect_exit 0 ctl run start all --gate --max-requests 800
expect_lacks "$out" "stopped by the budget"

# kill -9 in the middle: what the dead life spent still counts, and what it had in flight counts at its worst.
sim_http POST /_sim/reset >"$home/out"
sim_http POST /_sim/fault '{"kind": "slow", "rate": 1, "param": 20}' >"$home/out"
for calls in 60 100; do
    [ "$calls" != 60 ] || { expect_exit 0 ctl --json run start all --max-cost-usd 3; run=$(json_get "$out" run); }
    await "$calls calls" sim_has_been_asked "$calls"
    await "reservations of a run under way" something_is_reserved "$run"
    crash_daemon
    start_daemon
done
expect_exit 5 ctl run watch "$run"
spent=$(bill)
shown=$(ctl --json run show "$run")
echo "killed twice: \$$(jq -n "$spent / 1e6") were paid, \$$(booked "$shown" total spent.cost_usd) are booked," \
    "\$$(booked "$shown" total unknown.cost_usd) of it for $(booked "$shown" total unknown.requests) calls of unknown fate"
expect "$spent" -le 3000000 "what was paid through two crashes"
expect "$spent" -ge 1200000 "what was paid through two crashes"
expect "$(rows_of "$run" | wc -l)" = 400 "rows"
expect "$(booked "$shown" total spent.requests)" -ge "$(sim_count requests)" "requests in the books"

# What cannot be kept is refused before a call is made, and says what to do.
expect_exit 65 ctl run start dollar --max-cost-usd 2
expect_contains "$err" "a flag can only lower it"
expect_exit 65 ctl run start all --models unpriced
expect_contains "$err" "model 'unpriced' has no price" "price: {input: ..., output: ...}"
expect_exit 65 ctl run start all --models endless --max-cost-usd 0.1
expect_contains "$err" "does not cover one call of 'endless' with up to 4096 output tokens" "set max_tokens"
cat >"$home/evals/.bad" <<'YAML'
dataset: sums
baseline: large
candidates: [unpriced]
scorers: [exact_match]
budget: {max_cost_usd: 1.00}
YAML
mv "$home/evals/.bad" "$home/evals/bad.yaml"
expect_exit 65 "$BIN_DIR/assayd" --config "$home/assay.yaml" --check
expect_contains "$out$err" "bad.yaml:5:" "budget.max_cost_usd" "model 'unpriced' has no price"

finish
