#!/bin/bash
# Results in which little or nothing is defined: one case, everything failed, no pair, all ties, one cluster, no price, no latency. What is not
# defined is null in JSON and n/a for people, in every report; never NaN, never infinite, and never a made-up 0.
. "$(dirname "$0")/lib.sh"

models=(good=sim-q100 same=sim-q100 other=sim-q100-b bad=sim-q0)
more_models=(
    'broken: {provider: sim, id: "sim-q90+fault=wrong-type:1", concurrency: 8, price: {input: 0.15, output: 0.60}}'
    'free: {provider: sim, id: sim-q95-free, concurrency: 8, price: {input: 0, output: 0}}'
    'unpriced: {provider: sim, id: sim-q95-c, concurrency: 8}'
)
cat >"$home/plugins/scorers/never.lua" <<'LUA'
-- Applies to nothing.
return {api = 1, kind = "scorer", name = "never", version = "1.0.0", score = function() return nil, "does not apply" end}
LUA
cat >"$home/plugins/scorers/raises.lua" <<'LUA'
-- Fails on every row.
return {api = 1, kind = "scorer", name = "raises", version = "1.0.0", score = function() error("no") end}
LUA
start_sim
start_daemon

write_cases() { # NAME COUNT MORE: sums, each with these members
    awk -v n="$2" -v more="$3" 'BEGIN {
        for (i = 1; i <= n; i++) printf "{\"id\":\"o%02d\",\"input\":\"What is %d + %d?\",\"expected\":\"%d\"%s}\n", i, i, i, 2 * i, more
    }' >"$home/$1.jsonl"
    expect_exit 0 ctl dataset import "$1" "$home/$1.jsonl"
}
write_cases one 1 ',"tags":["t"],"critical":true,"stratum":"s"'
write_cases some 30 ',"tags":["t"],"stratum":"s"'
write_cases clustered 30 ',"tags":["t"],"cluster":"c","stratum":"s"'
write_cases silent 30 ',"tags":["t"],"recorded":{"text":"4"}'

odd_eval() { # NAME DATASET BASELINE CANDIDATE SCORER: with every check that the gate has
    write_eval "$1" <<YAML
dataset: $2
baseline: $3
candidates: [$4]
scorers: [$5, length: {min: 1}]
gate: {margin: 0.05, min_pairs: 2, min_clusters: 2, max_missing_rate: 0.5, max_failure_rate: 0.5, critical: no_regression, floor: 0.5,
  require_superiority: true, stratum_margin: 0.1, latency_p50_max_ms: 5000, latency_p95_max_ms: 5000, latency_p95_max_ratio: 9,
  cost_mean_max: 1, cost_max_ratio: 9, require_tag: {t: 1}, tags: {margin: 0.1, min_n: 2}, metrics: {length: {floor: 0.5, margin: 0.1}}}
YAML
}

# TEXT WHAT: no number that is none.
has_no_made_up_number() {
    ! grep -inwE -- '-?(nan|inf|infinity)' <<<"$1" || fail "$2 has a number that is none"
}

# NAME CANDIDATE: runs it; $shown is its result. Every way to look at it is looked at.
run_odd() {
    local format view
    expect_exit 0 ctl run start "$1" --wait
    has_no_made_up_number "$out$err" "run start $1"
    for view in "run show last" "run show last --detailed --hist" "run show last --by tag" "run show last --by scorer" "run show last --by model" \
        "run compare last" "run flips last --candidate ${2:?}" "run rank last" \
        "run rank last --weights quality=1,cost=1,latency=1 --ranges quality=0:1,cost=1:0,latency=9:0" \
        "run project last --requests-per-day 1000" "run plan $1" "row ls last"; do
        expect_exit 0 ctl $view
        has_no_made_up_number "$out" "$view, of $1"
        expect_exit 0 ctl --json $view
        has_no_made_up_number "$out" "$view --json, of $1"
    done
    for format in text json jsonl csv md junit html; do
        expect_exit 0 ctl report last --format "$format" --output "$home/tmp/report"
        sed '/<style>/,/<\/style>/d; /<script>/,/<\/script>/d' "$home/tmp/report" >"$home/out"
        has_no_made_up_number "$(tr -d '\0' <"$home/out")" "report $format of $1"
        rm "$home/tmp/report"
    done
    expect_exit 0 ctl --json run show last
    shown=$out
    has_no_made_up_number "$shown" "JSON of $1"
}

# PATH WANTED: of the result.
expect_at() {
    expect "$(jq -c "$1" <<<"$shown")" = "$2" "$1"
}
comparison='.comparisons[0] | [.n_pairs, .diff, .ci, .p]'

odd_eval one one good bad exact_match
run_odd one bad
expect_at "$comparison" '[1,-1,null,null]'
expect_at '.members[0] | [.metrics[0].n, .latency_n]' '[1,1]'
expect_exit 0 ctl run project last --requests-per-day 10
expect_lacks "$out" unpriced # nothing passed: there is no cost of a pass, and yet it is priced
expect_at '.outcome' '"fail"' # the one critical case regressed

odd_eval failed some good broken exact_match
run_odd failed broken
expect_at '.members[1] | [.ok, .failed, .metrics[0].n, .metrics[0].mean, .metrics[0].ci, .metrics[0].median, .metrics[0].pass_rate]' \
    '[0,30,0,null,null,null,null]'
expect_at '.members[1] | [.cost_per_pass_usd]' '[null]'
expect_at "$comparison | .[0:2]" '[30,-1]' # a model's own failure scores 0
expect_at '.comparisons[0].diff_if_dropped' null

odd_eval unscored some good other never
run_odd unscored other
expect_at "$comparison" '[0,null,null,null]'
expect_at '.members | map(.metrics[0].mean)' '[null,null]'
expect_at '.outcome' '"undecided"'

odd_eval unscorable some good other raises
run_odd unscorable other
expect_at "$comparison" '[0,null,null,null]'
expect_at '.members | map([.metrics[0].n, .metrics[0].errors])' '[[0,30],[0,30]]'

odd_eval ties some good same exact_match
run_odd ties same
expect_at '.comparisons[0] | [.n_pairs, .diff, .ties]' '[30,0,30]'
expect "$(jq '.comparisons[0] | .ci[0] < 0 and .ci[1] > 0' <<<"$shown")" = true "an interval that does not collapse"

odd_eval clustered clustered good bad exact_match
run_odd clustered bad
expect_at "$comparison" '[30,-1,null,null]'
expect_at '.members[1].metrics[0] | [.mean, .ci]' '[0,null]'

odd_eval free some free good exact_match
run_odd free good
expect_at '.members[0].cost_usd' 0
expect_at '.verdicts[0].checks | map(select(.name == "cost_ratio")) | .[0] | [.outcome, .observed]' '["INCONCLUSIVE",null]'

odd_eval unpriced some good unpriced exact_match
run_odd unpriced unpriced
expect_at '.members[1] | [.cost_usd, .cost_per_pass_usd]' '[null,null]'

odd_eval silent silent recorded good exact_match
run_odd silent good
expect_at '.members[0] | [.latency_n, .latency_p50_ms, .latency_p95_ms]' '[0,null,null]'
expect_at '.verdicts[0].checks | map(select(.name == "latency_p95_ratio")) | .[0] | [.outcome, .observed]' '["INCONCLUSIVE",null]'

# Planned looks at what cannot be told.
for scorer in exact_match never; do
    write_eval "looks-$scorer" <<YAML
dataset: some
baseline: good
candidates: [same, broken]
scorers: [$scorer]
gate: {margin: 0.2}
early_stop: {looks: 3}
YAML
    run_odd "looks-$scorer" same
    expect "$(jq '.looks.done | length >= 1' <<<"$shown")" = true "looks that were made"
done
expect_at '.comparisons | map([.n_pairs, .diff, .ci])' '[[0,null,null],[0,null,null]]'

finish
