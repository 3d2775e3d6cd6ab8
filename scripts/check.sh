#!/usr/bin/env bash
# Format, lints, documentation, tidy, drift. Tools that are not installed are named and skipped.
. "$(dirname "$0")/lib.sh"

# optional NAME TOOL COMMAND…: a step that needs a tool which not everyone has.
optional() {
  local name=$1 tool=$2
  shift 2
  if command -v "$tool" >/dev/null 2>&1; then step "$name" "$@"; else say "" "== $name: skipped, $tool is not installed"; fi
}
web() { (cd web && npm run "$@"); }

scripts/setup.sh
step "the web app builds" scripts/build-web.sh
step "format" cargo fmt --all --check
step "clippy" cargo clippy --workspace --all-targets --all-features --quiet -- -D warnings
step "documentation" env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
step "tidy" cargo xtask tidy
step "the generated types are current" cargo test --quiet --package madang-protocol --features ts,schema
optional "unused dependencies" cargo-machete cargo machete
optional "licences and advisories" cargo-deny cargo deny --log-level error check
optional "scripts" shellcheck shellcheck -x -P SCRIPTDIR scripts/*.sh .ci/run
step "web lint" web lint
step "web types" web typecheck
finish
