#!/bin/bash
# A thousand plugin files at once, files that are none, and more changes than the kernel keeps in its queue: the registry ends right, and
# the daemon answers meanwhile with no more workers than it is allowed.
. "$(dirname "$0")/lib.sh"

count=1000
[ -z "${SANITIZE:-}" ] || count=300 # each of them starts a worker, which takes some times longer there
most_workers=128 # 64, and as many that are on their way out
queue_max=$(</proc/sys/fs/inotify/max_queued_events)
many=$home/plugins/many
# Root may read everything: the daemon is to be refused like any other user.
[ "$(id -u)" != 0 ] || daemon_command=(setpriv --bounding-set -dac_override,-dac_read_search "${daemon_command[@]}")

write_scorer() { # FILE NAME VERSION [MORE]
    printf -- '-- A scorer.\nreturn { api = 1, kind = "scorer", name = "%s", version = "%s", %s score = function() return 1 end }\n' \
        "$2" "$3" "${4:-}" >"$1"
}

is_live() { # NAME VERSION
    ctl --json plugin ls | jq -e --arg name "$1" --arg version "$2" 'any(.plugins[]; .name == $name and .version == $version)' >/dev/null
}

is_gone() { # NAME
    ctl --json plugin ls | jq -e --arg name "$1" 'all(.plugins[]; .name != $name)' >/dev/null
}

is_refused() { # PATH REASON: a part of it
    ctl --json plugin ls | jq -e --arg path "$1" --arg why "$2" 'any(.refused[]; .path == $path and (.reason | contains($why)))' >/dev/null
}

# In the folder of the thousand: "LIVE REFUSED".
counts() {
    ctl --json plugin ls | jq -r --arg folder "$many/" '
        "\([.plugins[] | select(.path | startswith($folder))] | length) \([.refused[] | select(.path | startswith($folder))] | length)"'
}

# While that comes true assayd goes on answering, and the workers are few.
await_counts() { # "LIVE REFUSED"
    local got='' answers=0 workers most=0 deadline=$((SECONDS + 120))
    while got=$(counts) && [ "$got" != "$1" ]; do
        timeout 30 "$BIN_DIR/assayctl" status >/dev/null || fail "no answer while the plugins load"
        workers=$(pgrep -c -P "$daemon_pid" || true)
        most=$((workers > most ? workers : most)) answers=$((answers + 1))
        ((SECONDS < deadline)) || fail "live and refused: $got, but expected $1"
    done
    echo "live and refused: $1, after $answers looks, with $most workers at most"
    expect "$most" -le "$most_workers" "workers"
}

start_sim
rm -rf "$home/plugins/scorers" "$home/rubrics"/*
start_daemon

# A thousand at once, every tenth of them broken in one way or another; away and back; and gone.
mkdir "$home/many"
for ((i = 0; i < count; i++)); do
    case $((i % 20)) in
    3) write_scorer "$home/many/m$i.lua" "m$i" 1.0.0 'oops = = 1,' ;;
    13) write_scorer "$home/many/m$i.lua" "m$i" 1.0.0 'examples = { { output = { text = "" }, score = 0 } },' ;;
    *) write_scorer "$home/many/m$i.lua" "m$i" 1.0.0 ;;
    esac
done
mkdir "$many"
cp "$home/many"/*.lua "$many"
await_counts "$((count / 10 * 9)) $((count / 10))"

# In pages, each from where the one before ended: what is there once, and nothing twice.
page_of() { # LIMIT [AFTER]
    jq -nc --argjson limit "$1" --arg after "${2:-}" '{jsonrpc: "2.0", id: 1, method: "plugin.list",
        params: ({limit: $limit} + if $after == "" then {} else {after: $after} end)}' |
        "$BIN_DIR/socket_client" "$ASSAY_SOCKET" call | jq -c .result
}
list_pages() { # LIMIT: what stands on them, an entry a line
    local page next='' pages=0
    while :; do
        page=$(page_of "$1" "$next") pages=$((pages + 1))
        jq -r '(.plugins[].selector), (.refused[].path), .loading[]' <<<"$page"
        next=$(jq -r '.next // empty' <<<"$page")
        [ -n "$next" ] || break
    done
    echo "$pages" >"$home/pages"
}
list_pages 37 >"$home/listed"
ctl --json plugin ls | jq -r '(.plugins[].selector), (.refused[].path), .loading[]' >"$home/listed_at_once"
cmp "$home/listed" "$home/listed_at_once" || fail "pages and list differ"
expect "$(sort "$home/listed" | uniq -d | wc -l)" -eq 0 "entries that stand twice"
expect "$(<"$home/pages")" -eq "$((($(wc -l <"$home/listed") + 36) / 37))" "pages"
expect "$(jq -nc '{jsonrpc: "2.0", id: 1, method: "plugin.list", params: {after: "scorer x"}}' |
    "$BIN_DIR/socket_client" "$ASSAY_SOCKET" call | jq -r .error.data.name)" = bad_input "answer to a key that is none"

mv "$many" "$home/away"
await_counts '0 0'
mv "$home/away" "$many"
await_counts "$((count / 10 * 9)) $((count / 10))"
rm -r "$many"
await_counts '0 0'

# Files that are no plugin yet, or never will be.
write_scorer "$home/plugins/secret.lua" secret 1.0.0
chmod 000 "$home/plugins/secret.lua"
head -c 1000000 /dev/zero | tr '\0' '-' >"$home/plugins/large.lua"
truncate -s 8G "$home/plugins/sparse.lua"
mkfifo "$home/plugins/pipe.lua"
ln -s /dev/zero "$home/plugins/endless.lua"
write_scorer "$home/half.lua" half 1.0.0
head -c 60 "$home/half.lua" >"$home/plugins/half.lua"
await "refusal of an unreadable file" is_refused "$home/plugins/secret.lua" 'Permission denied'
await "refusal of a large file" is_refused "$home/plugins/large.lua" 'larger than 256 KB'
await "refusal of a sparse file" is_refused "$home/plugins/sparse.lua" 'larger than 256 KB'
await "refusal of a pipe" is_refused "$home/plugins/pipe.lua" 'not a regular file'
await "refusal of a link" is_refused "$home/plugins/endless.lua" 'symbolic link'
await "refusal of half a file" is_refused "$home/plugins/half.lua" 'half.lua:2:'
chmod 644 "$home/plugins/secret.lua"
tail -c +61 "$home/half.lua" >>"$home/plugins/half.lua"
await "the file that can be read now" is_live secret 1.0.0
await "the file that is whole now" is_live half 1.0.0
rm "$home/plugins"/{large,sparse,pipe,endless}.lua
nothing_is_refused() { [ "$(ctl --json plugin ls | jq -c .refused)" = '[]' ]; }
await "an end of refusals" nothing_is_refused

# A folder that cannot be listed for a while keeps what it had.
mkdir "$home/plugins/closed"
write_scorer "$home/plugins/closed/inner.lua" inner 1.0.0
await "a plugin in a folder" is_live inner 1.0.0
chmod 000 "$home/plugins/closed"
await "refusal of the folder" is_refused "$home/plugins/closed" 'cannot be read'
is_live inner 1.0.0 || fail "the plugin went with the right to list its folder"
chmod 755 "$home/plugins/closed"
await "an end of refusals" nothing_is_refused

# More changes than the kernel's queue holds, while the daemon does not look: those after the flood leave no event behind.
daemon_is_stopped() { [[ $(<"/proc/$daemon_pid/stat") == *") T "* ]]; }
flood() { # FOLDER: each file is made and touched
    (cd "$1" && seq -f 'flood%g' $((queue_max * 3 / 4)) | xargs touch && find . -name 'flood*' -delete)
}
overflow() { # FOLDER VERSION
    write_scorer "$home/plugins/leaves.lua" leaves 1.0.0
    await "the plugin that is going to leave" is_live leaves 1.0.0
    kill -STOP "$daemon_pid"
    await "a stopped daemon" daemon_is_stopped
    flood "$1"
    write_scorer "$home/plugins/closed/inner.lua" inner "$2"
    rm "$home/plugins/leaves.lua"
    kill -CONT "$daemon_pid"
    await "the version after a flood in $1" is_live inner "$2"
    await "what was deleted after the flood to be gone" is_gone leaves
}
overflow "$home/plugins" 2.0.0
overflow "$home/evals" 3.0.0

finish
