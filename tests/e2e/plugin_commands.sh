#!/bin/bash
# What assayctl says and does about plugins: the versions that are known wherever they are, their differences, new ones from a skeleton,
# what check warns of, the times of examples, and what hosting costs.
. "$(dirname "$0")/lib.sh"

start_sim
marker=$home/plugins/scorers/marker.lua
write_marker() { # VERSION SCORE
    cat >"$home/marker.new" <<LUA
-- Which version of this file scored a row?
return {
  api = 1, kind = "scorer", name = "marker", version = "$1",
  params = { at_least = { type = "number", default = $2, doc = "the least" } },
  score = function(case, output, p) return { score = p.at_least, reason = "marked by $1" } end,
  examples = { { output = { text = "" }, score = $2 } },
}
LUA
    mv "$home/marker.new" "$marker"
}
marker_is() { # VERSION
    ctl plugin show "marker@$1" --json 2>/dev/null | grep -q '"state":"live"'
}

write_marker 1.9.0 1
start_daemon
import_sums sums 40
write_eval marked <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [marker, exact_match]
YAML
expect_exit 0 ctl run start marked --wait

# ---- versions: live ones side by side, and the one that only a run refers to ----

write_marker 1.10.0 0.5
await "version 1.10.0" marker_is 1.10.0
cp "$marker" "$home/plugins/scorers/marker_10.lua"
write_marker 2.0.0 0
await "version 2.0.0" marker_is 2.0.0
expect_exit 0 ctl --json plugin versions marker
expect "$(jq -r '[.versions[] | .version + " " + .state + " " + (.runs | tostring)] | join(", ")' <<<"$out")" = \
    "2.0.0 live 0, 1.10.0 live 0, 1.9.0 retired 1" "the versions of marker"
old_hash=$(jq -r '.versions[2].hash' <<<"$out")
expect_exit 0 ctl plugin versions marker
expect_contains "$out" "1.9.0" "retired" "marker_10.lua"
expect_exit 65 ctl plugin versions no_such_plugin
expect_contains "$err" "no_such_plugin"
expect_exit 0 ctl --json plugin versions openai
expect "$(json_get "$out" runs)" = 1 "runs that called the API by openai"
expect_exit 0 ctl --json plugin show "sha256:${old_hash:0:12}"
expect "$(json_get "$out" version)" = 1.9.0 "the version of these bytes"
expect_contains "$out" "marked by 1.9.0" '"since_ms":null'

# ---- diff: of a live version and of bytes that only the database has ----

expect_exit 0 ctl plugin diff "sha256:$old_hash" marker@1
expect_contains "$out" "--- marker@1.9.0" "+++ marker@1.10.0" '-  api = 1, kind = "scorer", name = "marker", version = "1.9.0",' \
    "@@ -1,7 +1,7 @@" "params.at_least" '"default":0.5'
expect_exit 0 ctl --json plugin diff marker@1 marker
expect "$(jq -r '[.manifest[].field] | join(" ")' <<<"$out")" = "version params.at_least" "what 1.10.0 and 2.0.0 declare differently"
expect_exit 0 ctl --json plugin diff tone structure
expect "$(jq '[.manifest[] | select(.field == "criteria")] | length' <<<"$out")" = 1 "differences of the criteria"
expect_exit 0 ctl plugin diff marker marker@2
expect_contains "$out" "the same bytes"
expect_exit 65 ctl plugin diff marker marker@7
expect_contains "$err" "no such version"

# ---- new: skeletons and copies pass their check; nothing is overwritten ----

cd "$home"
for kind in scorer rubric provider; do
    expect_exit 0 ctl plugin new "$kind" "my_$kind"
    expect_contains "$out" "plugin check my_$kind.lua"
    expect_exit 0 ctl --json plugin check --strict "my_$kind.lua"
    expect_contains "$out" '"ok":true' "\"kind\":\"$kind\"" "\"name\":\"my_$kind\"" '"version":"0.1.0"'
    expect_exit 65 ctl plugin new "$kind" "my_$kind"
    expect_contains "$err" "nothing was written"
done
expect_exit 0 ctl plugin new rubric my_tone --from tone --output mine.lua
expect_exit 0 ctl --json plugin check --strict mine.lua
expect "$(jq -r '.name + " " + .version' <<<"$out")" = "my_tone 0.1.0" "the copy of tone"
expect_exit 0 ctl plugin new scorer marker --from marker@1 --output marker_next.lua
expect_exit 0 ctl --json plugin check marker_next.lua
expect "$(json_get "$out" version)" = 2.1.0 "the version of a copy under its old name"
expect_exit 64 ctl plugin new judge me
expect_exit 65 ctl plugin new scorer x --from tone
[ ! -e x.lua ] || fail "a file was written for a copy that failed"
rm -f my_*.lua mine.lua marker_next.lua
cd - >/dev/null

# ---- check: warnings, which are errors only for --strict ----

cat >"$home/doubtful.lua" <<'LUA'
return {
  api = 1, kind = "scorer", name = "doubtful", version = "1.0.0",
  params = { unread = { type = "number" } },
  score = function(case, output, p)
    total = p.undeclared
    return os and 1 or 0
  end,
}
LUA
expect_exit 0 ctl plugin check "$home/doubtful.lua"
expect_contains "$out" "good" "line 5: 'total' is set as a global" "line 6: 'os' is no global" "'unread' is declared and never read" \
    "'undeclared' is read but not declared" "no first comment" "no examples"
expect_exit 65 ctl plugin check --strict "$home/doubtful.lua"
expect_exit 65 ctl --json plugin check --strict "$home/doubtful.lua"
expect "$(jq -r '.ok, (.warnings | length)' <<<"$out")" = $'true\n6' "ok, and the number of warnings"
for file in "$TOP_DIR"/plugins/{scorers,providers}/*.lua "$TOP_DIR"/rubrics/*.lua; do
    expect_exit 0 ctl plugin check --strict "$file"
done

# What check takes for a plugin's globals is what the jail gives it, and nothing else.
cat >"$home/globals.lua" <<'LUA'
local names = {}
for name in pairs(_G) do names[#names + 1] = name end
table.sort(names)
error("<" .. table.concat(names, ", ") .. ">")
LUA
expect_exit 65 ctl plugin check "$home/globals.lua"
given=${out#*<} given=${given%%>*}
expect_contains "$given" "assay, assert" "xpcall"
cat >"$home/globals.lua" <<LUA
-- Every global of the jail.
local all = { $given }
return { api = 1, kind = "scorer", name = "globals", version = "1.0.0", score = function() return #all > 0 end }
LUA
expect_exit 0 ctl plugin check "$home/globals.lua"
expect_lacks "$out" "is no global"

# ---- test: the examples of a live version, with their times ----

expect_exit 0 ctl --json plugin test exact_match
expect "$(json_get "$out" failed)" = 0 "failed examples"
expect "$(json_get "$out" p99_us)" -ge "$(json_get "$out" p50_us)" "p99 of the examples"
expect_exit 0 ctl plugin test exact_match
expect_contains "$out" "scorer exact_match@" "ok" "0 failed, p50"

# ---- what hosting costs ----

expect_exit 0 ctl --json plugin show exact_match
expect "$(json_get "$out" calls)" = 80 "calls of exact_match"
expect "$(json_get "$out" errors)" = 0 "errors of exact_match"
expect "$(json_get "$out" p99_us)" -ge 1 "p99 of exact_match"
expect "$(json_get "$out" memory_kb)" -ge 1 "memory of exact_match"


# ---- a plugin that ends its workers is quarantined, and everybody says so ----

cat >"$home/hog.new" <<'LUA'
-- Fills the memory that it has.
return {
  api = 1, kind = "scorer", name = "hog", version = "1.0.0",
  score = function() local t = {} for i = 1, 1e9 do t[i] = i end return 1 end,
}
LUA
mv "$home/hog.new" "$home/plugins/scorers/hog.lua"
hog_is_live() { ctl plugin show hog >/dev/null 2>&1; }
await "the plugin hog" hog_is_live
write_eval hogged <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [hog, exact_match]
YAML
ctl run start hogged --wait >/dev/null 2>&1 || true
expect_exit 0 ctl --json plugin show hog
expect "$(json_get "$out" state)" = quarantined "state of hog"
expect_contains "$(json_get "$out" reason)" "ended 5 workers"
kills=$(json_get "$out" kills)
expect "$kills" -ge 5 "kills of hog"
expect "$kills" -lt $((5 + $(nproc))) "kills of hog, with those of its other workers at that moment"
expect_exit 0 ctl plugin ls
expect_contains "$out" "quarantined hog@1.0.0: " "ended 5 workers"
expect_exit 0 ctl plugin versions hog
expect_contains "$out" "quarantined"

# ---- top: a snapshot in a pipe, a screen of its own on a terminal ----

expect_exit 0 ctl top
expect_contains "$out" "no run is under way" "exact_match@" "P99 US" "quarantined hog@1.0.0"
expect_exit 0 ctl --json top
expect "$(jq -r '.plugins[] | select(.name == "exact_match") | .calls' <<<"$out")" -ge 160 "calls of exact_match"
expect_contains "$out" '"daemon":{' '"loading":[]' '"refused":[]'
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    # script spins when its input ends before the command does: something keeps it open.
    on_screen() { # COMMAND KEYS: what the terminal was sent is in $home/screen
        TERM=xterm timeout 30 script -qec "stty rows 20 cols 100; $1" /dev/null >"$home/screen" < <(sleep 1.5 && printf '%s' "$2" && sleep 2)
    }
    on_screen "'$BIN_DIR/assayctl' top" q
    expect_contains "$(<"$home/screen")" $'\e[?1049h' "exact_match@" "q ends" $'\e[?1049l'
    expect "$(grep -ao 'q ends' "$home/screen" | wc -l)" -ge 2 "times that the screen was drawn"
    on_screen "timeout --foreground -s INT 0.5 '$BIN_DIR/assayctl' top; stty -a" ''
    expect_contains "$(<"$home/screen")" $'\e[?1049l' " icanon" " echo "
fi

finish
