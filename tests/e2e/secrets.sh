#!/bin/bash
# API keys reach the model server and nothing else: one canary in each of the four sources, then a search through all that the daemon
# wrote, answered or handed to its children. A key that others can read is refused.
. "$(dirname "$0")/lib.sh"

canary=sk-canary-$RANDOM$RANDOM$RANDOM
wrong=sk-wrong-$RANDOM$RANDOM$RANDOM

# The environment's values for the first three lose against the source that comes before it: the server refuses any key but the canary.
mkdir -m 700 "$home"/{credentials,keys}
export CREDENTIALS_DIRECTORY=$home/credentials CREDENTIAL_KEY=$wrong FILE_KEY=$wrong ENV_FILE_KEY=$wrong
export ENVIRONMENT_KEY=$canary WRONG_KEY=$wrong BROKEN_KEY="$canary"$'\n'"$canary"
printf '%s\n' "$canary" >"$home/credentials/CREDENTIAL_KEY"
printf '%s\n' "$canary" >"$home/keys/FILE_KEY"
printf '# keys\nexport ENV_FILE_KEY="%s"\n' "$canary" >"$home/keys.env"
chmod 400 "$home/credentials/CREDENTIAL_KEY"
chmod 600 "$home/keys/FILE_KEY" "$home/keys.env"

start_sim --require-key "$canary"
models=() more_providers=()
for name in credential file env_file environment wrong broken; do
    models+=("$name=sim-q95@$name")
    more_providers+=("$name: {plugin: openai, base_url: 'http://127.0.0.1:$sim_port/v1', key: ${name^^}_KEY}")
done
config_lines=("log: {level: debug, content: true}" "secrets: {keys_dir: keys, env_file: keys.env}")
start_daemon
import_sums sums 10
eval_of() { # NAME CANDIDATES
    write_eval "$1" <<YAML
dataset: sums
baseline: credential
candidates: [$2]
scorers: [exact_match]
gate: {margin: 0.05, min_pairs: 5}
YAML
}
eval_of good 'file, env_file, environment'
eval_of wrong wrong
eval_of broken broken

# ---- each source gives the key that the server wants ----

expect_exit 0 ctl --json run start good --wait
expect "$(count_of "$out" '"ok":10,"failed":0,"missing":0')" -eq 4 "members whose key was right"
expect "$(sim_count paid)" -eq 40 "calls that the server took"

# The server's no to a wrong key, and a value that cannot be a key, are told without it.
expect_exit 0 ctl run start wrong --wait
expect_exit 0 ctl row show last c0001
expect_contains "$out" "wrong: model_error" "auth: invalid or missing API key"
expect_exit 65 ctl run start broken
expect_contains "$err" "the key BROKEN_KEY in the environment holds a line break"
expect_lacks "$err" "$canary"

# ---- where no key may be ----

for pid in $(left_in_session "$daemon_pid"); do
    [ "$pid" = "$daemon_pid" ] || cat "/proc/$pid/environ" "/proc/$pid/cmdline" 2>/dev/null || true
    cat "/proc/$daemon_pid/cmdline"
done | tr '\0' '\n' >"$home/processes"
expect_contains "$(<"$home/processes")" assay-worker
{
    for command in status check "plugin ls" "eval ls" "eval show good" "dataset show sums" "run ls" "run show 1" "run show 2" "gate 1" \
        "row ls 1 --limit 1000" "row ls 2" "plugin show openai"; do
        # shellcheck disable=SC2086 # words of a command
        ctl --json $command || true
        # shellcheck disable=SC2086
        ctl $command || true
    done
    for run in 1 2; do
        for case in $(seq -f 'c%04g' 1 10); do
            ctl --json row show $run "$case"
            ctl row show $run "$case"
        done
    done
    "$BIN_DIR/assayd" --config "$home/assay.yaml" --check ${daemon_options[@]+"${daemon_options[@]}"} || true
} >"$home/answers" 2>&1
expect_contains "$(<"$home/answers")" "What is 101 + 18?" '"http_status":401' # there is something to search in

# ---- a key that others can read ----

chmod 644 "$home/keys/FILE_KEY"
expect_exit 7 ctl run start good
expect_contains "$err" "$home/keys/FILE_KEY" "its mode 0644 lets others read it" "chmod 600"
chmod 600 "$home/keys/FILE_KEY"
chmod 640 "$home/keys.env"
expect_exit 7 ctl run start good
expect_contains "$err" "$home/keys.env" "its mode 0640 lets others read it" "chmod 600"
expect "$(sim_count requests)" -eq 60 "requests: none was sent without its key"

# ---- the search ----

stop_daemon
grep -qrF "What is 101 + 18?" "$home/state" || fail "the search is blind: a prompt is not found in the state directory"
for secret in "$canary" "$wrong"; do
    for place in state logs answers processes tmp; do
        ! grep -rlF -- "$secret" "$home/$place" || fail "a key was found"
    done
done

finish
