#!/bin/bash
# Alerts and kill -9: at whatever moment assayd dies between a run and the end of its delivery, each change is told, in order, and what is
# told twice is the same message.
. "$(dirname "$0")/lib.sh"

models=(sim-q95 "mended=sim-q94+fault=quota:1")
cat >"$home/page" <<'SH'
#!/bin/bash
printf '%s\n' "$(cat)" >>"$1"
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
notify: {on: [gate_fail, gate_pass], to: {command: [$home/page, $told]}}
YAML
ids_told() { jq -s 'map(.id) | unique | length' "$told"; }
are_told() { [ "$(ids_told)" = "$1" ]; }

# The gate says something else each time. Where it dies: with rows under way, at the run's end, when it has told, or somewhere in between.
runs=12
for ((i = 1; i <= runs; i++)); do
    if ((i % 2)); then method=POST; else method=DELETE; fi
    sim_http "$method" /_sim/model-faults >/dev/null
    asked=$(sim_count requests)
    expect_exit 0 ctl --json run start sums
    run=$(json_get "$out" run)
    case $((i % 4)) in
    0) await "a row" sim_has_been_asked $((asked + 1)) ;;
    1) await "the end of run $run" run_is "$run" done ;;
    2) await "its message" are_told "$i" ;;
    3) sleep "$(printf '0.%03d' $((RANDOM % 400)))" ;;
    esac
    crash_daemon
    start_daemon
    await "the end of run $run after a crash" run_is "$run" done
    await "what is told of it" are_told "$i"
done

expect "$(jq -cs 'map(.id)' "$told")" = "$(jq -cs 'map(.id) | sort' "$told")" "the order of what was told"
expect "$(sort -u "$told" | wc -l)" = "$runs" "messages that differ"
expect "$(jq -cs 'unique_by(.id) | map([.id, .kind, .run])' "$told")" = \
    "$(ctl event ls --json --limit 1000 | jq -c '[.events[] | select(.kind | startswith("gate_")) | [.id, .kind, .run]]')" "events of the gate"
expect "$(jq -rs 'unique_by(.id) | map(.kind) | .[:4] | join(" ")' "$told")" = "gate_fail gate_pass gate_fail gate_pass" "what the gate said"
finish
