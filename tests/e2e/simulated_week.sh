#!/bin/bash
# A week by a clock of its own, through the end of summer time in Berlin, a crash in the middle of a run, a clock that is set back and
# forward, a night that assayd is down, and a run that takes longer than the time to the next: three schedules that make up for all that
# they miss start each of their times once, and a fourth, which does not, says what became of each. The times that should have been are
# those of scripts/check-cron's search by brute force, which knows nothing of ours.
. "$(dirname "$0")/lib.sh"

clock=$home/clock
daemon_command=(env "FAKE_CLOCK=$clock" "LD_PRELOAD=$BIN_DIR/libfake_clock.so" "$BIN_DIR/assayd")
[ -z "${SANITIZE:-}" ] || daemon_command=(env "FAKE_CLOCK=$clock" "LD_PRELOAD=$BIN_DIR/libfake_clock.so"
    "ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0" "$BIN_DIR/assayd")
models=(sim-q95 sim-q94)
begin='2026-10-19 00:00' end='2026-10-26 00:00' # UTC; Berlin's clocks are set back on the 25th
zone=Europe/Berlin
declare -A lines=([third_hour]='0 */3 * * *' [nightly]='30 2 * * *' [sunday]='*/20 1-3 * * 0' [modest]='0 */4 * * *')

seconds_of() { date -u -d "$1" +%s; }
set_clock() { # SECONDS
    echo "$1" >"$clock.new"
    mv "$clock.new" "$clock"
}
# Nothing is under way, and nothing waits. A look at the list is a look at the clock.
is_settled() { ctl schedule ls --json | jq -e 'all(.schedules[]; .state == "waiting" and .owed == 0)' >/dev/null; }
pass_to() { # SECONDS
    set_clock "$1"
    await "the runs of $(date -u -d "@$1" '+%a %H:%M')" is_settled
}

set_clock "$(seconds_of "$begin")"
start_sim
start_daemon
import_sums sums 8
for name in "${!lines[@]}"; do
    policy='on_missed: run_all, overlap: queue'
    [ $name != modest ] || policy='on_missed: run_once, overlap: skip'
    write_eval $name <<YAML
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
schedule: {cron: '${lines[$name]}', timezone: $zone, $policy}
YAML
done
all_are_there() { [ "$(ctl schedule ls --json | jq '[.schedules[] | select(.state == "waiting")] | length')" = ${#lines[@]} ]; }
await "the schedules" all_are_there

# The times of the week, by brute force: "SCHEDULE SECONDS".
python3 - "$TOP_DIR/scripts/check-cron" "$begin" "$end" "$zone" "$(declare -p lines)" >"$home/wanted" <<'PY'
import importlib.machinery, importlib.util, re, sys
from datetime import datetime, timezone
from zoneinfo import ZoneInfo
path, begin, end, zone, lines = sys.argv[1:]
loader = importlib.machinery.SourceFileLoader("check_cron", path)
check = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_cron", loader))
loader.exec_module(check)
at = lambda text: datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
for name, line in re.findall(r'\[(\w+)\]="([^"]*)"', lines):
    moment = at(begin)
    while (moment := check.by_brute_force(line, ZoneInfo(zone), moment)) <= at(end):
        print(name, int(moment.timestamp()))
PY
expect "$(grep -c . "$home/wanted")" -gt 100 'times of the week'
expect "$(grep -c sunday "$home/wanted")" = 12 'times of the hours that Sunday has twice'

slow_down() { sim_http POST /_sim/fault '{"kind": "slow", "rate": 1, "param": 4000}' >/dev/null; }
speed_up() { sim_http DELETE /_sim/fault >/dev/null; }
look() { # SECONDS: without waiting for what it starts
    set_clock "$1"
    ctl schedule ls >/dev/null
}

# The week: a step to each time, and what happens on the way.
for at in $(cut -d' ' -f2 "$home/wanted" | sort -un); do
    case $(date -u -d "@$at" '+%a %H:%M') in
    'Tue 13:00') # killed while its runs are under way
        look "$at"
        crash_daemon
        start_daemon
        ;;
    'Wed 10:00') look $((at - 3 * 3600)) ;; # set back over times that were, and on again
    'Thu 04:00' | 'Thu 06:00' | 'Thu 07:00' | 'Thu 10:00') continue ;; # set forward over these
    'Fri 00:30') # down until the morning
        stop_daemon
        continue
        ;;
    'Fri 01:00' | 'Fri 02:00' | 'Fri 04:00' | 'Fri 06:00') continue ;;
    'Fri 07:00')
        set_clock "$at"
        start_daemon
        ;;
    'Sat 13:00') # runs that have not ended when the next time comes
        slow_down
        look "$at"
        continue
        ;;
    'Sat 14:00' | 'Sat 16:00')
        look "$at"
        continue
        ;;
    'Sat 18:00')
        look "$at"
        speed_up
        ;;
    esac
    pass_to "$at"
done

# Every time that should have been was started, once; of the modest one each time came to something, once.
ctl schedule history --limit 1000 --json | jq -r '.times[] | "\(.eval) \(.due_ms / 1000) \(.state)"' >"$home/came"
grep -v '^modest' "$home/wanted" | sort >"$home/wanted.all"
grep -v '^modest' "$home/came" | sed 's/ started$//' | sort >"$home/came.all"
cmp "$home/wanted.all" "$home/came.all" || fail "$(diff "$home/wanted.all" "$home/came.all")"
expect "$(sort "$home/came.all" | uniq -d | wc -l)" = 0 'times started twice'
expect "$(grep '^modest' "$home/came" | cut -d' ' -f1,2 | sort)" = "$(grep '^modest' "$home/wanted" | sort)" 'times of the modest one'
expect "$(ctl run ls --limit 1000 --json | jq '[.runs[] | select(.state == "done")] | length')" = \
    "$(grep -c ' started$' "$home/came")" 'runs that are done'
for state in missed skipped; do
    expect "$(grep -c "^modest .* $state" "$home/came")" -gt 0 "the modest one's times that were $state"
done

echo 'day        schedule    due started missed skipped'
while read -r schedule seconds state; do
    echo "$(date -u -d "@$seconds" '+%a %d %b') $schedule $state"
done <"$home/came" | awk '
    { key = $1 " " $2 " " $3 "|" $4; due[key]++; n[key, $5]++; day[key] = $2 }
    END { for (key in due) { split(key, part, "|")
        printf "%s %-11s %3d %7d %6d %7d\n", part[1], part[2], due[key], n[key, "started"], n[key, "missed"], n[key, "skipped"] } }' |
    sort -k2,2n -k4,4
finish
