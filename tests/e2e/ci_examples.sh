#!/bin/bash
# The examples of etc/ci, run as a runner would run them: the steps are taken out of the YAML as they stand there, with assay-sim in the
# place of a model API, and a gh and a curl that only note what they are asked.
. "$(dirname "$0")/lib.sh"

models=()
start_sim
export PATH=$home/bin:$BIN_DIR:$PATH FAKE_LOG=$home/asked
mkdir "$home/bin"
for tool in gh curl; do # they note their words, and what the file that they are given says
    cat >"$home/bin/$tool" <<'SH'
#!/bin/sh
printf '%s\n' "${0##*/} $*" >>"$FAKE_LOG"
case "$*" in *--edit-last*) exit 1 ;; esac # there is no comment yet
SH
    chmod +x "$home/bin/$tool"
done
[ -z "${SANITIZE:-}" ] || { # a worker under a sanitizer cannot be jailed
    printf '#!/bin/sh\nexec %q "$@" --jail-optional\n' "$BIN_DIR/assayd" >"$home/bin/assayd"
    chmod +x "$home/bin/assayd"
}

# NAME: a repository as etc/ci/README.md asks for it. Its gate passes.
make_repository() {
    local repository=$home/$1
    mkdir -p "$repository"/assay/{evals,datasets}
    cp "$TOP_DIR/etc/ci/assay-gate" "$repository/assay"
    write_sums "$repository/assay/datasets/support-triage.jsonl" 120
    cat >"$repository/assay/evals/support-triage.yaml" <<'YAML'
dataset: support-triage
baseline: large
candidates: [next]
scorers: [exact_match]
gate: {margin: 0.2}
YAML
    cat >"$repository/assay/assay.yaml" <<YAML
socket: assayd.sock
state_dir: state
plugin_dirs: [$TOP_DIR/plugins]
eval_dir: evals
providers:
  openai: {plugin: openai, base_url: "http://127.0.0.1:$sim_port/v1", key: OPENAI_API_KEY}
models:
  large: {provider: openai, id: sim-q95, price: {input: 0.15, output: 0.60}}
  next: {provider: openai, id: sim-q94, price: {input: 0.15, output: 0.60}}
YAML
    cd "$repository"
}
make_gate_fail() { sed -i 's/sim-q94/sim-q20/' assay/assay.yaml; }

# FILE: the steps of a GitHub workflow that have a `run`, in order: step-N.sh, and step-N.always where it says `if: always()`.
take_github_steps() {
    awk -v dir="$home/steps" '
        /^      - / { step++; in_run = 0 }
        in_run && /^          / { print substr($0, 11) >file; next }
        { in_run = 0 }
        /^        if: always\(\)/ { print "" >(dir "/step-" step ".always") }
        /^        run: / {
            file = dir "/step-" step ".sh"
            if ($2 == "|") { in_run = 1; printf "" >file } else { sub(/^        run: /, ""); print >file }
        }' "$1"
}

# As a runner does it: in order, after a failure only what says always(). Sets $job to the job's exit code.
run_steps() {
    local step code
    job=0
    for step in "$home"/steps/step-*.sh; do
        [ "$job" = 0 ] || [ -e "${step%.sh}.always" ] || continue
        code=0
        bash --noprofile --norc -eo pipefail "$step" >>"$home/job.log" 2>&1 || code=$?
        [ "$job" != 0 ] || job=$code
    done
}

expect_reports() {
    local report
    for report in gate.xml gate.md gate.html gate.json assayd.log; do
        [ -s "assay-reports/$report" ] || fail "no $report: $(cat "$home/job.log")"
    done
    [ ! -e assay/assayd.sock ] || fail "assayd was left behind"
}

export OPENAI_API_KEY=sk-secret-of-the-pipeline

# ---- GitHub Actions ----

make_repository github
mkdir "$home/steps"
export GITHUB_STEP_SUMMARY=$home/summary PULL_REQUEST=17 GH_TOKEN=token
take_github_steps "$TOP_DIR/etc/ci/github-actions.yml"
expect "$(find "$home/steps" -name '*.sh' | wc -l)" -eq 3 "steps that run something"
expect "$(find "$home/steps" -name '*.always' | wc -l)" -eq 4 "steps that run in any case"
expect_contains "$(cat "$home"/steps/*.sh)" "assay/assay-gate support-triage --cache"
expect_lacks "$(cat "$home"/steps/*.sh)" '${{'
run_steps
expect "$job" = 0 "exit code of a job whose gate passes, $(cat "$home/job.log")"
expect_reports
expect_contains "$(head -n 1 "$home/summary")" "# " "support-triage: pass"
expect_contains "$(<"$FAKE_LOG")" "gh pr comment 17 --edit-last --body-file assay-reports/gate.md" "gh pr comment 17 --body-file assay-reports/gate.md"
calls=$(sim_count requests)

# With the state of the job before, nothing is paid for again; and a candidate that is worse fails the job, with its reports.
run_steps
expect "$job" = 0 "exit code of the second job"
expect "$(sim_count requests)" -eq "$calls" "calls of the second job"
make_gate_fail
rm -r "$home/summary" "$FAKE_LOG" assay-reports
run_steps
expect "$job" = 2 "exit code of a job whose gate fails"
expect_reports
expect_contains "$(<assay-reports/gate.xml)" "<failure"
expect_contains "$(<"$home/summary")" "support-triage: fail"
expect_contains "$(<"$FAKE_LOG")" "gh pr comment 17"

# ---- GitLab CI ----

make_repository gitlab
rm -f "$FAKE_LOG" "$home"/steps/*
export ASSAY_GITLAB_TOKEN=token CI_API_V4_URL=https://gitlab.example.org/api/v4 CI_PROJECT_ID=3 CI_MERGE_REQUEST_IID=4
awk -v dir="$home/steps" '
    /^  [a-z_]+:/ { file = ""; in_block = 0 }
    /^  script:/ { file = dir "/step-1.sh" }
    /^  after_script:/ { file = dir "/step-2.sh"; print "" >(dir "/step-2.always") }
    file && /^    - \|/ { in_block = 1; next }
    in_block { print substr($0, 7) >file; next }
    file && /^    - / { print substr($0, 7) >file }' "$TOP_DIR/etc/ci/gitlab-ci.yml"
run_steps
expect "$job" = 0 "exit code of a job whose gate passes, $(cat "$home/job.log")"
expect_reports
expect_contains "$(<"$FAKE_LOG")" "body@assay-reports/gate.md" "https://gitlab.example.org/api/v4/projects/3/merge_requests/4/notes"
make_gate_fail
run_steps
expect "$job" = 2 "exit code of a job whose gate fails"
expect "$(grep -c '^curl' "$FAKE_LOG")" -eq 2 "comments"
for path in assay-reports gate.xml assay/state; do
    expect_contains "$(<"$TOP_DIR/etc/ci/gitlab-ci.yml")" "$path"
done

# ---- what the step itself says when something is missing ----

expect_exit 64 assay/assay-gate
expect_contains "$err" "assay-gate EVAL"
sed -i 's/plugin: openai/plugin: opnai/' assay/assay.yaml
expect_exit 65 assay/assay-gate support-triage
expect_contains "$out$err" "assay.yaml:6" "opnai"
sed -i 's/plugin: opnai/plugin: openai/' assay/assay.yaml
expect_exit 65 assay/assay-gate no-such-eval
expect_exit 4 assay/assay-gate support-triage --request-delay 10 --timeout 1s
expect_contains "$err" "the time is over"
[ ! -e assay/assayd.sock ] || fail "assayd was left behind"

eval_names() { [[ $(ctl eval show support-triage) == *"$1"* ]]; }

# ---- cron: beside an assayd that runs as a service ----

models=(large=sim-q95 next=sim-q94 worse=sim-q20)
start_daemon
cp assay/datasets/support-triage.jsonl "$home/support-triage.jsonl"
expect_exit 0 ctl dataset import support-triage "$home/support-triage.jsonl"
write_eval support-triage <assay/evals/support-triage.yaml
mkdir "$home/reports"
line=$(grep -v -e '^#' -e '^MAILTO' "$TOP_DIR/etc/ci/assay.cron")
expect "$(wc -l <<<"$line")" -eq 1 "lines of the crontab"
expect_exit 0 ctl schedule explain "$(cut -d' ' -f1-5 <<<"$line")"
expect "$(cut -d' ' -f6 <<<"$line")" = assay "whose cron line it is"
command=$(cut -d' ' -f7- <<<"$line" | sed -e 's/\\%/%/g' -e "s|/var/lib/assay/reports|$home/reports|")
expect_exit 0 sh -c "$command"
expect "$out$err" = "" "what cron mails of a gate that passed"
[ -s "$home/reports/support-triage-$(date +%F).html" ] || fail "no report of the night"
expect "$(ctl --json run show last | jq -r .requested_by)" = "uid $(id -u)" "who has started it"
sed 's/candidates: .*/candidates: [worse]/' assay/evals/support-triage.yaml | write_eval support-triage
await "the eval's change" eval_names worse
expect_exit 0 sh -c "$command"
expect_contains "$out" "worse: fail"

finish
