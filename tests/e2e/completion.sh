#!/bin/bash
# Completions: that of bash offers words, options and files where they fit; those of zsh and fish are read by their shells.
. "$(dirname "$0")/lib.sh"

for shell in bash zsh fish; do
    expect_exit 0 "$BIN_DIR/assayctl" --dump "completion-$shell"
    printf '%s\n' "$out" >"$home/completion.$shell"
done

# WORD...: what bash offers for the last of them, sorted, on one line.
offered() {
    (cd "$home" && bash --norc -c '. ./completion.bash
        COMP_WORDS=(assayctl "$@") COMP_CWORD=$#
        _assayctl
        printf "%s\n" "${COMPREPLY[@]}"' bash "$@") | sort | tr '\n' ' ' | sed 's/ *$//'
}

expect "$(offered da)" = "daemon dataset" "words that begin with da"
expect "$(offered run re)" = "replay requeue rescore resume" "second words"
expect "$(offered --json --color never run wh)" = "why" "a word after options of the program"
expect "$(offered daemon limits s)" = "set" "the third word"
expect "$(offered help dataset i)" = "import" "after help"
expect "$(offered run show l)" = "last" "a run"
expect "$(offered run start sums --max-c)" = "--max-cases --max-concurrent --max-cost-usd" "options of a command"
expect "$(offered row ls last --st)" = "--status" "options after an argument"
expect "$(offered --color '')" = "always auto never" "values of --color"
expect "$(offered report last --format '')" = "" "what an option takes is not guessed"
touch "$home/monday.jsonl"
expect "$(offered dataset import sums mon)" = "monday.jsonl" "a file"
expect "$(offered report last --output mon)" = "monday.jsonl" "a file of an option"
expect_contains "$(offered --v)" --version
expect_lacks "$(offered run --v)" --version

# Every command and option of the help is offered.
while read -r path; do
    read -ra words <<<"$path"
    expect_contains " $(offered "${words[@]}") " " ${words[-1]} "
done < <(sed -n "s/^    '\([a-z -]*\)'$/\1/p" "$home/completion.bash")

if have_tool zsh zsh; then
    expect_exit 0 zsh -n "$home/completion.zsh"
fi
if have_tool fish fish; then
    expect_exit 0 fish --no-execute "$home/completion.fish"
    expect_exit 0 fish -c "source $home/completion.fish; complete -C 'assayctl run re'"
    expect_contains "$out" "replay" "rescore" "Derive a run again offline"
    expect_exit 0 fish -c "source $home/completion.fish; complete -C 'assayctl row ls last --st'"
    expect_contains "$out" "--status"
fi

finish
