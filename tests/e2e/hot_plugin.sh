#!/bin/bash
# A scorer is changed in the watched folder while a group runs: the new version is live without a restart, the running group keeps the
# version that it began with, the next one uses the new. A file that is broken is refused with its line, and the last good stays.
. "$(dirname "$0")/lib.sh"

concurrency=2
start_sim --latency-ms 25
marker=$home/plugins/scorers/marker.lua
write_marker() { # VERSION SCORE
    cat >"$home/marker.new" <<LUA
-- Which version of this file scored a row?
return {
  api = 1, kind = "scorer", name = "marker", version = "$1",
  score = function(case, output, p) return { score = $2, reason = "marked by $1" } end,
}
LUA
    mv "$home/marker.new" "$marker"
}
marker_is() { # VERSION
    ctl plugin ls | grep -E '^ *(scorer +)?marker' | grep -F "$1" | grep -q live
}

write_marker 1.0.0 1
start_daemon
import_sums sums 100
write_eval marked <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [marker, exact_match]
YAML

# Version 2.0.0 comes while run 1 is under way.
expect_exit 0 ctl run start marked
await "the first calls" sim_has_been_asked 10
write_marker 2.0.0 0
await "version 2.0.0" marker_is 2.0.0
run_is 1 running || fail "the run was over before the new version was live: this test needs a longer one"
expect_exit 0 ctl run watch 1
expect "$(rows_of 1 --metric marker --min 1 | wc -l)" -eq 200 "rows of run 1 scored by version 1.0.0"
expect_exit 0 ctl --json row show 1 c0100
expect_contains "$out" "marked by 1.0.0"
expect_lacks "$out" "marked by 2.0.0"
first_pins=$(ctl --json run show 1 | grep -o '"metric":"marker","selector":[^}]*')

expect_exit 0 ctl run start marked --wait
expect "$(rows_of 2 --metric marker --max 0 | wc -l)" -eq 200 "rows of run 2 scored by version 2.0.0"
expect_exit 0 ctl --json row show 2 c0100
expect_contains "$out" "marked by 2.0.0"
second_pins=$(ctl --json run show 2 | grep -o '"metric":"marker","selector":[^}]*')
expect "$first_pins" != "$second_pins" "the pins of both runs"

# A broken file: refused with its line; what was good stays in force and works.
printf -- '-- marker\nreturn {\n  api = = 1,\n}\n' >"$home/marker.new"
mv "$home/marker.new" "$marker"
is_refused() { ctl --json plugin ls | grep -q '"refused":\[{"path":"[^"]*/marker.lua"'; }
await "refusal of the broken file" is_refused
expect_exit 0 ctl plugin ls
expect_contains "$out" "marker.lua" ":3:"
marker_is 2.0.0 || fail "the last good version is not in force: $out"
expect_contains "$(<"$daemon_log")" "marker.lua:3"
expect_exit 0 ctl run start marked --wait --max-cases 5
expect_exit 0 ctl --json row show 3 c0001
expect_contains "$out" "marked by 2.0.0"

# The same version with other bytes is refused as well.
write_marker 2.0.0 0.5
says_bump() { ctl plugin ls | grep -q 'bump'; }
await "refusal of other bytes" says_bump

# And mended it is live at once.
write_marker 2.0.1 0.25
await "version 2.0.1" marker_is 2.0.1
expect_exit 0 ctl --json plugin ls
expect_contains "$out" '"refused":[]'

finish
