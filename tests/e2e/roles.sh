#!/bin/bash
# Who may do what: the peer's uid decides, on the socket, at every call.
. "$(dirname "$0")/lib.sh"
if [ "$(id -u)" != 0 ]; then
    echo "not root: other users cannot be played"
    is_finished=yes
    exit 0
fi

roles='[{role: admin, user: "0"}, {role: operator, group: "4711"}, {role: observer, user: "*"}]'
start_sim
start_daemon
import_sums sums 40
write_eval sums <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
YAML
install -m 755 "$BIN_DIR/assayctl" "$home/assayctl"
as_observer() { setpriv --reuid 4712 --regid 4712 --clear-groups "$home/assayctl" "$@"; }
as_operator() { setpriv --reuid 4712 --regid 4712 --groups 4711 "$home/assayctl" "$@"; }

# Anyone may look, and no more.
expect_exit 0 as_observer eval ls
expect_contains "$out" sums
expect_exit 7 as_observer run start sums
expect_contains "$err" "uid 4712 is observer" operator

# A group's role is enough to run.
expect_exit 0 as_operator run start sums --wait
expect_exit 0 as_observer run ls
expect_contains "$out" done
expect_exit 0 ctl --json run show last
expect_contains "$out" '"requested_by":"uid 4712"'

# A folder that lets nobody in.
chmod 700 "$home"
expect_exit 7 setpriv --reuid 4712 --regid 4712 --clear-groups "$BIN_DIR/assayctl" --socket "$ASSAY_SOCKET" eval ls
expect_contains "$err" "uid 4712 may not reach"
chmod 755 "$home"

finish
