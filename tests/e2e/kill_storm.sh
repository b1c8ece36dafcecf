#!/bin/bash
# scripts/kill-storm, a small one. How old a lost answer may have been is not asked here: on a loaded machine a commit takes its time.
exec "$TOP_DIR/scripts/kill-storm" --kills 8 --rows 400 --lost-ms 3000
