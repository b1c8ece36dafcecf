#!/bin/bash
# Every script of tests/attacks ends as its header says, in every place where a plugin's code runs, and leaves assayd as it was.
exec "$TOP_DIR/scripts/attack-corpus" "$TOP_DIR/tests/attacks"
