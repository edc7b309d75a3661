// Puts the parts of an explanation together: what is the same for a replayed run and a snapshot.
//
// It decides nothing and finds nothing out; whoever has a decision at hand gets a record's parts here.

import {
  EXPLAIN_SCHEMA_VERSION,
  type ExplainedPod,
  type ExplainRecord,
  KUBERNETES_VERSION,
  type ResourceAmount,
} from "../../metrics/index.ts";
import type { PodTemplate } from "../../cluster/index.ts";
import type { DecisionWorld } from "./decision-world.ts";
import type { Verdict } from "../../scheduler/index.ts";
import type { PreparedRun } from "../prepare-run.ts";
import { PODSIM_VERSION } from "../versions.ts";
import { explainDecision, explainNode } from "./explain-decision.ts";
import { Effort } from "./effort.ts";
import { type BlockedNode, describeNearest, findBlockedNodes } from "./nearest-nodes.ts";
import { checkNode } from "./pod-question.ts";
import { unitOf } from "./resource-obstacles.ts";
import { suggestChanges } from "./suggest.ts";

/** What comes out of one decision. */
export type DecisionParts = Pick<
  ExplainRecord,
  "decision" | "askedNode" | "nearest" | "suggestions" | "notSimulated"
>;

/** What of a decision is wanted. */
export interface PartsQuestion {
  /** A node to say everything about. */
  readonly node?: string | undefined;
  /** How many nearest nodes and suggestions are worked out. */
  readonly top?: number | undefined;
}

/** Nearest nodes and suggestions unless more are asked for. */
const TOP = 5;

/** Explains the decision that was just made. */
export function explainParts(
  world: DecisionWorld,
  verdict: Verdict,
  { node, top }: PartsQuestion,
): DecisionParts {
  const { outcome, notSimulated } = verdict.decision;
  if (node !== undefined) checkNode(node, world.namesOf(world.nodes));
  const decision = explainDecision(world, verdict);
  const blocked = outcome === "unschedulable" ? findBlockedNodes(world) : [];
  return {
    decision,
    askedNode: node === undefined ? null : explainNode(world, decision, node),
    ...helpFor(world, blocked, top),
    notSimulated: notSimulated.map(({ plugin, reason }) => ({ plugin, reason })),
  };
}

// Without a number asked for, large clusters with many rules in the way get shorter lists.
function helpFor(
  world: DecisionWorld,
  blocked: readonly BlockedNode[],
  top: number | undefined,
): Pick<ExplainRecord, "nearest" | "suggestions"> {
  if (top === undefined) world.effort = new Effort();
  const nearest = describeNearest(world, blocked, top ?? TOP);
  if (top === undefined) world.effort = new Effort();
  return { nearest, suggestions: suggestChanges(world, blocked, top ?? TOP) };
}

/** For a pod about which nobody decided. */
export const NO_DECISION: DecisionParts = {
  decision: null,
  askedNode: null,
  nearest: [],
  suggestions: [],
  notSimulated: [],
};

/** The head of every record; `scheduler` decided, absent: all that could have. */
export function recordHead(
  prepared: PreparedRun,
  source: ExplainRecord["source"],
  scheduler: string = prepared.schedulers.map(({ name }) => name).join("+"),
): Pick<ExplainRecord, "schemaVersion" | "source" | "scenario" | "versions" | "scheduler"> {
  return {
    schemaVersion: EXPLAIN_SCHEMA_VERSION,
    source,
    scenario: { name: prepared.name, inputHash: prepared.inputHash },
    versions: { podsim: PODSIM_VERSION, kubernetes: KUBERNETES_VERSION },
    scheduler,
  };
}

/** What a pod asks for, in the filter's terms: named or not, only what is not zero. */
export function requestsOf(template: PodTemplate): ExplainedPod["requests"] {
  const { milliCpu, memoryBytes, ephemeralStorageBytes, scalars } = template.requests;
  const all: [string, number][] = [
    ["cpu", milliCpu],
    ["memory", memoryBytes],
    ["ephemeral-storage", ephemeralStorageBytes],
    ...scalars,
  ];
  return all
    .filter(([, amount]) => amount !== 0)
    .map(([resource, amount]): ResourceAmount => ({ resource, unit: unitOf(resource), amount }));
}

/** Notes of the inputs that may change scheduling: an explanation must not hide them. */
export function blockingNotes(prepared: PreparedRun): string[] {
  return prepared.notes
    .filter((note) => note.changesScheduling)
    .map((note) => `${note.message}${note.count > 1 ? ` (${note.count} times)` : ""}`);
}
