#!/bin/bash
# One state directory and one socket belong to one assayd. What a dead one left behind stops nobody.
. "$(dirname "$0")/lib.sh"

start_sim
start_daemon

# A second one with the same configuration.
expect_exit 3 "$BIN_DIR/assayd" --config "$home/assay.yaml" ${daemon_options[@]+"${daemon_options[@]}"}
expect_contains "$err" "another assayd uses this state directory"

# A second one with the same socket and another state directory.
sed -e 's/^state_dir: .*/state_dir: tmp\/other/' "$home/assay.yaml" >"$home/other.yaml"
expect_exit 3 "$BIN_DIR/assayd" --config "$home/other.yaml" ${daemon_options[@]+"${daemon_options[@]}"}
expect_contains "$err" "another assayd already serves"
rm -rf "$home/tmp/other"

# Neither did the first one any harm.
expect_exit 0 ctl status
expect_contains "$out" "$home/assayd.sock"
expect_lacks "$out" "for n/a"

# A stale socket is replaced.
crash_daemon
[ -S "$ASSAY_SOCKET" ] || fail "a killed assayd leaves its socket: the test needs it"
expect_exit 6 ctl status
start_daemon
expect_exit 0 ctl status

# What is no socket is not removed.
stop_daemon
echo precious >"$ASSAY_SOCKET"
launch_daemon
code=0
wait "$daemon_pid" || code=$?
daemon_pid=''
expect "$code" = 65 "exit code of assayd"
expect_contains "$(<"$daemon_log")" "is no socket"
expect "$(<"$ASSAY_SOCKET")" = precious "the file in the socket's place"
rm "$ASSAY_SOCKET"

# Nowhere to put the socket: what to do is told, and is not lost among plugins.
sed -i 's|^socket: .*|socket: nowhere/assayd.sock|' "$home/assay.yaml"
expect_exit 65 "$BIN_DIR/assayd" --config "$home/assay.yaml" ${daemon_options[@]+"${daemon_options[@]}"}
expect_contains "$err" "the folder of the socket $home/nowhere/assayd.sock is not there: make it for uid $(id -u)"
expect_lacks "$err" retired

finish
