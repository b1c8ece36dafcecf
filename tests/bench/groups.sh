# Many run groups of one eval, each with other answers of the same models: for scripts/bench-aa and scripts/bench-truth, which source this.
# It sources tests/e2e/lib.sh, whose home, daemon and simulator it uses.
. "$TOP_DIR/tests/e2e/lib.sh"
. "$TOP_DIR/tests/bench/tables.sh"

# EVAL GROUPS FILE: as many groups, seed 1, 2, 3 ... of assay-sim. Each one's result is a line of the file.
run_groups() {
    local group result
    : >"$3"
    for ((group = 1; group <= $2; group++)); do
        sim_http POST /_sim/seed "{\"seed\": $group}" >"$home/out"
        result=$(ctl --json run start "$1" --wait 2>"$home/err") || fail "group $group of $1: $(<"$home/err")"
        [[ $result == *'"state":"done"'* ]] || fail "group $group of $1 is not done: ${result:0:400}"
        echo "$result" >>"$3"
        [ ! -t 2 ] || printf '\r%s: %d of %d groups ' "$1" "$group" "$2" >&2
    done
    [ ! -t 2 ] || echo >&2
}

# FILE JQ-CONDITION: in how many groups it holds.
groups_where() {
    jq -s "map(select($2)) | length" "$1"
}
