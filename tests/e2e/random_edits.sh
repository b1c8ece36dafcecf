#!/bin/bash
# 500 random edits of a watched folder while run groups go on: new versions, broken and half-written files, renames, copies, links,
# editors' habits, a folder moved away and back. Every group is scored by the bytes that it pinned, and by nothing else; in the end the
# registry holds what the folder holds, and so does that of a new daemon. EDITS_SEED=N repeats a run.
. "$(dirname "$0")/lib.sh"

seed=${EDITS_SEED:-20240607}
edits=500
group_every=12 # edits
names=6
cases=16
echo "seed $seed"

concurrency=2
models=(sim-q95 sim-q94)
start_sim --latency-ms 40
left=$home/plugins/left right=$home/plugins/right away=$home/right.away
mkdir "$left" "$right"

# ---- what is written, by its hash ----

scorer_text() { # NAME VERSION STAMP [MORE]
    cat <<LUA
-- $1 as it was at edit $3
return {
  api = 1, kind = "scorer", name = "$1", version = "$2", ${4:-}
  score = function() return { score = 1, reason = "$1 $2 $3" } end,
}
LUA
}

# Scores' reasons of these bytes, for later: hash, name, version, stamp.
remember() { # NAME VERSION STAMP
    echo "$(sha256sum <"$home/new.lua" | cut -c 1-64) $1 $2 $3" >>"$home/written"
}

make_good() { # NAME VERSION STAMP
    scorer_text "$@" >"$home/new.lua"
    remember "$@"
}

# ---- edits; each gets the edit's number ----

any_folder() {
    folder=$left
    [ ! -d "$right" ] || ((RANDOM % 2)) || folder=$right
}

# Sets $name and $file, which need not be there.
any_name() {
    name=s$((RANDOM % names))
    any_folder
    file=$folder/$name.lua
}

# Sets $file to one that is there; false when there is none.
any_file() {
    local files=("$left"/*.lua)
    [ ! -d "$right" ] || files+=("$right"/*.lua)
    file=${files[RANDOM % ${#files[@]}]}
    [ -e "$file" ] || [ -L "$file" ]
}

edit_atomic() {
    any_name
    make_good "$name" "1.0.$1" "$1"
    mv -T "$home/new.lua" "$file"
}

edit_in_place() {
    any_name
    make_good "$name" "1.0.$1" "$1"
    [ ! -L "$file" ] || rm "$file"
    cat "$home/new.lua" >"$file"
}

edit_half() { # the rest comes with the next edit
    any_name
    make_good "$name" "1.0.$1" "$1"
    rm -f "$file"
    head -c 70 "$home/new.lua" >"$file"
    rest_of=$file rest=$home/rest.$1
    tail -c +71 "$home/new.lua" >"$rest"
}

complete_half() {
    [ -z "$rest_of" ] || [ ! -f "$rest_of" ] || [ "$(stat -c %s "$rest_of")" != 70 ] || cat "$rest" >>"$rest_of"
    rest_of=''
}

edit_broken() {
    any_name
    scorer_text "$name" "1.0.$1" "$1" 'oops = = 1,' >"$home/new.lua"
    mv -T "$home/new.lua" "$file"
}

edit_failing_example() {
    any_name
    scorer_text "$name" "1.0.$1" "$1" 'examples = { { output = { text = "" }, score = 0 } },' >"$home/new.lua"
    mv -T "$home/new.lua" "$file"
}

edit_same_version() { # other bytes under a version that exists
    local line
    line=$(sed -n "$((RANDOM % $(wc -l <"$home/written") + 1))p" "$home/written")
    read -r _ name version _ <<<"$line"
    any_folder
    make_good "$name" "$version" "$1"
    mv -T "$home/new.lua" "$folder/$name.lua"
}

edit_touch() {
    ! any_file || touch -h "$file"
}

edit_rename() {
    any_file || return 0
    any_folder
    mv -T "$file" "$folder/renamed$((RANDOM % 4)).lua" 2>/dev/null || true # onto itself
}

edit_copy() {
    any_file || return 0
    any_folder
    cp -PT --remove-destination "$file" "$folder/copy$((RANDOM % 3)).lua" 2>/dev/null || true
}

edit_delete() {
    ! any_file || rm "$file"
}

edit_link() { # to bytes outside of the folder
    any_name
    scorer_text "$name" "9.9.$1" "$1" >"$home/outside.lua"
    ln -sfT "$home/outside.lua" "$file"
}

edit_folder() { # away, and with the next such edit back
    if [ -d "$right" ]; then mv -T "$right" "$away"; else mv -T "$away" "$right"; fi
}

edit_like_vim() { # a swap file, the old file as a backup, the new one under the old name
    any_name
    make_good "$name" "1.0.$1" "$1"
    echo swap >"$folder/.$name.lua.swp"
    : >"$folder/4913" && rm "$folder/4913"
    [ ! -e "$file" ] || mv -T "$file" "$file~"
    [ ! -L "$file" ] || rm "$file"
    cat "$home/new.lua" >"$file"
    rm -f "$file~" "$folder/.$name.lua.swp"
}

edit_like_emacs() { # a lock that is a dangling link, an auto-save file
    any_name
    make_good "$name" "1.0.$1" "$1"
    ln -sfT "user@host.1:2" "$folder/.#$name.lua"
    cp "$home/new.lua" "$folder/#$name.lua#"
    [ ! -f "$file" ] || cp -P "$file" "$file~"
    mv -T "$home/new.lua" "$file"
    rm -f "$folder/.#$name.lua" "$folder/#$name.lua#"
}

kinds=(atomic atomic atomic in_place in_place half broken failing_example same_version touch rename rename copy delete link folder
    like_vim like_emacs)

# ---- run groups ----

start_group() {
    if ctl --json run start "pair-$((RANDOM % names))" >"$home/started" 2>"$home/err"; then
        runs+=("$(jq .run "$home/started")")
    else
        grep -q 'no scorer' "$home/err" || fail "run start: $(<"$home/err")" # there is none of that name at the moment
        refused_groups=$((refused_groups + 1))
    fi
}

# RUN: each score of each row says the bytes that the group pinned.
check_group() {
    local case_id
    ctl run watch "$1" >"$home/out" 2>&1 || fail "run $1: $(<"$home/out")"
    ctl --json run show "$1" | jq -r '.pins.plugins[] | "pin \(.metric) \(.hash)"' >"$home/group"
    for case_id in "${case_ids[@]}"; do
        ctl --json row show "$1" "$case_id"
    done | jq -r '.rows[] | if .status == "ok" then .scores[] | "score \(.metric) \(.reason)" else "row \(.status) \(.error)" end' \
        >>"$home/group"
    awk -v rows=$((2 * cases)) '
        NR == FNR { text[$1] = $2 " " $3 " " $4; next }
        $1 == "pin" { sub(/^sha256:/, "", $3); pinned[$2] = text[$3]; if (pinned[$2] == "") { print "never written: " $0; bad = 1 } }
        $1 == "score" { scored[$2]++; if ($3 " " $4 " " $5 != pinned[$2]) { print $0 ", but pinned is " pinned[$2]; bad = 1 } }
        $1 == "row" { print; bad = 1 }
        END { for (metric in pinned) if (scored[metric] != rows) { print metric ": " scored[metric] " scores"; bad = 1 }; exit bad }
    ' "$home/written" "$home/group" >"$home/wrong" || fail "run $1 saw what it had not pinned: $(head -n 5 "$home/wrong")"
}

# ---- the folder and the registry ----

list_folder() { # path, link or hash
    local file
    for file in "$left"/*.lua "$right"/*.lua; do
        if [ -L "$file" ]; then
            echo "file $file link"
        elif [ -e "$file" ]; then
            echo "file $file $(sha256sum <"$file" | cut -c 1-64)"
        fi
    done
}

list_registry() {
    ctl --json plugin ls | jq -r --arg folder "$home/plugins/" '
        (.plugins[] | select(.name | test("^s[0-9]$")) | "live \(.path) \(.hash | ltrimstr("sha256:")) \(.name) \(.version)"),
        (.refused[] | "refused \(.path) \(.reason)")'
}

# What is wrong, a line each. A good file is live, or another of its version is; any other is refused. What is live is the content of a
# file, or (the argument is `last-good`) was once that of a file that is refused now.
find_differences() {
    { list_folder && list_registry; } | awk -v keeps_last_good="${1:-}" '
        NR == FNR { version[$1] = $2 " " $3; next }
        $1 == "file" { content[$2] = $3; there[$3] = 1 }
        $1 == "live" { live[$3] = $2; live_version[$4 " " $5] = $3 }
        $1 == "refused" { path = $2; $1 = $2 = ""; refused[path] = $0 }
        END {
            for (path in content) {
                hash = content[path]
                if (hash == "link") ok = refused[path] ~ /symbolic link/
                else if (!(hash in version)) ok = path in refused
                else ok = hash in live || (refused[path] ~ /exists with other bytes/ && version[hash] in live_version)
                if (!ok) print path " (" version[hash] ") is neither live nor refused as it should be: " refused[path]
            }
            for (hash in live)
                if (!(hash in there) && !(keeps_last_good != "" && live[hash] in refused))
                    print live[hash] ": live with other bytes, " version[hash]
            for (path in refused)
                if (!(path in content)) print path ": refused, but not there"
        }' "$home/written" -
}

is_equal() {
    [ -z "$(find_differences "${1:-}")" ]
}

await_equal() {
    local deadline=$((SECONDS + 10))
    until is_equal "${1:-}"; do
        ((SECONDS < deadline)) || fail "the registry is not what the folder is (seed $seed): $(find_differences "${1:-}")"
        sleep 0.05
    done
}

# ---- the story ----

RANDOM=$seed
rest_of='' runs=() refused_groups=0
: >"$home/written"
for ((i = 0; i < names; i++)); do
    make_good "s$i" 1.0.0 0
    mv "$home/new.lua" "$left/s$i.lua"
done
start_daemon
import_sums sums "$cases"
mapfile -t case_ids < <(seq -f 'c%04g' "$cases")
for ((i = 0; i < names; i++)); do
    write_eval "pair-$i" <<YAML
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [s$i, s$(((i + 1) % names))]
YAML
done

for ((i = 1; i <= edits; i++)); do
    "edit_${kinds[RANDOM % ${#kinds[@]}]}" "$i"
    sleep "0.0$((RANDOM % 5))"
    complete_half
    ((i % group_every)) || start_group
done
[ -d "$right" ] || mv -T "$away" "$right"
await_equal last-good
for run in "${runs[@]}"; do
    check_group "$run"
done
echo "$edits edits, ${#runs[@]} groups, $refused_groups refused for want of a scorer"
expect ${#runs[@]} -ge 20 "groups that ran under the edits"
await_equal last-good

stop_daemon
start_daemon
await_equal

finish
