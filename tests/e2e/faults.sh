#!/bin/bash
# What a model server can do wrong, against short deadlines: the group ends, each row says what happened to it, what passes is got over
# by retries, and what does not pass is a named error with every attempt on record, and never a score.
. "$(dirname "$0")/lib.sh"

attempts=5
passing=(429 500 529 truncated reset stall-head stall-body) # another attempt may succeed
whole=(broken-json wrong-type)                              # whole replies: they are paid for, and not asked for again
param_of() { [ "$1" != 429 ] || echo :1; }                  # Retry-After: 1
models=(sim-q95 "large=sim-q95+fault=huge:1:5" "too-large=sim-q95+fault=huge:1:9")
for kind in "${passing[@]}"; do
    models+=("some-$kind=sim-q95+fault=$kind:0.2$(param_of "$kind")")
done
for kind in "${passing[@]}" "${whole[@]}"; do
    models+=("all-$kind=sim-q95+fault=$kind:1$(param_of "$kind")")
done
provider_lines=(
    "timeouts: {connect_ms: 2000, first_byte_ms: 800, idle_ms: 800, total_ms: 20000}"
    "retry: {max_attempts: $attempts, backoff_ms: 20}"
)

models+=("all-quota=sim-q95+fault=quota:1") # a 429 that no waiting cures

# NAME PREFIX: an eval of every model whose name begins so.
write_eval_of() {
    write_eval "$1" <<YAML
dataset: sums
baseline: sim-q95
candidates: [$(printf '%s\n' "${models[@]%%=*}" | grep "^$2" | paste -sd, -)]
scorers: [exact_match]
gate: {margin: 0.05, min_pairs: 5, max_failure_rate: 0.01}
YAML
}

# MODEL STATUS ERROR_CLASS ATTEMPTS OUTCOME HTTP_STATUS SENTENCE: so ended each row of the last run that is that model's.
expect_rows() {
    local model=$1 want=("$2" "$3" "$4" "$5" "$6") part=$7 rows case row
    rows=$(rows_of last --model "$model" | jq -r .case)
    expect "$(wc -l <<<"$rows")" -eq 3 "rows of $model"
    for case in $rows; do
        row=$(ctl --json row show last "$case" | jq --arg model "$model" '.rows[] | select(.model == $model)')
        expect "$(jq -r '[.status, .error_class, (.attempts | length), .attempts[-1].outcome, .attempts[-1].http_status] | join(" ")' <<<"$row")" \
            = "${want[*]}" "status, class, attempts, outcome and HTTP status of $case by $model"
        expect_contains "$(jq -r .error <<<"$row")" "$part"
        expect "$(jq '[.attempts[].attempt] == [range(1; (.attempts | length) + 1)]' <<<"$row")" = true "attempts in order"
        expect "$(jq '.scores | length' <<<"$row")" -eq 0 "scores of an answer that is not there"
    done
}

start_sim
start_daemon
import_sums sums 40
write_eval_of some some-
write_eval_of all all-
write_eval_of large large
write_eval_of too-large too-large

# ---- one request in five fails: in the end every row is ok, by retries that stand in its record ----

expect_exit 0 ctl run start some --wait
shown=$(ctl --json run show last)
expect "$(count_of "$shown" '"ok":40,"failed":0,"missing":0')" -eq $((1 + ${#passing[@]})) "members with 40 rows that are ok"
for case in $(rows_of last --model sim-q95 | jq -r .case); do
    ctl --json row show last "$case" | jq -c '.rows[]'
done >"$home/rows"
for kind in "${passing[@]}"; do
    retried=$(jq -r --arg model "some-$kind" 'select(.model == $model and (.attempts | length) > 1) | .case' "$home/rows" | wc -l)
    expect "$retried" -ge 4 "rows of some-$kind that took more than one attempt"
done
waits=$(jq 'select(.model == "some-429") | .attempts | . as $all | range(1; length) | $all[.].sent_ms - $all[. - 1].sent_ms' "$home/rows" | sort -n)
expect "$(head -n 1 <<<"$waits")" -ge 990 "milliseconds (less the grain of the clocks) between a 429 that asks for a second and the next attempt"

# ---- every request fails: named errors, no score, no pass ----

expect_exit 2 ctl run start all --gate --max-cases 3
expect_contains "$out" "model_error 3" "timeout 3" "FAIL failure_rate"
expect_rows all-429 model_error rate_limit $attempts reply 429 "rate limit"
expect_rows all-quota model_error quota 1 reply 429 "exceeded your current quota"
expect_rows all-500 model_error server $attempts reply 500 "internal error"
expect_rows all-529 model_error overloaded $attempts reply 529 overloaded
expect_rows all-truncated model_error broken $attempts broken 200 "bytes remaining"
expect_rows all-reset model_error broken $attempts broken "" "reset by peer"
expect_rows all-stall-head timeout timeout $attempts timeout "" "no byte of the reply within 800 ms (first_byte_ms)"
expect_rows all-stall-body timeout timeout $attempts timeout 200 "no further byte of the reply for 800 ms (idle_ms)"
expect_rows all-broken-json model_error bad_reply 1 reply 200 "HTTP 200"
expect_rows all-wrong-type model_error bad_reply 1 reply 200 "<html>"
expect_exit 0 ctl row show last c0001
expect_contains "$out" "model attempt $attempts: reply, HTTP 429" "model attempt $attempts: timeout"

# ---- answers of a size that no model gives: they may take their time ----

stop_daemon
provider_lines=("retry: {max_attempts: $attempts, backoff_ms: 20}")
start_daemon
expect_exit 0 ctl run start large --wait --max-cases 3
expect_rows large scorer_error output_too_large 1 reply 200 "exact_match: larger than a script is shown"
expect_exit 0 ctl run start too-large --wait --max-cases 3
expect_rows too-large model_error too_large 1 too_large 200 "body is over 8388608 bytes"

finish
