#!/bin/sh
# What Lighthouse says of the main pages of a running site, as a telephone and as a desk would see
# them: sh benchmarks/lighthouse.sh [address]
# It fails if performance or accessibility is under 95 anywhere. Lighthouse is fetched into a
# folder of its own that is removed at the end; it is no dependency.
set -eu
site=${1:-http://127.0.0.1:8000}
pages=${PAGES:-/ /now/ /near/?ward=Armley /data/flood.readings/ /plan/ /search/?q=river}
chrome=${CHROME_PATH:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-save --no-fund --no-audit --prefix "$folder" lighthouse@12
cat > "$folder/say.cjs" <<'SAY'
const [file, form, path] = process.argv.slice(2);
const { categories, audits, runtimeError } = JSON.parse(require("fs").readFileSync(file));
if (runtimeError) { console.log(form, path, runtimeError.message); process.exit(1); }
const score = (name) => Math.round(categories[name].score * 100);
const said = ["performance", "accessibility", "best-practices"].map((name) => `${name} ${score(name)}`);
const spent = ["largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"]
  .map((name) => `${name} ${audits[name].displayValue}`);
const low = Object.values(audits).filter(({ id, score }) => score === 0 && categories.accessibility.auditRefs.some((ref) => ref.id === id));
console.log(form.padEnd(8), path.padEnd(24), [...said, ...spent].join(", "), low.map(({ id }) => id).join(" "));
process.exit(score("performance") < 95 || score("accessibility") < 95 ? 1 : 0);
SAY
worst=0
for form in mobile desktop; do
  for path in $pages; do
    [ "$form" = desktop ] && preset="--preset=desktop" || preset="--form-factor=mobile"
    CHROME_PATH=$chrome "$folder/node_modules/.bin/lighthouse" "$site$path" $preset --quiet \
      --only-categories=performance,accessibility,best-practices \
      --output=json --output-path="$folder/said.json" \
      --chrome-flags="--headless=new --no-sandbox --disable-gpu --no-first-run"
    node "$folder/say.cjs" "$folder/said.json" "$form" "$path" || worst=1
  done
done
exit $worst
