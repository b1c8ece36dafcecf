#!/bin/bash
# The HTML report in a real browser: it opens from a disk without a network and asks nobody for anything, no markup of a model runs or
# hides anything, the policy would stop it if it did, what is drawn lies within its figure, all of it can be read in light and dark,
# tables sort and cases filter, and it prints.
. "$(dirname "$0")/lib.sh"

models=(sim-q95 sim-q80 sim-q60 sim-q94-with-a-long-name=sim-q94 failing=sim-q80+fault=quota:1)
start_sim
start_daemon
beacon=http://127.0.0.1:$sim_port/beacon
hostile=(
    '<script>document.title = "owned"</script>'
    "</pre></style></script><img src=\"$beacon\" onerror=\"document.title = 1\"><iframe src=\"$beacon\"></iframe>"
    ']]><!-- </title> --!><svg onload="document.title = 2">&lt;&#60;'
    "<link rel=stylesheet href='$beacon'><style>body { display: none } * { background: url($beacon) }</style>"
    $'\u202Ereversed\u2066 a\tb\u0007 "quoted" <b>'
    "<meta http-equiv=refresh content='0; url=$beacon'><base href='$beacon'><form action='$beacon'>"
)
{ head -c 1000000 /dev/zero | tr '\0' '<'; } >"$home/line"
write_sums "$home/plain.jsonl" 40
{
    for i in "${!hostile[@]}"; do
        jq -nc --arg text "${hostile[$i]}" --arg id "h$i ${hostile[$i]//[[:cntrl:]]/}" \
            '{id: $id[0:60], input: $text, expected: $text, critical: true, tags: ["hostile", $text[0:40]], recorded: {text: $text}}'
    done
    jq -nc --rawfile text "$home/line" '{id: "long", input: "What is 1 + 1?", expected: "2", recorded: {text: $text}}'
    jq -nc '{id: "tags", input: "What is 2 + 2?", expected: "4", tags: [range(100, 200) | "tag \(.)"], recorded: {text: "4"}}'
    jq -nc '{id: "nul", input: "What is 1 + 1?", expected: "2", recorded: {text: "a\u0000b"}}'
    jq -c '.recorded = {text: .expected}' "$home/plain.jsonl"
} >"$home/hostile.jsonl"
expect_exit 0 ctl dataset import hostile "$home/hostile.jsonl"
write_eval hostile <<'YAML'
dataset: hostile
baseline: recorded
candidates: [sim-q95, sim-q80, sim-q60, sim-q94-with-a-long-name, failing]
scorers: [exact_match]
gate: {margin: 0.05, critical: must_pass}
YAML
expect_exit 0 ctl run start hostile --wait
expect_exit 0 ctl report last --format json --output "$home/earlier.json"
expect_exit 0 ctl run start hostile --compare-with "$home/earlier.json" --output "$home/report.html"

if ! have_tool chromium chromium; then
    finish
fi

# ARGUMENT...: what it writes to the console goes to $home/console.
mkdir "$home/browser"
browse() {
    TMPDIR=$home/browser timeout 100 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
        --hide-scrollbars --window-size=1300,1600 --user-data-dir="$home/browser/profile" --enable-logging=stderr --v=0 "$@" 2>"$home/log"
    grep -F CONSOLE "$home/log" >"$home/console" || true
}
dark=--blink-settings=preferredColorScheme=0
without_network=()
! unshare --user --net true 2>/dev/null || without_network=(unshare --user --net)

# It opens, its script runs (and says how many cases there are), and nothing of the models' does.
asked=$(sim_count requests)
dom=$(browse --dump-dom "file://$home/report.html")
expect_contains "$dom" '<title>fail: hostile, run 2</title>' '49 of 49 cases' '&lt;script&gt;document.title'
expect "$(grep -c '<details class="case"' <<<"$dom")" -eq 49 "cases in the page"
expect "$(grep -c 'scope="rowgroup"' <<<"$dom")" -eq 100 "tags in the page: its head took several pages of the protocol"
expect_contains "$dom" ' more tags are left out' 'Against an earlier run</h2>' 'sim-q95 of run 2 against sim-q95 of run 1'
expect "$(wc -l <"$home/console")" -eq 0 "words on the console: $(head -c 600 "$home/console")"
expect "$(sim_count requests)" -eq "$asked" "requests while it was open"
if [ ${#without_network[@]} -gt 0 ]; then
    cut=$("${without_network[@]}" env HOME="$home/browser" timeout 100 chromium --headless --no-sandbox --disable-gpu \
        --disable-dev-shm-usage --user-data-dir="$home/browser/cut" --dump-dom "file://$home/report.html" 2>/dev/null)
    expect_contains "$cut" '49 of 49 cases' '</html>'
fi

# Should markup ever get through, the policy stops it, and says so where we would have seen it above.
sed "s|</main>|<script>document.title = 'owned'</script><img src='$beacon'></main>|" "$home/report.html" >"$home/broken.html"
dom=$(browse --dump-dom "file://$home/broken.html")
expect_contains "$dom" '<title>fail: hostile, run 2</title>' '49 of 49 cases'
expect "$(grep -c 'Content Security Policy' "$home/console")" -eq 2 "violations of the policy: $(head -c 600 "$home/console")"
expect "$(sim_count requests)" -eq "$asked" "requests of the broken page"

# What is drawn, in light and dark: a copy without the policy, with the script that measures.
{
    sed "s|<meta http-equiv=\"Content-Security-Policy\"[^>]*>||; s|</body></html>||" "$home/report.html"
    echo '<script>'
    cat "$TOP_DIR/tests/data/measure_report.js"
    echo '</script></body></html>'
} >"$home/measured.html"
measure() {
    browse "$@" --dump-dom "file://$home/measured.html" | sed -n 's|.*<pre id="measured">\(.*\)</pre>.*|\1|p' |
        sed 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&amp;/\&/g'
}
check_measured() {
    local facts=$1
    expect "$(jq -c '[.outside, .overlapping, .tooWide, .scrolled, .cutOff, .faint, .skippedLevels, .unlabelled, .deadLinks, .sameIds, .foreign]' <<<"$facts")" \
        = '[0,0,0,0,0,[],0,0,0,0,0]' "outside, overlapping, too wide, scrolled, cut off, faint, skipped levels, without label, dead links, same ids, foreign"
    expect "$(jq '.marks > 60 and .texts > 300 and .headings > 10 and .scripts == 2' <<<"$facts")" = true "things to measure: $facts"
    expect "$(jq -r .shown <<<"$facts")" = '49 of 49 cases' "what the filter says"
    expect "$(jq -r '.worse == "\(.visible) of 49 cases" and .visible > 0 and .visible < 49' <<<"$facts")" = true "cases that are worse: $facts"
    expect "$(jq .sorts <<<"$facts")" = true "a table sorts"
}
light_facts=$(measure)
dark_facts=$(measure "$dark")
check_measured "$light_facts"
check_measured "$dark_facts"
expect "$(jq -r .ground <<<"$light_facts")" != "$(jq -r .ground <<<"$dark_facts")" "the ground in light and dark"

# Pictures: not blank, and dark is another than light. Print: more than a page, by the report's name.
browse --screenshot="$home/light.png" "file://$home/report.html"
browse --screenshot="$home/dark.png" "$dark" "file://$home/report.html"
browse --print-to-pdf="$home/report.pdf" --no-pdf-header-footer "file://$home/report.html"
expect "$(stat -c %s "$home/light.png")" -gt 50000 "bytes of the light picture: one of a blank page has 8000"
expect "$(stat -c %s "$home/dark.png")" -gt 50000 "bytes of the dark picture"
expect "$(cmp -s "$home/light.png" "$home/dark.png" && echo same || echo other)" = other "light and dark"
expect "$(grep -ac '/Type /Page$' "$home/report.pdf")" -gt 1 "pages in print"
expect "$(head -c 5 "$home/report.pdf")" = '%PDF-' "what print makes"
if [ -n "${REPORT_PICTURES:-}" ]; then # to look at them
    cp "$home"/{light.png,dark.png,report.pdf,report.html} "$REPORT_PICTURES"
fi

finish
