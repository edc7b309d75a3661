// Solve: which changes together let a pod fit on one node, tried out by asking all filters again.
//
// Obstacles are removed in rounds, because a change may uncover or remove others: neighbours leave
// first, and only then is it counted how much room is missing. What turns out to be needless in the
// end is dropped, so that no change of the answer can be left out.

import type { ExplainedChange, NodeObstacles } from "../../metrics/index.ts";
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
  const changes: Change[] = [];
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const step = withChanges(world, changes, (changed) => nextStep(changed, row, side));
    if (step === "fits")
      return { changes: thinned(world, row, changes), check: "fits", refusal: "" };
    if (typeof step === "string") return { changes: [], check: "unknown", refusal: step };
    changes.push(...step);
  }
  const refusal = withChanges(world, changes, (changed) =>
    changed.isFilterable
      ? changed.judge(row).reasons.join(", ")
      : changed.preFiltering.status.reasons.join(", "),
  );
  return { changes: [], check: "refused", refusal };
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
    remedies.push(remedy);
  }
  return remedies.length > 0 ? remedies : "no filter objects by itself";
}

function remedyOf(finding: Finding, side: Side): Change | undefined {
  const ofPod = (): Change | undefined =>
    finding.podKey === undefined ? undefined : finding.ofPod?.();
  const around = (): Change | undefined => finding.around?.();
  return side === "pod" ? (ofPod() ?? around()) : (around() ?? ofPod());
}

/** Without the changes, and the leaving pods, that are not needed beside the others. */
function thinned(world: FilterWorld, row: NodeRow, all: readonly Change[]): readonly Change[] {
  if (all.length < 2) return all;
  let changes = all;
  for (const change of all) {
    const fewer = changes.filter((each) => each !== change);
    if (fitsAfter(world, row, fewer)) changes = fewer;
  }
  for (const change of changes) {
    const { effect, shown } = change;
    if (effect.on !== "cluster" || effect.gone.length > THINNED_MAX) continue;
    let kept: Change | undefined = change;
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
