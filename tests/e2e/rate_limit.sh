#!/bin/bash
# A provider that allows so many requests a second and answers 429 above. Without being told, assayd finds the pace and every row is
# answered; being told, it is never refused. scripts/bench-rate-limit measures how fast that is.
. "$(dirname "$0")/lib.sh"

rate=200
concurrency=32
start_sim --max-requests-per-second "$rate"
start_daemon
import_sums sums 300
write_eval limited <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q80]
scorers: [exact_match]
gate: {margin: 0.05}
YAML

# Not told: a burst is refused once, then the pace is kept.
expect_exit 0 ctl run start limited --wait
shown=$(ctl --json run show last)
expect "$(count_of "$shown" '"ok":300,"failed":0,"missing":0')" -eq 2 "members with 300 rows that are ok"
refused=$(sim_count answered_4xx)
echo "$refused of $(sim_count requests) requests were refused"
expect "$refused" -le 120 "requests that were refused"

limits=$(ctl --json daemon limits)
expect "$(json_get "$limits" refused)" -eq "$refused" "refusals that assayd counted"
jq -e '.providers[0].calls_per_s > 0' <<<"$limits" >/dev/null || fail "no pace was learned: $limits"

# Told, and with another life of the daemon, which knows nothing of the first.
stop_daemon
sim_http POST /_sim/reset >/dev/null
provider_lines=("limits: {rpm: 9000, concurrency: 24}")
start_daemon
expect_exit 0 ctl run start limited --wait
expect "$(sim_count answered_4xx)" -eq 0 "requests that were refused at 9,000 a minute"
expect "$(sim_count max_in_flight)" -le 24 "calls at once"

finish
