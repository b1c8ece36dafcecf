# Failures become regression cases: a run's failed, flipped or badly scored cases are a dataset version, as they were, each once, with their
# origin; nothing is stored when there are none.
. "${BASH_SOURCE[0]%/*}/lib.sh"

models=(sim-q95 sim-q94 sim-q80 sim-judge faulty=sim-q80+fault=500:0.3)
provider_lines=("retry: {max_attempts: 1}")
start_sim
start_daemon
import_sums sums 60
write_eval sums <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94, sim-q80]
scorers: [exact_match]
gate: {margin: 0.05}
YAML
expect_exit 0 ctl run start sums --wait

cases_of() { ctl --json dataset show "$1" --limit 1000 | jq -c '.cases[]'; }
ids_of() { cases_of "$1" | jq -r .id; }
wrong_by() { rows_of 1 --model "$1" --max 0 | jq -r .case; }
right_by() { rows_of 1 --model "$1" --min 1 | jq -r .case; }

# Failed: of any member, in the order of the run, each case once with all reasons.
expect_exit 0 ctl --json dataset from-run last hard --where failed
expect "$(jq -c '[.run, .dataset.name, .dataset.version, .is_new, .chosen == .dataset.cases]' <<<"$out")" = '[1,"hard",1,true,true]' "the answer"
expect "$(ids_of hard)" = "$({ wrong_by sim-q95; wrong_by sim-q94; wrong_by sim-q80; } | sort -u)" "cases that a member failed"
twice=$({ wrong_by sim-q94; wrong_by sim-q80; } | sort | uniq -d | head -1)
[ -z "$twice" ] || expect_contains "$(cases_of hard | jq -r --arg id "$twice" 'select(.id == $id).metadata.from_runs[].why')" \
    "exact_match: 0 for sim-q94, failed; exact_match: 0 for sim-q80, failed"
expect "$(cases_of hard | jq -cS 'del(.metadata)' | head -1)" = "$(cases_of sums | jq -cS --arg id "$(ids_of hard | head -1)" 'select(.id == $id)')" "a case as it was"
expect "$(cases_of hard | jq -c '.metadata.from_runs | map([.run, .dataset])' | sort -u)" = '[[1,"sums@1"]]' "origins"

# Of one member; by a score; flipped one way.
expect_exit 0 ctl dataset from-run last weak --where failed --model sim-q80
expect_contains "$out" "of run 1" "weak@1"
expect "$(ids_of weak)" = "$(wrong_by sim-q80)" "cases that sim-q80 failed"
expect_exit 0 ctl dataset from-run last weak --where 'score<0.5' --model sim-q80
expect "$(ids_of weak)" = "$(wrong_by sim-q80)" "cases with a score below 0.5"
expect_contains "$(cases_of weak | head -1)" '"exact_match: 0 for sim-q80, score<0.5"'
expect_exit 0 ctl dataset from-run last fine --where 'score>=1' --model sim-q80
expect "$(ids_of fine)" = "$(right_by sim-q80)" "cases with a score of 1"
expect_exit 0 ctl dataset from-run last lost --where flipped --to fail --model sim-q80
expect "$(ids_of lost)" = "$(comm -23 <(right_by sim-q95) <(right_by sim-q80))" "cases that sim-q80 lost"
expect_exit 0 ctl dataset from-run last flipped --where flipped
expect "$(ids_of flipped)" = "$(for model in sim-q94 sim-q80; do comm -3 <(right_by sim-q95) <(right_by "$model") | tr -d '\t'; done | sort -u)" "all flips"

# The same again is the same version. Added to what is there, which stays as it is.
expect_exit 0 ctl --json dataset from-run last lost --where flipped --to fail --model sim-q80
expect "$(jq -c '[.dataset.version, .is_new]' <<<"$out")" = '[1,false]' "the same cases again"
cases_of lost >"$home/lost"
expect_exit 0 ctl dataset from-run last lost --where failed --add
expect "$(cases_of lost | head -n "$(wc -l <"$home/lost")")" = "$(cat "$home/lost")" "the cases that were there"
expect "$(ids_of lost | sort)" = "$(ids_of hard)" "old and new cases, each once"

# It is a dataset like any other: a run of it, and cases taken from that run too.
write_eval again <<'YAML'
dataset: lost@1
baseline: sim-q95
candidates: [sim-q80]
scorers: [exact_match]
YAML
expect_exit 0 ctl run start again --wait
expect_exit 0 ctl dataset from-run last still --where failed --model sim-q80
expect "$(cases_of still | jq -c '.metadata.from_runs | map(.run)' | sort -u)" = '[1,2]' "origins of a case that was taken twice"

# Cases of every format can be taken and imported: chat with an answer, an input that is a document, an answer of production.
cat >"$home/mixed.jsonl" <<'JSON'
{"id":"doc","input":{"question":"What is 1 + 1?"},"expected":"no","tags":["a","b"],"critical":true}
{"id":"talk","messages":[{"role":"system","content":"Be short."},{"role":"user","content":"What is 2 + 2?"}],"expected":"no","metadata":{"from_runs":"mine","x":1}}
{"id":"prod","input":"What is 3 + 3?","expected":"no","recorded":{"text":"6","model":"old"},"recordings":{"other":"7"},"cluster":"k","stratum":"s"}
JSON
printf '%s\n' '{"messages":[{"role":"user","content":"What is 4 + 4?"},{"role":"assistant","content":"8"}]}' >"$home/chat.jsonl"
for name in mixed chat; do
    expect_exit 0 ctl dataset import "$name" "$home/$name.jsonl" --strict
    write_eval "$name" <<YAML
dataset: $name
baseline: sim-q95
candidates: [sim-q94]
scorers: [{contains: {any: [never]}}]
YAML
    expect_exit 0 ctl run start "$name" --wait
    expect_exit 0 ctl dataset from-run last "$name-hard" --where failed
    expect "$(cases_of "$name-hard" | jq -cS 'del(.metadata)')" = "$(cases_of "$name" | jq -cS 'del(.metadata)')" "the cases of $name"
done
expect "$(cases_of mixed-hard | jq -c 'select(.id == "talk").metadata | [.x, .from_runs[0], .from_runs[1].dataset]')" = '[1,"mine","mixed@1"]' "metadata that was there"

# What a member answered becomes what the cases record: an eval of them calls nothing, and scores the same. What it failed is left out.
answers_of() { rows_of 1 --model "$1" | jq -r .case | while read -r id; do ctl --json row show 1 "$id" |
    jq -r --arg model "$1" '.rows[] | select(.model == $model).text'; done; }
expect_exit 0 ctl --json dataset from-run 1 kept --where 'score>=0' --model sim-q80 --recorded
expect "$(jq -c '[.chosen, .unanswered, .dataset.recorded]' <<<"$out")" = '[60,0,60]' "cases that were kept"
expect "$(cases_of kept | jq -r .recorded.text)" = "$(answers_of sim-q80)" "their answers"
expect "$(cases_of kept | jq -c '[.recorded.model, (.recorded.latency_ms > 0)]' | sort -u)" = '["sim-q80",true]' "who answered"
write_eval kept <<'YAML'
dataset: kept@1
baseline: recorded
scorers: [exact_match]
YAML
calls=$(sim_count requests)
expect_exit 0 ctl run start kept --wait
expect "$(sim_count requests)" = "$calls" "calls of a run of what was recorded"
expect "$(rows_of last --max 0 | jq -r .case)" = "$(wrong_by sim-q80)" "cases that are wrong in it"
for name in mixed chat; do
    expect_exit 0 ctl dataset from-run "$(ctl --json run ls --eval "$name" | jq .runs[0].run)" "$name-kept" --where 'score>=0' --model sim-q94 --recorded
    expect "$(cases_of "$name-kept" | jq -c 'del(.metadata, .recorded)')" = "$(cases_of "$name" | jq -c 'del(.metadata, .recorded)')" "the cases of $name"
    expect "$(cases_of "$name-kept" | jq -r .recorded.model | sort -u)" = sim-q94 "who answered $name"
done
write_eval faulty <<'YAML'
dataset: sums
baseline: faulty
candidates: [sim-q95]
scorers: [exact_match]
YAML
expect_exit 0 ctl run start faulty --wait
failed=$(rows_of last --model faulty --status model_error | wc -l)
expect "$failed" -gt 0 "answers that failed"
expect_exit 0 ctl dataset from-run last answered --where 'score>=0' --model faulty --recorded
expect_contains "$out" "60 cases of run" "$failed cases without an answer left out"
expect "$(ids_of answered | wc -l)" = $((60 - failed)) "cases with an answer"
expect_exit 65 ctl dataset from-run last none --where failed --recorded
expect_contains "$err" "recorded takes the answers of one member: name it with --model"

# What cannot be is said, and nothing is stored.
expect_exit 65 ctl dataset from-run 1 none --where 'score>1'
expect_contains "$err" "no case of run 1 is one of those (where score>1, by exact_match): nothing was stored"
expect_exit 65 ctl dataset from-run 1 none --where 'score<2'
expect_contains "$err" "'score<2' is none of failed, flipped and 'score<0.5'"
expect_exit 65 ctl dataset from-run 1 none --where flipped --model sim-q95
expect_contains "$err" "'sim-q95' is the baseline"
expect_exit 65 ctl dataset from-run 1 none --where failed --to fail
expect_contains "$err" "flipped alone"
expect_exit 65 ctl dataset from-run 1 '../none' --where failed
expect_contains "$err" "cannot be a dataset's name"
expect_exit 64 ctl dataset from-run 1 none
expect_contains "$err" "--where is missing"
expect_exit 65 ctl dataset from-run 99 none --where failed
expect_contains "$err" "run 99 is not there"
expect_exit 0 ctl --json dataset ls
expect "$(jq '[.datasets[] | select(.name == "none")] | length' <<<"$out")" = 0 "datasets of refused calls"
finish
