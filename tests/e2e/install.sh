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
expect_exit 0 "$prefix/bin/assay-sim" --help

# The installed plugins and the installed worker are enough to run.
cp -r "$prefix/share/assay/plugins" "$prefix/share/assay/rubrics" "$home"
BIN_DIR=$prefix/bin
start_sim
start_daemon
expect_exit 0 ctl plugin ls
expect_contains "$out" exact_match correctness openai
expect_exit 0 ctl --json plugin ls
expect_contains "$out" '"refused":[]'

finish
