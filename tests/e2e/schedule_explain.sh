#!/bin/bash
# assayctl schedule explain, without a daemon: what a cron line means, when it is due through changes of the clock, and what is wrong
# with one that is none.
. "$(dirname "$0")/lib.sh"

explain() { ctl schedule explain "$@"; }

expect_exit 0 explain '30 2 * * 1-5' --tz Europe/Berlin --from 2026-11-20 --next 3
expect_contains "$out" 'weekday     Mon-Fri' '2026-11-20 02:30 CET' '2026-11-23 02:30 CET' '2026-11-24 02:30 CET'
expect_lacks "$out" 2026-11-21 2026-11-25

# A time that does not exist, one that exists twice, and a rhythm through both passes.
expect_exit 0 explain '30 2 * * *' --tz Europe/Berlin --from 2026-03-28T12:00 --next 2
expect_contains "$out" '2026-03-29 03:00 CEST 2026-03-29 01:00' 'once, at the jump' '2026-03-30 02:30 CEST'
expect_exit 0 explain '30 2 * * *' --tz Europe/Berlin --from '2026-10-24 12:00:00' --next 2
expect_contains "$out" '2026-10-25 02:30 CEST 2026-10-25 00:30' 'the first one' '2026-10-26 02:30 CET'
expect_exit 0 explain '*/30 2 * * *' --tz Europe/Berlin --from 2026-10-25T00:00Z --next 4 --json
expect "$(jq -c '[.next[].local]' <<<"$out")" = \
    '["2026-10-25 02:30","2026-10-25 02:00","2026-10-25 02:30","2026-10-26 02:00"]' 'both passes'
expect "$(jq -c '[.next[].offset_s]' <<<"$out")" = '[7200,3600,3600,3600]' 'their offsets'

expect_exit 0 explain '0 0 13 * fri'
expect_contains "$out" 'A fitting day of the month or of the week is enough.' 'in UTC'

# What is wrong is said, with what would be right.
expect_exit 65 explain '61 * * * *'
expect_contains "$err" 'minute "61": out of range' '0 to 59'
expect_exit 65 explain '0 0 30 2 *'
expect_contains "$err" 'never due'
expect_exit 65 explain '* * * * *' --tz Europe/Atlantis
expect_contains "$err" 'no time zone "Europe/Atlantis"' 'names are like Europe/Berlin'
expect_exit 64 explain '* * * * *' --from yesterday
expect_contains "$err" '2026-03-29T01:30'
expect_exit 64 explain '* * * * *' --from 2026-02-30
expect_exit 64 explain '* * * * *' --next 0
expect_exit 64 explain
expect_contains "$err" 'CRON is missing'
finish
