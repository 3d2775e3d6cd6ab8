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

step "what is needed" scripts/setup.sh --test
step "the web app builds" scripts/build-web.sh
step "the binaries build" cargo build --workspace --bins
step "Rust tests" rust_tests
step "the generated types are current" cargo test --quiet --package madang-protocol --features ts
step "the stand-in passes the official SDKs" crates/madang-testkit/sdk-check/run.sh
step "web types" web typecheck --workspaces --if-present
step "web unit tests" web test --workspaces --if-present
step "end to end in Chromium" env MADANG_BIN="$PWD/target/debug/madang" npm --prefix web run e2e --workspace e2e
finish
