// The changed world of a what-if question: every change carried out on a draft of the baseline, in order.
//
// Later changes see what earlier ones made. All that is wrong with any of them is found before a run.

import { InputError, type Problem } from "../../base/index.ts";
import type { PreparedRun } from "../prepare-run.ts";
import type { InputBytes } from "../run-input.ts";
import type { Change } from "./change.ts";
import {
  addNodes,
  editNodes,
  loseNodes,
  type NodeChangeDone,
  reshapeNodes,
  upgradeNodes,
} from "./change-nodes.ts";
import { changeFields, changePriority, deleteObject, scaleObject } from "./change-objects.ts";
import { changeConfiguration, changeWeight } from "./change-schedulers.ts";
import { ChangeRefused, numbered } from "./change-words.ts";
import { Draft } from "./draft.ts";

/** Both worlds of a question. */
export interface ChangedWorld {
  readonly baseline: PreparedRun;
  readonly change: PreparedRun;
  readonly draft: Draft;
  /** Pods that lost their nodes to be placed anew, under both. */
  readonly unboundCount: number;
}

/** Carries out the changes; throws an InputError that holds what is wrong with each. */
export function applyChanges(
  baseline: PreparedRun,
  changes: readonly Change[],
  isRescheduled: boolean,
  files: ReadonlyMap<string, InputBytes>,
): Omit<ChangedWorld, "unboundCount"> {
  const draft = new Draft(baseline, isRescheduled);
  const problems: Problem[] = [];
  for (const [at, change] of changes.entries()) {
    try {
      carryOut(draft, change, files);
    } catch (error) {
      if (error instanceof ChangeRefused)
        problems.push(numbered(error.problem, at, changes.length));
      else if (error instanceof InputError) problems.push(...error.problems);
      else throw error;
    }
  }
  if (problems.length > 0) throw new InputError(problems);
  return { baseline, change: draft.finish(), draft };
}

function carryOut(draft: Draft, change: Change, files: ReadonlyMap<string, InputBytes>): void {
  const { text, atUs, action } = change;
  const done = doneOf(draft, change, files);
  const { taken, nodes } = typeof done === "string" ? { taken: done, nodes: [] } : done;
  const target = "target" in action ? action.target : undefined;
  const isNode = target?.kind === "Node";
  draft.taken.push({ text, taken, atUs: atUs ?? null });
  draft.reaches.push({
    text,
    nodes: new Set(isNode ? [...nodes, target.name] : nodes),
    objects: new Set(target === undefined || isNode ? [] : [`${target.kind}/${target.name}`]),
  });
}

function doneOf(
  draft: Draft,
  change: Change,
  files: ReadonlyMap<string, InputBytes>,
): NodeChangeDone | string {
  const { action } = change;
  switch (action.verb) {
    case "drain":
    case "cordon":
    case "uncordon":
      return editNodes(draft, change, action);
    case "lose":
      return loseNodes(draft, change, action);
    case "upgrade":
      return upgradeNodes(draft, change, action);
    case "shape":
      return reshapeNodes(draft, change, action);
    case "add":
      return addNodes(draft, change, action);
    case "set":
      return changeFields(draft, change, action.target, action);
    case "scale":
      return scaleObject(draft, change, action);
    case "delete":
      return deleteObject(draft, change, action);
    case "priority":
      return changePriority(draft, change, action);
    case "weight":
      return changeWeight(draft, change, action);
    case "config":
      return changeConfiguration(draft, change, action, files);
  }
}
