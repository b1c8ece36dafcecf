#!/bin/bash
# Every exit code that assayctl promises, each brought about for real.
. "$(dirname "$0")/lib.sh"

models=(sim-q95 sim-q20 sim-q94 sim-judge "slow=sim-q94+fault=slow:1:60000")
start_sim
start_daemon
import_sums sums 60
eval_of() { # NAME CANDIDATE
    write_eval "$1" <<YAML
dataset: sums
baseline: sim-q95
candidates: [$2]
scorers: [exact_match]
gate: {margin: 0.05, min_pairs: 30}
YAML
}
eval_of worse sim-q20
eval_of same sim-q94
eval_of slow slow

# 0: done.
expect_exit 0 ctl status
expect_exit 0 ctl run start worse
expect_exit 0 ctl run watch 1
expect_exit 0 ctl run show 1

# 2: the gate failed. 5: too few cases to tell.
expect_exit 2 ctl gate 1
expect_exit 2 ctl run start worse --gate
expect_exit 0 ctl run start worse --wait
expect_exit 5 ctl run start same --gate --max-cases 10
expect_contains "$out$err" undecided

# 0: the gate passed.
sed -i 's/margin: 0.05/margin: 0.5/' "$home/evals/same.yaml"
eval_is_wide() { ctl eval show same | grep -q 'margin.*0\.5'; }
await "the wider margin" eval_is_wide
expect_exit 0 ctl run start same --gate
expect_exit 0 ctl gate last

# 4: gave up waiting; the run goes on. 3: it is cancelled under somebody who waits, and its gate says so.
expect_exit 4 ctl run start slow --wait --timeout 1s
expect_exit 0 ctl --json run show last
expect "$(json_get "$out" state)" = running "state of a run that nobody waits for"
slow=$(json_get "$out" run)
expect_exit 0 ctl run cancel "$slow"
expect_exit 3 ctl run watch "$slow"
expect_exit 3 ctl gate "$slow"

ctl run start slow --wait >"$home/waiting" 2>&1 &
waiting=$!
slow=$((slow + 1))
await "another slow run" run_is "$slow" running
expect_exit 0 ctl run cancel "$slow" --why "seen enough"
code=0
wait "$waiting" || code=$?
expect "$code" = 3 "exit code of waiting for a run that is cancelled"
expect_exit 65 ctl run cancel "$slow"
expect_exit 0 ctl run log "$slow"
expect_contains "$out" run.start "run.cancel" "uid $(id -u)" "seen enough"
expect_exit 0 ctl daemon log --limit 1
expect_contains "$out" "run $slow" "--before"

# 4 again: an interrupt ends the waiting, not the run.
"$BIN_DIR/assayctl" run start slow --wait >"$home/waiting" 2>&1 &
waiting=$!
slow=$((slow + 1))
await "one more slow run" run_is "$slow" running
await "the wait for it" grep -q "0/120" "$home/waiting"
kill -INT "$waiting"
code=0
wait "$waiting" || code=$?
expect "$code" = 4 "exit code of a wait that was interrupted"
expect_contains "$(<"$home/waiting")" "interrupted, but run $slow goes on"
run_is "$slow" running || fail "the run did not go on"
expect_exit 0 ctl run cancel "$slow"

# 6: nobody listens.
expect_exit 6 ctl --socket "$home/nobody.sock" status
expect_contains "$err" "assayd is not running"

# 7: no role, and a role too low.
if [ "$(id -u)" = 0 ]; then
    install -m 755 "$BIN_DIR/assayctl" "$home/assayctl"
    expect_exit 7 setpriv --reuid 65534 --regid 65534 --clear-groups "$home/assayctl" status
    expect_contains "$err" "uid 65534 has no role"
else
    echo "not root: exit code 7 is not tried"
fi

# 64: wrong usage.
expect_exit 64 ctl
expect_exit 64 ctl run strat
expect_contains "$err" "did you mean"
expect_exit 64 ctl run start
expect_exit 64 ctl run start same --mdoels sim-q94
expect_contains "$err" "--models"
expect_exit 64 ctl run show 1.5

# 65: bad input.
expect_exit 65 ctl run start nothing
expect_exit 65 ctl run show 999
expect_exit 65 ctl run start same --models no-such-model
expect_exit 65 ctl row show 1 no-such-case
expect_exit 65 ctl dataset import sums "$home/no-such-file"

finish
