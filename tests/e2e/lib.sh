# What the end-to-end tests share: a home of its own for each test, assay-sim, assayd, assayctl, and at the end the proof that nothing
# is left over. A test sources this file, sets what differs (models, concurrency, ...), and goes through its story; it fails at the first
# expectation that does not hold. When it succeeds, the daemon and the simulator are asked to stop, must end with 0, and must leave no
# process and no temporary file. A sanitizer's report or a failed assertion in any log is a failure, whatever the test itself says.
#
# From ctest: BIN_DIR, TOP_DIR, and SANITIZE (empty: the programs are plain, and the worker is jailed).
set -Eeuo pipefail
: "${BIN_DIR:?}" "${TOP_DIR:?}"

home=$(mktemp -d "${TMPDIR:-/tmp}/assay-e2e.XXXXXX")
mkdir "$home"/{evals,logs,tmp}
chmod 755 "$home" # another uid reaches the socket; what protects it is the role
export TMPDIR=$home/tmp HOME=$home ASSAY_SOCKET=$home/assayd.sock NO_COLOR=1
unset CREDENTIALS_DIRECTORY
cp -r "$TOP_DIR/plugins" "$TOP_DIR/rubrics" "$home"
if [ -n "${SANITIZE:-}" ]; then
    daemon_options=(--jail-optional) # a worker under a sanitizer cannot be jailed
    export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=1
else
    daemon_options=()
fi

daemon_command=("$BIN_DIR/assayd")
models=(sim-q95 sim-q94 sim-q80 sim-judge) # NAME, or NAME=ID where the API calls it something else, or NAME=ID@PROVIDER
concurrency=16
sandbox_limits='{row_deadline_ms: 2000, load_deadline_ms: 8000}'
provider_lines=() # more keys of the provider "sim"
more_providers=() # lines "NAME: {plugin: ...}"
more_models=()    # lines "NAME: {provider: ...}"
drain_ms=0        # a daemon that is asked to stop gives up what is under way at once
config_lines=()   # more keys of the top level
roles="[{role: admin, user: \"$(id -u)\"}]"
sim_pid='' daemon_pid='' daemon_starts=0
out='' err=''

# ---- expectations ----

fail() {
    failure="FAILED: $*"
    [ "$BASH_SUBSHELL" = 0 ] || echo "$failure" >&2 # the shell that reports in the end does not know of it
    exit 1
}

# CODE COMMAND...: runs it and keeps what it said in $out and $err.
expect_exit() {
    local want=$1 got=0
    shift
    "$@" >"$home/out" 2>"$home/err" || got=$?
    out=$(tr -d '\0' <"$home/out") err=$(tr -d '\0' <"$home/err")
    check_log "$home/err"
    [ "$got" = "$want" ] || fail "'$*' ended with $got, not $want"$'\n'"stdout: ${out:0:4000}"$'\n'"stderr: ${err:0:4000}"
}

# TEXT PART...: each part stands in the text.
expect_contains() {
    local text=$1 part
    shift
    for part in "$@"; do
        [[ $text == *"$part"* ]] || fail "'$part' is not in: ${text:0:4000}"
    done
}

expect_lacks() {
    local text=$1 part
    shift
    for part in "$@"; do
        [[ $text != *"$part"* ]] || fail "'$part' is in: ${text:0:4000}"
    done
}

# ACTUAL OPERATOR WANTED WHAT: whole numbers, with the operators of test(1), or texts with = and !=.
expect() {
    test "$1" "$2" "$3" || fail "$4: $1, but expected $2 $3"
}

# WHAT COMMAND...: until the command succeeds.
await() {
    local what=$1 deadline=$((SECONDS + 40))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || fail "gave up waiting: $what"
        sleep 0.02
    done
}

# TOOL PACKAGE: is it installed? Where it is not, the test goes on without, and counts as skipped in the end. Under scripts/test, which
# installs it, that is a failure.
skipped=''
have_tool() {
    ! type -P "$1" >/dev/null || return 0
    [ -z "${ASSAY_NO_SKIPS:-}" ] || fail "$1 is not installed (package $2)"
    skipped+="SKIPPED: $1 is not installed (package $2)"$'\n'
    return 1
}

# ---- JSON, as assayctl --json prints it on one line ----

# JSON KEY: the first value of that name, wherever it stands.
json_get() {
    jq -er --arg key "$2" 'first(.. | objects | select(has($key)) | .[$key])' <<<"$1" || fail "no key '$2' in ${1:0:2000}"
}

# TEXT PART: how often the part stands in the text.
count_of() {
    { grep -oF -- "$2" <<<"$1" || true; } | wc -l
}

# ---- processes ----

# SESSION: the ids of what still runs in it.
left_in_session() {
    local stat line rest
    for stat in /proc/[0-9]*/stat; do
        { read -r line <"$stat"; } 2>/dev/null || continue
        read -ra rest <<<"${line##*) }" # state, parent, group, session
        [ "${rest[3]}" != "$1" ] || [ "${rest[0]}" = Z ] || echo "${line%% *}"
    done
}

nothing_left_in_session() {
    [ -z "$(left_in_session "$1")" ]
}

check_log() {
    if grep -qE 'AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|assertion failed' "$1"; then
        cat "$1" >&2
        fail "a sanitizer or an assertion spoke"
    fi
}

# LOG COMMAND...: in the background, in a session of its own, and never longer alive than this test. Sets $started.
start_process() {
    local log=$1
    shift
    setpriv --pdeathsig KILL setsid "$@" >"$log" 2>&1 &
    started=$!
}

# PID LOG COMMAND...: until the command succeeds, or the process has gone.
await_process() {
    local pid=$1 log=$2
    shift 2
    is_up_or_gone() { "$@" || ! kill -0 "$pid" 2>/dev/null; }
    await "start of $log" is_up_or_gone "$@"
    "$@" || fail "it did not start: $(cat "$log")"
}

start_sim() {
    rm -f "$home/port"
    start_process "$home/logs/sim.log" "$BIN_DIR/assay-sim" --port 0 --port-file "$home/port" --seed 7 "$@"
    sim_pid=$started
    await_process "$sim_pid" "$home/logs/sim.log" test -s "$home/port"
    sim_port=$(<"$home/port")
}

stop_sim() {
    local code=0
    [ -n "$sim_pid" ] || return 0
    kill -TERM "$sim_pid"
    wait "$sim_pid" || code=$?
    sim_pid=''
    expect "$code" = 0 "exit code of assay-sim"
}

# METHOD PATH [BODY]: the simulator's own pages.
sim_http() {
    local method=$1 path=$2 body=${3:-} line
    exec {http}<>"/dev/tcp/127.0.0.1/$sim_port"
    printf '%s %s HTTP/1.1\r\nHost: sim\r\nConnection: close\r\nContent-Length: %s\r\n\r\n%s' \
        "$method" "$path" "${#body}" "$body" >&"$http"
    while IFS= read -r line <&"$http" && [ "$line" != $'\r' ]; do :; done
    cat <&"$http"
    exec {http}>&-
}

sim_count() {
    json_get "$(sim_http GET /_sim/stats)" "$1"
}

sim_has_been_asked() {
    [ "$(sim_count requests)" -ge "$1" ]
}

write_config() {
    local model id provider
    {
        cat <<YAML
socket: assayd.sock
state_dir: state
plugin_dirs: [plugins, rubrics]
eval_dir: evals
sandbox: $sandbox_limits
shutdown: {drain_ms: $drain_ms}
roles: $roles
YAML
        [ ${#config_lines[@]} = 0 ] || printf '%s\n' "${config_lines[@]}"
        echo 'providers:'
        echo '  sim:'
        echo '    plugin: openai'
        echo "    base_url: http://127.0.0.1:$sim_port/v1"
        [ ${#provider_lines[@]} = 0 ] || printf '    %s\n' "${provider_lines[@]}"
        [ ${#more_providers[@]} = 0 ] || printf '  %s\n' "${more_providers[@]}"
        echo 'models:'
        for model in "${models[@]}"; do
            id=${model#*=} provider=sim
            [[ $id != *@* ]] || { provider=${id##*@} id=${id%@*}; }
            echo "  ${model%%=*}: {provider: $provider, id: \"$id\", concurrency: $concurrency, price: {input: 0.15, output: 0.60}}"
        done
        [ ${#more_models[@]} = 0 ] || printf '  %s\n' "${more_models[@]}"
    } >"$home/assay.yaml"
}

daemon_is_ready() {
    grep -qs 'ready: version=' "$daemon_log"
}

launch_daemon() {
    daemon_starts=$((daemon_starts + 1))
    daemon_log=$home/logs/assayd.$daemon_starts.log
    start_process "$daemon_log" "${daemon_command[@]}" --config "$home/assay.yaml" ${daemon_options[@]+"${daemon_options[@]}"}
    daemon_pid=$started
}

start_daemon() {
    write_config
    launch_daemon
    await_process "$daemon_pid" "$daemon_log" daemon_is_ready
}

stop_daemon() {
    local code=0 pid=$daemon_pid
    [ -n "$pid" ] || return 0
    kill -TERM "$pid"
    wait "$pid" || code=$?
    daemon_pid=''
    expect "$code" = 0 "exit code of assayd"
    await "end of the workers" nothing_left_in_session "$pid"
    [ ! -e "$ASSAY_SOCKET" ] || fail "assayd left its socket behind"
}

# As power loss or the kernel's out-of-memory killer would end it.
crash_daemon() {
    local pid=$daemon_pid
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null || true
    daemon_pid=''
    await "end of the orphaned workers" nothing_left_in_session "$pid"
}

# assayd's wall clock is the test's own from the next start on (fake_clock.c); set_clock TIME, in UTC, sets it at once.
clock=$home/clock
use_own_clock() {
    local sanitized=()
    [ -z "${SANITIZE:-}" ] || sanitized=("ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0")
    daemon_command=(env "FAKE_CLOCK=$clock" "LD_PRELOAD=$BIN_DIR/libfake_clock.so" ${sanitized[@]+"${sanitized[@]}"} "$BIN_DIR/assayd")
}

set_clock() {
    date -u -d "$1" +%s >"$clock.new"
    mv "$clock.new" "$clock"
}

ctl() {
    timeout --foreground 100 "$BIN_DIR/assayctl" "$@"
}

# ---- what is measured ----

# FILE COUNT [PREFIX]: that many sums as cases of our own format.
write_sums() {
    awk -v n="$2" -v prefix="${3:-c}" 'BEGIN {
        for (i = 1; i <= n; i++) {
            a = 100 + i; b = 11 + (i * 7) % 83
            printf "{\"id\":\"%s%04d\",\"input\":\"What is %d + %d?\",\"expected\":\"%d\"}\n", prefix, i, a, b, a + b
        }
    }' >"$1"
}

# NAME COUNT: into the daemon.
import_sums() {
    write_sums "$home/$1.jsonl" "$2"
    expect_exit 0 ctl dataset import "$1" "$home/$1.jsonl"
}

# NAME, and the text on stdin: in force when this returns.
write_eval() {
    cat >"$home/evals/.$1.new"
    mv "$home/evals/.$1.new" "$home/evals/$1.yaml"
    [ -z "$daemon_pid" ] || await "eval $1" eval_is_known "$1"
}

eval_is_known() {
    ctl eval show "$1" >/dev/null 2>&1
}

# RUN STATE
run_is() {
    local shown
    shown=$(ctl --json run show "$1") && [[ $shown == *"\"state\":\"$2\""* ]]
}

# RUN: the rows of all pages, one a line.
rows_of() {
    local run=$1 after='' page
    shift
    while :; do
        page=$(ctl --json row ls "$run" --limit 1000 ${after:+--after "$after"} "$@")
        jq -c '.rows[]' <<<"$page"
        after=$(jq -r '.next // empty' <<<"$page")
        [ -n "$after" ] || return 0
    done
}

# ---- the end ----

check_nothing_is_left() {
    local left
    left=$(find "$home/tmp" -mindepth 1)
    [ -z "$left" ] || fail "temporary files are left: $left"
    left=$(find "$home/state" -mindepth 1 ! -name assay.db ! -name '*.lock' ! -path "$home/state/promoted" 2>/dev/null || true)
    [ -z "$left" ] || fail "files are left in the state directory: $left"
}

# The last line of every test.
finish() {
    local log
    stop_daemon
    stop_sim
    for log in "$home"/logs/*; do
        check_log "$log"
    done
    check_nothing_is_left
    is_finished=yes
    [ -z "$skipped" ] || { printf '%s' "$skipped" >&2; exit 77; }
}

on_exit() {
    local log
    if [ -z "$is_finished" ]; then
        for log in "$home"/logs/*; do
            [ -e "$log" ] || continue
            echo "-- $log" >&2
            tail -n 30 "$log" >&2
        done
        echo "${failure:-FAILED: a command at $failed_at, or no \`finish\` at its end}" >&2
        kill -KILL $daemon_pid $sim_pid 2>/dev/null || true
        wait 2>/dev/null || true
    fi
    rm -rf "$home"
    [ -n "$is_finished" ] || exit 1
}
is_finished='' failure='' failed_at=$0
trap 'failed_at=${BASH_SOURCE[0]}:$LINENO' ERR
trap on_exit EXIT
