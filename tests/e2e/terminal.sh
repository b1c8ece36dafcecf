#!/bin/bash
# What people see: in a pipe plain text and no control byte, on a terminal colours, a progress bar and pages that fit; and whatever a
# dataset or a model says, it neither moves the cursor nor reorders a line nor passes for a line of ours.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C.UTF-8 TERM=xterm
if ! script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    echo "no pseudo-terminals here: what people see cannot be tried"
    is_finished=yes
    exit 0
fi

cat >"$home/plugins/scorers/liar.lua" <<'LUA'
-- Gives a reason that looks like lines of assayctl.
return {
  api = 1, kind = "scorer", name = "liar", version = "1.0.0",
  score = function() return { score = 0, reason = "no\nsim-q95: ok\nliar: 1.000 pass", label = "a\nb" } end,
}
LUA
models=(sim-q95 sim-q94 sim-echo sim-judge "slow=sim-q94+fault=slow:1:300")
start_sim
start_daemon

# COLUMNS COMMAND...: assayctl on a terminal so wide; what it wrote is in $home/screen, without escapes in $home/plain.
on_terminal() {
    local columns=$1 command
    shift
    printf -v command '%q ' "$BIN_DIR/assayctl" "$@"
    env -u NO_COLOR script -qec "stty cols $columns rows 50 -onlcr; $command" /dev/null >"$home/screen" </dev/null
    sed -e 's/\x1b\[[0-9;]*[mK]//g' "$home/screen" >"$home/plain"
}

expect_width() { # MOST WHAT
    expect "$(wc -L <"$home/plain")" -le "$1" "columns of $2"
}

has_controls() { # FILE: bytes other than newlines that control a terminal, or characters that reorder text
    LC_ALL=C grep -aP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]' "$1"
}
expect_safe() { # FILE
    ! has_controls "$1" || fail "control bytes in $1"
}
for bytes in '\e[1m' '\x7f' '\xc2\x9b' '\xe2\x80\xae' '\xe2\x81\xa6'; do
    printf "a${bytes}b\n" >"$home/bytes"
    has_controls "$home/bytes" >"$home/out" || fail "the search is blind for $bytes"
done

hostile='\u001b[31mred\u001b]0;title\u0007 \u0000nul \u202egnp.exe\u202c \u2066x\u2069 \u009b2J \u007f'
cat >"$home/mixed.jsonl" <<JSONL
{"id":"寿司-1","input":"$hostile\nsim-q95: ok\nexact_match: 1.000 pass","expected":"$hostile"}
{"id":"plain-2","input":"日本語のとても長い文、 $(printf '長い文 %.0s' {1..40})","expected":"x"}
{"id":"c3","input":"What is 2 + 3?","expected":"5"}
JSONL
expect_exit 0 ctl dataset import mixed "$home/mixed.jsonl"
import_sums sums 120
write_eval mixed <<'YAML'
dataset: mixed
baseline: sim-q95
candidates: [sim-echo, sim-q94]
scorers: [exact_match, liar, length: {max: 5}]
rubric: {use: correctness, judge: sim-judge}
gate: {margin: 0.05, min_pairs: 3}
YAML
write_eval slow <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [slow]
scorers: [exact_match]
gate: {margin: 0.05, min_pairs: 50}
YAML
expect_exit 0 ctl run start mixed --wait

commands=("status" "check" "plugin ls" "plugin show exact_match" "eval ls" "eval show mixed" "dataset ls" "dataset show mixed" "run ls"
    "run show 1" "row ls 1" "row show 1 寿司-1" "row show 1 plain-2" "gate 1" "--help")

# ---- in a pipe ----

for command in "${commands[@]}"; do
    # shellcheck disable=SC2086 # words of a command
    ctl $command >"$home/plain" 2>&1 || true
    expect_safe "$home/plain"
    [ "$command" != --help ] || continue
    # shellcheck disable=SC2086
    ctl --json $command >"$home/json" 2>&1 || true
    expect_safe "$home/json"
    expect "$(wc -l <"$home/json")" -eq 1 "lines of '$command' as JSON"
    jq -e 'type == "object"' "$home/json" >"$home/out" || fail "'$command' is no JSON object"
done
ctl --json row show 1 寿司-1 | jq -r '.case.json.expected' >"$home/out"
expect "$(tr -d '\0' <"$home/out" | head -c 4 | od -An -tx1 | tr -d ' ')" = 1b5b3331 "an escape in JSON, which loses nothing"

# What a model says stands behind a bar, what a plugin says is one line.
expect_exit 0 ctl row show 1 寿司-1
expect_contains "$out" "| �[31mred�]0;title� �nul �gnp.exe� �x� �2J �" "| sim-q95: ok" "| exact_match: 1.000 pass" \
    "liar: 0.000 (a b) - no sim-q95: ok liar: 1.000 pass"
expect "$(grep -c '^sim-q95: ok' "$home/out")" -eq 1 "lines that say how sim-q95 ended"

# Progress in a pipe is lines.
expect_exit 0 ctl run start slow --wait
expect_contains "$err" "run 2 started" "0 % 0/240" "rows/s"
expect_safe "$home/err"

# ---- on a terminal ----

for columns in 80 140; do
    for command in "${commands[@]}"; do
        [[ $command != *plugin* ]] || continue # paths and sources are not cut
        # shellcheck disable=SC2086
        on_terminal $columns $command || true
        grep -qF "$home" "$home/plain" || expect_width "$columns" "'$command'"
        expect_safe "$home/plain"
    done
done

# Colours; not with NO_COLOR, nor when told so.
on_terminal 100 run show 2
grep -q $'\e\[1m' "$home/screen" || fail "no colour on a terminal"
on_terminal 100 --color never run show 2
expect_safe "$home/screen"
NO_COLOR=1 script -qec "stty -onlcr; '$BIN_DIR/assayctl' run show 2" /dev/null >"$home/screen" </dev/null
expect_safe "$home/screen"
expect_exit 0 ctl --color always run show 2
expect_contains "$out" $'\e[1m'

# The bar redraws itself on one line.
on_terminal 100 run start slow --wait
grep -qP '\r\x1b\[K\[#+\.+\] +\d+ % \d+/240' "$home/screen" || fail "no bar: $(cat -v "$home/screen")"
on_terminal 100 run watch last
grep -qF '[########################] 100 % 240/240' "$home/screen" || fail "no full bar: $(cat -v "$home/screen")"

# Wide characters take two columns: what stands after them is in line.
on_terminal 100 row ls 1
for id in 寿司-1 plain-2 c3; do
    expect "$(grep -F "$id" "$home/plain" | head -n 1 | sed 's/sim-q95.*//' | wc -L)" -eq 8 "columns before the model of $id"
done

# Outputs side by side.
on_terminal 140 row show 1 c3
grep -qP '^sim-q95: ok +sim-echo: ok +sim-q94: ok' "$home/plain" || fail "not side by side: $(<"$home/plain")"

finish
