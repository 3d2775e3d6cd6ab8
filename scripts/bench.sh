#!/usr/bin/env bash
# Builds the optimised binary and measures it; bench/README.md says what, against whom, and what came out.
. "$(dirname "$0")/lib.sh"

scripts/build.sh
exec bench/run.sh "$@"
