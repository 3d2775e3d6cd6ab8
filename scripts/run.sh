#!/usr/bin/env bash
# Builds what changed and starts Madang for this machine alone. The first time takes some minutes, later ones seconds.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh
[ -x target/debug/madang ] || say "Building Madang for the first time: about 5 minutes on two cores, after that seconds."
scripts/build-web.sh
cargo build --quiet --package madang-server
MADANG_GUESTS=${MADANG_GUESTS:-true} exec target/debug/madang serve "$@"
