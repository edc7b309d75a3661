// NodeFailures: machines of a pool fail and are repaired again and again, each by its own clock.
//
// Up times and repair times are drawn from laws, keyed by the node's name and the number of the
// failure: adding a node, another fault or another scheduler moves nobody else's failures. A machine
// that is installed later starts its clock then.

import { type EntityDraws, entityHash, type Law } from "../base/index.ts";
import type { NodeIndex, NodeObject } from "../cluster/index.ts";
import type { FaultContext, FaultKind } from "./fault-kind.ts";

/** Item of a fault plan. */
export interface NodeFailures {
  readonly kind: "NodeFailures";
  /** Name of the law pair in draws and causes; items with one name and one node would draw alike. */
  readonly name: string;
  /** Which nodes; all if absent. */
  readonly selects?: (node: NodeObject) => boolean;
  /** Seconds from installation or repair to the next failure. */
  readonly upTimeSeconds: Law;
  /** Seconds from failure to repair. */
  readonly repairSeconds: Law;
  /** No failure begins before this. */
  readonly fromUs?: number;
  /** No failure begins at or after this. */
  readonly untilUs?: number;
}

/** Uniform numbers set aside for one drawn time. */
const DRAWS_PER_TIME = 16;

/** Both times of a cycle, drawn in the same stream: even numbers are up times. */
function drawnUs(law: Law, draws: EntityDraws, entity: number, number: number): number {
  const seconds = law.sample((k) => draws.unit(entity, number * DRAWS_PER_TIME + k));
  return Math.max(1, Math.round(seconds * 1_000_000));
}

/** Every node of the selection has a life of its own: up and repair times are keyed by its name. */
export const NODE_FAILURES: FaultKind<NodeFailures> = {
  kind: "NodeFailures",
  start(item, _position, context) {
    const started = new Set<NodeIndex>();
    const begin = (node: NodeIndex, facts: NodeObject): void => {
      if (started.has(node) || item.selects?.(facts) === false) return;
      started.add(node);
      cycle(item, context, node, facts.meta.name, 0, Math.max(context.sim.nowUs, item.fromUs ?? 0));
    };
    context.api.list({ onNode: ({ node, after }) => after !== undefined && begin(node, after) });
    context.api.observe({
      onNode: ({ kind, node, after }) =>
        kind === "Added" && after !== undefined && begin(node, after),
    });
  },
};

/** Up time, failure, repair, and again. */
function cycle(
  item: NodeFailures,
  context: FaultContext,
  node: NodeIndex,
  name: string,
  count: number,
  fromUs: number,
): void {
  const draws = context.draws(`faults/${item.name}`);
  const entity = entityHash(name, 0);
  const failsAtUs = fromUs + drawnUs(item.upTimeSeconds, draws, entity, 2 * count);
  if (failsAtUs >= (item.untilUs ?? Number.MAX_SAFE_INTEGER)) return;
  const repairUs = drawnUs(item.repairSeconds, draws, entity, 2 * count + 1);
  const cause = `NodeFailures ${item.name}`;
  const fail = (): void => {
    if (!context.ledger.begin(node, "power", cause)) return; // the machine was taken away
    context.endAfter(repairUs, "node repair", () => {
      context.ledger.end(node, "power", cause);
      cycle(item, context, node, name, count + 1, context.sim.nowUs);
    });
  };
  context.beginAt(failsAtUs, "node failure", fail, true);
}
