#!/bin/sh
# What Lighthouse says of the main pages of a running site, as a telephone and as a desk would see
# them: sh benchmarks/lighthouse.sh [address]
# Each page is looked at RUNS times (3), of which the median by performance counts. It fails if
# performance or accessibility is under 95 anywhere. The slow telephone is simulated from what this
# machine does, so the machine must be quiet: its speed is printed as `machine`, and under 1,000
# the figures are of the machine. Lighthouse is fetched into a folder of its own that is removed at
# the end; it is no dependency.
set -eu
site=${1:-http://127.0.0.1:8000}
pages=${PAGES:-/ /now/ /near/?ward=Armley /data/flood.readings/ /plan/ /search/?q=river}
chrome=${CHROME_PATH:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-save --no-fund --no-audit --prefix "$folder" lighthouse@12
cat > "$folder/say.cjs" <<'SAY'
const [form, path, ...files] = process.argv.slice(2);
const read = (file) => { try { return JSON.parse(require("fs").readFileSync(file)); } catch { return { runtimeError: { message: "no report" } }; } };
const runs = files.map(read).filter(({ runtimeError }) => !runtimeError);
if (runs.length === 0) { console.log(form.padEnd(8), path.padEnd(24), "no run succeeded"); process.exit(1); }
runs.sort((a, b) => a.categories.performance.score - b.categories.performance.score);
const { categories, audits, environment } = runs[Math.floor(runs.length / 2)];
const score = (name) => Math.round(categories[name].score * 100);
const said = ["performance", "accessibility", "best-practices"].map((name) => `${name} ${score(name)}`);
const spent = ["largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"]
  .map((name) => `${name} ${audits[name].displayValue}`);
const low = Object.values(audits).filter(({ id, score }) => score === 0 && categories.accessibility.auditRefs.some((ref) => ref.id === id));
console.log(form.padEnd(8), path.padEnd(24), [...said, ...spent].join(", "), `machine ${environment.benchmarkIndex}`, low.map(({ id }) => id).join(" "));
process.exit(score("performance") < 95 || score("accessibility") < 95 ? 1 : 0);
SAY
worst=0
for form in mobile desktop; do
  for path in $pages; do
    [ "$form" = desktop ] && preset="--preset=desktop" || preset="--form-factor=mobile"
    rm -f "$folder"/said-*.json
    for run in $(seq "${RUNS:-3}"); do
      CHROME_PATH=$chrome "$folder/node_modules/.bin/lighthouse" "$site$path" $preset --quiet \
        --throttling-method=simulate \
        --only-categories=performance,accessibility,best-practices \
        --output=json --output-path="$folder/said-$run.json" \
        --chrome-flags="--headless=new --no-sandbox --disable-gpu --no-first-run" || true
    done
    node "$folder/say.cjs" "$form" "$path" "$folder"/said-*.json || worst=1
  done
done
exit $worst
