#!/bin/bash
# From a passed gate to a promoted model: what is refused and why, the file that deploy jobs read, overrides that every report since tells,
# the way back, and a crash between row and file.
. "$(dirname "$0")/lib.sh"
models=(sim-q95 same=sim-q95 bad=sim-q50)
config_lines=('promoted_dir: told')
daemon_command=(sh -c 'umask 077; exec "$0" "$@"' "$BIN_DIR/assayd") # as its unit has it
start_sim
start_daemon
import_sums sums 200
pointer=$home/told/gated.json

# MARGIN DATASET
write_gated() {
    write_eval gated <<YAML
dataset: $2
baseline: sim-q95
candidates: [same, bad]
scorers: [exact_match]
gate: {margin: $1}
YAML
}
# EVAL: sets $run
run_to_end() {
    expect_exit 0 ctl --json run start "$1" --wait
    run=$(json_get "$out" run)
}
in_pointer() { jq -r "$1" "$pointer"; }

write_gated 0.1 sums
printf 'dataset: sums\nbaseline: sim-q95\ncandidates: [bad]\nscorers: [exact_match]\n' | write_eval other
run_to_end other
other=$run
run_to_end gated
first=$run

# ---- refused: no evidence ----

expect_exit 2 ctl promote gated bad --run "$first"
expect_contains "$out" "not promoted: run $first is no evidence for bad" "the gate of run $first is no pass for 'bad' but fail by"
expect_exit 65 ctl promote gated same --run "$other"
expect_contains "$err" "run $other is one of the eval 'other', not of 'gated'"
expect_exit 65 ctl promote gated gpt --run "$first"
expect_contains "$err" "run $first has no member 'gpt'"
expect_exit 65 ctl promote gated same --run 99
expect_contains "$err" "run 99 is not there"
expect_exit 65 ctl promote other bad --run "$other"
expect_contains "$out" "says nothing on 'bad', for the eval had no gate"
expect_exit 65 ctl promote gated bad --run "$first" --override
expect_contains "$err" "--override and --reason go together"
expect_exit 64 ctl promote gated same

# ---- refused: stale pins are named, with both values ----

write_gated 0.05 sums
import_sums sums 201
is_stricter() { ctl --json eval show gated | grep -q '0\.05'; }
await "the stricter gate" is_stricter
expect_exit 65 ctl promote gated same --run "$first"
expect_contains "$out" "dataset: sums@1 sha256:" "in run $first, sums@2 sha256:" "cases: 200 in run $first, 201 now" "rest of the gate: " '"margin":0.1,' '"margin":0.05,' \
    "now: put it back, or run the eval again and promote with that run"
[ ! -e "$pointer" ] || fail "nothing was promoted, and there is a file"
write_gated 0.1 sums@1
is_as_before() { ctl --json eval show gated | grep -q '0\.1'; }
await "the gate as it was" is_as_before

# ---- promoted ----

expect_exit 0 ctl promote gated same --run last --why 'ticket 7'
expect_contains "$out" "same is promoted for gated, by run $first: $pointer"
expect "$(in_pointer '"\(.eval) \(.model) \(.id) \(.provider) \(.run) \(.outcome) \(.override) \(.reason)"')" = \
    "gated same sim-q95 sim $first pass false null" "the pointer"
expect "$(stat -c %a "$home/told" "$pointer" | tr '\n' ' ')" = "755 644 " "modes of the folder and of the file"
if [ "$(id -u)" = 0 ]; then # a deploy job of another user
    as_other=(setpriv --reuid 65534 --regid 65534 --clear-groups)
    expect "$("${as_other[@]}" jq -r .model "$pointer")" = same "the pointer, read by another user"
    for what in "find $home/state" "stat $home/state/assay.db" "stat $home/state/assayd.lock" "touch $home/told/x" "rm $pointer"; do
        expect_exit 1 "${as_other[@]}" $what
        expect_contains "$err" "Permission denied"
    done
fi
expect_exit 0 ctl promote gated same --run "$first"
expect_contains "$out" "same is in force already for gated"
expect_exit 0 ctl promotions gated
expect_contains "$out" "same is in force, by run $first" "ticket 7" promote
expect "$(ctl promotions gated --json | jq '.promotions | length')" = 1 "promotions"
expect_exit 0 ctl run log "$first"
expect_contains "$out" promotion.make 'ticket 7'
expect_lacks "$(ctl run show "$first")" OVERRIDE
expect "$(ctl --json baseline show gated | jq -r '"\(.baseline) \(.member.why)"')" = "same same by run $first was promoted" "the baseline"
expect_contains "$(ctl --json event ls --eval gated)" promoted "promoted same with run $first"

# ---- overridden: told in every report since, not in those of before, and no stored result changes ----

sed -i 's/id: "sim-q50"/id: "sim-q95"/' "$home/assay.yaml"
expect_exit 0 ctl daemon reload
expect_exit 2 ctl --json promote gated bad --run "$first"
expect_contains "$(jq -r '.against[]' <<<"$out")" "baseline: sim-q95 in run $first, same now" "model bad: bad (sim-q50 at" "(sim-q95 at http"
expect "$(jq '.promoted' <<<"$out")" = false "it is refused"
expect "$(in_pointer .model)" = same "the pointer after refusals"

expect_exit 0 ctl promote gated bad --run "$first" --override --reason 'same is down <now>'
expect_contains "$out" OVERRIDE "against the evidence" "no pass for 'bad'"
expect "$(in_pointer '"\(.model) \(.outcome) \(.override) \(.reason)"')" = "bad fail true same is down <now>" "the pointer"
shout="OVERRIDE: 'bad' was promoted for gated with run $first by uid $(id -u) on"
run_to_end gated
second=$run
for run in "$first" "$second"; do
    expect_contains "$(ctl run show "$run" | tr '\n' ' ')" "$shout"
    ctl report "$run" --format html >"$home/report"
    expect_contains "$(<"$home/report")" 'OVERRIDE: &#39;bad&#39; was promoted' 'same is down &lt;now&gt;'
    ctl report "$run" --format md >"$home/report"
    expect_contains "$(head -n 1 "$home/report")" OVERRIDE "same is down"
    ctl report "$run" --format junit >"$home/report.junit"
    expect_contains "$(grep -A 1 'name="override"' "$home/report.junit")" "OVERRIDE: &#39;bad&#39; was promoted" 'same is down &lt;now&gt;'
    ! type -P xmllint >/dev/null || expect_exit 0 xmllint --noout --nonet --schema "$TOP_DIR/tests/data/junit.xsd" "$home/report.junit"
    expect "$(ctl report "$run" --format csv | grep -c 'same is down <now>')" -eq "$(ctl report "$run" --format jsonl | grep -c 'same is down <now>')" "rows that tell it"
    expect "$(ctl report "$run" --format jsonl | grep -vc 'same is down <now>' || true)" -eq 0 "rows that do not tell it"
    expect_contains "$(ctl --json run show "$run" | jq -r '.overrides[]')" "$shout" "the gate of run $first is no pass"
    expect_contains "$(ctl gate "$run" || true)" OVERRIDE
done
expect_lacks "$(ctl run show "$other")" OVERRIDE
expect_exit 0 ctl run replay "$second"
expect_exit 0 ctl promotions gated
expect_contains "$out" "OVERRIDE: same is down <now>"

# ---- a crash between row and file: the next start makes the file from the row ----

crash_daemon
echo '{"model": "stale' >"$pointer"
echo half >"$home/told/.gated.new"
models=(sim-q95 same=sim-q95 bad=sim-q95)
start_daemon
expect "$(in_pointer .model)" = bad "the pointer after a crash"
[ ! -e "$home/told/.gated.new" ] || fail "what a crash left is still there"

# ---- the file is replaced, not written over: who has the old one open reads it whole ----

exec 5<"$pointer"
expect_exit 0 ctl promote gated same --run "$second"
expect "$(in_pointer .model)" = same "the new file"
expect "$(jq -r .model <&5)" = bad "the old file"
exec 5<&-
expect_exit 0 ctl demote gated --why 'back and forth'

# ---- back to the one before, and to none ----

expect "$(in_pointer .model)" = bad "after a demotion"
expect_exit 0 ctl demote gated --why 'same is up again'
expect_contains "$out" "bad (run $first) is taken back for gated; the baseline is same again" "same is in force, by run $first"
expect "$(in_pointer '"\(.model) \(.override)"')" = 'same false' "the pointer"
run_to_end gated
expect_lacks "$(ctl run show "$run")" OVERRIDE
expect_contains "$(ctl run show "$second" | tr '\n' ' ')" "$shout"
expect_exit 0 ctl demote gated
expect_contains "$out" "the baseline is sim-q95 again" "nothing is promoted"
[ ! -e "$pointer" ] || fail "the file of a model that was taken back is there"
expect_exit 65 ctl demote gated
expect_contains "$err" "nothing is promoted for 'gated'"
crash_daemon
start_daemon
[ ! -e "$pointer" ] || fail "a start made the file of a model that was taken back"

# ---- two at once: what the one changed is evidence against the other, as it would be a moment later ----

write_eval raced <<'YAML'
dataset: sums@1
baseline: sim-q95
candidates: [same, bad]
scorers: [exact_match]
gate: {margin: 0.1}
YAML
run_to_end raced
for model in same bad; do
    printf '{"jsonrpc":"2.0","id":"%s","method":"promotion.make","params":{"eval":"raced","model":"%s","run":%s}}\n' "$model" "$model" "$run"
done | "$BIN_DIR/socket_client" "$ASSAY_SOCKET" at-once >"$home/answers"
expect "$(jq -r 'select(.result.promoted) | .id' "$home/answers" | wc -l)" = 1 "who is promoted"
expect_contains "$(jq -r '.result.against[]' "$home/answers")" "baseline: sim-q95 in run $run,"
expect "$(ctl --json promotions raced | jq -r '.in_force.model')" = "$(ctl --json baseline show raced | jq -r .baseline)" "what is in force, and the baseline"
expect_exit 0 ctl demote raced

# ---- a run is not chosen for its luck: one that is newer and of the same has the word ----

models+=(rival=sim-q95-r)
write_config
expect_exit 0 ctl daemon reload
write_eval lucky <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [rival]
scorers: [exact_match]
gate: {margin: 0.1}
YAML
run_to_end lucky
lucky=$run
sim_http POST /_sim/quality '{"model": "sim-q95-r", "percent": 50}' >/dev/null
run_to_end lucky
newer=$run
sim_http DELETE /_sim/quality >/dev/null
expect_exit 0 ctl run start lucky --max-cases 10 --wait # says nothing: its cases are others
expect_exit 65 ctl promote lucky rival --run "$lucky"
expect_contains "$out" "run $newer is of the same and newer, and its gate failed for 'rival': promote by the newest"
run_to_end lucky
expect_exit 0 ctl promote lucky rival --run "$lucky"
expect_exit 0 ctl demote lucky

# ---- the folder: of the mode that its owner gave it; where it cannot be, that is told at the start, and what holds is the row ----

expect_contains "$(ctl status)" "$home/told"
chmod 750 "$home/told"
expect_exit 0 ctl promote gated same --run "$second" --override --reason again
expect "$(stat -c %a "$home/told")" = 750 "the mode that somebody set"
crash_daemon
rm -r "$home/told"
echo 'not a folder' >"$home/told"
start_daemon
grep -q "nobody can be told what is promoted: promoted_dir: $home/told: Not a directory" "$daemon_log" || fail "the start does not tell of the folder"
expect_contains "$(ctl promotions gated)" "same is in force, by run $second"
expect_exit 3 ctl demote gated
expect_contains "$err" "its file is not as it should be" "$home/told"
rm "$home/told"
crash_daemon
config_lines=()
start_daemon
expect_contains "$(ctl status)" "$home/state/promoted"

finish
