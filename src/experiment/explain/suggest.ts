// Suggestions: the fewest changes of the pod itself that let it fit somewhere, each tried out.
//
// Nodes are grouped by what the pod would have to give up there; of each group the node that asks
// least is solved, and then all nodes are asked again who takes the changed pod.

import { compareText } from "../../base/index.ts";
import type { PodSuggestion } from "../../metrics/index.ts";
import { type Change, withChanges } from "./change.ts";
import type { FilterWorld } from "./filter-world.ts";
import { type BlockedNode, rankBlockedNodes } from "./nearest-nodes.ts";
import { findObstacles } from "./obstacles.ts";
import { solve } from "./solve.ts";

/** Groups tried in vain before giving up: a rule that cannot be mended must not cost for ever. */
const FAILURES_MAX = 5;
/** A pod may be refused as a whole for several reasons, one behind the other. */
const OPENING_ROUNDS_MAX = 5;

interface Group {
  readonly keys: readonly string[];
  /** The node of the smallest change, measured against the wish: the worst part, then all of it. */
  best: BlockedNode;
  share: number;
  sum: number;
  nodeCount: number;
}

/** At most so many suggestions, fewest changes first, then those that open most nodes. */
export function suggestChanges(
  world: FilterWorld,
  blocked: readonly BlockedNode[],
  countMax: number,
): PodSuggestion[] {
  if (world.isFilterable || blocked.length === 0) return suggestAfter([], world, blocked, countMax);
  const opening = openUp(world);
  if (opening === undefined) return [];
  return withChanges(world, opening, (changed) => {
    const found = suggestionOf(changed, opening, []);
    if (found.nodeCount > 0) return [found];
    return suggestAfter(opening, changed, rankBlockedNodes(changed), countMax);
  });
}

/** The changes of the pod after which nodes are looked at at all. */
function openUp(world: FilterWorld): Change[] | undefined {
  const changes: Change[] = [];
  for (let round = 0; round < OPENING_ROUNDS_MAX; round++) {
    const step = withChanges(world, changes, (changed) => {
      if (changed.isFilterable) return "open";
      return findObstacles(changed, changed.nodes[0]!).map((finding) =>
        finding.podKey === undefined ? undefined : finding.ofPod?.(),
      );
    });
    if (step === "open") return changes;
    for (const change of step) {
      if (change === undefined) return undefined;
      changes.push(change);
    }
  }
  return undefined;
}

function suggestAfter(
  opening: readonly Change[],
  world: FilterWorld,
  blocked: readonly BlockedNode[],
  countMax: number,
): PodSuggestion[] {
  const accepted: (readonly string[])[] = [];
  const suggestions: PodSuggestion[] = [];
  let failures = 0;
  for (const group of groupByKeys(blocked)) {
    if (suggestions.length >= countMax || failures >= FAILURES_MAX) break;
    if (suggestions.length > 0 && world.effort.isSpent) break;
    if (accepted.some((keys) => keys.every((key) => group.keys.includes(key)))) continue;
    const { changes, check } = solve(world, group.best.row, "pod");
    if (check !== "fits" || !areOfPod(changes)) {
      failures++;
      continue;
    }
    accepted.push(group.keys);
    const lean = leanest(world, changes, blocked);
    const suggestion = suggestionOf(world, opening, tightened(world, lean, blocked));
    if (!suggestions.some((known) => isPartOf(known, suggestion))) suggestions.push(suggestion);
  }
  return suggestions;
}

function areOfPod(changes: readonly Change[]): boolean {
  return changes.every(({ effect }) => effect.on === "pod");
}

/** With the smallest amounts that any node asks for once the other changes are made. */
function tightened(
  world: FilterWorld,
  changes: readonly Change[],
  blocked: readonly BlockedNode[],
): readonly Change[] {
  const firm = changes.filter(({ shown }) => shown.amount === null);
  const resources = changes.flatMap(({ shown }) => shown.amount?.resource ?? []);
  if (firm.length === 0 || resources.length === 0) return changes;
  const amounts = withChanges(world, firm, (changed) => {
    const solved = (row: BlockedNode["row"]): readonly Change[] | undefined => {
      const found = solve(changed, row, "pod");
      const isSame =
        found.check === "fits" &&
        areOfPod(found.changes) &&
        found.changes.every(({ shown }) => resources.includes(shown.amount?.resource ?? ""));
      return isSame ? found.changes : undefined;
    };
    for (const row of closestIn(resources, blocked)) {
      const found = solved(row);
      if (found !== undefined) return found;
    }
    for (const { keys, best } of groupByKeys(rankBlockedNodes(changed))) {
      if (keys.length !== resources.length) continue;
      const found = solved(best.row);
      if (found !== undefined) return found;
    }
    return undefined;
  });
  return amounts === undefined ? changes : [...firm, ...amounts];
}

/** Nodes tried before all of them are looked at anew. */
const CLOSEST_MAX = 4;

/**
 * The nodes that lack least of just these resources. What a node lacks of a resource does not change
 * with the pod's other wishes, so what was found before those were given up still tells.
 */
function closestIn(
  resources: readonly string[],
  blocked: readonly BlockedNode[],
): BlockedNode["row"][] {
  const wanted = new Set(resources.map((resource) => `request ${resource}`));
  const closest: { row: BlockedNode["row"]; share: number; sum: number }[] = [];
  for (const { row, findings } of blocked) {
    let share = 0;
    let sum = 0;
    let found = 0;
    let isOther = false;
    for (const { podKey, size, obstacle } of findings) {
      if (obstacle.kind !== "resource") continue;
      if (podKey === undefined || !wanted.has(podKey)) isOther = true;
      found++;
      share = Math.max(share, size ?? 0);
      sum += size ?? 0;
    }
    if (isOther || found !== wanted.size) continue;
    const last = closest.at(-1);
    const isFull = closest.length === CLOSEST_MAX;
    if (isFull && (share > last!.share || (share === last!.share && sum >= last!.sum))) continue;
    if (isFull) closest.pop();
    closest.push({ row, share, sum });
    // Stable: the nearest node first among equals.
    closest.sort((a, b) => a.share - b.share || a.sum - b.sum);
  }
  return closest.map(({ row }) => row);
}

/** Without the changes that only the one node needed, as long as some node takes the pod. */
function leanest(
  world: FilterWorld,
  all: readonly Change[],
  blocked: readonly BlockedNode[],
): readonly Change[] {
  let changes = all;
  for (const change of all) {
    if (changes.length === 1) break;
    if (isNeededEverywhere(world, change, blocked)) continue;
    const fewer = changes.filter((each) => each !== change);
    const isEnough = withChanges(world, fewer, (changed) =>
      changed.nodes.some((row) => changed.fits(row)),
    );
    if (isEnough) changes = fewer;
  }
  return changes;
}

/**
 * Whether every node refuses the pod for a wish that nothing but this change gives up: an amount, or a
 * label. What a node lacks of those depends on no other wish, so no node need be asked.
 */
function isNeededEverywhere(
  world: FilterWorld,
  { answers }: Change,
  blocked: readonly BlockedNode[],
): boolean {
  if (answers === undefined || blocked.length !== world.nodes.length) return false;
  if (!answers.startsWith("request ") && !answers.startsWith("nodeSelector ")) return false;
  return blocked.every(({ findings }) => findings.some(({ podKey }) => podKey === answers));
}

function isPartOf(known: PodSuggestion, suggestion: PodSuggestion): boolean {
  return known.changes.every(({ text }) => suggestion.changes.some((each) => each.text === text));
}

/** `opening` is in force already. */
function suggestionOf(
  world: FilterWorld,
  opening: readonly Change[],
  changes: readonly Change[],
): PodSuggestion {
  const nodes = withChanges(world, changes, (changed) =>
    changed.namesOf(changed.nodes.filter((row) => changed.fits(row))),
  );
  const all = [...opening, ...changes];
  return { changes: all.map(({ shown }) => shown), nodeCount: nodes.length, nodes };
}

function groupByKeys(blocked: readonly BlockedNode[]): Group[] {
  const groups = new Map<string, Group>();
  // Most nodes ask for the same things in the same order: sorting is done once for all of those.
  const bySpelling = new Map<string, Group>();
  for (const node of blocked) {
    let spelling = "";
    let share = 0;
    let sum = 0;
    let isHopeless = false;
    for (const { podKey, size } of node.findings) {
      if (podKey === undefined) isHopeless = true;
      else spelling += `${podKey}\n`;
      share = Math.max(share, size ?? 0);
      sum += size ?? 0;
    }
    if (isHopeless) continue;
    let group = bySpelling.get(spelling);
    if (group === undefined) {
      const keys = [...new Set(node.findings.flatMap(({ podKey }) => podKey ?? []))];
      const name = [...keys].sort(compareText).join("\n");
      group = groups.get(name) ?? { keys, best: node, share, sum, nodeCount: 0 };
      groups.set(name, group);
      bySpelling.set(spelling, group);
    }
    group.nodeCount++;
    if (share < group.share || (share === group.share && sum < group.sum)) {
      group.best = node;
      group.share = share;
      group.sum = sum;
    }
  }
  // Map and sort keep the order of equals: that of the nearest node.
  return [...groups.values()].sort(
    (a, b) => a.keys.length - b.keys.length || b.nodeCount - a.nodeCount || a.share - b.share,
  );
}
