#!/bin/bash
# Events: what happened is listed, in order, and whoever watches is told of it as it happens, also when he was away, also when assayd was.
. "$(dirname "$0")/lib.sh"

models=(sim-q95 sim-q94 sim-q20 sim-judge "broken=sim-q94+fault=quota:1")
start_sim
start_daemon
import_sums sums 60
write_eval sums <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q20]
scorers: [exact_match]
gate: {margin: 0.1, max_failure_rate: 0.2}
YAML
# FILTER-OPTIONS...: kind and subject of each event, oldest first.
kinds() { ctl event ls --json "$@" | jq -r '[.events[] | .kind + (if .subject then ":" + .subject else "" end)] | join(" ")'; }

expect_exit 0 ctl event ls
expect_contains "$out" "No such event."

# A run is told by its start, the gate's word on each candidate, and its end, in that order.
expect_exit 2 ctl run start sums --gate
expect "$(kinds)" = "run_started gate_fail:sim-q20 run_ended" "events of a run that fails"
expect_exit 0 ctl event ls
expect_contains "$out" "sums: a run of 60 cases and 2 members starts" "gate_fail sums: gate fail for sim-q20 by noninferiority: candidate is worse by" "run 1 done: fail"
expect "$(ctl event ls --json --kind gate_fail | jq -c '.events[0] | [.run, .eval, .over, .detail.outcome]')" = '[1,"sums",false,"fail"]' "gate_fail"

# Too many failures are told beside the gate's word; a replay tells of its end alone.
expect_exit 2 ctl run start sums --models broken --gate
expect "$(kinds | cut -d' ' -f4-)" = "run_started error_rate:broken gate_fail:broken run_ended" "events of a run whose calls fail"
ctl run replay 1 >/dev/null
expect "$(ctl event ls --json | jq -c '.events[-1] | [.kind, .detail.replay_of]')" = '["run_ended",1]' "event of a replay"

# A budget that is used up.
expect_exit 5 ctl run start sums --max-requests 20 --gate
expect "$(kinds | cut -d' ' -f9-)" = "run_started budget_stop gate_undecided:sim-q20 run_ended" "events of a run that its budget stops"

# Whoever watches is told what he missed, then what comes, each once; also when assayd was gone in between.
start_process "$home/logs/watch" "$BIN_DIR/assayctl" --json event watch --after 3 --count 14
watch_pid=$started
watched() { [ "$(grep -c '^{' "$home/logs/watch")" -ge "$1" ]; }
await "what was missed" watched 9
last=$(ctl event ls --json | jq '.events[-1].id')

# A plugin file that is refused, put right, and taken away.
cp "$TOP_DIR/plugins/scorers/bleu.lua" "$home/bleu.lua"
file=$home/plugins/scorers/late.lua
event_is_there() { [ -n "$(kinds --kind "$1")" ]; }
echo 'return {' >"$home/tmp/late" && mv "$home/tmp/late" "$file"
await "the refusal" event_is_there plugin_refused
sed 's/"bleu"/"late"/' "$home/bleu.lua" >"$home/tmp/late" && mv "$home/tmp/late" "$file"
await "the plugin" event_is_there plugin_live
crash_daemon
start_daemon
rm "$file"
await "its end" event_is_there plugin_retired
expect "$(ctl event ls --json | jq -c "[.events[] | select(.id > $last) | .kind]")" = '["plugin_refused","plugin_live","recovery","plugin_retired"]' \
    "events of plugins, and none of what a start finds"

# The configuration: taken, and refused.
kill -HUP "$daemon_pid"
await "the reload" event_is_there config_reloaded
wait "$watch_pid" || fail "event watch ended with $?"
expect "$(grep '^{' "$home/logs/watch" | jq -s 'map(.id) == [range(4; 18)]')" = true "ids that were watched"

# An eval's file that is refused, over a restart, and put right: nothing else would tell that its schedule starts nothing.
news() { ctl event ls --json --kind config_refused | jq -c '[.events[] | [.over, (.subject | split("/")[-1]), .text]]'; }
news_are() { [ "$(news)" = "$1" ]; }
refused='[false,"sums.yaml","the eval is refused, and its schedules start nothing: '"$home"'/evals/sums.yaml:6:1: unknown key '"'gat'"': did you mean '"'gate'"'?"]'
cp "$home/evals/sums.yaml" "$home/sums.yaml"
echo "gat: 1" >"$home/broken"
cat "$home/sums.yaml" "$home/broken" >"$home/tmp/sums" && mv "$home/tmp/sums" "$home/evals/sums.yaml"
await "the refusal" news_are "[$refused]"
crash_daemon
start_daemon
cp "$home/sums.yaml" "$home/tmp/sums" && mv "$home/tmp/sums" "$home/evals/sums.yaml"
await "the end" news_are "[$refused,[true,\"sums.yaml\",\"the eval's file is refused no longer\"]]"

# Filters of a watch; a kind that there is not.
expect_exit 0 ctl --json event watch --after 0 --kind gate_fail --count 2
expect "$(wc -l <<<"$out")" -eq 2 "events of one kind"
expect_exit 65 ctl event ls --kind gate_fial
expect_contains "$err" "did you mean 'gate_fail'?"
expect_exit 65 ctl event ls --kind weather
expect_contains "$err" "there is no kind of event 'weather': see \`assayctl event ls --help\`"
finish
