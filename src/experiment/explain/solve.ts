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

/** Changes around the pod if they can help on that node, changes of the pod where they cannot. */
export function solveNode(world: FilterWorld, row: NodeRow): Solution {
  return solveNodes(world, [row])[0]!;
}

/**
 * For each node changes around the pod if they can help, changes of the pod where they cannot. Large
 * clusters with many rules in the way get a shorter list.
 */
export function solveNodes(world: FilterWorld, rows: readonly NodeRow[]): Solution[] {
  const solutions: Solution[] = [];
  const common = new CommonSteps(world, rows);
  for (const row of rows) {
    if (solutions.length > 0 && world.effort.isSpent) break;
    const around = completed(world, row, common.solve(row));
    // A node cannot have a label and not have it: contradictory wishes only the pod can give up.
    const ofPod = around.check === "fits" ? around : solve(world, row, "pod");
    solutions.push(ofPod.check === "fits" ? ofPod : around);
  }
  return solutions;
}

/** The changes that let the pod fit on that node. */
export function solve(world: FilterWorld, row: NodeRow, side: Side): Solution {
  return completed(world, row, solveFrom(world, row, side, ROUNDS_MAX));
}

function completed(world: FilterWorld, row: NodeRow, found: Solution): Solution {
  return found.check === "fits" ? { ...found, changes: thinned(world, row, found.changes) } : found;
}

// Each round looks at the world as the rounds before left it.
function solveFrom(world: FilterWorld, row: NodeRow, side: Side, rounds: number): Solution {
  const step = nextStep(world, row, side);
  if (typeof step === "string") return ended(step);
  if (rounds === 0) return givenUp(world, row);
  const rest = withChanges(world, step, (changed) => solveFrom(changed, row, side, rounds - 1));
  return after(step, rest);
}

function ended(step: string): Solution {
  if (step === "fits") return { changes: [], check: "fits", refusal: "" };
  return { changes: [], check: "unknown", refusal: step };
}

function givenUp(world: FilterWorld, row: NodeRow): Solution {
  const { status } = world.preFiltering;
  const { reasons } = world.isFilterable ? world.judge(row) : status;
  return { changes: [], check: "refused", refusal: reasons.join(", ") };
}

function after(step: readonly Change[], rest: Solution): Solution {
  return rest.check === "fits" ? { ...rest, changes: [...step, ...rest.changes] } : rest;
}

/** Nodes near one another often need the same: that step is then made once for all of them. */
class CommonSteps {
  private readonly world: FilterWorld;
  private readonly rows: readonly NodeRow[];
  private readonly steps = new Map<NodeRow, "fits" | string | Change[]>();
  private readonly solved = new Map<NodeRow, Solution>();

  constructor(world: FilterWorld, rows: readonly NodeRow[]) {
    this.world = world;
    this.rows = rows;
  }

  /** As solveFrom with changes around the pod. */
  solve(row: NodeRow): Solution {
    let solution = this.solved.get(row);
    if (solution !== undefined) return solution;
    const step = this.stepOf(row);
    if (typeof step === "string") return ended(step);
    const alike = this.rows.filter((each) => each === row || areSame(step, this.stepOf(each)));
    withChanges(this.world, step, (changed) => {
      for (const each of alike) {
        const rest = solveFrom(changed, each, "around", ROUNDS_MAX - 1);
        this.solved.set(each, after(step, rest));
      }
    });
    solution = this.solved.get(row);
    return solution!;
  }

  private stepOf(row: NodeRow): "fits" | string | Change[] {
    let step = this.steps.get(row);
    if (step === undefined) {
      step = nextStep(this.world, row, "around");
      this.steps.set(row, step);
    }
    return step;
  }
}

/** Whether these are departures of the very same pods. */
function areSame(a: readonly Change[], b: string | readonly Change[]): boolean {
  if (typeof b === "string" || a.length !== b.length) return false;
  return a.every(({ effect, shown }, at) => {
    const other = b[at]!;
    return (
      effect.on === "cluster" &&
      other.effect.on === "cluster" &&
      shown.text === other.shown.text &&
      effect.gone.length === other.effect.gone.length &&
      effect.gone.every((pod, place) => pod === goneOf(other)[place])
    );
  });
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
