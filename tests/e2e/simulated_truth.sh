#!/bin/bash
# scripts/bench-aa and scripts/bench-truth run, and their counts add up. What they measure is not asserted here: it takes many more groups.
. "$(dirname "$0")/lib.sh"

: >"$home/logs/none.log" # the benches have homes, daemons and logs of their own
bench() { "$TOP_DIR/scripts/$1" --build "$BUILD_DIR" "${@:2}"; }

expect_exit 0 bench bench-aa --groups 10 --cases 60
expect_contains "$out" "10 run groups of 60 cases" "| the candidate is called better" " of 10 |"
read -r _ passes _ fails _ undecided _ <<<"$(grep '^outcomes: ' <<<"$out" | tr -d ,)"
expect "$((passes + fails + undecided))" -eq 10 "outcomes"

# A row of each truth for each size; the rates of a row are shares of its runs.
expect_exit 0 bench bench-truth --repetitions 20 --groups 5 --sizes 200
expect "$(grep -cE '^\| 5 \| 200(, 3 looks)? \| [0124] \|' <<<"$out")" -eq 8 "rows of run groups"
expect "$(grep -cE '^\| (200|1000|5000) \| [0124] \|' <<<"$out")" -eq 12 "rows of the gate alone"
expect "$(grep -cE '^\| [235] \| 5000 \| [0124] \|' <<<"$out")" -eq 12 "rows of planned looks"
awk -F'|' '/^\| 5 \| 200/ || /^\| (200|1000|5000) \| [0124] \|/ {
    n = NF - 1
    sum = substr($(n - 2), 1, 6) + substr($(n - 1), 1, 6) + substr($n, 1, 6)
    if (sum < 99.8 || sum > 100.2) { print; bad = 1 }
} END { exit bad }' <<<"$out" >"$home/out" || fail "rates that do not add up to 100: $(<"$home/out")"

finish
