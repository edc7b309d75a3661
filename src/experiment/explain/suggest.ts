// Suggestions: the fewest changes of the pod itself that let it fit somewhere, each tried out.
//
// Nodes are grouped by what the pod would have to give up there; of each group the node that asks
// least is solved, and then all nodes are asked again who takes the changed pod.

import { compareText } from "../../base/index.ts";
import type { ChangeKind, PodSuggestion } from "../../metrics/index.ts";
import type { FilterPlugin } from "../../scheduler/index.ts";
import { type Change, withChanges } from "./change.ts";
import type { FilterWorld } from "./filter-world.ts";
import type { Ground, GroundList } from "./ground.ts";
import { type BlockedNode, compareNearness, findBlockedNodes, firstOf } from "./nearest-nodes.ts";
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
  nearest: BlockedNode;
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
    const open = findBlockedNodes(changed);
    const found = suggestionOf(changed, opening, [], open);
    if (found.nodeCount > 0) return [found];
    return suggestAfter(opening, changed, open, countMax);
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
    const suggestion = suggestionOf(world, opening, tightened(world, lean, blocked), blocked);
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
    for (const { keys, best } of groupByKeys(findBlockedNodes(changed))) {
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
  const lackJustThose = memoized((list: GroundList): boolean => {
    const ofRoom = list.grounds.filter(({ kind }) => kind === "resource");
    return (
      ofRoom.length === wanted.size &&
      ofRoom.every(({ podKey }) => podKey !== undefined && wanted.has(podKey))
    );
  });
  const candidates = blocked.filter(({ grounds }) => lackJustThose(grounds));
  const byRoom = (a: BlockedNode, b: BlockedNode): number =>
    a.roomShare - b.roomShare || a.roomSum - b.roomSum || compareNearness(a, b);
  return firstOf(candidates, CLOSEST_MAX, byRoom).map(({ row }) => row);
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
    if (isNeededEverywhere(world, change, changes, blocked)) continue;
    const fewer = changes.filter((each) => each !== change);
    const isEnough = withChanges(
      world,
      fewer,
      (changed) => takers(world, changed, fewer, blocked, 1).length > 0,
    );
    if (isEnough) changes = fewer;
  }
  return changes;
}

/**
 * Whether every node refuses the pod for a wish that nothing but this change gives up, whatever else is
 * changed: then no node need be asked.
 */
function isNeededEverywhere(
  world: FilterWorld,
  change: Change,
  changes: readonly Change[],
  blocked: readonly BlockedNode[],
): boolean {
  const { answers } = change;
  if (answers === undefined || blocked.length !== world.nodes.length) return false;
  const remains = remainsAfter(changes.filter((each) => each !== change));
  const isAnswered = memoized((list: GroundList): boolean =>
    list.grounds.some((ground) => ground.podKey === answers && remains(ground)),
  );
  return blocked.every(({ grounds }) => isAnswered(grounds));
}

/**
 * Whether a node goes on to refuse for that ground after the changes of the pod. "False" leaves it open:
 * spreading counts otherwise over other nodes, volumes depend on each other, and all terms of an affinity
 * must mean the same pods.
 */
function remainsAfter(changes: readonly Change[]): (ground: Ground) => boolean {
  const answered = new Set(changes.map(({ answers }) => answers));
  const isAnswered = (podKey: string | undefined): boolean =>
    podKey !== undefined && answered.has(podKey);
  const has = (kind: ChangeKind): boolean => changes.some(({ shown }) => shown.kind === kind);
  const hasToleration = has("add-toleration");
  const hasAffinityTerm = has("drop-affinity-term");
  const hasAntiAffinityTerm = has("drop-anti-affinity-term");
  const areOfPod = changes.every(({ effect }) => effect.on === "pod");
  return ({ kind, podKey }) => {
    if (!areOfPod) return false;
    switch (kind) {
      case "resource":
      case "port":
        return !isAnswered(podKey);
      case "taint":
      case "cordon":
        // One toleration may be good for several taints.
        return !hasToleration;
      case "label":
        return podKey?.startsWith("nodeSelector ") === true && !isAnswered(podKey);
      case "affinity":
        // Of equal terms one change stands for all.
        return podKey?.startsWith("affinity ") === true ? !hasAffinityTerm : !hasAntiAffinityTerm;
      default:
        return false;
    }
  };
}

/** Filters of which it is known that a pod that wishes for less passes wherever it passed before. */
const STEADY: ReadonlySet<string> = new Set([
  "NodeUnschedulable",
  "NodeName",
  "TaintToleration",
  "NodeAffinity",
  "NodePorts",
  "NodeResourcesFit",
  "VolumeRestrictions",
  "NodeVolumeLimits",
  "VolumeBinding",
  "VolumeZone",
  "PodTopologySpread",
  "InterPodAffinity",
  "NodeDeclaredFeatures",
  "DynamicResources",
]);

/**
 * Filters that may refuse the changed pod: those that refused some node before, that count otherwise now,
 * or of which nothing is known. Undefined: ask all, with nominated pods in mind.
 */
function filtersToAsk(
  world: FilterWorld,
  changed: FilterWorld,
  changes: readonly Change[],
): readonly FilterPlugin[] | undefined {
  if (changed.cache.nominator.size > 0 || !areOfPod(changes)) return undefined;
  if (!changed.looksAtAllNodes) return undefined;
  const recounted = new Set(changes.flatMap((change) => change.recounted ?? []));
  const active = new Set(world.activeFilters);
  return changed.activeFilters.filter((plugin) => {
    const { name } = plugin;
    const mayRefuse = world.refusing.has(name) || recounted.has(name);
    return mayRefuse || !active.has(plugin) || !STEADY.has(name);
  });
}

/**
 * Nodes that take the changed pod, in list order, at most so many. `blocked` is what was in the way in the
 * world before the changes: a node that refuses for another wish, on which the changes have no influence,
 * is not asked.
 */
function takers(
  world: FilterWorld,
  changed: FilterWorld,
  changes: readonly Change[],
  blocked: readonly BlockedNode[],
  countMax: number = Number.POSITIVE_INFINITY,
): BlockedNode["row"][] {
  const remains = remainsAfter(changes);
  const stays = memoized((list: GroundList): boolean => list.grounds.some(remains));
  const { nodes } = changed;
  const filters = filtersToAsk(world, changed, changes);
  const found: BlockedNode["row"][] = [];
  let next = 0;
  let last: GroundList | undefined;
  let lastStays = false;
  for (let position = 0; position < nodes.length && found.length < countMax; position++) {
    const before = blocked[next];
    if (before !== undefined && before.position === position) {
      next++;
      if (before.grounds !== last) {
        last = before.grounds;
        lastStays = stays(last);
      }
      if (lastStays) continue;
    }
    const row = nodes[position]!;
    const fits = filters === undefined ? changed.fits(row) : changed.fitsFor(filters, row);
    if (fits) found.push(row);
  }
  return found;
}

/** The answer by list of grounds: nodes share them. */
function memoized(judge: (list: GroundList) => boolean): (list: GroundList) => boolean {
  const known = new Map<GroundList, boolean>();
  let last: GroundList | undefined;
  let answer = false;
  return (list) => {
    if (list === last) return answer;
    answer = known.get(list) ?? judge(list);
    known.set(list, answer);
    last = list;
    return answer;
  };
}

function isPartOf(known: PodSuggestion, suggestion: PodSuggestion): boolean {
  return known.changes.every(({ text }) => suggestion.changes.some((each) => each.text === text));
}

/** `opening` is in force already. */
function suggestionOf(
  world: FilterWorld,
  opening: readonly Change[],
  changes: readonly Change[],
  blocked: readonly BlockedNode[],
): PodSuggestion {
  const nodes = withChanges(world, changes, (changed) =>
    changed.namesOf(takers(world, changed, changes, blocked)),
  );
  const all = [...opening, ...changes];
  return { changes: all.map(({ shown }) => shown), nodeCount: nodes.length, nodes };
}

function groupByKeys(blocked: readonly BlockedNode[]): Group[] {
  const groups = new Map<string, Group>();
  // Lists of grounds with the same wishes, in whatever order, make one group.
  const byList = new Map<GroundList, Group | undefined>();
  const groupOf = (node: BlockedNode): Group | undefined => {
    const { grounds } = node.grounds;
    if (grounds.some(({ podKey }) => podKey === undefined)) return undefined;
    const keys = [...new Set(grounds.map(({ podKey }) => podKey!))];
    const name = [...keys].sort(compareText).join("\n");
    let group = groups.get(name);
    if (group === undefined) {
      group = { keys, best: node, nearest: node, nodeCount: 0 };
      groups.set(name, group);
    }
    return group;
  };
  for (const node of blocked) {
    if (!byList.has(node.grounds)) byList.set(node.grounds, groupOf(node));
    const group = byList.get(node.grounds);
    if (group === undefined) continue;
    group.nodeCount++;
    if (compareSizes(node, group.best) < 0) group.best = node;
    if (compareNearness(node, group.nearest) < 0) group.nearest = node;
  }
  return [...groups.values()].sort(
    (a, b) =>
      a.keys.length - b.keys.length ||
      b.nodeCount - a.nodeCount ||
      a.best.share - b.best.share ||
      compareNearness(a.nearest, b.nearest),
  );
}

function compareSizes(a: BlockedNode, b: BlockedNode): number {
  return a.share - b.share || a.sum - b.sum || compareNearness(a, b);
}
