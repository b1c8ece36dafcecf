#!/bin/bash
# Files dropped into an inbox become versions of a dataset, each once, and a schedule scores a sample of the newest against what
# production answered. The wall clock is the test's own (fake_clock.c).
. "$(dirname "$0")/lib.sh"

use_own_clock
fault=$home/tmp/fault
daemon_command=(env "FAULT_DISK=$fault" "SYNC_COUNT=$home/syncs" "${daemon_command[@]/libfake_clock.so/libfake_clock.so:$BIN_DIR/libfault_disk.so}")

# PREFIX FROM TO: that many cases with what production answered.
traffic() {
    awk -v prefix="$1" -v from="$2" -v to="$3" 'BEGIN {
        for (i = from; i <= to; i++)
            printf "{\"id\":\"%s%04d\",\"input\":\"What is %d + %d?\",\"expected\":\"%d\",\"recorded\":{\"text\":\"%d\"}}\n",
                prefix, i, i, i, 2 * i, i % 4 ? 2 * i : 0
    }'
}
# NAME, and its content on stdin: whole when it appears.
drop() {
    cat >"$home/inbox/.$1"
    mv "$home/inbox/.$1" "$home/inbox/$1"
}
state_of() { ctl inbox ls --json | jq -r --arg file "$1" '[.files[] | select(.file == $file) | .state][0] // "none"'; }
file_is() { [ "$(state_of "$1")" = "$2" ]; }
is_taken_of() { ctl inbox ls --inbox "$1" --json | jq -e --arg file "$2" '.files[] | select(.file == $file and .state == "taken")' >/dev/null; }
is_gone() { [ ! -e "$home/inbox/$1" ]; }
newest() { ctl dataset ls --json | jq -c '[.datasets[] | select(.name == "traffic")] | last | [.version, .cases]'; }
ids() { ctl dataset show traffic --limit 1000 --json | jq -r '.cases[].id'; }

set_clock '2026-03-27 12:00'
mkdir "$home/inbox"
mkdir "$home/raw"
config_lines=('inbox:' '  - {dir: inbox, dataset: traffic, keep: 7d, max_cases: 100, quiet: 1s}'
    '  - {dir: raw, dataset: clean, quiet: 1s, redact: house}')
traffic early 1 3 | drop early.jsonl # before the daemon is there
start_sim
start_daemon
await 'what lay there' file_is early.jsonl taken
await 'its move' is_gone early.jsonl
[ -e "$home/inbox/done/early.jsonl" ] || fail 'it is in done'
expect "$(newest)" = '[1,3]' 'the first version'

# Two files make one version, or two; bad lines are told with file and line, and cost nothing but themselves.
{ traffic a 1 20; echo 'not JSON'; } | drop a.jsonl
traffic b 1 10 | drop b.jsonl
await 'a' is_gone a.jsonl
await 'b' is_gone b.jsonl
expect "$(newest | jq '.[1]')" = 33 'all cases'
expect_contains "$(cat "$home/inbox/done/a.jsonl.reason")" 'a.jsonl:21: '
expect_exit 0 ctl inbox ls
expect_contains "$out" traffic a.jsonl taken
expect "$(ctl inbox ls --json | jq -c '.files[] | select(.file == "a.jsonl") | [.good, .known, .bad]')" = '[20,0,1]' 'what it came to'
grep -q 'inbox traffic: a.jsonl: 20 cases taken in, 0 known, 1 bad lines, the first: a.jsonl:21: ' "$daemon_log" || fail 'the log tells'

# The same bytes again, under another name; a file whose cases are known but for one; one without a case; one that is being written.
version=$(newest)
traffic b 1 10 | drop again.jsonl
await 'again' is_gone again.jsonl
expect "$(newest)" = "$version" 'nothing is taken in twice'
traffic b 1 11 | drop more.jsonl
await 'more' file_is more.jsonl taken
expect "$(ctl inbox ls --json | jq -c '.files[] | select(.file == "more.jsonl") | [.good, .known, .bad]')" = '[1,10,0]' 'what was new of it'
echo 'no case at all' | drop nonsense.jsonl
await 'nonsense' is_gone nonsense.jsonl
expect "$(state_of nonsense.jsonl)" = refused 'a file without a case'
[ -e "$home/inbox/bad/nonsense.jsonl" ] || fail 'it is in bad'
expect_contains "$(cat "$home/inbox/bad/nonsense.jsonl.reason")" 'nonsense.jsonl:1: '
traffic tmp 1 2 >"$home/inbox/half.tmp"
exec {slow}>"$home/inbox/slow.jsonl"
traffic slow 1 2 >&$slow
is_open() { ctl inbox ls --inbox traffic --json | jq -e '.inboxes[0].files[] | select(.file == "slow.jsonl" and (.why | test("open")))' >/dev/null; }
await 'the open file is told of' is_open
traffic b 1 3 | drop later.jsonl
await 'a file that came later, and was quiet as long' is_gone later.jsonl
expect "$(state_of slow.jsonl)" = none 'a file that is open stays'
traffic slow 3 4 >&$slow
exec {slow}>&-
await 'the file that was closed' file_is slow.jsonl taken
expect "$(newest | jq '.[1]')" = 38 'all four cases of it'
[ -e "$home/inbox/half.tmp" ] || fail 'a .tmp file is left alone'

# Killed at any moment: each case is there once.
for n in 1 2 3 4; do
    traffic "k$n-" 1 5 | drop "k$n.jsonl"
    sleep "0.$((n * 31 % 10))"
    crash_daemon
    start_daemon
done
for n in 1 2 3 4; do await "k$n" is_gone "k$n.jsonl"; done
expect "$(newest | jq '.[1]')" = 58 'cases after crashes'
expect "$(ids | sort | uniq -d | wc -l)" = 0 'no case twice'
expect "$(ctl inbox ls --json | jq '[.files[] | select(.file | startswith("k")) | .good] | add')" = 20 'new cases of those files'

# A schedule scores a sample of the newest version against what was recorded.
write_eval watch <<'YAML'
dataset: traffic
baseline: recorded
candidates: [sim-q95]
scorers: [exact_match]
schedule: {cron: 0 * * * *, sample: random, max_cases: 25}
gate: {margin: 0.2}
YAML
is_quiet() { [ "$(ctl schedule ls --json --eval watch | jq -r '.schedules[0].state')" = waiting ]; }
started() { [ "$(ctl schedule history --eval watch --json | jq '[.times[] | select(.state == "started")] | length')" = "$1" ]; }
await 'the schedule' is_quiet
set_clock '2026-03-27 13:00:05'
await 'its run' started 1
await 'its end' is_quiet
expect "$(ctl run show last --json | jq -c '[.state, .dataset.cases, .members[0].model, .members[0].ok, .comparisons[0].n_pairs]')" = \
    '["done",25,"recorded",25,25]' 'a sample against what production answered'
run_version=$(ctl run show last --json | jq .dataset.version)

# A week later old cases go, and the next run is of the newer version.
set_clock '2026-04-04 12:59'
traffic later 1 40 | drop later.jsonl
await 'later' is_gone later.jsonl
expect "$(newest | jq '.[1]')" = 40 'the cases of the last seven days'
set_clock '2026-04-04 13:00:05'
await 'the next run' started 2
await 'its end' is_quiet
expect "$(ctl run show last --json | jq .dataset.version)" -gt "$run_version" 'version of the next run'
# No more than the last hundred. Cases are stored many at a time: a commit for each would take the disk for itself.
syncs=$(stat -c %s "$home/syncs")
traffic many 1 130 | drop many.jsonl
await 'many' is_gone many.jsonl
expect "$(($(stat -c %s "$home/syncs") - syncs))" -lt 65 'waits for the disk for 130 cases'
expect "$(newest | jq '.[1]')" = 100 'the last hundred cases'
expect "$(ids | sed -n '1p;$p' | tr '\n' ' ')" = 'many0031 many0130 ' 'which they are'

# A folder that is not there is told, and waited for.
mv "$home/inbox" "$home/away"
has_trouble() { ctl inbox ls --inbox "${2:-traffic}" --json | jq -e ".inboxes[0].trouble | type == \"$1\"" >/dev/null; }
await 'trouble' has_trouble string
expect_exit 0 ctl inbox ls
expect_contains "$out" 'nothing is taken in' 'No such file'
mv "$home/away" "$home/inbox"
await 'no trouble' has_trouble null

# A disk that is full: told once, tried again, and told when it is over.
echo ENOSPC >"$fault"
traffic full 1 3 | drop full.jsonl
await 'the full disk' has_trouble string
traffic fuller 1 3 | drop fuller.jsonl
is_tried() { ctl inbox ls --inbox traffic --json | jq -e '.inboxes[0].files[] | select(.file == "fuller.jsonl" and (.why | test("is next")))' >/dev/null; }
await 'another try' is_tried
has_trouble string || fail 'the trouble stays until something was taken in'
rm "$fault"
await 'full' is_gone full.jsonl
await 'fuller' is_gone fuller.jsonl
await 'no trouble' has_trouble null
expect "$(grep -c 'inbox traffic: .*the disk is full' "$daemon_log")" = 1 'warnings of the full disk'
expect "$(grep -c 'inbox traffic: works again' "$daemon_log")" = 2 'ends of trouble: the folder, the disk'

# A redactor: while it is not there, nothing is taken in; a file that it fails with stays, until there is one that does not.
redactor() { # VERSION PATTERN-THAT-FAILS [STATEMENT]
    cat >"$home/plugins/.new" <<LUA
-- Takes out what is secret. Misleads never.
return {
  api = 1, kind = "redactor", name = "house", version = "$1",
  redact = function(case)
    if case.input:find("$2") then error("cannot: " .. case.input) end
    ${3:-}
    if case.input:find("private") then return nil, "it is private" end
    case.input = case.input:gsub("secret%d+", "[gone]")
    return case
  end,
  examples = { { case = { id = "a", input = "secret1" }, expected = { id = "a", input = "[gone]" } } },
}
LUA
    mv "$home/plugins/.new" "$home/plugins/house.lua"
}
case_line() { printf '{"id":"%s","input":"%s"}\n' "$1" "$2"; }
{ case_line a1 'the secret1234 is out'; case_line a2 'a private word'; case_line a3 'fine'; } >"$home/raw/a.jsonl"
case_line b1 'odd secret99' >"$home/raw/b.jsonl"
await 'the missing redactor' has_trouble string clean
expect_contains "$(ctl inbox ls)" "house"
[ -e "$home/raw/a.jsonl" ] || fail 'nothing is taken in without its redactor'
expect_exit 65 ctl dataset show clean
redactor 1.0.0 odd
await 'the redacted file' is_taken_of clean a.jsonl
expect "$(ctl inbox ls --inbox clean --json | jq -c '.files[0] | [.file, .good, .dropped, .bad]')" = '["a.jsonl",2,1,0]' 'what it came to'
expect "$(ctl dataset show clean --json | jq -c '[.cases[] | [.id, .input]]')" = '[["a1","the [gone] is out"],["a3","fine"]]' 'what is kept'
failed_with() { ctl inbox ls --inbox clean --json | jq -e '.inboxes[0].files[] | select(.file == "b.jsonl" and (.why | test("redactor failed")))' >/dev/null; }
await 'the file that stays' failed_with
[ -e "$home/raw/b.jsonl" ] || fail 'it stays'
expect_contains "$(cat "$home/raw/.b.jsonl.reason")" "case 'b1'" 'cannot: odd secret99'
expect_exit 0 ctl inbox ls --inbox clean
expect_contains "$out" 'its case 1' '.b.jsonl.reason'
! grep -q secret99 "$home/out" "$home/err" "$daemon_log" || fail 'what the redactor said, which may quote the case, is told beside the file alone'
# Events have counts and names of files, and nothing of what is in them or of what the redactor said.
events_of() { ctl --json event ls --kind "$1" | jq -c "[.events[] | select(.subject == \"clean\") | $2]"; }
expect "$(events_of inbox_failed .over | jq -c '.[-2:]')" = '[false,true]' 'the missing redactor, told by each start, and its end'
expect "$(events_of inbox_taken '.detail | [.files, .good, .dropped, .kept_back]')" = '[[1,2,1,1]]' 'what was taken in beside it'
expect "$(events_of inbox_refused .detail.file)" = '["b.jsonl"]' 'the file that stays'
expect_contains "$(events_of inbox_refused .text)" 'a file of the inbox clean stays' 'the redactor failed' '.b.jsonl.reason'
redactor 1.0.1 never
case_line c1 'more' >"$home/raw/c.jsonl" # a look at the folder
await 'the file that stayed' is_taken_of clean b.jsonl
await 'its move' test -e "$home/raw/done/b.jsonl"
[ ! -e "$home/raw/.b.jsonl.reason" ] || fail 'the reason goes with it'
expect "$(ctl dataset show clean --json | jq -c '[.cases[] | select(.id == "b1") | .input]')" = '["odd [gone]"]' 'what is kept of it'
# A version that is made while files are being read is built upon, not passed over.
redactor 1.0.2 never 'for i = 1, 5e5 do case.seed = i end case.seed = nil'
await 'the slow redactor' grep -q 'plugin live plugin=house@1.0.2' "$daemon_log"
for i in $(seq 150); do case_line "slow$i" 'more'; done >"$home/raw/slow.jsonl"
is_taking() { ctl inbox ls --inbox clean --json | jq -e '.inboxes[0].taking' >/dev/null; }
await 'the slow file' is_taking
case_line by-hand 'imported' >"$home/by-hand.jsonl"
expect_exit 0 ctl dataset import clean "$home/by-hand.jsonl"
await 'the slow file' is_taken_of clean slow.jsonl
expect "$(ctl dataset show clean --limit 1000 --json | jq -c '[.cases[].id] | [.[0], length]')" = '["by-hand",151]' 'the newest version'

stop_daemon
! grep -aqrE 'secret(1234|99)|private word' "$home/state" "$daemon_log" || fail 'the database or the log holds what the redactor took out'
finish
