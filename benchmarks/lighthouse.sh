#!/bin/sh
# What Lighthouse says of the main pages of a running site: sh benchmarks/lighthouse.sh [address]
# Lighthouse is fetched into a folder of its own that is removed at the end; it is no dependency.
set -eu
site=${1:-http://127.0.0.1:8000}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-save --no-fund --no-audit --prefix "$folder" lighthouse@12
for path in / /now/ /near/ /search/; do
  CHROME_PATH=${CHROME_PATH:-/usr/bin/chromium} "$folder/node_modules/.bin/lighthouse" "$site$path" \
    --only-categories=performance,accessibility,best-practices --quiet \
    --output=json --output-path="$folder/said.json" \
    --chrome-flags="--headless --no-sandbox --disable-gpu --no-first-run"
  node -e 'const said = JSON.parse(require("fs").readFileSync(process.argv[1]));
    console.log(process.argv[2].padEnd(12), Object.values(said.categories)
      .map(({ title, score }) => `${title} ${Math.round(score * 100)}`).join(", "))' \
    "$folder/said.json" "$path"
done
