# Planned looks: a clearly worse candidate ends the run at the first of them, an equal one as soon as its interval allows, and what is
# not sent then is counted as saved. The looks are stored before the run goes on by them: kill -9 between two of them changes nothing, and
# a replay makes the same ones.
source "$(dirname "$0")/lib.sh"

models=(sim-q95 sim-q94 sim-q60 sim-twin=sim-q95)
write_looks() { # NAME CANDIDATE LOOKS [LINE...]
    { printf '%s\n' 'dataset: sums' 'baseline: sim-q95' "candidates: [$2]" 'scorers: [exact_match]' \
        'gate: {margin: 0.1}' "early_stop: {looks: $3}"; printf '%s\n' "${@:4}"; } | write_eval "$1"
}

start_sim
start_daemon
import_sums sums 400

# a clearly worse one
write_looks worse sim-q60 4
expect_exit 2 ctl run start worse --gate
expect_contains "$out" 'looks were planned: stopped at look 1 of 4 after 100 of 400 cases; 600 calls saved' '99.99% CI'
expect "$(sim_count requests)" = 200 'calls'
shown=$(ctl --json run show 1)
expect "$(jq -c '[.looks.planned, .looks.n_max, .looks.stopped_at, .looks.cases_left_out, .looks.calls_saved]' <<<"$shown")" = \
    '[4,400,1,300,600]' 'looks'
expect "$(jq -c '.looks.done | map([.look, .n, (.candidates[0] | .candidate, .decision)])' <<<"$shown")" = \
    '[[1,100,"sim-q60","fail"]]' 'what the look decided'
expect "$(jq -c '.looks.done[0].candidates[0].ci == .comparisons[0].ci and .comparisons[0].p == null' <<<"$shown")" = true \
    "the verdict's interval is the look's"
expect "$(jq '.verdicts[0].checks[] | select(.name == "missing") | .observed' <<<"$shown")" = 0 'cases that were not run are not missing'

expect_exit 0 ctl --json run compare 1
expect "$(jq -c '.comparisons[0] | [.n_pairs, .diff, .ci, .p, .confidence > 0.999]' <<<"$out")" = \
    "$(jq -c '.comparisons[0] | [.n_pairs, .diff, .ci, null, true]' <<<"$shown")" 'run compare has the verdict'"'"'s interval'

# an equal one: nothing differs, and 100 pairs are enough for this margin
write_looks equal sim-twin 4
expect_exit 0 ctl run start equal --gate
expect_contains "$out" 'stopped at look '
expect "$(jq '.looks.done | last | .candidates[0].decision' <<<"$(ctl --json run show 2)")" = '"pass"' 'decision'

# replays make the same looks
expect_exit 0 ctl run replay 1
expect_exit 0 ctl run replay 2

finish
