// NodeFailures: machines of a pool fail and are repaired again and again, each by its own clock.
//
// Up times and repair times are drawn from laws, keyed by the node's name and the number of the
// failure: adding a node, another fault or another scheduler moves nobody else's failures. A machine
// that is installed later starts its clock then. Machines of the start are new, or have failed and
// been repaired for long: then some are down at the start, and what is left of each time is drawn.

import { type EntityDraws, entityHash, type Law, sampleResidual } from "../base/index.ts";
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
  /** Machines there at `fromUs` are as they are found after a long time; absent: new. */
  readonly isStationary?: boolean;
  /** No failure begins before this. */
  readonly fromUs?: number;
  /** No failure begins at or after this. */
  readonly untilUs?: number;
}

/** Uniform numbers set aside for one drawn time. */
const DRAWS_PER_TIME = 16;

/** Both times of a cycle, drawn in the same stream: even numbers are up times. */
function drawnUs(law: Law, draws: EntityDraws, entity: number, number: number): number {
  return toUs(law.sample((k) => draws.unit(entity, number * DRAWS_PER_TIME + k)));
}

function toUs(seconds: number): number {
  return Math.max(1, Math.round(seconds * 1_000_000));
}

/** Every node of the selection has a life of its own: up and repair times are keyed by its name. */
export const NODE_FAILURES: FaultKind<NodeFailures> = {
  kind: "NodeFailures",
  start(item, _position, context) {
    const started = new Set<NodeIndex>();
    const begin = (node: NodeIndex, facts: NodeObject, isFound: boolean): void => {
      if (started.has(node) || item.selects?.(facts) === false) return;
      started.add(node);
      const life = new NodeLife(item, context, node, facts.meta.name);
      life.begin(Math.max(context.sim.nowUs, item.fromUs ?? 0), isFound);
    };
    const isFound = item.isStationary === true;
    context.api.list({
      onNode: ({ node, after }) => after !== undefined && begin(node, after, isFound),
    });
    context.api.observe({
      onNode: ({ kind, node, after }) =>
        kind === "Added" && after !== undefined && begin(node, after, false),
    });
  },
};

/** Up time, failure, repair, and again. */
class NodeLife {
  private readonly item: NodeFailures;
  private readonly context: FaultContext;
  private readonly node: NodeIndex;
  private readonly draws: EntityDraws;
  private readonly entity: number;
  private readonly cause: string;
  private failuresCount = 0;

  constructor(item: NodeFailures, context: FaultContext, node: NodeIndex, name: string) {
    this.item = item;
    this.context = context;
    this.node = node;
    this.draws = context.draws(`faults/${item.name}`);
    this.entity = entityHash(name, 0);
    this.cause = `NodeFailures ${item.name}`;
  }

  /**
   * Starts the clock of a machine that is new, or of one that is found in its life: down with the share
   * of time that machines are down, with what is left of that repair or of that up time.
   */
  begin(fromUs: number, isFound: boolean): void {
    const { upTimeSeconds, repairSeconds } = this.item;
    if (!isFound) {
      this.live(fromUs);
      return;
    }
    const found = this.context.draws(`faults/${this.item.name}/start`);
    const left = (law: Law): number =>
      toUs(sampleResidual(law, (k) => found.unit(this.entity, k + 1)));
    const meanUp = upTimeSeconds.mean();
    const isUp = found.unit(this.entity, 0) * (meanUp + repairSeconds.mean()) < meanUp;
    if (isUp) this.failAt(fromUs + left(upTimeSeconds), this.nextRepairUs());
    else this.failAt(fromUs, left(repairSeconds));
  }

  private live(fromUs: number): void {
    const upUs = drawnUs(this.item.upTimeSeconds, this.draws, this.entity, 2 * this.failuresCount);
    this.failAt(fromUs + upUs, this.nextRepairUs());
  }

  private nextRepairUs(): number {
    return drawnUs(this.item.repairSeconds, this.draws, this.entity, 2 * this.failuresCount + 1);
  }

  private failAt(failsAtUs: number, repairUs: number): void {
    const { item, context, node, cause } = this;
    if (failsAtUs >= (item.untilUs ?? Number.MAX_SAFE_INTEGER)) return;
    const fail = (): void => {
      if (!context.ledger.begin(node, "power", cause)) return; // the machine was taken away
      context.endAfter(repairUs, "node repair", () => {
        context.ledger.end(node, "power", cause);
        this.failuresCount += 1;
        this.live(context.sim.nowUs);
      });
    };
    context.beginAt(failsAtUs, "node failure", fail, true);
  }
}
