// Solve: which changes together let a pod fit on one node, tried out by asking all filters again.
//
// Obstacles are removed in rounds, because a change may uncover or remove others: neighbours leave
// first, and only then is it counted how much room is missing. What turns out to be needless in the
// end is dropped, so that no change of the answer can be left out.

import type { ChangeKind, ExplainedChange, NodeObstacles } from "../../metrics/index.ts";
import type { NodeRow, PodInfo } from "../../scheduler/index.ts";
import { type Change, withChanges } from "./change.ts";
import type { FilterWorld } from "./filter-world.ts";
import { departure, type Finding } from "./obstacle.ts";
import { findObstacles } from "./obstacles.ts";

/** Where remedies are looked for first; the other side is taken where this one has none. */
export type Side = "around" | "pod";

/** What came of looking for changes. */
export interface Solution {
  /** Empty unless they help. */
  readonly changes: readonly Change[];
  readonly check: NodeObstacles["check"];
  readonly refusal: string;
}

/** More rounds than rules that can uncover each other. */
const ROUNDS_MAX = 6;
/** Larger groups of leaving pods are not thinned out one by one. */
const THINNED_MAX = 16;

/** Changes around the pod if they can help, changes of the pod where they cannot. */
export function solveNode(world: FilterWorld, row: NodeRow): Solution {
  const around = solve(world, row, "around");
  if (around.check === "fits") return around;
  // A node cannot have a label and not have it: contradictory wishes only the pod can give up.
  const ofPod = solve(world, row, "pod");
  return ofPod.check === "fits" ? ofPod : around;
}

/** The changes that let the pod fit on that node. */
export function solve(world: FilterWorld, row: NodeRow, side: Side): Solution {
  const found = solveFrom(world, row, side, ROUNDS_MAX);
  return found.check === "fits" ? { ...found, changes: thinned(world, row, found.changes) } : found;
}

// Each round looks at the world as the rounds before left it.
function solveFrom(world: FilterWorld, row: NodeRow, side: Side, rounds: number): Solution {
  const step = nextStep(world, row, side);
  if (step === "fits") return { changes: [], check: "fits", refusal: "" };
  if (typeof step === "string") return { changes: [], check: "unknown", refusal: step };
  if (rounds === 0) {
    const { status } = world.preFiltering;
    const { reasons } = world.isFilterable ? world.judge(row) : status;
    return { changes: [], check: "refused", refusal: reasons.join(", ") };
  }
  const rest = withChanges(world, step, (changed) => solveFrom(changed, row, side, rounds - 1));
  return rest.check === "fits" ? { ...rest, changes: [...step, ...rest.changes] } : rest;
}

/** Whether the pod fits on the node after the changes. */
function fitsAfter(world: FilterWorld, row: NodeRow, changes: readonly Change[]): boolean {
  return withChanges(world, changes, (changed) => changed.fits(row));
}

/** The changes of a solution as plain data. */
export function shownChanges({ changes }: Solution): ExplainedChange[] {
  return changes.map(({ shown }) => shown);
}

// Worked out while the changes so far are in force; a text names what cannot be helped.
function nextStep(changed: FilterWorld, row: NodeRow, side: Side): "fits" | string | Change[] {
  if (changed.fits(row)) return "fits";
  const found = findObstacles(changed, row);
  const others = found.filter(({ obstacle }) => obstacle.kind !== "resource");
  const first = others.length > 0 ? others : found;
  const remedies: Change[] = [];
  for (const finding of first) {
    const remedy = remedyOf(finding, side);
    if (remedy === undefined) return finding.obstacle.text;
    // Two rules may ask for the same thing.
    const isNew = remedies.every(
      ({ shown }) => shown.text !== remedy.shown.text || shown.kind === "pods-gone",
    );
    if (isNew) remedies.push(remedy);
  }
  return remedies.length > 0 ? remedies : "no filter objects by itself";
}

function remedyOf(finding: Finding, side: Side): Change | undefined {
  const ofPod = (): Change | undefined => {
    const change = finding.podKey === undefined ? undefined : finding.ofPod?.();
    return change === undefined ? undefined : { ...change, answers: finding.podKey! };
  };
  const around = (): Change | undefined => finding.around?.();
  return side === "pod" ? (ofPod() ?? around()) : (around() ?? ofPod());
}

/** Labels are needless only beside node wishes that were dropped. */
const NODE_WISHES: ReadonlySet<ChangeKind> = new Set<ChangeKind>([
  "drop-node-selector",
  "drop-node-affinity",
]);
/** Other changes that another one may have made needless; the rest answer obstacles of their own. */
const MAYBE_NEEDLESS: ReadonlySet<ChangeKind> = new Set<ChangeKind>([
  "pods-gone",
  "drop-spread-constraint",
  "raise-max-skew",
  "drop-volume",
  "drop-host-port",
]);

/** Until nothing more can be left out; rules that depend on each other may need another pass. */
const PASSES_MAX = 3;

/** Without the changes, and the leaving pods, that are not needed beside the others. */
function thinned(world: FilterWorld, row: NodeRow, all: readonly Change[]): readonly Change[] {
  let changes = all;
  for (let pass = 0; pass < PASSES_MAX && changes.length > 1; pass++) {
    const fewer = thinnedOnce(world, row, changes);
    if (sizeOf(fewer) === sizeOf(changes)) break;
    changes = fewer;
  }
  return changes;
}

/** Affinity terms first, since counting them takes longest; the rest is tried with them in force. */
function thinnedOnce(world: FilterWorld, row: NodeRow, all: readonly Change[]): readonly Change[] {
  const isTerm = ({ shown }: Change): boolean => shown.kind.endsWith("affinity-term");
  const others = all.filter((change) => !isTerm(change));
  const areEnough = (fewer: readonly Change[]): boolean =>
    fitsAfter(world, row, [...fewer, ...others]);
  const terms = leastOf(all.filter(isTerm), areEnough);
  const rest = withChanges(world, terms, (changed) => thinnedRest(changed, row, others));
  return [...terms, ...rest];
}

function thinnedRest(world: FilterWorld, row: NodeRow, all: readonly Change[]): readonly Change[] {
  const mayDropLabels = all.some(({ shown }) => NODE_WISHES.has(shown.kind));
  const changes = leastOf(
    all,
    (fewer) => fitsAfter(world, row, fewer),
    ({ shown: { kind } }) => MAYBE_NEEDLESS.has(kind) || (mayDropLabels && kind === "set-labels"),
  );
  const departures = changes.filter(({ effect }) => effect.on === "cluster");
  if (departures.length === 0) return changes;
  const firm = changes.filter(({ effect }) => effect.on !== "cluster");
  const needed = withChanges(world, firm, (changed) => thinnedDepartures(changed, row, departures));
  return [...needed, ...firm];
}

/** Changes and leaving pods, counted. */
function sizeOf(changes: readonly Change[]): number {
  return changes.reduce((sum, { shown }) => sum + 1 + shown.podsGone.length, 0);
}

/** The changes without those (of the ones that may go) that the others can do without. */
function leastOf(
  all: readonly Change[],
  areEnough: (fewer: readonly Change[]) => boolean,
  mayGo: (change: Change) => boolean = () => true,
): readonly Change[] {
  let changes = all;
  for (const change of all) {
    if (!mayGo(change)) continue;
    const fewer = changes.filter((each) => each !== change);
    if (areEnough(fewer)) changes = fewer;
  }
  return changes;
}

/** Each pod is put back if the others' leaving is enough. */
function thinnedDepartures(
  world: FilterWorld,
  row: NodeRow,
  departures: readonly Change[],
): readonly Change[] {
  let changes = departures;
  for (const { effect, shown } of departures) {
    if (effect.on !== "cluster" || effect.gone.length > THINNED_MAX) continue;
    let kept = changes.find(({ effect: each }) => each === effect);
    for (const pod of effect.gone) {
      const gone = goneOf(kept).filter((each) => each !== pod);
      const smaller = departure(gone, effect.from, shown.node);
      const tried = changes.flatMap((each) => (each === kept ? (smaller ?? []) : each));
      if (!fitsAfter(world, row, tried)) continue;
      changes = tried;
      kept = smaller;
    }
  }
  return changes;
}

function goneOf(change: Change | undefined): readonly PodInfo[] {
  return change?.effect.on === "cluster" ? change.effect.gone : [];
}
