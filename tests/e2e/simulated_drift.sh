#!/bin/bash
# Two weeks of a nightly run by a clock of its own, a model that its vendor makes 5 points worse in silence before the fourth night, and right
# again before the tenth: its answers vary from night to night, its name and its id do not. People are told once that it drifts, soon, and
# once that it does no longer; of the other model, which stays what it is, they hear nothing.
. "$(dirname "$0")/lib.sh"

use_own_clock
models=(steady=sim-q90-b watched=sim-q90)
nights=13 worse=4 mended=10

pass_to_night() {
    set_clock "2026-11-01 02:00 UTC + $1 days"
}
events_of() { ctl --json event ls --kind "$1" | jq -c '[.events[] | [.run, .subject, .over]]'; }
summarised() { # RUN: what the history tells of it is there
    ctl --json history nightly | jq -e --argjson run "$1" '(.models | length) == 2 and all(.models[]; .points[-1].run == $run)' >/dev/null
}

pass_to_night 0
start_sim
start_daemon
import_sums sums 1000
told=$home/logs/told
printf '#!/bin/bash\nprintf "%%s\\n" "$(cat)" >>"%s"\n' "$told" >"$home/page"
chmod 755 "$home/page"
write_eval nightly <<YAML
dataset: sums
baseline: steady
candidates: [watched]
scorers: [exact_match]
gate: {margin: 0.2}
schedule: {cron: '30 1 * * *', timezone: UTC}
notify: {on: [drift, recovery], to: {command: [$home/page]}}
YAML
expect_exit 0 ctl schedule ls

for night in $(seq $nights); do
    sim_http POST /_sim/seed "{\"seed\": $night}" >/dev/null
    [ "$night" != $worse ] || sim_http POST /_sim/quality '{"model": "sim-q90", "percent": 85}' >/dev/null
    [ "$night" != $mended ] || sim_http DELETE /_sim/quality >/dev/null
    pass_to_night "$night"
    await "the summary of night $night" summarised "$night"
    [ "$night" != 1 ] || expect_exit 0 ctl baseline set nightly 1
    [ "$night" != $((worse - 1)) ] || expect "$(events_of drift)" = '[]' "drift before there is one"
done

filter='.models[] | select(.model == "watched") | .points[] | [.run, .mean, .diff, .p] | map(tostring) | join(" ")'
echo 'night mean diff p'
ctl --json history nightly | jq -r "$filter"
first=$(events_of drift | jq '.[0][0]')
expect "$first" -ge $worse "night of the alarm"
expect "$first" -lt $mended "night of the alarm"
echo "worse from night $worse on, told in night $first: $((first - worse)) runs later"
expect "$(events_of drift | jq -c 'map([.[1], .[2]])')" = '[["watched",false],["watched",true]]' "what was told of drift"
expect "$(events_of model_id_changed)" = '[]' "other ids"
is_told() { [ -e "$told" ] && [ "$(wc -l <"$told")" -ge "$1" ]; }
await "the alert and its end" is_told 2
expect "$(jq -rs 'map([.kind, .subject] | join(" ")) | join(", ")' "$told")" = 'drift watched, recovery watched' "what people were told"
finish
