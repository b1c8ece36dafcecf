#!/bin/bash
# daemon reload and SIGHUP: the configuration and the evals as a whole or not at all. What is wrong is told with its place, what took effect
# and what takes a restart by key.
. "$(dirname "$0")/lib.sh"
models=(sim-q95 sim-q94)

reload_is() { # EXIT PART...: what assayctl says
    local want=$1 part
    shift
    expect_exit "$want" ctl daemon reload --why "a test"
    for part in "$@"; do
        expect_contains "$out" "$part"
    done
}

edit_config() { # SED...
    sed -i "$@" "$home/assay.yaml"
}

start_sim
start_daemon
import_sums sums 5
write_eval sums <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
gate: {margin: 0.9, min_pairs: 2}
YAML

# ---- nothing has changed ----

reload_is 0 "configuration and evals are in force"
expect_lacks "$out" changed restart

# ---- a new model, an eval that uses it, another log level ----

cat >>"$home/assay.yaml" <<YAML
  sim-new: {provider: sim, id: sim-q80}
log: {level: debug}
YAML
write_new_eval() {
    sed 's/sim-q94/sim-new/' "$home/evals/sums.yaml" >"$home/evals/.new"
    mv "$home/evals/.new" "$home/evals/newer.yaml"
}
write_new_eval
reload_is 0 "models.sim-new" "log.level"
expect_lacks "$out" "models.sim-q95"
expect_exit 0 ctl run start newer --wait
grep -qE '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z debug ' "$daemon_log" || fail "the log level did not take effect, or lines have no time"

# A file that is dropped later is checked against the models of today.
expect_exit 0 ctl eval show newer
touch "$home/evals/newer.yaml"
expect_exit 0 ctl check

# ---- one problem, and nothing changes ----

cp "$home/assay.yaml" "$home/good.yaml"
edit_config -e 's/level: debug/level: info/' -e 's/^  sim-new: .*/  sim-new: {provider: sim, id: sim-q80, colour: red}/'
line=$(grep -n 'colour' "$home/assay.yaml" | cut -d: -f1)
reload_is 65 "assay.yaml:$line:" "unknown key 'colour'" "nothing was changed"
expect_exit 65 ctl --json daemon reload
expect "$(jq -c '[.ok, .applied, .needs_restart, .evals]' <<<"$out")" = '[false,[],[],[]]' "what a refused reload changed"
expect_exit 0 ctl eval show newer

# The configuration is good and an eval is not: still nothing.
edit_config -e 's/, colour: red//'
printf 'dataset: sums\nbaseline: sim-q95\ncandidate: [sim-q94]\n' >"$home/evals/broken.yaml"
reload_is 65 "evals/broken.yaml:3:1" "did you mean 'candidates'?" "nothing was changed"
lines=$(grep -c 'Z debug ' "$daemon_log")
expect_exit 0 ctl status
expect "$(grep -c 'Z debug ' "$daemon_log")" -gt "$lines" "the log level, of a reload that was refused"
rm "$home/evals/broken.yaml"
reload_is 0 "log.level"

# ---- what takes a restart ----

edit_config -e 's/^state_dir: .*/state_dir: elsewhere/' -e 's/row_deadline_ms: [0-9]*/row_deadline_ms: 1999/'
# The folder of what is promoted lies in the state directory, where nothing else is said.
for _ in 1 2; do # it is said again as long as it is so
    expect_exit 0 ctl --json daemon reload
    expect "$(jq -c '[.applied, .needs_restart]' <<<"$out")" = '[[],["state_dir","promoted_dir","sandbox.row_deadline_ms"]]' "keys"
done
expect_contains "$(ctl status)" "$home/state"
[ ! -e "$home/elsewhere" ] || fail "the other state directory was made"

# ---- roles: for whoever comes from now on; SIGHUP ----

cp "$home/good.yaml" "$home/assay.yaml"
edit_config -e 's/^roles: .*/roles: [{role: observer, user: "*"}]/'
reload_is 0 roles
expect_exit 7 ctl daemon reload
cp "$home/good.yaml" "$home/assay.yaml"
kill -HUP "$daemon_pid"
is_admin() { ctl daemon reload >/dev/null 2>&1; }
await "the old roles" is_admin
edit_config -e 's/^models:/modles:/'
kill -HUP "$daemon_pid"
is_refused() { grep -q "reload by SIGHUP: refused" "$daemon_log"; }
await "the refusal" is_refused
grep -q "assay.yaml:[0-9]*:1: .*'modles'" "$daemon_log" || fail "the log does not say what is wrong"
cp "$home/good.yaml" "$home/assay.yaml"

# ---- who did it ----

expect_exit 0 ctl --json daemon log
expect "$(jq -c '[.entries[] | select(.action == "daemon.reload" and .why == "a test") | .who] | unique' <<<"$out")" = "[\"uid $(id -u)\"]" \
    "who reloaded"
expect "$(jq '[.entries[] | select(.who == "SIGHUP")] | length' <<<"$out")" = 2 "reloads by signal"
finish
