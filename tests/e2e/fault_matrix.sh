#!/bin/bash
# The table of docs/reliability.md is what a run of the whole matrix shows.
exec "$TOP_DIR/scripts/fault-matrix" --check
