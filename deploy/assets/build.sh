#!/bin/sh
# Rebuilds app/static/vendor from the pinned packages: `make assets` calls this.
set -eu
cd "$(dirname "$0")"
if [ -f package-lock.json ]; then npm ci; else npm install; fi
npm run --silent build
