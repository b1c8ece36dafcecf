#!/bin/bash
# Man pages: no warning of mandoc, every option of assayd's help on its page and no other, every key of the tables in the annotated files.
. "$(dirname "$0")/lib.sh"

man=$TOP_DIR/docs/man
expect "$(ls "$man" | tr '\n' ' ')" = "assay-plugin.7 assay.yaml.5 assayctl.1 assayd.8 " "pages"

options_of() { grep -oE -- '--[a-z][a-z-]+' | sort -u; }
expect_exit 0 "$BIN_DIR/assayd" --help
expect "$(sed 's/\\-/-/g' "$man/assayd.8" | options_of)" = "$(options_of <<<"$out")" "options of assayd"

# Every kind of plugin that `plugin new` makes.
expect_exit 0 "$BIN_DIR/assayctl" plugin new --help
kinds=$(sed -n 's/.*KIND is \([a-z, ]*\)\..*/\1/p' <<<"$out")
expect "$(wc -w <<<"${kinds/ or / }")" -ge 4 "kinds of plugins"
for kind in $(tr -d , <<<"${kinds/ or / }"); do
    grep -qx "\.B $kind" "$man/assay-plugin.7" || fail "assay-plugin(7) has no $kind"
done

# A key is the last part of a path; the annotated files have it, in force or behind a #, as a key of its own or within braces.
while read -r path; do
    key=${path##*.}
    grep -qE "(^|[ {#])$key:" "$TOP_DIR/etc/assay.yaml" "$TOP_DIR/etc/evals/support-triage.yaml" || fail "$path is not told of in the annotated files"
done < <("$BIN_DIR/assayd" --dump-man | sed -n 's/^\.B \([a-zA-Z0-9_.]*\)$/\1/p')

if have_tool mandoc mandoc; then
    for page in "$man"/*; do
        expect_exit 0 mandoc -T utf8 -W warning "$page"
        expect "$err" = '' "what mandoc says of $page"
    done
fi

finish
