#!/bin/bash
# `cmake --install` into a prefix gives programs that run from there.
. "$(dirname "$0")/lib.sh"

prefix=$home/prefix
expect_exit 0 cmake --install "$BUILD_DIR" --prefix "$prefix"
for program in assayd assayctl assay-sim assay-worker; do
    [ -x "$prefix/bin/$program" ] || fail "$program is not installed"
done
for example in assay-gate github-actions.yml gitlab-ci.yml assay.cron; do
    [ -s "$prefix/etc/assay/ci/$example" ] || fail "ci/$example is not installed"
done
[ -x "$prefix/etc/assay/ci/assay-gate" ] || fail "assay-gate cannot be run"
for unit in systemd/system/assayd.service systemd/system/assayd.socket sysusers.d/assay.conf; do
    [ -s "$prefix/lib/$unit" ] || fail "$unit is not installed"
done
for page in man1/assayctl.1 man5/assay.yaml.5 man7/assay-plugin.7 man8/assayd.8; do
    [ -s "$prefix/share/man/$page" ] || fail "$page is not installed"
done
for completion in bash-completion/completions/assayctl zsh/vendor-completions/_assayctl fish/vendor_completions.d/assayctl.fish; do
    [ -s "$prefix/share/$completion" ] || fail "$completion is not installed"
done
[ ! -e "$prefix/etc/assay/completions" ] || fail "completions lie among the configuration"
expect_exit 0 "$prefix/bin/assayd" --version
expect_contains "$out" "assayd "
expect_exit 0 "$prefix/bin/assayctl" --version
expect_contains "$out" "assayctl "
expect_exit 0 "$prefix/bin/assay-sim" --version
expect_contains "$out" "assay-sim "

# The installed plugins and the installed worker are enough to run.
cp -r "$prefix/share/assay/plugins" "$prefix/share/assay/rubrics" "$home"
BIN_DIR=$prefix/bin daemon_command=("$prefix/bin/assayd")
start_sim
start_daemon
expect_exit 0 ctl plugin ls
expect_contains "$out" exact_match correctness openai
expect_exit 0 ctl --json plugin ls
expect_contains "$out" '"refused":[]'

# An upgrade puts another worker in the place of the one that runs: this daemon goes on with the one that it began with.
printf '#!/bin/sh\nexit 9\n' >"$prefix/bin/other"
chmod 755 "$prefix/bin/other"
mv "$prefix/bin/other" "$prefix/bin/assay-worker"
sed 's/version = "[0-9.]*"/version = "9.0.0"/' "$home/plugins/scorers/exact_match.lua" >"$home/plugins/.new"
mv "$home/plugins/.new" "$home/plugins/exact_match_9.lua"
is_live() { ctl plugin ls | grep -q 'exact_match.*9\.0\.0'; }
await "a plugin after the upgrade" is_live
names=$(for pid in $(left_in_session "$daemon_pid"); do cat "/proc/$pid/comm"; done 2>/dev/null | sort -u | tr '\n' ' ')
expect "$names" = "assay-worker assayd " "names of the processes"

finish
