#!/bin/bash
# The gate over tags and over other metrics than the primary one: what fails, what has too few cases and is said to, and the warnings
# that a result carries. All answers are recorded, so that nothing here is left to chance.
. "$(dirname "$0")/lib.sh"

start_sim
start_daemon

# 200 cases. The candidate is wrong on half of the 40 that are "long", and there it talks. Ten cases are "rare"; of thirty
# "prod-failure" cases five lack its answer. Production's answers came from two models.
awk 'BEGIN {
    for (i = 1; i <= 200; i++) {
        tags = i <= 40 ? "\"long\",\"de\"" : i <= 50 ? "\"rare\",\"de\"" : i <= 80 ? "\"prod-failure\"" : "\"de\""
        answer = i <= 40 && i % 2 ? "well \\u003cb\\u003e it is rather hard to say" : 2 * i
        candidate = i <= 75 || i > 80 ? sprintf(",\"recordings\":{\"new\":{\"text\":\"%s\",\"model\":\"new-1\"}}", answer) : ""
        printf "{\"id\":\"t%03d\",\"input\":\"What is %d + %d?\",\"expected\":\"%d\",\"tags\":[%s],", i, i, i, 2 * i, tags
        printf "\"recorded\":{\"text\":\"%d\",\"model\":\"old-%d\"}%s}\n", 2 * i, i <= 150 ? 1 : 2, candidate
    }
}' >"$home/tagged.jsonl"
expect_exit 0 ctl dataset import tagged "$home/tagged.jsonl"

# GATE: the eval with this gate.
write_tagged() {
    write_eval "$1" <<YAML
dataset: tagged
baseline: recorded
candidates: ["recorded:new"]
scorers: [exact_match, length: {max: 2, unit: words}]
gate: $2
YAML
}

# CHECK: its outcome in $shown.
outcome_of() {
    jq -r --arg name "$1" '.verdicts[0].checks[] | select(.name == $name) | .outcome' <<<"$shown"
}

# ---- a tag that loses, a metric below its floor ----

write_tagged fails '{require_tag: {prod-failure: 20}, tags: {margin: 0.1, only: [long, de]}, metrics: {length: {floor: 0.95, margin: 0.5}}}'
expect_exit 0 ctl eval show fails
expect_contains "$out" 'require_tag: {"prod-failure":20}' 'tags: {"margin":0.1,"min_n":20' 'metrics: {"length":{' 'warning: the gate has no margin'
expect_exit 2 ctl run start fails --gate
expect_exit 0 ctl --json run show last
shown=$out
expect "$(outcome_of require_tag)" = PASS "25 of 20 that are asked for"
expect "$(outcome_of tags)" = FAIL "a tag that loses half of its cases"
expect "$(outcome_of length.floor)" = FAIL "the talk"
expect "$(outcome_of length.noninferiority)" = PASS "within a wide margin"
expect "$(outcome_of length.missing)" = SKIP "what was not asked"
expect "$(jq -c '[.verdicts[0].checks[] | .name][-7:]' <<<"$shown")" = \
    '["require_tag","tags","length.missing","length.failure_rate","length.sufficiency","length.floor","length.noninferiority"]' "the order"
expect "$(jq -r '.verdicts[0].checks[] | select(.name == "tags") | "\(.evidence_total) \(.evidence[0])"' <<<"$shown")" = "20 t001" "evidence"
expect "$(jq -c '.tags | map(.tag)' <<<"$shown")" = '["de","long","prod-failure","rare"]' "tags of the result"
expect "$(jq -c '.tags[1] | [.cases, .members[1].mean, .comparisons[0].losses, .comparisons[0].outcome]' <<<"$shown")" = \
    '[40,0.5,20,"FAIL"]' "the tag that loses"
expect "$(jq -c '.tags[3].comparisons[0] | [.n_pairs, .outcome, .p_holm]' <<<"$shown")" = '[10,"SKIP",null]' "a tag that was not asked about"
expect_exit 2 ctl gate last
expect_contains "$out" "FAIL tags" "worse by more than 10.0 points in 1 of 2 tags tested: long (-50.0 points" "not asked: missing, critical" \
    "warning: the gate has no margin"
expect_exit 0 ctl run show last
expect_contains "$out" "worse within" "long (-0.500, n=40)"

# Who answered is counted; production's two models are named.
expect "$(jq -c '.members[0].returned_ids' <<<"$shown")" = '[{"id":"old-1","rows":150},{"id":"old-2","rows":50}]' "who answered"
expect_contains "$(jq -r '.warnings[]' <<<"$shown")" "'recorded' is the answers of 2 models: old-1 (150 rows), old-2 (50 rows)"

# The rules are pinned: a replay, with the eval gone, comes to the same bytes.
rm "$home/evals/fails.yaml"
expect_exit 0 ctl run replay last

# ---- too few is said, never green ----

write_tagged few '{margin: 0.2, require_tag: {prod-failure: 30}, tags: {margin: 0.1, only: [de, rare]}}'
expect_exit 5 ctl run start few --gate
expect_exit 5 ctl gate last
expect_contains "$out" "INCONCLUSIVE require_tag" "prod-failure (25 of 30)" "cases: t076, t077, t078, t079, t080" \
    "5 more compared cases with the tag 'prod-failure' are needed" "INCONCLUSIVE tags" "rare (10 of 20)"
expect_lacks "$out" "no margin"

# ---- nothing differs ----

write_eval same <<'YAML'
dataset: tagged
baseline: recorded
candidates: ["recorded:new"]
scorers: [length: {max: 100, unit: words}]
gate: {margin: 0.1, tags: {margin: 0.1, min_n: 5}}
YAML
expect_exit 0 ctl run start same --gate
expect_contains "$out" "has the same score, though their answers differ"
expect_exit 0 ctl run show last --by tag
expect_contains "$out" "p by Holm, among tags with 5 pairs or more"

# ---- what is wrong with a gate is said with its place ----

printf 'dataset: tagged\nbaseline: recorded\ncandidates: ["recorded:new"]\nscorers: [exact_match]\ngate: {metrics: {lenth: {margin: 0.1}}}\n' \
    >"$home/evals/wrong.yaml"
expect_exit 65 "$BIN_DIR/assayd" --config "$home/assay.yaml" --check
expect_contains "$err$out" "wrong.yaml:5:18: gate.metrics: no metric named 'lenth' in this eval"
rm "$home/evals/wrong.yaml"

finish
