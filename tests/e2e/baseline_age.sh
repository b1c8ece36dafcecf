#!/bin/bash
# baseline_max_age: when the run that is pinned is older, a fresh one starts by itself, one each time that as much has passed, over a restart
# as well; the pin stays until a person sets another. The wall clock is the test's own (fake_clock.c).
. "$(dirname "$0")/lib.sh"

use_own_clock

runs() { ctl --json run ls --eval triage | jq '.runs | length'; }
# A look at the list of schedules is a look at the clock.
runs_are() {
    ctl schedule ls >/dev/null
    [ "$(runs)" = "$1" ] && run_is "$1" done
}

set_clock '2026-03-01 12:00'
start_sim
start_daemon
import_sums sums 10
write_eval triage <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
baseline_max_age: 30d
YAML
expect_exit 0 ctl eval show triage
expect_contains "$out" "older than 30 d"

# Nothing is owed without a pin, or before the time.
expect_exit 0 ctl run start triage --wait
set_clock '2026-05-01 12:00'
ctl schedule ls >/dev/null
expect_exit 0 ctl run start triage --wait
expect_exit 0 ctl baseline set triage 2
set_clock '2026-05-31 11:59'
runs_are 2 || fail "no run before the time"

# After it one, however often one looks; then one each time that as much has passed.
set_clock '2026-05-31 12:01'
await "the fresh run" runs_are 3
runs_are 3 || fail "one run, however often one looks"
expect_exit 0 ctl --json run show 3
expect_contains "$out" '"requested_by":"assayd (baseline_max_age)"'
stop_daemon
start_daemon
runs_are 3 || fail "no other one after a restart"
set_clock '2026-06-30 12:02'
await "the next one" runs_are 4
expect_exit 0 ctl --json baseline show triage
expect "$(jq '.reference.run' <<<"$out")" = 2 "the pin that a person set"
expect_exit 0 ctl run log 4
expect_contains "$out" "is older than baseline_max_age"

# A newer one is pinned: nothing is owed. An old one is pinned again: a run, at once.
expect_exit 0 ctl baseline set triage 4
set_clock '2026-07-29 12:00'
runs_are 4 || fail "no run while the reference is young"
set_clock '2026-07-30 12:03'
await "the run for the age of run 4" runs_are 5

# One whose run cannot be started keeps no other eval waiting.
write_aged() { # DATASET
    printf 'dataset: %s\nbaseline: sim-q95\ncandidates: [sim-q94]\nscorers: [exact_match]\nbaseline_max_age: 30d\n' "$1" | write_eval aged
}
write_aged sums
expect_exit 0 ctl run start aged --wait
expect_exit 0 ctl baseline set aged 6
expect_exit 0 ctl baseline set triage 5
write_aged nowhere
is_elsewhere() { ctl --json eval show aged | grep -q nowhere; }
await "the eval without its dataset" is_elsewhere
set_clock '2026-09-01 12:00'
has_fresh_run() {
    ctl schedule ls >/dev/null
    run_is 7 done
}
await "the run of the other" has_fresh_run
grep -q 'eval=aged its reference is old, and no fresh run could be started' "$daemon_log" || fail 'the start that failed is told'
expect "$(grep -c 'eval=aged its reference is old' "$daemon_log")" = 1 'and not tried at every look'
finish
