#!/bin/bash
# Limits of a provider account that are set while the daemon runs: who may, that they hold at once and for a run under way, that who and
# why are kept, and that they survive a restart until they are taken back.
. "$(dirname "$0")/lib.sh"

provider_lines=("limits: {rpm: 600}")
more_providers=("idle: {plugin: openai, base_url: \"http://127.0.0.1:9/v1\", limits: {concurrency: 7, tpm: 1000}}")
more_models=("never: {provider: idle, id: x}")
start_sim
start_daemon
import_sums sums 300
write_eval slow <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q80]
scorers: [exact_match]
gate: {margin: 0.05}
YAML

# JSON PROVIDER KEY: of that account.
limit_of() { jq -r --arg p "$2" --arg k "$3" '.providers[] | select(.providers | index($p)) | .[$k]' <<<"$1"; }

limits=$(ctl --json daemon limits)
expect "$(limit_of "$limits" idle concurrency)" = 7 "concurrency of a provider that nothing was sent to"
expect "$(limit_of "$limits" idle tpm)" = 1000 "its tokens a minute"
expect "$(limit_of "$limits" idle rpm)" = null "a limit that is not set"

# A run of 600 rows at 600 a minute would take a minute; lifted, it ends.
started=$(ctl --json run start slow)
run=$(json_get "$started" run)
await "some calls" sim_has_been_asked 5
limits=$(ctl --json daemon limits)
expect "$(limit_of "$limits" sim rpm)" = 600 "requests a minute, of the configuration"
expect "$(limit_of "$limits" sim calls_per_s)" = 10 "the pace"
expect "$(limit_of "$limits" sim queued)" -ge 1 "requests that wait"
expect_contains "$(ctl run why "$run")" "put off by the rate limit of"
expect_exit 0 ctl daemon limits set sim --rpm 0 --concurrency 9 --why "it is urgent"
expect_contains "$out" "limits of sim: concurrency 9, rpm none, tpm none"
expect_exit 0 ctl run watch "$run"
expect "$(sim_count max_in_flight)" -le 9 "calls at once"

# Kept, with who and why, and shown; over a restart too.
stop_daemon
start_daemon
limits=$(ctl --json daemon limits)
expect "$(limit_of "$limits" sim concurrency)" = 9 "concurrency after a restart"
expect "$(limit_of "$limits" sim set_by)" = "uid $(id -u)" "who set it"
expect "$(limit_of "$limits" sim why)" = "it is urgent" "why"
expect_contains "$(ctl daemon limits)" "it is urgent" "none"
expect_contains "$(ctl daemon log)" "daemon.limits_set" "provider sim" "it is urgent" "concurrency: 9"
expect_exit 0 ctl daemon limits set sim --reset --why "over"
expect_contains "$out" "are the configuration's again" "rpm 600"
limits=$(ctl --json daemon limits)
expect "$(limit_of "$limits" sim rpm)" = 600 "requests a minute, of the configuration again"
expect "$(limit_of "$limits" sim set_by)" = null "who set it"

# A scheduled run goes behind one that someone waits for, and is not starved meanwhile.
sim_http POST /_sim/reset >/dev/null
run=$(json_get "$(ctl --json run start slow --scheduled)" run)
await "some calls of the scheduled run" sim_has_been_asked 5
before=$(json_get "$(ctl --json status)" done)
expect_exit 0 ctl run start slow --max-cases 25 --wait
done_meanwhile=$(($(json_get "$(ctl --json status)" done) - before))
expect "$done_meanwhile" -ge 3 "rows of the scheduled run that were done while 50 others were"
expect "$done_meanwhile" -le 38 "rows of the scheduled run that were done while 50 others were"
expect_exit 0 ctl run cancel "$run"

# What makes no sense is refused.
expect_exit 65 ctl daemon limits set smi --rpm 5 --why x
expect_contains "$err" "did you mean 'sim'"
expect_exit 65 ctl daemon limits set sim --why x
expect_contains "$err" "give concurrency, rpm or tpm"
expect_exit 64 ctl daemon limits set sim --rpm 5
expect_contains "$err" "--why is missing"
stop_daemon
roles="[{role: operator, user: \"$(id -u)\"}]"
start_daemon
expect_exit 7 ctl daemon limits set sim --rpm 5 --why x
expect_exit 0 ctl daemon limits

finish
