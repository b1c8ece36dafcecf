#!/bin/bash
# Alerts: people are told once of a change, by a command and by a signed webhook; tries, failures and a crash in between lose nothing; and a
# test shows what comes back.
. "$(dirname "$0")/lib.sh"

have_tool python3 python3 || { finish; exit; }
models=(sim-q95 "mended=sim-q94+fault=quota:1" sim-judge)
config_lines=('secrets: {keys_dir: keys}')
key=s1gn1ng-k3y-canary
mkdir "$home/keys"
install -m 600 <(printf %s "$key") "$home/keys/ALERTS_KEY"
received=$home/logs/received
start_process "$home/logs/receiver.log" python3 "$TOP_DIR/tests/e2e/receiver.py" "$home/hook-port" "$received" "$key"
receiver_pid=$started
disown "$receiver_pid"
await_process "$receiver_pid" "$home/logs/receiver.log" test -s "$home/hook-port"
hook=http://127.0.0.1:$(<"$home/hook-port")

# Keeps what it was given, and what its environment is.
cat >"$home/page" <<'SH'
#!/bin/bash
printf '%s\n' "$(cat)" >>"$1"
env >"$1.env"
SH
chmod 755 "$home/page"
told=$home/logs/told

# Nobody's standard streams are closed: what assayd opens has other numbers than theirs.
daemon_command=(bash -c 'exec "$@" <&-' - "$BIN_DIR/assayd")
start_sim
config_lines+=("notify: {name: ops, on: [plugin_refused, recovery], to: {webhook: \"$hook/ok\"}}")
start_daemon
expect "$(readlink "/proc/$daemon_pid/fd/0")" = /dev/null "assayd's standard input"
import_sums sums 60
write_eval sums <<YAML
dataset: sums
baseline: sim-q95
candidates: [mended]
scorers: [exact_match]
gate: {margin: 0.3, max_failure_rate: 0.2}
notify:
  - name: pager
    on: [gate_fail, error_rate, recovery]
    to: {command: [$home/page, $told]}
  - name: chat
    on: [gate_fail, recovery]
    to: {webhook: "$hook/down?token=canary-token", secret: ALERTS_KEY, timeout: 5s, retries: 1}
YAML
# RULE: outcomes of its deliveries, oldest first. EVAL/RULE
deliveries_of() { ctl notify ls --json | jq -r "[.deliveries[] | select(((.eval // \"assay.yaml\") + \"/\" + .rule) == \"$1\") | .state + \" \" + .outcome] | join(\"; \")"; }
kinds_in() { jq -rs 'map((.body? // .).kind) | sort | join(" ")' "$1"; }
nothing_is_due() { [ "$(ctl notify ls --json | jq '[.deliveries[] | select(.state == "due")] | length')" = 0 ]; }
lines_in() { [ -e "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ]; }

# Three nights fail, and people are told once.
for _ in 1 2 3; do
    expect_exit 2 ctl run start sums --gate
done
await "what is due" nothing_is_due
await "the command" lines_in "$told" 2
expect "$(kinds_in "$told")" = "error_rate gate_fail" "what the command was told"
expect "$(kinds_in "$received")" = gate_fail "what the webhook was told"
expect "$(jq -c '[.signed, .fresh, .path, .body.rule, .body.subject, .body.run]' "$received")" = '[true,true,"/down?token=canary-token","chat","mended",1]' "the webhook's message"
expect "$(jq -r '.event == (.body.id | tostring)' "$received")" = true "the event's id is a header too"
expect "$(grep -v '^_=' "$told.env" | sed 's/=.*//' | sort | tr '\n' ' ')" = "PATH PWD SHLVL " "the command's environment" # the last two are bash's own
expect_exit 0 ctl notify ls
expect_contains "$out" sums/pager sums/chat assay.yaml/ops ALERTS_KEY "webhook $hook/..." gate_fail delivered "HTTP 200" "exit code 0"
expect_lacks "$out" canary-token "$key"
expect "$(ctl notify ls --json --eval sums | jq -c '.conditions[] | select(.condition == "gate") | [.kind, .state, .times, .since_run, .run]')" = \
    '["gate_fail","bad",3,1,3]' "the condition"

metric() { ctl daemon metrics | sed -n "s/^assay_$1 //p"; }
expect "$(metric 'events_total{kind="gate_fail"}')" = 3 "events"
expect "$(metric 'conditions_bad{condition="gate"}')" = 1 "conditions that are bad"
expect "$(metric 'deliveries_total{outcome="delivered"}')" = 3 "deliveries"
expect "$(metric deliveries_due)" = 0 "what is due"

# It is told once that it is over; so is the event that says so. Between deciding and delivering assayd is killed: the command that hangs
# then is told again, with the same event.
cat >"$home/page.slow" <<'SH'
#!/bin/bash
printf '%s\n' "$(cat)" >>"$1"
while kill -0 $PPID; do sleep 0.05; done 2>/dev/null # as long as assayd lives
SH
chmod 755 "$home/page.slow"
cp "$home/page" "$home/page.quick"
cp "$home/page.slow" "$home/page.new" && mv "$home/page.new" "$home/page"
sim_http DELETE /_sim/model-faults >/dev/null
expect_exit 0 ctl run start sums --gate
await "the command that hangs" lines_in "$told" 3
crash_daemon
cp "$home/page.quick" "$home/page.new" && mv "$home/page.new" "$home/page"
start_daemon
await "what was due" nothing_is_due
expect "$(jq -rs 'map(select(.kind == "recovery") | .id) | unique | length' "$told")" -eq 2 "recoveries, each of one event"
expect "$(jq -rs 'map(select(.kind == "recovery")) | length' "$told")" -ge 3 "what was cut off is told again"
expect "$(ctl event ls --json --kind recovery | jq -c '[.events[] | .detail.of] | sort')" = '["error_rate","gate_fail"]' "recoveries"
expect_contains "$(ctl event ls --kind recovery)" "gate_fail is over, met 3 times for mended: gate pass for mended"
count=$(wc -l <"$told")
expect_exit 0 ctl run start sums --gate
await "what is due" nothing_is_due
expect "$(wc -l <"$told")" -eq "$count" "nothing changed, so nobody was told"

# A receiver that fails is tried again, and then told as failed; what it missed is in the list.
touch "$received.down"
sim_http POST /_sim/model-faults >/dev/null
expect_exit 2 ctl run start sums --gate
failed_twice() { [[ $(deliveries_of sums/chat) == *"failed HTTP 503: \"so.\"; that was try 2" ]]; }
await "the end of the tries" failed_twice
expect "$(metric 'deliveries_total{outcome="failed"}')" = 1 "deliveries that failed"
expect "$(metric delivery_retries_total)" = 1 "tries that were not the first"
rm "$received.down"

# What is of no eval goes to assay.yaml's rules.
echo 'return {' >"$home/tmp/late" && mv "$home/tmp/late" "$home/plugins/late.lua"
told_of_plugin() { grep -q plugin_refused "$received"; }
await "the refusal" told_of_plugin
expect "$(jq -c 'select(.body.kind == "plugin_refused") | [.signature, .body.eval]' "$received")" = '[null,null]' "an unsigned message"
rm "$home/plugins/late.lua"

# A test shows what comes back, of each rule, and is told so in its kind.
write_eval hooks <<YAML
dataset: sums
baseline: sim-q95
candidates: [mended]
scorers: [exact_match]
notify:
  - {name: ok, on: [drift], to: {webhook: "$hook/ok", secret: ALERTS_KEY}}
  - {name: bad, on: [drift], to: {webhook: "$hook/bad"}}
  - {name: moved, on: [drift], to: {webhook: "$hook/moved"}}
  - {name: hung, on: [drift], to: {webhook: "$hook/hang", timeout: 1s}}
  - {name: closed, on: [drift], to: {webhook: "http://127.0.0.1:1/"}}
  - {name: nokey, on: [drift], to: {webhook: "$hook/ok", secret: NO_SUCH_KEY}}
  - {name: fails, on: [drift], to: {command: [/bin/sh, -c, 'echo no such pager >&2; exit 7']}}
  - {name: hangs, on: [drift], to: {command: [/bin/sh, -c, 'sleep 600 & sleep 600'], timeout: 1s}}
YAML
expect_exit 3 ctl notify test hooks
outcome_of() { jq -r ".deliveries[] | select(.rule == \"$1\") | .state + \" \" + .outcome" <<<"$tested"; }
tested=$(ctl notify test hooks --json || true)
expect "$(outcome_of ok)" = "delivered HTTP 200" "a test"
expect "$(outcome_of ops)" = "delivered HTTP 200" "a test of assay.yaml's rule"
expect "$(outcome_of bad)" = 'failed HTTP 400: "so."' "a test that is turned down"
expect "$(outcome_of moved)" = "failed HTTP 307, a redirect, which is not followed" "a redirect"
expect_contains "$(outcome_of hung)" "failed no answer within 1000 ms"
expect_contains "$(outcome_of closed)" "failed Failed to connect to 127.0.0.1 port 1"
expect_contains "$(outcome_of nokey)" "failed no key named NO_SUCH_KEY"
expect "$(outcome_of fails)" = 'failed exit code 7: "no such pager"' "a command that fails"
expect "$(outcome_of hangs)" = "failed killed after its 1000 ms" "a command that hangs"
expect "$(jq -c 'select(.path == "/ok" and .body.eval == "hooks") | [.signed, .body.kind]' "$received" | sort -u | tr '\n' ' ')" = \
    '[false,"test"] [true,"test"] ' "tests that arrived"
expect "$(grep -c '"path": "/ok".*hooks' "$received")" -eq 4 "a redirect was not followed"

# A file that is wrong says where.
write_eval_file() { cat >"$home/tmp/x" && mv "$home/tmp/x" "$home/evals/wrong.yaml"; }
write_eval_file <<YAML
dataset: sums
baseline: sim-q95
candidates: [mended]
scorers: [exact_match]
notify: {on: [gate_fial], to: {command: [page], secret: KEY}}
YAML
refused() { ctl eval ls 2>/dev/null | grep -q wrong.yaml; }
await "the refusal" refused
expect_exit 0 ctl eval ls
expect_contains "$out" "wrong.yaml:5:15: notify.on: no kind of event 'gate_fial'; there is 'gate_fail'" "absolute path" "secret signs what a webhook is sent"
rm "$home/evals/wrong.yaml"

# assayd ends while a test is under way and a receiver hangs.
write_eval slow <<YAML
dataset: sums
baseline: sim-q95
candidates: [mended]
scorers: [exact_match]
notify: {on: [drift], to: {command: [/bin/sh, -c, ": >$home/logs/begun; exec sleep 600"], timeout: 5m}}
YAML
ctl notify test slow >"$home/logs/test.out" 2>&1 &
tester=$!
await "the receiver that hangs" test -e "$home/logs/begun"
stop_daemon
code=0
wait "$tester" || code=$?
expect "$code" -ne 0 "exit code of a test that was cut off"

# The key and the token are in no log and in no answer.
! grep -rqE "$key|canary-token" "$home"/logs/assayd.*.log || fail "a log has the key or the token"
! grep -aqE "$key|canary-token" "$home/state/assay.db" || fail "the database has the key or the token"
kill "$receiver_pid"
finish
