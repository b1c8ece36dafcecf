#!/bin/bash
# What a person pins: a model takes the baseline's place in runs that start from then on, a run becomes the reference; the history keeps
# who, when and why over a restart, and what cannot be pinned is refused with what there is.
. "$(dirname "$0")/lib.sh"

start_sim
start_daemon
import_sums sums 40
write_eval triage <<'YAML'
dataset: sums
baseline: sim-q80
candidates: [sim-q95]
scorers: [exact_match]
gate: {margin: 0.2}
YAML
write_eval other <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
max_cases: 5
YAML

members_of() {
    expect_exit 0 ctl --json run show "$1"
    jq -c '[.members[] | .model]' <<<"$out"
}

# Nothing is pinned: the file's word.
expect_exit 0 ctl baseline show triage
expect_contains "$out" "sim-q80, as the file says" "none: pin a run"
expect_exit 64 ctl baseline set triage
expect_exit 65 ctl baseline set triage last
expect_contains "$err" "no run of 'triage' is done yet"

# A model: the file's baseline is the candidate, since no other is left, and whoever starts a run is told.
expect_exit 0 ctl run start triage --wait
expect "$(members_of 1)" = '["sim-q80","sim-q95"]' "members as the file has them"
expect_exit 0 ctl baseline set triage sim-q95 --why 'released in March'
expect_exit 0 ctl run start triage
expect_contains "$out" "the baseline is 'sim-q95', set by uid $(id -u), in the place of 'sim-q80' of the file"
await "run 2" run_is 2 done
expect "$(members_of 2)" = '["sim-q95","sim-q80"]' "members with the baseline that was set"
expect_exit 0 ctl run start triage --models sim-q94 --wait
expect "$(members_of 3)" = '["sim-q95","sim-q94"]' "members when the candidates are named"
expect_exit 0 ctl run plan triage
expect_contains "$out" sim-q95 sim-q80
expect_exit 0 ctl run start other --wait
expect "$(members_of 4)" = '["sim-q95","sim-q94"]' "members of another eval"

# A run; it does not touch the member, and is not pruned.
expect_exit 0 ctl baseline set triage last
expect_exit 0 ctl baseline set triage 1 --why 'before the change'
stop_daemon
start_daemon
expect_exit 0 ctl --json baseline show triage
expect "$(jq -c '[.baseline, .file_baseline, .member.why, .reference.run]' <<<"$out")" = \
    '["sim-q95","sim-q80","released in March",1]' "what is in force after a restart"
expect "$(jq -c '[.history[] | [.kind, .run, .model, .why]]' <<<"$out")" = \
    '[["run",1,null,"before the change"],["run",3,null,null],["model",null,"sim-q95","released in March"]]' "the history"
expect_exit 0 ctl baseline show triage
expect_contains "$out" "reference   run 1" "the file says sim-q80" "before the change"
expect_exit 0 ctl daemon log
expect_contains "$out" baseline.set "eval triage" "released in March"
expect_exit 0 ctl journal prune --keep-last 1
expect_exit 0 ctl run show 1
expect_exit 65 ctl run show 2

# What cannot be pinned.
expect_exit 65 ctl baseline set triage 99
expect_contains "$err" "run 99 is not there" "runs of 'triage' that are done: 3, 1"
expect_exit 65 ctl baseline set other 3
expect_contains "$err" "run 3 is one of eval 'triage'"
expect_exit 65 ctl baseline set triage sim-q59
expect_contains "$err" "did you mean 'sim-q95'"
expect_exit 65 ctl baseline set triage nonsense
expect_contains "$err" "neither a run's number nor recorded nor a model" sim-q80
expect_exit 65 ctl baseline set triage recorded
expect_contains "$err" "none of the 40 cases of dataset 'sums' has a recorded answer"
expect_exit 65 ctl baseline set nothing 1

# A run that was not done is no reference.
sim_http POST /_sim/fault '{"kind": "stall-head", "rate": 1}' >/dev/null
expect_exit 0 ctl run start triage
expect_exit 0 ctl run cancel 5
await "the end of run 5" run_is 5 cancelled
expect_exit 65 ctl baseline set triage 5
expect_contains "$err" "a reference must be done"
finish
