#!/usr/bin/env bash
# Installs what is missing to build and run Madang; with --test also what the tests need. Quick when all is there.
. "$(dirname "$0")/lib.sh"

for_tests=false
[ "${1:-}" = "--test" ] && for_tests=true

have() { command -v "$1" >/dev/null 2>&1; }

missing=()
have cc || missing+=(build-essential)
if $for_tests; then
  have chromium || have chromium-browser || have google-chrome || missing+=(chromium)
  fc-list :lang=ko 2>/dev/null | grep -q . || missing+=(fontconfig fonts-noto-cjk)
  python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3 python3-venv)
fi

if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  if ! have apt-get || { [ "$(id -u)" -ne 0 ] && ! have sudo; }; then
    die "Madang needs ${missing[*]} (Debian's names): please install them and try again."
  fi
  say "Installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

have cargo || die "Madang needs Rust $(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml): install it from https://rustup.rs and try again."
have node || die "Madang needs Node.js 20 or newer: install it and try again."
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || die "Madang needs Node.js 20 or newer, this is $(node --version)."
have npm || die "Madang needs npm, which comes with Node.js: install it and try again."

# The web packages: again only when the lock file is not the one they were installed from.
stamp=web/node_modules/.installed-from
lock=$(cksum <web/package-lock.json)
if [ "$(cat "$stamp" 2>/dev/null)" != "$lock" ]; then
  say "Installing the web packages"
  (cd web && npm ci --no-audit --no-fund --loglevel=error)
  printf '%s\n' "$lock" >"$stamp"
fi

# tool FOLDER WHAT: what a Rust test runs in Node, from the lock file beside it.
tool() {
  local folder=$1 stamp=$1/node_modules/.installed-from lock
  lock=$(cksum <"$folder/package-lock.json")
  if [ "$(cat "$stamp" 2>/dev/null)" != "$lock" ]; then
    say "Installing $2"
    (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error)
    printf '%s\n' "$lock" >"$stamp"
  fi
}

if $for_tests; then
  tool crates/madang-accounts/tests/oidc "the identity provider of the tests"
  tool crates/madang-session/tests/codemirror "CodeMirror, with which the tests compare"
fi
