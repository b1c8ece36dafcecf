#!/bin/bash
# assayd under a service manager: it says when it is ready, reloads and stops, feeds the watchdog, and serves a socket that was passed to it
# without touching the file.
. "$(dirname "$0")/lib.sh"

said=$home/logs/said

has_said() {
    grep -qF -- "$1" "$said"
}

start_process "$said" "$BIN_DIR/fake_systemd" notify "$home/notify"
manager_pid=$started
trap 'kill -KILL "$manager_pid" 2>/dev/null || true; on_exit' EXIT
await "the service manager" test -S "$home/notify"
export NOTIFY_SOCKET=$home/notify WATCHDOG_USEC=200000

# ---- the messages, in their order ----

start_sim
start_daemon
await "READY=1" has_said READY=1
expect_exit 0 ctl status
pings=$(grep -c '^WATCHDOG=1|$' "$said")
is_fed() { [ "$(grep -c '^WATCHDOG=1|$' "$said")" -ge $((pings + 3)) ]; }
await "three pings of the watchdog" is_fed

kill -HUP "$daemon_pid"
await "RELOADING=1" has_said RELOADING=1
is_ready_again() { [ "$(grep -c '^READY=1|STATUS=' "$said")" = 2 ]; }
await "the end of the reload" is_ready_again
grep -qE '^RELOADING=1\|MONOTONIC_USEC=[0-9]+\|STATUS=' "$said" || fail "a reload without its time: $(<"$said")"

stop_daemon
await "STOPPING=1" has_said STOPPING=1
expect "$(grep -v '^WATCHDOG=1' "$said" | sed 's/=.*//' | tr '\n' ' ')" = "READY RELOADING READY STOPPING " "the order"
expect_contains "$(<"$said")" "|EXTEND_TIMEOUT_USEC="

# ---- a socket that was passed ----

unset WATCHDOG_USEC
daemon_command=("$BIN_DIR/fake_systemd" listen "$ASSAY_SOCKET" "$BIN_DIR/assayd")
start_daemon
expect_exit 0 ctl status
expect_contains "$out" "$ASSAY_SOCKET"
expect "$(stat -c %a "$ASSAY_SOCKET")" = 600 "mode of the socket, which is not assayd's to change"

# Whoever comes without one finds it taken.
sed -e 's/^state_dir: .*/state_dir: tmp\/other/' "$home/assay.yaml" >"$home/other.yaml"
expect_exit 3 "$BIN_DIR/assayd" --config "$home/other.yaml" ${daemon_options[@]+"${daemon_options[@]}"}
expect_contains "$err" "another program already serves $ASSAY_SOCKET"
rm -rf "$home/tmp/other"

code=0
kill -TERM "$daemon_pid"
wait "$daemon_pid" || code=$?
expect "$code" = 0 "exit code of assayd"
daemon_pid=''
[ -S "$ASSAY_SOCKET" ] || fail "assayd removed the service manager's socket"

# Elsewhere than where assayctl looks: it says so.
daemon_command=("$BIN_DIR/fake_systemd" listen "$home/elsewhere.sock" "$BIN_DIR/assayd")
rm "$ASSAY_SOCKET"
start_daemon
expect_contains "$(<"$daemon_log")" "assayctl needs --socket $home/elsewhere.sock"
expect_exit 0 ctl --socket "$home/elsewhere.sock" status
stop_daemon

# ---- what is no socket of ours ----

daemon_command=("$BIN_DIR/assayd")
expect_exit 65 env LISTEN_FDS=1 bash -c 'LISTEN_PID=$$ exec "$@" 3</dev/null' - \
    "$BIN_DIR/assayd" --config "$home/assay.yaml" ${daemon_options[@]+"${daemon_options[@]}"}
expect_contains "$err" "is the control socket"

kill -KILL "$manager_pid"
wait "$manager_pid" 2>/dev/null || true
finish
