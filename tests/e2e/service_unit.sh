#!/bin/bash
# The unit files: what they forbid is measured where systemd's own tool is there (it reads files only), and their paths are those of the
# configuration.
. "$(dirname "$0")/lib.sh"

units=$TOP_DIR/etc/systemd
if have_tool systemd-analyze systemd; then
    # 1.4 of 10 with systemd 252; 2.0 is the limit, in tenths.
    expect_exit 0 systemd-analyze security --offline=yes --threshold=20 "$units/assayd.service"
    expect_lacks "$err" "Unknown" "ignoring"
fi

socket=$(sed -n 's/^socket: *\([^ ]*\).*/\1/p' "$TOP_DIR/etc/assay.yaml")
expect "$(sed -n 's/^ListenStream=//p' "$units/assayd.socket")" = "$socket" "path of the socket"
promoted=$(sed -n 's/^promoted_dir: *\([^ ]*\).*/\1/p' "$TOP_DIR/etc/assay.yaml")
expect "$(sed -n 's/^ReadWritePaths=-//p' "$units/assayd.service")" = "$promoted" "path of what is promoted"
expect_contains "$(grep '^ExecReload=' "$units/assayd.service")" "--socket $socket daemon reload"
finish
