#!/usr/bin/env bash
# The optimised binary with the web app inside.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh
scripts/build-web.sh
cargo build --release --package madang-server
say "Built target/release/madang"
