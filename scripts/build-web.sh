#!/usr/bin/env bash
# Builds the web packages and the app (web/app/dist); does nothing when no source is newer than the last build.
. "$(dirname "$0")/lib.sh"

built=web/app/dist/.built
sources=(web/package-lock.json)
for package in app client react protocol; do sources+=("web/$package"); done
newer() { find "${sources[@]}" \( -name node_modules -o -name dist \) -prune -o -type f -newer "$built" -print -quit; }
if [ -f "$built" ] && [ -z "$(newer)" ]; then exit 0; fi

(cd web && npm run build)
touch "$built"
