#!/bin/bash
# API keys on every path that fails: an answer that repeats the key, redirects, TLS, broken connections, crashing workers, a rotation in
# mid-run, a debug log with content. Whatever assayd then wrote, answered or left in a worker's memory is searched for the keys, in plain
# and in the forms that JSON, URLs, base64 and hexadecimal give them. Also: who may read what assayd writes.
. "$(dirname "$0")/lib.sh"

first='sk-canary/Ab+9%"x\7-'$RANDOM$RANDOM$RANDOM # of characters that each form writes differently
second='sk-second/Cd+8%"y\6-'$RANDOM$RANDOM$RANDOM
is_root() { [ "$(id -u)" = 0 ]; }
is_jailed() { [ -z "${SANITIZE:-}" ]; }

# KEY: each form on a line, without what depends on the bytes around it.
forms_of() {
    local json=$(jq -nr --arg key "$1" '$key | @json | .[1:-1]') offset text
    printf '%s\n%s\n%s\n' "$1" "$json" "${json//\//\\/}"
    jq -nr --arg key "$1" '$key | @uri, (@uri | ascii_downcase)'
    printf %s "$1" | od -An -v -tx1 | tr -d ' \n'
    echo
    for offset in 0 1 2; do
        text=$(printf '%.*s%s' "$offset" xx "$1" | base64 -w 0)
        text=${text%%=*}
        echo "${text:$((offset + (offset > 0))):-1}"
    done
}
{ forms_of "$first"; forms_of "$second"; } | sort -u >"$home/forms"
expect "$(grep -c . "$home/forms")" -ge 16 "forms to look for"

# ---- one provider a way to fail, and the four sources among them ----

mkdir -m 700 "$home"/{credentials,keys}
export CREDENTIALS_DIRECTORY=$home/credentials ENVIRONMENT_KEY=$first
printf '%s\n' "$first" >"$home/credentials/CREDENTIAL_KEY"
printf '%s\n' "$first" >"$home/keys/FILE_KEY"
printf "ENV_FILE_KEY='%s'\n" "$first" >"$home/keys.env"
chmod 600 "$home"/{credentials/*,keys/*,keys.env}

start_process "$home/logs/elsewhere.log" "$BIN_DIR/assay-sim" --port 0 --port-file "$home/elsewhere"
elsewhere_pid=$started
trap 'kill -KILL "$elsewhere_pid" 2>/dev/null || true; on_exit' EXIT
await_process "$elsewhere_pid" "$home/logs/elsewhere.log" test -s "$home/elsewhere"
start_sim --require-key "$first"

models=("good=sim-slow-q95@file") more_providers=()
short='timeouts: {first_byte_ms: 1000, idle_ms: 1000, total_ms: 10000}, retry: {max_attempts: 2, backoff_ms: 5}'
provider() { # NAME PLUGIN BASE_URL SOURCE
    more_providers+=("$1: {plugin: $2, base_url: '$3', key: $4_KEY, $short}")
}
here=http://127.0.0.1:$sim_port
provider file openai "$here/v1" FILE
provider credential openai "$here/v1" CREDENTIAL
provider env_file anthropic "$here" ENV_FILE
provider environment gemini "$here" ENVIRONMENT
provider tls openai "https://127.0.0.1:$sim_port/v1" FILE
provider nobody openai "http://127.0.0.1:1/v1" ENVIRONMENT
failures=()
fails() { # NAME FAULT PROVIDER
    failures+=("$1")
    models+=("$1=sim-q95${2:++fault=$2}@$3")
}
for source in credential env_file environment; do
    fails "echo-$source" echo-key:1 "$source"
    fails "away-$source" "redirect:1:$(<"$home/elsewhere")" "$source"
done
fails around redirect:1:0 file
for kind in 429:1:1 reset:1 truncated:1 stall-head:1 stall-body:1 wrong-type:1; do
    fails "${kind%%:*}" "$kind" credential
done
fails tls '' tls
fails nobody '' nobody

cat >"$home/plugins/scorers/endless.lua" <<'LUA'
-- Ends its worker by never ending.
return { api = 1, kind = "scorer", name = "endless", version = "1.0.0",
  score = function(case) if case.id == "c0001" then while true do end end return 1 end }
LUA
config_lines=("log: {level: debug, content: true}" "secrets: {keys_dir: keys, env_file: keys.env}")
umask 000 # what assayd makes is private all the same
start_daemon
umask 022
import_sums sums 24
write_eval good <<'YAML'
dataset: sums
baseline: good
candidates: [echo-credential]
scorers: [exact_match, endless]
YAML
{
    printf 'dataset: sums\nbaseline: good\nscorers: [exact_match]\ngate: {margin: 0.05, min_pairs: 2}\n'
    echo "candidates: [$(IFS=,; echo "${failures[*]}")]"
} >"$home/failing.yaml"
write_eval failing <"$home/failing.yaml"

# ---- every way to fail ----

expect_exit 0 ctl run start failing --wait --max-cases 2
shown=$(ctl --json run show last)
expect "$(count_of "$shown" '"ok":0,"failed":2,"missing":0')" -eq ${#failures[@]} "members of which every row failed"
expect "$(count_of "$shown" '"ok":2,"failed":0,"missing":0')" -eq 1 "members whose rows are ok"
row=$(ctl --json row show last c0001)
expect_contains "$row" '"http_status":401' '"http_status":307' "this key will not do: Bearer ****" '"http_status":429'
expect "$(json_get "$(exec {http}<>"/dev/tcp/127.0.0.1/$(<"$home/elsewhere")" && printf 'GET /_sim/stats HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n\r\n' >&"$http" && sed '1,/^\r$/d' <&"$http")" \
    requests)" -eq 0 "requests that a redirect took elsewhere"

# ---- a rotation in mid-run, and a reload: the run goes on with the key that it began with, the next one has the new one ----

expect_exit 0 ctl --json run start good
rotated=$(json_get "$out" run)
some_rows_are_done() { ctl --json status | jq -e --arg run "$rotated" 'any(.runs[]; .run == ($run | tonumber) and .done > 0)' >/dev/null; }
await "rows of run $rotated" some_rows_are_done
printf '%s\n' "$second" >"$home/keys/FILE_KEY"
kill -HUP "$daemon_pid"
is_reloaded() { grep -q 'reload by SIGHUP: configuration and evals are in force' "$daemon_log"; }
await "reload" is_reloaded
run_is_over() { run_is "$rotated" done; }
await "the end of run $rotated" run_is_over
expect_contains "$(ctl --json run show "$rotated")" '"model":"good"'
expect_lacks "$(ctl --json row ls "$rotated" --model good --limit 1000)" '"model_error"'
expect_contains "$(ctl plugin ls --json)" '"name":"endless"'
expect_exit 0 ctl run start failing --wait --max-cases 1
expect_contains "$(ctl --json row ls last --model good)" '"model_error"' # the server wants the first

# ---- no core of a worker, and nothing of ours in its memory ----

# PID: what it has in memory.
memory_of() {
    local range permissions from to rest
    while read -r range permissions rest; do
        [[ $permissions == r* && $rest != *"[v"* ]] || continue
        from=$((16#${range%-*})) to=$((16#${range#*-}))
        dd if="/proc/$1/mem" bs=1M iflag=skip_bytes,count_bytes skip="$from" count="$((to - from))" status=none 2>/dev/null || true
    done 2>/dev/null <"/proc/$1/maps"
}
mkdir "$home/workers"
if is_jailed; then
    workers=$(left_in_session "$daemon_pid" | grep -v "^$daemon_pid$" | head -n 8)
    for pid in $workers; do
        [ -e "/proc/$pid/limits" ] || continue # it had nothing to do any more
        expect "$(awk '/^Max core file size/ { print $5, $6 }' "/proc/$pid/limits")" = "0 0" "core limits of worker $pid"
        cat "/proc/$pid/environ" "/proc/$pid/cmdline" >"$home/workers/$pid" 2>/dev/null || true
        if is_root; then
            expect "$(stat -c %u "/proc/$pid/mem" || echo 0)" = 0 "owner of the memory of worker $pid, which is nobody's process"
            memory_of "$pid" >>"$home/workers/$pid"
        else
            ! head -c 1 "/proc/$pid/maps" >/dev/null 2>&1 || fail "the memory of worker $pid is not closed"
        fi
    done
    ! is_root || grep -qF levenshtein "$home/workers"/* || fail "the search is blind: no worker's memory holds the name of a function of ours"
    # shellcheck disable=SC2086 # a list of ids
    kill -ABRT $workers 2>/dev/null || true
    expect_exit 0 ctl run start failing --wait --max-cases 1
    expect "$(find "$home" . -name 'core*' -newer "$home/forms" -type f | wc -l)" -eq 0 "core files"
    expect "$(awk '/^Max core file size/ { print $5, $6 }' "/proc/$daemon_pid/limits")" = "0 0" "core limits of assayd"
fi
tr '\0' '\n' <"/proc/$daemon_pid/environ" >"$home/environment"
expect_lacks "$(<"$home/environment")" ENVIRONMENT_KEY

# ---- who may read what is written ----

expect "$(stat -c %a "$home/state")" = 700 "mode of the state directory"
expect "$(find "$home/state" -type f ! -perm 600 -printf '%f %m\n')" = "" "files in it that others can read"
expect "$(find "$home/state" -name 'assay.db*' | wc -l)" -ge 2 "files of the database, its log among them"
expect "$(stat -c %a "$ASSAY_SOCKET.lock")" = 600 "mode of the socket's lock"

# ---- the search ----

{
    for command in status top check "plugin ls" "eval ls" "eval show failing" "run ls" "run show 1" "run show $rotated" "run show last" \
        "gate 1" "run why 1" "run log 1" "run replay 1" "run plan failing" "journal stats" "journal verify" "report 1 --format html" \
        "report 1 --format md" "report 1 --format junit" "report 1 --format csv" "report 1 --format json" "row ls 1 --limit 1000" \
        "row ls $rotated --limit 1000" "plugin show openai" "daemon log"; do
        # shellcheck disable=SC2086 # words of a command
        ctl --json $command || true
        # shellcheck disable=SC2086
        ctl $command || true
    done
    for case in c0001 c0002; do
        ctl --json row show 1 "$case"
        ctl row show 1 "$case"
        ctl --json row show last c0001
    done
    ctl plugin check "$home/plugins/scorers/endless.lua" || true
    "$BIN_DIR/assayd" --config "$home/assay.yaml" --check ${daemon_options[@]+"${daemon_options[@]}"} || true
} >"$home/answers" 2>&1
expect_contains "$(<"$home/answers")" "What is 101 + 18?" '"http_status":401'
cp -r "$home/state" "$home/state_alive" # with the WAL
stop_daemon
kill -TERM "$elsewhere_pid"
wait "$elsewhere_pid"
grep -qF -f "$home/forms" "$home/keys/FILE_KEY" "$home/keys.env" || fail "the search is blind: a key is not found where it stands"
grep -qrF "What is 101 + 18?" "$home/state" || fail "the search is blind: a prompt is not found in the state directory"
for place in state state_alive logs answers workers environment tmp; do
    ! grep -rlF -f "$home/forms" "$home/$place" || fail "a key was found in $place: $(grep -raoF -f "$home/forms" "$home/$place" | head -n 3)"
done
finish
