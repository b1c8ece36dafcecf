#!/bin/bash
# Runs in a row: each is compared, paired, with the run that is pinned, whatever came between; another model behind the same name is
# drift and another id, told once; a run that cannot be compared any more says which pin differs; a restart loses nothing.
. "$(dirname "$0")/lib.sh"

models=(old=sim-q80 new=sim-q95)
start_sim
start_daemon
import_sums sums 150
write_eval triage <<'YAML'
dataset: sums
baseline: old
candidates: [new]
scorers: [exact_match, levenshtein]
gate: {margin: 0.2}
YAML

# A run whose answers are others: the simulator draws them by its seed.
run_with_seed() {
    sim_http POST /_sim/seed "{\"seed\": $1}" >/dev/null
    expect_exit 0 ctl run start triage --wait
}
history() {
    expect_exit 0 ctl --json history triage "$@"
    jq -c "$filter" <<<"$out"
}
has_history() { # FILTER WANTED [OPTIONS]: it is made after the end of a run
    filter=$1
    [ "$(history "${@:3}")" = "$2" ]
}
events() {
    ctl --json event ls --kind "$1" | jq -c '[.events[] | [.run, .subject, .over]]'
}
events_are() {
    [ "$(events "$1")" = "$2" ]
}

expect_exit 0 ctl history triage
expect_contains "$out" "no run of it is done yet"
run_with_seed 1
run_with_seed 2
await "two runs without a reference" has_history '[.reference, (.models[] | [.model, (.points | length), .points[1].diff, .drift.reason])]' \
    '[null,["old",2,null,"no run is pinned as the reference"],["new",2,null,"no run is pinned as the reference"]]'

# With a reference the runs of before are compared too, in silence.
expect_exit 0 ctl baseline set triage 1
await "the reference" has_history '[.reference, .models[1].points[0].is_reference, .models[1].points[1].n_pairs]' '[1,true,150]'
expect_exit 0 ctl --json run compare 1 2 --baseline new --candidate new
wanted=$(jq -c '.comparisons[0] | [.diff, .ci, .p]' <<<"$out")
filter='.models[1].points[1] | [.diff, .diff_ci, .p]'
expect "$(history)" = "$wanted" "the difference that run compare has too"
run_with_seed 3
is_whole() { [ "$(ctl --json history triage | jq .pending)" = false ]; }
await "a history that lacks nothing" is_whole
expect "$(ctl --json history triage | jq '.models[0].points[-1].run')" = 3 "its newest run"
await "run 3 beside run 1" has_history '[.models[0].points[2] | .run, .n_pairs]' '[3,150]'
expect_exit 0 ctl run show 3
expect_contains "$out" "against run 1, the reference"
expect_exit 0 ctl history triage --model new --last 2
expect_contains "$out" "PAIRS   DIFF" "exact_match, against run 1" sim-q95 "no chart: the chart begins after the first 20 runs"
expect_lacks "$out" sim-q80 DRIFTS
await "another metric" has_history '[.metric, .models[0].points[2].n_pairs]' '["levenshtein",150]' --metric levenshtein
expect_exit 65 ctl history triage --metric bleu
expect_contains "$err" "measured 'bleu'" "the models are old, new, the metrics exact_match, levenshtein"
expect_exit 65 ctl history triage --model nobody
expect_contains "$err" "the models are old, new"
expect "$(events drift)$(events model_id_changed)" = '[][]' "events of runs that are alike"

# Another model behind the name: one event of each kind, however many runs go on like it, over a crash.
crash_daemon
models=(old=sim-q80 new=sim-q80)
start_daemon
run_with_seed 4
await "drift" events_are drift '[[4,"new",false]]'
expect "$(events model_id_changed)" = '[[4,"new",false]]' "the other id"
run_with_seed 5
await "run 5" has_history '[.models[1] | (.points[4] | .run, .n_pairs), .drift.drifting, .drift.sudden]' '[5,150,true,true]'
expect_exit 0 ctl history triage --model new
expect_contains "$out" "DRIFTS from run 1 since run 4" "another model id" sim-q80
expect_exit 0 ctl event ls --kind drift
expect_contains "$out" "new drifts from run 1 by exact_match"
stop_daemon
models=(old=sim-q80 new=sim-q95)
start_daemon
run_with_seed 6
run_with_seed 7
run_with_seed 8
await "the end of the drift" events_are drift '[[4,"new",false],[8,"new",true]]'

# The dataset is another one: it is said, and which pin differs.
expect_exit 0 ctl dataset import sums <(write_sums /dev/stdout 151)
run_with_seed 9
await "a run that is not comparable" has_history '[.models[0].points[8] | .run, .diff, (.not_comparable | length > 0)]' '[9,null,true]'
expect_exit 0 ctl history triage --last 1
expect_contains "$out" "not comparable" dataset
expect_exit 0 ctl run show 9
expect_contains "$out" "are not comparable" dataset
expect "$(events drift)" = '[[4,"new",false],[8,"new",true]]' "events of a run that cannot be compared"
expect "$(events not_comparable)" = '[[9,null,false]]' "the warning"

# A replay is no new run.
expect_exit 0 ctl run replay 8
run_with_seed 10
await "run 11, without the replay" has_history '[.models[0].points[-2:][] | .run]' '[9,11]'

# A reference that is damaged, or that another assayd wrote, holds nothing up: runs of before and of other evals are told of.
"$BIN_DIR/db_holder" "$home/state/assay.db" "UPDATE run_group SET pins = x'7b7d' WHERE id = 1"
run_with_seed 11
is_told_of() { ctl --json run show 12 | jq -e '.reference.metrics[0].error | test("damaged")' >/dev/null; }
await "a run whose reference cannot be read" is_told_of
finish
