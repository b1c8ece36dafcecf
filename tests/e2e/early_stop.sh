# Planned looks: a clearly worse candidate ends the run at the first of them, an equal one as soon as its interval allows, a close one goes
# to the end. Critical cases are run whatever a look decides. The looks are stored before the run goes on by them: kill -9 between two of
# them, a replay and a requeue make the same ones. Of a run that is under way nothing else is told.
source "$(dirname "$0")/lib.sh"

models=(sim-q95 sim-q60 sim-twin=sim-q95 sim-near=sim-q90 sim-other=sim-q95-b)

# NAME CANDIDATES LOOKS GATE [LINE...]
write_looks() {
    {
        printf '%s\n' "dataset: ${dataset:-sums}" 'baseline: sim-q95' "candidates: [$2]" 'scorers: [exact_match]' "gate: {$4}" \
            "early_stop: {looks: $3}" "${@:5}"
    } | write_eval "$1"
}

show() {
    ctl --json run show "$1"
}

# RUN: what each look decided of each candidate.
looks_of() {
    jq -c '.looks.done | map([.look, .n, (.candidates | map(.decision))])' <<<"$(show "$1")"
}

has_looks() { # RUN COUNT
    [ "$(jq '.looks.done | length' <<<"$(show "$1")")" -ge "$2" ]
}

slow() {
    sim_http POST /_sim/fault '{"kind":"slow","rate":1,"param":150}' >"$home/out"
}

heal() {
    sim_http DELETE /_sim/fault >"$home/out"
}

check_of() { # RUN NAME: of the first candidate
    jq -c --arg name "$2" '.verdicts[0].checks[] | select(.name == $name)' <<<"$(show "$1")"
}

start_sim
start_daemon
import_sums sums 400

# a clearly worse one
write_looks worse sim-q60 4 'margin: 0.1'
expect_exit 0 ctl run plan worse
expect_contains "$out" '4 looks, after 100, 200, 300 and 400 cases' '95.71 %'
expect_exit 2 ctl run start worse --gate
expect_contains "$out" 'looks were planned: stopped at look 1 of 4 after 100 of 400 cases; 600 calls saved' '99.99% CI' \
    '1, after 100 cases, sim-q60: fail'
expect "$(sim_count requests)" = 200 'calls'
shown=$(show 1)
expect "$(jq -c '[.looks.planned, .looks.n_max, .looks.stopped_at, .looks.cases_left_out, .looks.calls_saved]' <<<"$shown")" = \
    '[4,400,1,300,600]' 'looks'
expect "$(looks_of 1)" = '[[1,100,["fail"]]]' 'what the look decided'
expect "$(jq -c '.looks.done[0].candidates[0].ci == .comparisons[0].ci and .comparisons[0].p == null' <<<"$shown")" = true \
    "the verdict's interval is the look's"
expect "$(check_of 1 missing | jq .observed)" = 0 'the share of missing cases'
expect "$(jq -c '[.comparisons[0].n_pairs, .comparisons[0].unpaired, .members[0].missing]' <<<"$shown")" = '[100,0,0]' \
    'cases that were not run are not missing'
expect_exit 0 ctl report 1 --format md
expect_contains "$out" 'stopped at look 1 of 4' 'at 99.99 %'
expect_exit 0 ctl run show 1 --by scorer
expect_contains "$out" '99.99 % INTERVAL'
first_quarter=$(rows_of 1 | jq -r .case | sort -u | awk '$0 <= "c0100"' | wc -l)
expect "$first_quarter" -gt 10 'cases of the first quarter of the file in the first look'
expect "$first_quarter" -lt 45 'cases of the first quarter of the file in the first look'

expect_exit 0 ctl --json run compare 1
expect "$(jq -c '.comparisons[0] | [.n_pairs, .diff, .ci, .p, .confidence > 0.999]' <<<"$out")" = \
    "$(jq -c '.comparisons[0] | [.n_pairs, .diff, .ci, null, true]' <<<"$shown")" 'run compare has the verdict'"'"'s interval'
expect_contains "$out" 'run 1 planned 4 looks: intervals are widened for them'

# an equal one; and of two, the run ends when both are decided
write_looks equal sim-twin 4 'margin: 0.1'
expect_exit 0 ctl run start equal --gate
expect "$(jq '.looks.done | last | .candidates[0].decision' <<<"$(show 2)")" = '"pass"' 'decision'
write_looks both 'sim-q60, sim-near' 2 'margin: 0.02'
expect_exit 2 ctl run start both --gate
expect "$(looks_of 3 | jq -c '.[0]')" = '[1,200,["fail","continue"]]' 'a look that one candidate has not decided'
expect_contains "$out" 'all 2 were made, the last after all 400 cases; no call saved'
expect_exit 2 ctl run start worse --no-early-stop --gate
expect "$(jq -c '[.looks, .comparisons[0].n_pairs, .comparisons[0].confidence]' <<<"$(show 4)")" = '[null,400,0.95]' 'without looks'

# critical cases: those that the look leaves out are run too, and seen by their own check alone
awk 'NR % 10 { print; next } { sub(/}$/, ",\"critical\":true}"); print }' "$home/sums.jsonl" >"$home/critical.jsonl"
expect_exit 0 ctl dataset import critical "$home/critical.jsonl"
dataset=critical write_looks careful sim-twin 4 'margin: 0.1, critical: no_regression'
expect_exit 0 ctl run start careful --gate
shown=$(show 5)
expect_contains "$(check_of 5 critical)" '0 of 40 critical cases regressed, 0 not run'
begun=$(rows_of 5 | jq -r .case | sort -u | wc -l)
expect "$begun" -gt 100 'cases of the look, and the critical ones'
expect "$(jq -c '[.comparisons[0].n_pairs, .members[1].rows, .looks.cases_left_out, .looks.calls_saved]' <<<"$shown")" = \
    "[100,100,$((400 - begun)),$((2 * (400 - begun)))]" 'what is compared, and what is left out'

# what looks cannot be made of
sed 's/}$/,"cluster":"k"}/' "$home/sums.jsonl" >"$home/clustered.jsonl"
expect_exit 0 ctl dataset import clustered "$home/clustered.jsonl"
dataset=clustered write_looks clustered sim-twin 4 'margin: 0.1'
expect_exit 65 ctl run start clustered
expect_contains "$err" 'early_stop needs independent cases, and 400 of' '--no-early-stop'
expect_exit 65 ctl run start worse --max-cases 7
expect_contains "$err" 'at least 8 cases, and there are 7'

# a kill between two looks; and what is told of a run that is under way
write_looks close sim-other 4 'margin: 0.005'
expect_exit 5 ctl run start close --gate
slow
expect_exit 0 ctl run start close
run=$(grep -oE '^run [0-9]+' <<<"$out" | tr -dc 0-9)
await 'the first look' has_looks "$run" 1
crash_daemon
launch_daemon
await_process "$daemon_pid" "$daemon_log" daemon_is_ready
expect_exit 0 ctl run pause "$run"
shown=$(show "$run")
expect "$(jq -c '[.members, .comparisons, .verdicts, .headline]' <<<"$shown")" = '[null,null,null,null]' 'scores of a run under way'
expect "$(jq -c '.looks.done[0].candidates[0] | has("ci")' <<<"$shown")" = true 'a look that was made'
expect_exit 0 ctl run show "$run"
expect_contains "$out" 'of 4 made' '1, after 100 cases, sim-other: continue'
expect_exit 0 ctl run resume "$run"
heal
expect_exit 0 ctl run watch "$run"
expect "$(jq -cS .looks <<<"$(show "$run")")" = "$(jq -cS .looks <<<"$(show $((run - 1)))")" 'looks of the run that was killed'

# without looks, nothing at all
slow
expect_exit 0 ctl run start worse --no-early-stop
run=$((run + 1))
some_rows() { [ "$(jq '.progress.done' <<<"$(show "$run")")" -ge 50 ]; }
await 'some rows' some_rows
expect_exit 0 ctl run pause "$run"
for what in 'run show' 'report --format md' 'report --format html' 'run compare' 'run flips' 'run rank' 'gate' 'run show --by scorer'; do
    # shellcheck disable=SC2086
    ctl $what "$run" >"$home/out" 2>&1 || true
    expect_lacks "$(<"$home/out")" '[0.' '[-0.' 'not worse' 'no clear difference' 'candidate is' Better Worse
done
expect "$(jq -c '[paths(scalars) | map(strings) | join(".") | select(test("mean|diff|ci$|score"))]' <<<"$(show "$run")")" = '[]' \
    'what run show tells of the scores'
expect_exit 0 ctl run cancel "$run"
heal

# rows that are done again: the looks before the last one stand as they were made
sim_http POST /_sim/fault '{"kind":"wrong-type","rate":0.04}' >"$home/out"
expect_exit 5 ctl run start close --gate
heal
run=$((run + 1))
before=$(looks_of "$run")
expect "$(jq length <<<"$before")" = 4 'looks'
expect_exit 0 ctl run requeue "$run"
await 'the end' run_is "$run" done
expect "$(looks_of "$run" | jq -c '.[0:3]')" = "$(jq -c '.[0:3]' <<<"$before")" 'the looks before'
expect "$(jq -c '.looks.done | map(.before_requeue)' <<<"$(show "$run")")" = '[true,true,true,null]' 'looks that stand'
expect "$(jq '.comparisons[0].candidate_failed' <<<"$(show "$run")")" = 0 'rows that fail'

# replays make the same looks
for of in 1 2 3 5 "$run"; do
    expect_exit 0 ctl run replay "$of"
done

finish
