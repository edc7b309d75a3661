// What a plan is asked, as plain data: requirements, losses, sizes that may change, how sure.
//
// Read once from what the user typed; it crosses threads, so it holds texts and numbers only. What the
// words mean for one cluster is worked out in plan-world.ts.

import { parseThreshold, type Threshold } from "../../metrics/index.ts";
import type { VariedPart } from "../scenario/scenario.ts";

/** Machines that are lost at once: any k nodes, any k zones, or any k nodes of a pool. */
export interface LossQuestion {
  /** As written, such as `zone:1`. */
  readonly asked: string;
  readonly of: "node" | "zone" | "pool";
  /** Name of the pool; "" unless `of` is pool. */
  readonly pool: string;
  readonly count: number;
}

/** A plan's question. */
export interface PlanQuestion {
  /** Gates as written, at least one. */
  readonly requirements: readonly string[];
  readonly losses: readonly LossQuestion[];
  /** Microseconds; "start": gone from the beginning; undefined: what fits the scenario. */
  readonly loseAt: number | "start" | undefined;
  /** Whether there is a scenario; plain objects ask about one instant. */
  readonly isScenario: boolean;
  /** Pools that may change; empty = all. */
  readonly pools: readonly string[];
  /** Shapes to add, and shapes or pools to take nodes from. */
  readonly add: readonly string[];
  readonly remove: readonly string[];
  /** Most nodes of one size; undefined = ten times what there is, at least 100. */
  readonly countMax: number | undefined;
  /** Most points that a search over several sizes tries. */
  readonly pointsMax: number;
  /** Probability, 0 to 1, that a point which is called good is good. */
  readonly confidence: number;
  /** Most replications of one point under one loss. */
  readonly replicationsMax: number;
  readonly varied: readonly VariedPart[];
}

/** Replications of a point unless told otherwise. */
export const PLAN_REPLICATIONS_MAX = 40;

/** Points of a search over several sizes unless told otherwise. */
export const PLAN_POINTS_MAX = 200;

/** Reads `node:1`, `zone:1` or `POOL:2`; a text that is none comes back as a sentence that says why. */
export function parseLoss(text: string): LossQuestion | string {
  const match = /^([^:\s]+):([1-9]\d{0,3})$/.exec(text.trim());
  if (match === null)
    return `'${text}' is no loss: write node:1, zone:1 or POOL:2 (any nodes of that pool)`;
  const [, name, digits] = match;
  const of = name === "node" || name === "zone" ? name : "pool";
  return { asked: text.trim(), of, pool: of === "pool" ? name! : "", count: Number(digits) };
}

/** The requirements as gates. All are known to parse. */
export function requirementsOf({ requirements }: PlanQuestion): Threshold[] {
  return requirements.map((text) => {
    const threshold = parseThreshold(text);
    if (typeof threshold === "string") throw new Error(threshold);
    return threshold;
  });
}
