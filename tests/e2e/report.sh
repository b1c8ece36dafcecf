#!/bin/bash
# Reports in every format, of a run with a hostile answer in it: whole files, well-formed, escaped, the same on a pipe as in a file;
# pages that cut a case in two; and what a full disk or a wrong name leaves behind.
. "$(dirname "$0")/lib.sh"

start_sim
start_daemon
{ head -c 600000 /dev/zero | tr '\0' 'x' && printf 'é'; } >"$home/big"
jq -nc '{id: "r1", input: "What is 1 + 1?", expected: "2", critical: true, recorded: {text: "<script>alert(1)</script> & \"2\""}}' >"$home/t.jsonl"
jq -nc --rawfile big "$home/big" '{id: "r2, big", input: "What is 2 + 2?", expected: "4", recorded: {text: $big}}' >>"$home/t.jsonl"
odd=(=1+1 '@team' '#7 `x`' 'a|b' $'\u202Eabc' ']]>' $'\uFFFF') # ids that mean something elsewhere
for i in $(seq 3 40); do
    jq -nc --arg id "${odd[i - 3]:-r$i}" '{id: $id, input: "1", expected: "1", recorded: {text: "1"}}'
done >>"$home/t.jsonl"
expect_exit 0 ctl dataset import hostile "$home/t.jsonl"
write_eval hostile <<'YAML'
dataset: hostile
baseline: recorded
candidates: [sim-q95]
scorers: [exact_match]
gate: {margin: 0.01, critical: must_pass}
YAML
expect_exit 0 ctl run start hostile --wait

for format in csv html json jsonl junit md text; do
    expect_exit 0 ctl report last --format "$format" --output "$home/report.$format"
    ctl report last --format "$format" >"$home/piped"
    expect "$(cmp "$home/report.$format" "$home/piped" && echo same)" = same "$format on a pipe and in a file"
    expect "$(iconv -f utf-8 -t utf-8 "$home/report.$format" | cmp - "$home/report.$format" && echo whole)" = whole "UTF-8 of $format"
done
expect "$(find "$home" -name '*.partial' | wc -l)" -eq 0 "files left half-written"

# A case of 600 kB took several pages, and came out whole.
expect "$(jq -s 'length' "$home/report.jsonl")" -eq 80 "rows as JSON lines"
expect "$(jq -r 'select(.case == "r2, big" and .model == "recorded").text | length' "$home/report.jsonl")" -eq 600001 "characters of the long answer"
expect "$(jq -r 'select(.case == "r1" and .model == "recorded").text' "$home/report.jsonl")" = '<script>alert(1)</script> & "2"' "the hostile answer"
expect "$(wc -l <"$home/report.csv")" -eq 81 "lines of CSV"
expect "$(jq -r .run "$home/report.json")" = "$(ctl --json run show last | jq -r .run)" "the run of the JSON report"

html=$(<"$home/report.html")
expect_contains "$html" '<!doctype html>' '&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;2&quot;' '</body></html>'
expect_lacks "$html" '<script>alert' 'http://' 'https://'
expect "$(grep -o 'class="case"' "$home/report.html" | wc -l)" -eq 40 "cases in the HTML"

# CSV: as many fields in each record, and no formula. JSON lines: what jq reads and writes again is the same.
expect "$(awk -v RS='\r\n' -F, 'NR > 2 { print NF }' <(grep -v '^[0-9]*,"' "$home/report.csv") | sort -u | wc -l)" -eq 1 "numbers of fields"
expect_contains "$(<"$home/report.csv")" ",'=1+1,recorded," ",'@team,recorded,"
expect "$(jq -cS . "$home/report.jsonl" | jq -cS . | cmp - <(jq -cS . "$home/report.jsonl") && echo same)" = same "JSON lines after a round trip"

# JUnit by its schema, also that of a run that never came to a verdict.
expect_exit 3 ctl run start hostile --models sim-q80 --journal replay --wait # its replies were never journalled
expect_exit 0 ctl report last --format junit --output "$home/failed.junit"
if have_tool xmllint libxml2-utils; then
    expect_exit 0 xmllint --noout --nonet --schema "$TOP_DIR/tests/data/junit.xsd" "$home/report.junit"
    expect_exit 0 xmllint --noout --nonet --schema "$TOP_DIR/tests/data/junit.xsd" "$home/failed.junit"
fi
expect "$(grep -c '<testcase' "$home/report.junit")" -gt 5 "test cases"

# Markdown: a comment's size, the verdict in its first line, every table row with as many cells as its head.
expect "$(wc -m <"$home/report.md")" -le 65536 "characters of Markdown"
expect_contains "$(head -n 1 "$home/report.md")" "hostile: "
expect_lacks "$(<"$home/report.md")" '@team' '#7'
expect "$(awk '/^\|/ { gsub(/\\\|/, ""); n = gsub(/\|/, ""); if (cells && n != cells) print; cells = n; next } { cells = 0 }' \
    "$home/report.md" | wc -l)" -eq 0 "rows that leave their table"

# Names that are none, and places that are none: a clear word, and nothing is left behind.
expect_exit 65 ctl report last --format pdf
expect_contains "$err" "no report format is called 'pdf'" "html"
expect_exit 65 ctl report last --format html --output "$home/nowhere/report.html"
expect_contains "$err" "nowhere/report.html"
echo before >"$home/kept.html"
expect_exit 65 ctl report 999 --format html --output "$home/kept.html"
expect "$(<"$home/kept.html")" = before "a report that failed leaves the file as it was"
if [ -e /dev/full ]; then
    status=0
    ctl report last --format csv >/dev/full 2>"$home/err" || status=$?
    expect "$status" -ne 0 "a full disk is noticed"
    expect_contains "$(<"$home/err")" "No space left"
fi

finish
