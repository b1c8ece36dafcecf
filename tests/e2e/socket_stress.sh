#!/bin/bash
# The control socket under stress: floods, deaf readers, half lines, long lines, garbage, peers that leave in the middle, more connections
# than a uid may have, users without a role. An honest client is answered all the while, a run goes on and ends right, memory stays
# within its bound, and nothing is left when they have gone. As root the crowd is another user than the honest client.
. "$(dirname "$0")/lib.sh"

answer_within=15 # seconds for each look of the honest client: a bound, not a measure
most_mb=256      # of assayd at its worst: what two uids may hold, and lines of 1 MiB as trees
[ -z "${SANITIZE:-}" ] || most_mb=3000 answer_within=60

crowd_as=() stranger_as=()
if [ "$(id -u)" = 0 ]; then
    crowd_as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
    stranger_as=(setpriv --reuid 65533 --regid 65533 --clear-groups)
    roles="[{role: admin, user: \"0\"}, {role: operator, user: \"65534\"}]"
fi
chmod 755 "$home"
mkdir -m 755 "$home/lines"

# ---- what is sent ----

call() { # METHOD [PARAMS]
    printf '{"jsonrpc":"2.0","id":1,"method":"%s","params":{%s}}\n' "$1" "${2:-}"
}
line_of() { # BYTES, the newline not counted
    local head='{"jsonrpc":"2.0","id":1,"method":"daemon.check","more":"' tail='"}'
    printf '%s%s%s\n' "$head" "$(head -c "$(($1 - ${#head} - ${#tail}))" /dev/zero | tr '\0' x)" "$tail"
}
write_lines() {
    local lines=$home/lines
    call daemon.status >"$lines/ping"
    call row.list '"run":1,"limit":1000' >"$lines/rows"
    call plugin.show '"selector":"long"' >"$lines/plugin"
    call run.watch '"run":2' >"$lines/watch"
    call plugin.lsit >"$lines/unknown"
    head -c 500000 /dev/zero | tr '\0' '[' >"$lines/half"
    { head -c 1000000 /dev/zero | tr '\0' '['; echo; } >"$lines/deep"
    { echo '{"jsonrpc":"2.0","id":1,"method":"daemon.check","more":['; seq -s, 1 140000; echo ']}'; } | tr -d '\n' >"$lines/wide"
    echo >>"$lines/wide"
    { echo '[{"jsonrpc":"2.0","id":1,"method":"daemon.status"}]'; head -c 20000 /dev/urandom; echo; } >"$lines/garbage"
    line_of 1048575 >"$lines/below"
    line_of 1048576 >"$lines/at"
    line_of 1048577 >"$lines/above"
    chmod 644 "$lines"/*
}

# ---- who sends it ----

crowd_pids=() crowd_names=()
trap '[ ${#crowd_pids[@]} = 0 ] || kill -KILL "${crowd_pids[@]}" 2>/dev/null || true; on_exit' EXIT
crowd() { # NAME COUNT OPTION...
    local name=$1
    shift
    "${crowd_as[@]}" "$BIN_DIR/socket_client" "$ASSAY_SOCKET" crowd "$@" >"$home/logs/crowd.$name" 2>&1 &
    crowd_pids+=($!) crowd_names+=("$name")
    await "crowd $name" grep -qs ready "$home/logs/crowd.$name"
}
crowds_leave() {
    local pid
    kill -TERM "${crowd_pids[@]}"
    for pid in "${crowd_pids[@]}"; do
        wait "$pid" || fail "a crowd ended with $?"
    done
    crowd_pids=()
}
of_crowd() { # NAME KEY
    tail -n 1 "$home/logs/crowd.$1" | jq -er ".$2"
}
say() { # FILE: the answer's line
    "$BIN_DIR/socket_client" "$ASSAY_SOCKET" call <"$home/lines/$1" || true
}

# ---- the honest client ----

looks=0
look() {
    timeout "$answer_within" "$BIN_DIR/assayctl" --json status >"$home/looked" || fail "an honest client was not answered: $(cat "$home/looked")"
    looks=$((looks + 1))
}
status_kb() { # KEY of /proc/PID/status
    awk -v key="$1:" '$1 == key { print $2 }' "/proc/$daemon_pid/status"
}
sockets_at_the_path() { # the one that listens, and those of connections, turned away or not
    grep -cF " $ASSAY_SOCKET" /proc/net/unix
}
only_we_are_connected() {
    look
    [ "$(json_get "$(<"$home/looked")" connections)" -eq 1 ]
}

{ # a plugin whose source is a long answer
    echo '-- A scorer with much to say.'
    for i in $(seq 2500); do echo "-- $i: the quick brown fox jumps over the lazy dog, and so on and on and on"; done
    echo 'return { api = 1, kind = "scorer", name = "long", version = "1.0.0", score = function() return 1 end }'
} >"$home/plugins/long.lua"
write_lines
start_sim --latency-ms 60
start_daemon
import_sums sums 200
write_eval sums <<YAML
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
gate: {margin: 0.1, min_pairs: 5}
YAML
expect_exit 0 ctl run start sums --wait
look
rss_before=$(status_kb VmRSS)

# ---- lines at the limit ----

expect_contains "$(say below)" '"result"'
expect_contains "$(say at)" '"result"'
expect_contains "$(say above)" '"name":"limit"' "1048576 bytes"
expect_contains "$(say deep)" '"error"'
expect_contains "$(say wide)" '"result"'
call daemon.status | sed "s/\"id\":1/\"id\":\"$(head -c 1000 /dev/zero | tr '\0' i)\"/" >"$home/lines/long_id"
expect_contains "$(say long_id)" '"id\" must have at most 128 bytes'

# ---- who does not read is dropped ----

a_deaf_one_is_dropped() {
    look
    grep -qs 'a control client does not read its answers: dropped' "$daemon_log"
}
crowd deaf 4 --send "$home/lines/plugin" --again --deaf
await "the end of a deaf one" a_deaf_one_is_dropped

# ---- all at once ----

crowd flood 80 --send "$home/lines/ping" --again
crowd rows 5 --send "$home/lines/rows" --again
crowd half 40 --send "$home/lines/half"
crowd unknown 20 --send "$home/lines/unknown" --again
crowd garbage 20 --send "$home/lines/garbage" --again
crowd wide 3 --send "$home/lines/wide" --again
crowd long 3 --send "$home/lines/at" --again
crowd over 3 --send "$home/lines/above"
crowd cut_answer 10 --send "$home/lines/plugin" --leave 1
crowd cut_request 10 --send "$home/lines/half" --leave 0
expect_exit 0 ctl run start sums
crowd watch 10 --send "$home/lines/watch" --again --deaf
if [ ${#stranger_as[@]} != 0 ]; then
    crowd beyond 100 --send "$home/lines/ping" --again # the honest client has another uid
    crowd_as=("${stranger_as[@]}")
    crowd stranger 20 --send "$home/lines/ping" --again
fi
run_has_ended() {
    look
    run_is 2 done
}
await "the end of the run" run_has_ended
while [ "$looks" -lt 12 ]; do look; done

crowds_leave
peak_mb=$(($(status_kb VmHWM) / 1024))
await "the end of the crowd" only_we_are_connected
echo "looks: $looks, memory: $((rss_before / 1024)) MB before, $peak_mb MB at most, $(($(status_kb VmRSS) / 1024)) MB after"
for name in "${crowd_names[@]}"; do echo "$name: $(tail -n 1 "$home/logs/crowd.$name")"; done
expect "$peak_mb" -lt "$most_mb" "MB at most"
expect "$(sockets_at_the_path)" -eq 1 "sockets"

# ---- what became of them ----

expect "$(of_crowd flood results)" -gt 0 "answers to the flood"
expect "$(of_crowd deaf ended)" -gt 0 "deaf ones that were dropped"
expect "$(of_crowd unknown errors)" -gt 0 "refusals of an unknown method"
expect "$(of_crowd over errors)" -eq 3 "lines above the limit"
expect "$(of_crowd over ended)" -eq 3 "connections that such a line ended"
expect "$(of_crowd cut_answer left)" -gt 0 "answers that were left in the middle"
if [ ${#stranger_as[@]} != 0 ]; then
    expect "$(of_crowd beyond errors)" -gt 0 "connections beyond the quota"
    expect "$(of_crowd beyond ended)" -gt 0 "connections beyond the quota that ended"
    expect "$(of_crowd stranger open)" -eq 8 "connections of a user without a role"
    expect "$(of_crowd stranger results)" -eq 0 "answers to a user without a role"
fi
expect_exit 0 ctl --json run show 2
expect "$(count_of "$out" '"ok":200,"failed":0,"missing":0')" -eq 2 "members whose rows are whole"
finish
