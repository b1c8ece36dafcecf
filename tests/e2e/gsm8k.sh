#!/bin/bash
# Real per-item results of four systems as recorded answers, through the ordinary path: import, run, compare. What is published of them
# comes out, and so does what pairing is worth: a difference that an unpaired comparison would call weak.
. "$(dirname "$0")/lib.sh"

start_sim
start_daemon
awk -F, 'NR == 1 { for (i = 3; i <= NF; i++) name[i] = $i; next }
    {
        printf "{\"id\":\"%s\",\"input\":\"problem %s of GSM8K\",\"expected\":\"solved\",\"stratum\":\"%s\",%s\"recordings\":{", $1, $1, $2, (substr($2, 6) >= 5 ? "\"tags\":[\"long\"]," : "")
        for (i = 3; i <= NF; i++) printf "%s\"%s\":\"%s\"", (i > 3 ? "," : ""), name[i], ($i == 1 ? "solved" : "not solved")
        print "}}"
    }' "$TOP_DIR/tests/data/gsm8k_openai2021.csv" >"$home/gsm8k.jsonl"
expect_exit 0 ctl dataset import gsm8k "$home/gsm8k.jsonl"
write_eval gsm8k <<'YAML'
dataset: gsm8k
baseline: recorded:175b_finetuning
candidates: [recorded:6b_finetuning, recorded:6b_verification, recorded:175b_verification]
scorers: [exact_match]
YAML
expect_exit 0 ctl run start gsm8k --wait
expect "$(sim_count requests)" -eq 0 "calls"

expect_exit 0 ctl --json run compare last
expect "$(jq -c '[.comparisons[] | [.candidate, .candidate_passes, .n_pairs]]' <<<"$out")" = \
    '[["recorded:6b_finetuning",286,1319],["recorded:6b_verification",515,1319],["recorded:175b_verification",742,1319]]' "solved"
expect "$(jq '.comparisons[0].baseline_passes' <<<"$out")" -eq 458 "solved by the baseline"
expect "$(jq -c '.comparisons[1] | [.wins + .losses + .ties, .baseline_failed, .candidate_missing]' <<<"$out")" = '[1319,0,0]' "cases"
expect "$(jq -c '.comparisons[1].strata | [length, (map(.n_pairs) | add), .[0].stratum]' <<<"$out")" = '[7,1319,"steps2"]' "strata"
expect "$(jq -c '[.comparisons[1].tags[] | [.tag, .n_pairs, .p_holm == .p]]' <<<"$out")" = '[["long",325,true]]' "tags"
expect "$(jq -c '[.comparisons[1].strata[] | .p_holm >= .p] | all' <<<"$out")" = true "Holm"

expect_exit 0 ctl run compare last --candidate recorded:6b_verification
expect_contains "$out" \
    "candidate is better by 4.3 points, 95% CI 1.5 to 7.1, n=1319 pairs, p=0.003" \
    "1.44 points paired, 1.88 unpaired" "+0.043 [0.015, 0.071], p 0.003" "stratum steps2" "stratum steps8" "tag long"
expect "$(grep -cE '175b_finetuning +baseline +1 +1319 0.347 .* 458 +0 +0$' <<<"$out")" -eq 1 "the baseline's line"
expect "$(grep -cE '6b_verification +candidate +1 +1319 0.390 .* 515 +0 +0$' <<<"$out")" -eq 1 "the candidate's line"

# Any two members can be asked about.
expect_exit 0 ctl run compare last --baseline recorded:6b_verification --candidate recorded:175b_verification
expect_contains "$out" "better by 17.2 points"

finish
