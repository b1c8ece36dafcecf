# Tables that a script makes and a page shows: for the scripts that have --write.

# PAGE MARK FILE: the file in place of what stands between "<!-- MARK begins" and "<!-- MARK ends" of the page.
write_into() {
    awk -v file="$3" -v mark="$2" 'index($0, "<!-- " mark " begins") { print; while ((getline line < file) > 0) print line; skip = 1; next }
        index($0, "<!-- " mark " ends") { skip = 0 } !skip' "$1" >"$3.page"
    cat "$3.page" >"$1"
    rm "$3.page"
}
