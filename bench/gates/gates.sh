#!/usr/bin/env bash
# The project's own regression gates, by the command that users have.
#
#   bench/gates/gates.sh results   tiers A and B against bench/baselines/gates.json (further arguments go
#                                  to podsim bench: --update-baseline after a change that is meant)
#   bench/gates/gates.sh speed     tier D: this build against that of BASE (default HEAD~1), PAIRS pairs (8)
#   bench/gates/gates.sh planted   plants two faults in a copy of this build; both must be caught
#
# Needs a build in dist/ (npm run build).
set -euo pipefail
cd "$(dirname "$0")/../.."
what="${1:-results}"
shift || true
scenarios=(scenarios/first-run.yaml scenarios/rollout.yaml scenarios/two-schedulers.yaml bench/gates/crowded.yaml)
timed=scenarios/two-schedulers.yaml
baseline=bench/baselines/gates.json
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

results() {
  node dist/cli/main.js bench "${scenarios[@]}" --baseline "$baseline" -q "$@"
}

speed() {
  local base="${BASE:-HEAD~1}"
  if ! git rev-parse --verify --quiet "$base^{commit}" >/dev/null; then
    echo "no commit $base here: tier D has nothing to compare with"
    return
  fi
  git archive "$base" | tar -x -C "$folder"
  ln -s "$PWD/node_modules" "$folder/node_modules"
  if ! (cd "$folder" && npm run --silent build >"$folder/build.log" 2>&1); then
    echo "$base does not build, so tier D has nothing to compare with:"
    tail -5 "$folder/build.log"
    return
  fi
  node dist/cli/main.js bench "$timed" --against "$folder" --tier D --pairs "${PAIRS:-8}" -q "$@"
}

planted() { # a needless pass over the nodes, and every seventh decision for another node
  local caught=0
  # Compiled anew, since a line is not found in the bundled program.
  npx tsc -p tsconfig.json --noCheck --outDir "$folder/dist"
  cp -r package.json scenarios bench "$folder/"
  ln -s "$PWD/node_modules" "$folder/node_modules"
  cp "$folder/dist/scheduler/scheduler.js" "$folder/whole.js"
  plant 's|const verdict = this.decider.decide(|for (const row of this.cache.refreshSnapshot()) { this.cache.operations.nodesTouched++; this.cache.podsOn(row); }\n        &|'
  (cd "$folder" && results) && echo "NOT CAUGHT: a needless scan" || caught=$((caught + 1))
  plant 's|node === -1 ? "" : this.cache.nodeName(node)|node === -1 ? "" : this.cache.nodeName(this.cycleNumber % 7 === 0 ? this.cache.nodeList[0] : node)|'
  (cd "$folder" && results) && echo "NOT CAUGHT: a change of decisions" || caught=$((caught + 1))
  echo "$caught of 2 planted faults caught"
  [ "$caught" -eq 2 ]
}

plant() { # plant SED_SCRIPT: in the whole file, and refuses to test nothing
  sed "$1" "$folder/whole.js" >"$folder/dist/scheduler/scheduler.js"
  if cmp -s "$folder/whole.js" "$folder/dist/scheduler/scheduler.js"; then
    echo "the line to change is gone: $1"
    exit 70
  fi
}

case "$what" in
results | speed | planted) "$what" "$@" ;;
*) sed -n '2,10p' "$0"; exit 2 ;;
esac
