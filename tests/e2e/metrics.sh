#!/bin/bash
# daemon metrics: a page that a strict reader of Prometheus' text format takes, every name documented, and counts that agree with what
# the run shows and with what the simulator was asked.
. "$(dirname "$0")/lib.sh"

have_tool python3 python3 || finish

# What the page says, sample by sample; fails where it is not as it should be.
metrics() {
    expect_exit 0 ctl daemon metrics
    printf '%s\n' "$out" >"$home/page"
    expect_exit 0 python3 "$TOP_DIR/tests/e2e/metrics_check.py" "$home/page" "$TOP_DIR/docs/metrics.md"
    page=$out
}

# SAMPLE: its value.
value_of() {
    local line
    while IFS= read -r line; do
        [[ $line != "$1 "* ]] || { echo "${line##* }" && return; }
    done <<<"$page"
    fail "no sample $1 in ${page:0:4000}"
}

models=(sim-q95 "sim-flaky=sim-q95+fault=429:0.2" sim-judge)
start_sim
start_daemon
metrics
expect "$(value_of 'assay_rows_total{status="ok"}')" = 0 "rows before the first run"
expect_lacks "$page" assay_calls_total

import_sums sums 40
write_eval sums <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-flaky]
scorers: [exact_match]
rubric: {use: correctness, judge: sim-judge}
primary: exact_match
gate: {margin: 0.2}
YAML
expect_exit 0 ctl run start sums --wait
requests=$(sim_count requests)
shown=$(ctl --json run show last)
metrics

expect "$(value_of 'assay_runs{state="done"}')" = 1 "runs that are done"
expect "$(value_of 'assay_events_total{kind="run_ended"}')" = 1 "events of its end"
expect "$(value_of 'assay_promotions_in_force{by="override"}')" = 0 "promotions"
ok=$(value_of 'assay_rows_total{status="ok"}')
rows=$(awk '/^assay_rows_total/ {sum += $NF} END {print sum}' <<<"$page")
expect "$rows" = 80 "rows of any status"
expect "$ok" = "$(rows_of last --status ok | wc -l)" "rows that are ok"
expect "$(awk '/^assay_calls_total/ {sum += $NF} END {print sum}' <<<"$page")" = "$requests" "calls of any outcome"
expect "$(value_of 'assay_call_duration_seconds_count{provider="sim"}')" = "$(value_of 'assay_calls_total{provider="sim",outcome="ok"}')" \
    "calls whose time is known"
expect "$(value_of 'assay_refusals_total{provider="sim"}')" = "$(value_of 'assay_calls_total{provider="sim",outcome="refused"}')" "refusals"
expect "$(value_of 'assay_refusals_total{provider="sim"}')" -gt 0 "refusals"
expect "$(value_of 'assay_journal_exchanges_total{}')" = "$requests" "exchanges"
expect "$(value_of 'assay_provider_calls_in_flight{provider="sim"}')" = 0 "calls in flight after the run"
expect "$(value_of 'assay_plugin_workers{kind="scorer",plugin="exact_match@1.0.0"}')" -ge 0 "workers"
expect "$(value_of 'assay_plugin_calls_total{kind="scorer",plugin="exact_match@1.0.0"}')" = "$ok" "calls of the scorer"
spent=$(value_of 'assay_spent_dollars_total{}') shown=$(json_get "$shown" spent_usd)
awk -v a="$spent" -v b="$shown" 'BEGIN {exit !(a > 0 && a - b < 1e-9 && b - a < 1e-9)}' || fail "dollars: $spent, but run show says $shown"
expect "$(ctl --json daemon metrics | jq -r .content_type)" = "text/plain; version=0.0.4; charset=utf-8" "content type"

finish
