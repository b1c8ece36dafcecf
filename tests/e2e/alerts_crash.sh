#!/bin/bash
# Alerts and kill -9: wherever assayd dies between a row of a run and the end of its delivery, each change is told, in order; what is told
# twice is the same message, and only what was being told when it died.
. "$(dirname "$0")/lib.sh"

models=(sim-q95 "mended=sim-q94+fault=quota:1")
cat >"$home/page" <<'SH'
#!/bin/bash
printf '%s\n' "$(cat)" >>"$1"
while [ -e "$1.hang" ] && kill -0 $PPID 2>/dev/null; do sleep 0.05; done # no longer than assayd lives
SH
chmod 755 "$home/page"
told=$home/logs/told
: >"$told"

start_sim
start_daemon
import_sums sums 40
write_eval sums <<YAML
dataset: sums
baseline: sim-q95
candidates: [mended]
scorers: [exact_match]
gate: {margin: 0.3, max_failure_rate: 0.2}
notify: {on: [gate_fail, gate_pass], to: {command: [$home/page, $told], timeout: 5m}}
YAML
are_told() { [ "$(jq -s 'map(.id) | unique | length' "$told")" = "$1" ]; }
nothing_is_due() { [ "$(ctl notify ls --json | jq '[.deliveries[] | select(.state == "due")] | length')" = 0 ]; }
is_logged() { grep -q "$1" "$daemon_log"; }
sql() { "$BIN_DIR/db_holder" "$home/state/assay.db" "$1"; }
refuse() { sql "CREATE TRIGGER refused BEFORE $1 ON delivery BEGIN SELECT RAISE(ABORT, 'not now'); END"; }

# The gate says something else each time.
runs=8
for ((i = 1; i <= runs; i++)); do
    if ((i % 2)); then method=POST; else method=DELETE; fi
    sim_http "$method" /_sim/model-faults >/dev/null
    asked=$(sim_count requests)
    case $((i % 4)) in
    1) refuse INSERT ;;
    2) : >"$told.hang" ;;
    3) refuse UPDATE ;;
    esac
    expect_exit 0 ctl --json run start sums
    run=$(json_get "$out" run)
    case $((i % 4)) in
    0) await "a row under way" sim_has_been_asked $((asked + 1)) ;;
    1) await "a decision that is not written" is_logged 'cannot be decided' ;;
    2) await "a command under way" are_told "$i" ;;
    3) await "an end that is not written" is_logged 'end of delivery .* could not be stored' ;;
    esac
    crash_daemon
    rm -f "$told.hang"
    sql 'DROP TRIGGER IF EXISTS refused'
    start_daemon
    await "the end of run $run" run_is "$run" done
    await "what is told of it" are_told "$i"
    await "what is due" nothing_is_due
done

expect "$(jq -cs 'map(.id)' "$told")" = "$(jq -cs 'map(.id) | sort' "$told")" "the order of what was told"
# Of those with rows under way nobody knows how far they came meanwhile.
expect "$(jq -cs 'group_by(.id) | map(length) | [.[0, 1, 2, 4, 5, 6]]' "$told")" = '[1,2,2,1,2,2]' "how often each was told"
expect "$(sort -u "$told" | wc -l)" = "$runs" "messages that differ"
expect "$(jq -cs 'unique_by(.id) | map([.id, .kind, .run])' "$told")" = \
    "$(ctl event ls --json --limit 1000 | jq -c '[.events[] | select(.kind | startswith("gate_")) | [.id, .kind, .run]]')" "events of the gate"
expect "$(jq -rs 'unique_by(.id) | map(.kind) | .[:4] | join(" ")' "$told")" = "gate_fail gate_pass gate_fail gate_pass" "what the gate said"
finish
