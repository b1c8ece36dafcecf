#!/bin/bash
# The Debian package: made of this build, everything in its place, configuration as conffiles, scripts of a shell's liking.
. "$(dirname "$0")/lib.sh"

have_tool dpkg-deb dpkg || finish
have_tool dpkg-shlibdeps dpkg-dev || finish
have_tool file file || finish

expect_exit 0 cpack --config "$BUILD_DIR/CPackConfig.cmake" -G DEB -B "$home/made"
debs=("$home"/made/assay_*.deb)
expect ${#debs[@]} = 1 "packages"
deb=${debs[0]}

expect "$(dpkg-deb --field "$deb" Package)" = assay "name"
version=$("$BIN_DIR/assayd" --version)
expect "$(dpkg-deb --field "$deb" Version)" = "${version#assayd }-1" "version"
expect_contains "$(dpkg-deb --field "$deb" Depends)" libc6 libcurl4 libsqlite3-0 libuv1 libyaml-0-2 adduser tzdata

expect_exit 0 dpkg-deb --extract "$deb" "$home/root"
root=$home/root
for file in usr/bin/{assayd,assayctl,assay-worker,assay-sim} usr/share/assay/plugins/scorers/exact_match.lua \
    usr/share/assay/rubrics/correctness.lua usr/lib/systemd/system/assayd.{service,socket} usr/lib/sysusers.d/assay.conf etc/assay/assay.yaml usr/share/man/{man1/assayctl.1,man5/assay.yaml.5,man7/assay-plugin.7,man8/assayd.8}.gz usr/share/doc/assay/{copyright,README.md,metrics.md} \
    usr/share/doc/assay/examples/{evals/support-triage.yaml,ci/assay-gate} usr/share/bash-completion/completions/assayctl \
    usr/share/zsh/vendor-completions/_assayctl usr/share/fish/vendor_completions.d/assayctl.fish; do
    [ -s "$root/$file" ] || fail "$file is not in the package"
done
[ -d "$root/etc/assay/evals" ] || fail "no folder for evals"
expect "$(find "$root" -mindepth 1 -maxdepth 1 -printf '%f ')" = "$(printf '%s ' $(ls "$root"))" "what lies at the top"
for top in "$root"/*; do
    expect_contains " etc usr " " ${top##*/} "
done
[ ! -e "$root/usr/etc" ] || fail "configuration lies in /usr/etc"
expect "$(find "$root" -type d -empty -printf '%P ')" = "etc/assay/evals " "empty folders"
expect "$(find "$root" -perm /022 -printf '%P ')" = "" "what others than its owner may write"
expect "$(stat -c %U:%G "$root/usr/bin/assayd")" = "$(id -un):$(id -gn)" "who unpacked it"
expect_contains "$(<"$root/etc/assay/assay.yaml")" "  - /usr/share/assay/plugins"$'\n' "  - /usr/share/assay/rubrics"$'\n'

# Every file below /etc is a conffile, and nothing else is.
expect_exit 0 dpkg-deb --control "$deb" "$home/control"
expect "$(sort "$home/control/conffiles")" = "$(cd "$root" && find etc -type f -printf '/%p\n' | sort)" "conffiles"
for script in postinst prerm postrm; do
    [ -x "$home/control/$script" ] || fail "$script cannot be run"
    expect_exit 0 sh -n "$home/control/$script"
done

# A purge leaves nothing of what the package or assayd makes, whatever the operator added to it.
for place in /etc/assay /var/lib/assay /var/lib/assay-promoted /run/assay; do
    expect_contains "$(grep 'rm -rf' "$home/control/postrm") " " $place "
done

finish
