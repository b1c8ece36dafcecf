#!/bin/bash
# journal verify names what was changed, moved or taken out; prune takes whole runs and leaves what another run reused, its chain, and
# all that a replay needs; stats tell what there is.
. "$(dirname "$0")/lib.sh"

if [ "$(id -u)" = 0 ]; then
    roles="[{role: admin, user: \"0\"}, {role: operator, user: \"1\"}, {role: observer, user: \"*\"}]"
fi
models=(sim-q95 sim-q94 "some-500=sim-q95+fault=500:0.3" sim-judge)
provider_lines=("retry: {max_attempts: 3, backoff_ms: 10}")
start_sim
start_daemon
import_sums sums 20
write_eval judged <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
rubric: {use: correctness, judge: sim-judge}
gate: {margin: 0.2}
YAML
write_eval plain <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [some-500]
scorers: [exact_match]
YAML
expect_exit 0 ctl run start judged --wait
expect_exit 0 ctl run start plain --wait
expect_exit 0 ctl run start judged --cache --wait
expect_exit 0 ctl run start plain --tag kept --wait
expect_exit 0 ctl run replay 1 # run 5

# ---- what there is ----

expect_exit 0 ctl --json journal stats
expect "$(jq -c '[.runs, .unsized, .prunable.runs]' <<<"$out")" = '[5,0,0]' "runs"
expect "$(jq '[.models[] | select(.role == "judge")] | length == 1 and .[0].exchanges == 80 and .[0].reused == 40' <<<"$out")" = true "the judge's"
expect "$(jq '.exchanges == ([.models[].exchanges] | add) and .reused == 80 and .raw_bytes > .stored_bytes and .stored_bytes > 0' <<<"$out")" \
    = true "the sums"
all=$(jq .exchanges <<<"$out")
expect_contains "$(ctl journal stats)" "80 reused" "some-500"
expect_exit 0 ctl --json journal verify
expect "$(jq -c '[.ok, .runs, .exchanges, .unchained, .findings]' <<<"$out")" = "[true,5,$all,0,[]]" "a journal that nobody touched"
expect_contains "$(ctl journal verify)" "sound"

# ---- what was changed ----

db=$home/state/assay.db
# SQL: behind the daemon's back; put back by the next call.
tamper() {
    stop_daemon
    [ ! -e "$home/sound.db" ] || cp "$home/sound.db" "$db"
    cp "$db" "$home/sound.db"
    sqlite3 "$db" "$1"
    start_daemon
}
# WHAT PART...: the only finding.
expect_finding() {
    local what=$1
    shift
    expect_exit 3 ctl --json journal verify
    expect "$(jq -c '[.ok, .found]' <<<"$out")" = '[false,1]' "findings: $what"
    expect "$(jq -c '.findings[0] | [.run, .case, .model, .sample]' <<<"$out")" = '[1,"c0004","sim-q94",0]' "who it is: $what"
    expect_contains "$(jq -r '.findings[0].problem' <<<"$out")" "$@"
}
row='group_id = 1 AND case_seq = 3 AND member = 1'
body="(SELECT body_id FROM exchange WHERE $row AND role = 0)"
tamper "UPDATE exchange_body SET body = CAST(substr(body, 1, 40) || x'ff' || substr(body, 42) AS BLOB) WHERE id = $body"
expect_finding "a byte of the body" "its body is damaged"
expect_exit 3 ctl journal verify
expect_contains "$out" "not sound" "run 1, case c0004, sim-q94, sample 0, model, attempt 1: its body is damaged"
tamper "UPDATE exchange_body SET body = (SELECT b.body FROM exchange_body AS b JOIN exchange AS e ON e.body_id = b.id
    WHERE e.group_id = 1 AND e.case_seq = 4 AND e.member = 1 AND e.role = 0) WHERE id = $body"
expect_finding "another exchange's body" "it is not what was written"
tamper "UPDATE exchange SET http_status = 201 WHERE $row AND role = 0"
expect_finding "the status" "it is not what was written"
tamper "UPDATE exchange SET outcome = 3 WHERE $row AND role = 1"
expect_finding "the outcome" "it is not what was written"
tamper "UPDATE exchange SET identity = randomblob(32) WHERE $row AND role = 0"
expect_finding "the identity" "it is not what was written"
tamper "UPDATE exchange_body SET chain = randomblob(32) WHERE id = $body"
expect_finding "the hash itself" "it is not what was written"
tamper "DELETE FROM exchange_body WHERE id = $body"
expect_exit 3 ctl --json journal verify
expect_contains "$out" '"case":"c0004","model":"sim-q94","sample":0,"problem":"its body is not there"' "1 of 80 exchanges are missing"
tamper "DELETE FROM exchange WHERE $row AND role = 0"
expect_exit 3 ctl --json journal verify
expect_contains "$out" '"case":"c0004","model":"sim-q94","sample":0,"problem":"the journal has no reply for this row"' \
    "1 of 80 exchanges are missing" "what was written before it is gone"
tamper "UPDATE exchange SET body_id = 1000000 WHERE $row AND role = 0; UPDATE exchange_body SET id = 1000000 WHERE id NOT IN
    (SELECT body_id FROM exchange)"
expect_exit 3 ctl --json journal verify --run 1
expect_contains "$out" '"case":"c0004","model":"sim-q94","sample":0,"problem":"it is not what was written'
expect_exit 0 ctl journal verify --run 2
expect_exit 65 ctl journal verify --run 99
tamper "SELECT 1"
expect_exit 0 ctl journal verify

# ---- pruning ----

expect_exit 65 ctl journal prune
expect_contains "$err" "older_than" "keep_last"
expect_exit 65 ctl journal prune --older-than soon
expect_exit 0 ctl --json journal prune --older-than 1h
expect "$(jq -c .runs <<<"$out")" = '[]' "runs that ended an hour ago"
if [ "$(id -u)" = 0 ]; then
    expect_exit 7 setpriv --reuid 1 --regid 1 --clear-groups "$BIN_DIR/assayctl" journal prune --keep-last 1
    expect_exit 0 setpriv --reuid 2 --regid 2 --clear-groups "$BIN_DIR/assayctl" journal verify
fi
expect_exit 0 ctl --json journal prune --keep-last 2 --dry-run
expect "$(jq -c '[.dry_run, [.runs[] | [.run, .exchanges]]]' <<<"$out")" = '[true,[[1,80]]]' "what would go"
expect_exit 0 ctl run show 1
before=$(ctl --json journal stats | jq '[.exchanges, .runs]')
expect_exit 0 ctl journal prune --keep-last 2 --why 'the disk is small'
expect_contains "$out" "1 run, 80 exchanges" "are gone"
expect_exit 65 ctl run show 1
expect "$(ctl --json journal stats | jq -c '[.exchanges, .runs]')" = "$(jq -c '[.[0] - 80, .[1] - 1]' <<<"$before")" "what is left"
expect_exit 0 ctl journal verify
expect_exit 0 ctl run replay 3 # it reused what run 1 paid for
expect_contains "$out" "equal"
expect_exit 0 ctl run show 5 # the replay of run 1
expect "$(ctl --json daemon log | jq -c '.entries[] | select(.action == "journal.prune") | [.action, .target, .why]')" = '["journal.prune","run 1","the disk is small"]' "the audit log"

# Run 4 has a tag. Sources go with the last run that needs them, datasets stay.
expect_exit 0 ctl --json journal prune --keep-last 1
expect "$(jq -c '[.runs[].run]' <<<"$out")" = '[2,3,5]' "what went"
expect "$(ctl --json run ls | jq -c '[.runs[].run]')" = '[6,4]' "what is left"
for table in exchange run_row journal_end; do
    expect "$(sqlite3 "$db" "SELECT group_concat(DISTINCT group_id) FROM $table WHERE group_id < 6")" = 4 "groups in $table"
done
expect "$(sqlite3 "$db" "SELECT (SELECT count(*) FROM exchange_body) = (SELECT count(*) FROM exchange),
    (SELECT count(*) FROM pruning), (SELECT count(*) FROM dataset)")" = '1|0|1' "bodies, groups half pruned, datasets"
expect_exit 0 ctl journal verify
expect_exit 0 ctl run replay 4

# Killed in the middle: the group is gone at once, the rest of it with the next prune.
import_sums many 400
write_eval many <<'YAML'
dataset: many
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
YAML
expect_exit 0 ctl run start many --wait
expect_exit 0 ctl run start many --wait
stop_daemon
sqlite3 "$db" "PRAGMA foreign_keys = ON; INSERT INTO pruning SELECT id, case_count, 0 FROM run_group WHERE id = 8;
    DELETE FROM run_group WHERE id = 8; DELETE FROM exchange WHERE group_id = 8 AND case_seq < 100"
start_daemon
expect_exit 0 ctl journal verify
expect_exit 0 ctl journal prune --older-than 1000d
expect "$(sqlite3 "$db" "SELECT (SELECT count(*) FROM exchange WHERE group_id = 8) + (SELECT count(*) FROM run_row WHERE group_id = 8),
    (SELECT count(*) FROM pruning)")" = '0|0' "what is left of a group that was half pruned"

finish
