#!/bin/bash
# A run's decision as one file that is checked without a daemon: what is in it, that it holds, and which part was changed.
. "$(dirname "$0")/lib.sh"
models=(sim-q95 same=sim-q95 bad=sim-q50)
start_sim
start_daemon
import_sums sums 200
write_eval gated <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [same, bad]
scorers: [exact_match]
gate: {margin: 0.1}
YAML
expect_exit 0 ctl run start gated --wait --why 'the quarter'
expect_exit 0 ctl promote gated bad --run 1 --override --reason 'an outage'
file=$home/run1.json
verify() { ASSAY_SOCKET=$home/nobody.sock ctl dossier verify "$@"; }

# ---- what is in it ----

expect_exit 65 ctl dossier 99
expect_exit 0 ctl dossier last --output "$file"
expect_contains "$out" "$file: run 1 of" 'keep its sha256 elsewhere' "$(jq -r .sha256 "$file")"
expect "$(jq -r '.dossier | "\(.made.format) \(.run.run) \(.run.outcome) \(.dataset.name)@\(.dataset.version) \(.dataset.cases)"' "$file")" = \
    '1 1 fail sums@1 200' 'the head'
expect "$(jq -r '.dossier.dataset.hash' "$file")" = "$(ctl --json run show 1 | jq -r .dataset.hash)" "the dataset's hash"
expect "$(jq -c '.dossier | [.promotions[] | [.model, .override, .reason, .who]]' "$file")" = "[[\"bad\",true,\"an outage\",\"uid $(id -u)\"]]" \
    'promotions'
expect_contains "$(jq -r '.dossier.overrides[]' "$file")" "OVERRIDE: 'bad' was promoted" 'an outage'
expect "$(jq -c '[.dossier.audit[].action]' "$file")" = '["run.start","promotion.make"]' 'audit entries'
expect "$(jq '.dossier.journal.exchanges' "$file")" = 600 'exchanges'
expect "$(jq -r '.dossier.pins.metrics[0].selector' "$file" | cut -d@ -f1)" = exact_match 'pins'
ctl dossier last | cmp -s - "$file" && fail 'made_ms is another'
expect "$(wc -l <"$file")" = 1 'lines'

# ---- it holds, without a daemon, and with one ----

expect_exit 0 verify "$file"
expect_contains "$out" "$file: it holds" '1 of gated, outcome fail' 'It is no signature' 'Not compared with a journal' \
    "$(jq -r .sha256 "$file")"
expect_exit 0 ctl dossier verify "$file" --daemon
expect_contains "$out" "The daemon's journal ends where it says"
expect_exit 6 verify "$file" --daemon
expect_exit 65 verify "$home/none.json"

# ---- each changed byte is noticed, and the part is named ----

size=$(stat -c %s "$file")
for ((at = 7; at < size; at += size / 60)); do
    cp "$file" "$home/flipped"
    byte=$(dd if="$file" bs=1 skip="$at" count=1 status=none | od -An -tu1)
    printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$home/flipped" bs=1 seek="$at" conv=notrunc status=none
    expect_exit 3 verify "$home/flipped"
    expect_contains "$out" 'IT DOES NOT HOLD'
done
sed 's/an outage/an outrage/g' "$file" >"$home/changed"
expect_exit 3 verify "$home/changed"
expect_contains "$out" "part 'promotions' was changed" "part 'overrides' was changed"
expect_lacks "$out" "part 'pins'"
jq . "$file" >"$home/changed"
expect_exit 3 verify "$home/changed"
expect_contains "$out" 'its text is not as it was written: byte 2'
head -c 500 "$file" >"$home/changed"
expect_exit 3 verify "$home/changed"
expect_contains "$out" 'it is no JSON any more'
expect_lacks "$out" n/a

# ---- what the daemon has is another ----

sed 's/"exchanges":600/"exchanges":599/' "$file" >"$home/changed"
expect_exit 3 ctl dossier verify "$home/changed" --daemon
expect_contains "$out" "part 'journal' was changed" "journal.exchanges is 599 here and 600 in the daemon's database"

# ---- runs that ended otherwise: by their budget, at a look, with samples, as a replay ----

# NAME, and more lines of the eval on stdin
dossier_of_eval() {
    { printf 'dataset: sums\nbaseline: sim-q95\ncandidates: [same, bad]\nscorers: [exact_match, length: {max: 1}]\n' && cat; } | write_eval "$1"
    ctl run start "$1" --wait >/dev/null || true
    expect_exit 0 ctl dossier last --output "$home/$1.json"
    expect "$(jq -r .dossier.run.eval "$home/$1.json")" = "$1" 'the run'
    expect_exit 0 verify "$home/$1.json"
}
dossier_of_eval capped <<<$'gate: {margin: 0.1}\nbudget: {max_requests: 300}'
expect "$(jq -r '.dossier.run.outcome' "$home/capped.json")" = undecided 'a run that its budget stopped'
dossier_of_eval looked <<<$'gate: {margin: 0.1}\nearly_stop: {looks: 4}'
dossier_of_eval sampled <<<$'gate: {margin: 0.1}\nsamples: 2'
dossier_of_eval ungated <<<'samples: 1'
expect "$(jq -r '.dossier.run.outcome' "$home/ungated.json")" = null 'a run without a gate'
expect_exit 0 ctl run replay last
expect_exit 0 ctl dossier last --output "$home/replay.json"
expect_exit 0 verify "$home/replay.json"

expect_exit 0 ctl demote gated
finish
