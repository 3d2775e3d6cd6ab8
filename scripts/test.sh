#!/usr/bin/env bash
# Runs every test. One failing step fails the whole; the last line counts the steps.
. "$(dirname "$0")/lib.sh"

rust_tests() {
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --workspace --no-fail-fast
  else
    cargo test --workspace --no-fail-fast
  fi
}
web() { (cd web && npm run "$@"); }
e2e() { MADANG_BIN="$PWD/target/debug/madang" web e2e; }

step "what is needed" scripts/setup.sh --test
step "the web app builds" scripts/build-web.sh
step "the binaries build" cargo build --workspace --bins
step "Rust tests" rust_tests
step "the generated types are current" cargo test --quiet --package madang-protocol --features ts,schema
step "the stand-in passes the official SDKs" crates/madang-testkit/sdk-check/run.sh
step "web types" web typecheck
step "web unit tests" web test
step "end to end in Chromium" e2e
finish
