#!/bin/bash
# Bad input of every kind: the error says what is wrong, where, and what would be right, and the exit code is that of bad input.
. "$(dirname "$0")/lib.sh"

check_config() { # FILE
    "$BIN_DIR/assayd" --config "$1" --check ${daemon_options[@]+"${daemon_options[@]}"}
}

# SED PART...: the configuration with this change is refused, and the error holds each part.
refuse_config() {
    local change=$1
    shift
    sed -e "$change" "$home/assay.yaml" >"$home/spoilt.yaml"
    expect_exit 65 check_config "$home/spoilt.yaml"
    expect_contains "$err$out" "$@"
}

# TEXT PART...: a file with this text is refused as a configuration.
refuse_text() {
    printf '%b' "$1" >"$home/spoilt.yaml"
    shift
    expect_exit 65 check_config "$home/spoilt.yaml"
    expect_contains "$err$out" "$@"
}

# SED PART...: an eval with this change is refused by --check.
refuse_eval() {
    local change=$1
    shift
    sed -e "$change" "$home/good.yaml" >"$home/evals/spoilt.yaml"
    expect_exit 65 check_config "$home/assay.yaml"
    expect_contains "$err$out" "$@"
    rm "$home/evals/spoilt.yaml"
}

start_sim
models=(sim-q95 sim-q94 sim-judge)
write_config
cat >"$home/good.yaml" <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
rubric: {use: correctness, judge: sim-judge}
gate: {margin: 0.05, min_pairs: 5}
samples: 1
YAML

# ---- the configuration ----

expect_exit 0 check_config "$home/assay.yaml"

# Who is told is looked for too, and missed here alone: it may live on the machine that runs assayd.
cp "$home/good.yaml" "$home/evals/told.yaml"
printf 'notify: {name: pager, on: [gate_fail], to: {%s}}\n' 'command: [/no/such/page]' >>"$home/evals/told.yaml"
expect_exit 0 check_config "$home/assay.yaml"
expect_contains "$err" "told.yaml: warning: notify 'pager': /no/such/page: No such file or directory"
sed -i 's|command: .*]|webhook: "http://127.0.0.1/x", secret: NO_SUCH_KEY|' "$home/evals/told.yaml"
expect_exit 0 check_config "$home/assay.yaml"
expect_contains "$err" "told.yaml: warning: notify 'pager': no key named NO_SUCH_KEY"
rm "$home/evals/told.yaml"

refuse_config 's/^eval_dir:/evals_dir:/' "spoilt.yaml:4:1: unknown key 'evals_dir': did you mean 'eval_dir'?"
refuse_config 's/concurrency: 16/concurrency: many/' "sim-q95.concurrency: expected a whole number" "found 'many'"
refuse_config 's/row_deadline_ms: 2000/row_deadline_ms: 1/' ":5:28: sandbox.row_deadline_ms: expected" "from 10 to 5000"
refuse_config '/base_url/d' "providers.sim: missing key 'base_url'"
refuse_config 's/provider: sim,/provider: simm,/' "no provider named 'simm'"
refuse_config 's/plugin: openai/plugin: opnai/' "no provider named 'opnai': did you mean 'openai'?"
refuse_config 's/role: admin/role: amdin/' "roles[0].role: expected one of observer, operator, admin, found 'amdin'"
refuse_text 'models: {a: [1, 2\n' "spoilt.yaml:2:1: not valid YAML"
refuse_text 'socket: \0200\0201\n' "spoilt.yaml:1:9: not valid YAML"
refuse_text '- a list\n' "expected a map of keys and values, found a list"
refuse_text 'socket: a\nsocket: b\n' "spoilt.yaml:2:1: key 'socket' stands twice"
rm "$home/spoilt.yaml"
expect_exit 65 check_config "$home/spoilt.yaml"
expect_contains "$err" "spoilt.yaml: there is no such file: name the configuration with \`assayd --config FILE\`"
expect_exit 65 "$BIN_DIR/assayd" --config "$home/spoilt.yaml"
expect_contains "$err" "spoilt.yaml: there is no such file: name the configuration with \`assayd --config FILE\`"

# ---- evals ----

cp "$home/good.yaml" "$home/evals/good.yaml"
expect_exit 0 check_config "$home/assay.yaml"
refuse_eval 's/^gate:/gates:/' "spoilt.yaml:6:1: unknown key 'gates': did you mean 'gate'?"
refuse_eval 's/margin:/margn:/' "spoilt.yaml:6:8: gate: unknown key 'margn': did you mean 'margin'?"
refuse_eval '/^baseline/d' "spoilt.yaml:1:1: missing key 'baseline'"
refuse_eval 's/^samples: 1/samples: two/' "spoilt.yaml:7:10: samples: expected a whole number" "found 'two'"
refuse_eval 's/\[sim-q94\]/sim-q94/' "spoilt.yaml:3:13: candidates: expected a list of names"
refuse_eval 's/\[sim-q94\]/[sim-q49]/' "spoilt.yaml:3:14: candidates: no model named 'sim-q49'" "there is 'sim-q94'"
refuse_eval 's/exact_match/exact_mach/' "scorers[0]: no scorer named 'exact_mach': did you mean 'exact_match'?"
refuse_eval 's/correctness/corectness/' "no rubric named 'corectness': did you mean 'correctness'?"
refuse_eval 's/judge: sim-judge/judge: sim-juge/' "rubric.judge: no model named 'sim-juge'" "sim-judge"
refuse_eval '$aprimary: f1' "primary: no metric named 'f1' in this eval"
refuse_eval 's/exact_match/{exact_match: {ignorecase: true}}/' \
    "spoilt.yaml:4:11: scorers[0]: unknown parameter 'ignorecase': did you mean 'ignore_case'?"
refuse_eval 's/exact_match/{exact_match: {trim: 1}}/' "scorers[0]: parameter 'trim' must be of type boolean, got integer"
refuse_eval 's/exact_match/required_fields/' "scorers[0]: parameter 'fields' of required_fields@" "is missing"
refuse_eval 's/exact_match/{length: {unit: pages}}/' "scorers[0]: parameter 'unit' must be one of" "sentences"
refuse_eval 's/use: correctness/use: correctness, params: {guidence: x}/' \
    "spoilt.yaml:5:9: rubric: unknown parameter 'guidence': did you mean 'guidance'?"

# ---- a running daemon ----

models+=(dead=dead@nobody keyless=sim-q94@locked)
more_providers=(
    "nobody: {plugin: openai, base_url: 'http://127.0.0.1:1/v1', retry: {max_attempts: 2, backoff_ms: 20}}"
    "locked: {plugin: openai, base_url: 'http://127.0.0.1:$sim_port/v1', key: NO_SUCH_KEY}"
)
expect_exit 6 ctl status
expect_contains "$err" "assayd is not running at $ASSAY_SOCKET" "start it with"
start_daemon

# A name that is nearly right, before anything has it.
expect_exit 65 ctl run start god
expect_contains "$err" "no eval named 'god': did you mean 'good'?"
expect_exit 65 ctl eval show nothing-like-it
expect_contains "$err" "no eval named 'nothing-like-it': see \`assayctl eval ls\`"

# A dataset with broken lines: each with its number and reason; the good ones are kept, with --strict none.
cat >"$home/broken.jsonl" <<'JSONL'
{"id":"a","input":"What is 1 + 1?","expected":"2"}
{"id":"b","input":"What is 1 + 2?","expected":"3"
{"id":"c","input":"What is 1 + 3?","expcted":"4"}
{"id":"a","input":"What is 1 + 4?","expected":"5"}
nonsense
{"id":"f","input":nonsense}
JSONL
expect_exit 0 ctl dataset import broken "$home/broken.jsonl"
expect_contains "$out" "imported 1 case as broken@1" "5 bad lines" "broken.jsonl:2: not valid JSON" \
    "broken.jsonl:5: not JSON: a line is one JSON object and begins with '{'" \
    "broken.jsonl:6: not valid JSON at column " ": only true, false and null stand without quotes" \
    "broken.jsonl:3: unknown key 'expcted': did you mean 'expected'?" "broken.jsonl:4: case id 'a' stands already in line 1"
expect_exit 65 ctl dataset import strict "$home/broken.jsonl" --strict
expect_contains "$out" "nothing was imported" "broken.jsonl:2: "
: >"$home/empty.jsonl"
expect_exit 65 ctl dataset import empty "$home/empty.jsonl"
expect_contains "$out" "nothing was imported"
expect_exit 0 ctl dataset ls
expect_lacks "$out" strict empty
expect_exit 65 ctl dataset import missing "$home/missing.jsonl"
expect_contains "$err" "cannot read $home/missing.jsonl: No such file or directory"
expect_exit 65 ctl dataset import 'two words' "$home/broken.jsonl"
expect_contains "$err" "'two words' cannot be a dataset's name"

# An eval of a dataset that is not there.
expect_exit 65 ctl run start good
expect_contains "$err" "eval 'good': dataset 'sums' is not there: import it with \`assayctl dataset import sums FILE\`"
import_sums sum 3
expect_exit 65 ctl run start good
expect_contains "$err" "eval 'good': dataset 'sums' is not there: did you mean 'sum'?"
import_sums sums 30

# An eval that is refused while the daemon runs: told by eval ls and by check, and the others go on.
sed -e 's/^candidates/candidate/' "$home/good.yaml" >"$home/evals/spoilt.yaml"
is_told() { ctl eval ls | grep -qF "spoilt.yaml:3:1: unknown key 'candidate': did you mean 'candidates'?"; }
await "refusal of the eval" is_told
expect_exit 65 ctl check
expect_contains "$out" "spoilt.yaml:3:1: unknown key 'candidate'"
for command in 'run start' 'eval show'; do
    expect_exit 65 ctl $command spoilt
    expect_contains "$err" "eval 'spoilt' was refused: " "spoilt.yaml:3:1: unknown key 'candidate': did you mean 'candidates'?"
done
rm "$home/evals/spoilt.yaml"

# A parameter that no plugin has: told by check, and no call is paid for.
asked=$(sim_count requests)
sed -e 's/exact_match/{exact_match: {ignorecase: true}}/' "$home/good.yaml" | write_eval misspelt
expect_exit 65 ctl check
expect_contains "$out" "misspelt.yaml:4:11: scorers[0]: unknown parameter 'ignorecase': did you mean 'ignore_case'?"
expect_exit 65 ctl run start misspelt
expect_contains "$err" "misspelt.yaml:4:11: scorers[0]: unknown parameter 'ignorecase': did you mean 'ignore_case'?"
expect "$(sim_count requests)" -eq "$asked" "calls of a run that was refused"
rm "$home/evals/misspelt.yaml"

# A plugin with a syntax error, in the folder and by hand.
printf 'return {\n  api = 1,\n  kind = = "scorer",\n}\n' >"$home/broken.lua"
expect_exit 65 ctl plugin check "$home/broken.lua"
expect_contains "$out" refused "broken.lua:3: unexpected symbol near '='"
printf '\377\376' >"$home/bytes.lua"
expect_exit 65 ctl plugin check "$home/bytes.lua"
expect_contains "$err" "no UTF-8 text"
cp "$home/broken.lua" "$home/plugins/scorers/"
is_told() { ctl plugin ls | grep -qF "broken.lua:3: unexpected symbol near '='"; }
await "refusal of the plugin" is_told

# A key that is nowhere: no run, and where it was looked for.
write_eval keyless <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [keyless]
scorers: [exact_match]
YAML
expect_exit 65 ctl run start keyless
expect_contains "$err" "model 'keyless': no key named NO_SUCH_KEY" '$CREDENTIALS_DIRECTORY' "the environment" "export NO_SUCH_KEY="

# A dead server: the group ends, its rows are errors and no zeros, and the gate does not pass.
write_eval dead <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [dead]
scorers: [exact_match]
gate: {margin: 0.05, min_pairs: 5}
YAML
expect_exit 2 ctl run start dead --gate
expect_contains "$out" "model_error 30" "baseline 0, candidate 30, counted as 0" "dead: fail"
expect_exit 0 ctl --json run show last
expect_contains "$out" '"model":"dead","role":"candidate","rows":30,"ok":0,"failed":30'
expect "$(jq -c '.members[1] | [.cost_usd, .judge_cost_usd]' <<<"$out")" = '[0,0]' "dollars for calls that never left"
expect "$(ctl --json row show last c0001 | jq -c '.rows[1].cost_usd')" = 0 "dollars for one of them"
expect "$(rows_of last --model dead | jq -c 'select(.status == "model_error" and .scores == {})' | wc -l)" -eq 30 "errors without a score"
expect_exit 0 ctl row show last c0001
expect_contains "$out" "dead: model_error" "127.0.0.1 port 1" "attempt 2: connect_failed"

# Names that are not there.
expect_exit 65 ctl plugin show no_such_plugin
expect_contains "$err" "no plugin named 'no_such_plugin': see \`assayctl plugin ls\`"
expect_exit 65 ctl plugin show corectness
expect_contains "$err" "no rubric named 'corectness': did you mean 'correctness'?"
expect_exit 65 ctl plugin show exact_match@77
expect_contains "$err" "no such version of scorer 'exact_match'; there is "
expect_exit 65 ctl plugin show exact_match@77@1
expect_contains "$err" "NAME@1.2.0"
expect_exit 65 ctl dataset show no-such-dataset
expect_contains "$err" "dataset 'no-such-dataset' is not there"
expect_exit 65 ctl dataset show suns
expect_contains "$err" "dataset 'suns' is not there: did you mean 'sums'?"
expect_exit 65 ctl dataset show sums@7
expect_contains "$err" "dataset 'sums@7' is not there: the newest is sums@1"
expect_exit 65 ctl run start good --models sim-q49
expect_contains "$err" "no model named 'sim-q49' in " ": did you mean 'sim-q94'?"
expect_exit 65 ctl row ls last --status odd
expect_contains "$err" "no row status is called 'odd'"

# A socket that does not let its caller in.
if [ "$(id -u)" = 0 ]; then
    install -m 755 "$BIN_DIR/assayctl" "$home/assayctl"
    chmod 600 "$ASSAY_SOCKET"
    expect_exit 7 setpriv --reuid 65534 --regid 65534 --clear-groups "$home/assayctl" status
    expect_contains "$err" "uid 65534 may not reach $ASSAY_SOCKET"
else
    echo "not root: a socket without permission is not tried"
fi

finish
