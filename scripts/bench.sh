#!/usr/bin/env bash
# Builds the optimised programs and measures them; bench/README.md says what, against whom, and what came out.
. "$(dirname "$0")/lib.sh"

scripts/build.sh
cargo build --release --package madang-testkit --bin sim-upstream --package madang-bench
exec target/release/madang-bench "$@"
