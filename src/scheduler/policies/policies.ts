// The built-in policies: research strategies that Kubernetes does not have.
//
// Each is one file and one line here. All share the profile's filters for feasibility and break
// ties by node order.

import { streamName } from "../../base/index.ts";
import type { Decider } from "../cycle/decider.ts";
import type { DeciderParts } from "../start-scheduler.ts";
import type { Strategy } from "../strategy/strategy.ts";
import { StrategyDecider } from "../strategy/strategy-decider.ts";
import { createBestFit } from "./best-fit.ts";
import { createDotProduct } from "./dot-product.ts";
import { createFirstFit } from "./first-fit.ts";
import { createRandom } from "./random.ts";
import { createRoundRobin } from "./round-robin.ts";
import { createWorstFit } from "./worst-fit.ts";

/** A policy that a scenario can name. */
export interface Policy {
  readonly name: string;
  /** One sentence for lists of what can be chosen. */
  readonly summary: string;
  /** A new one per run: some keep state. */
  create(): Strategy;
}

/** What keyed draws hang on. */
export interface PolicyRun {
  readonly seed: string;
  readonly replication: number;
  /** Name of the scheduler: each draws from streams of its own. */
  readonly scheduler: string;
}

const ALL: readonly Policy[] = [
  { name: "first-fit", summary: "the first node that fits, in node order", create: createFirstFit },
  { name: "best-fit", summary: "the node with the least room left", create: createBestFit },
  { name: "worst-fit", summary: "the node with the most room left", create: createWorstFit },
  { name: "random", summary: "any node that fits, keyed by the seed", create: createRandom },
  { name: "round-robin", summary: "the next node that fits, in turn", create: createRoundRobin },
  {
    name: "dot-product",
    summary: "the node whose free room is most like the pod's requests",
    create: createDotProduct,
  },
];

/** Policies by name, in the order in which they are listed. */
export const POLICIES: ReadonlyMap<string, Policy> = new Map(ALL.map((each) => [each.name, each]));

/** The decider of a built-in policy; the name must be one of POLICIES. */
export function createPolicyDecider(name: string, parts: DeciderParts, run: PolicyRun): Decider {
  const policy = POLICIES.get(name);
  if (policy === undefined) throw new Error(`no policy is called ${name}`);
  // Our own code is not watched as a user's is.
  return createStrategyDecider(policy.create(), { ...parts, userCalls: undefined }, run);
}

/** The decider of any strategy. */
export function createStrategyDecider(
  strategy: Strategy,
  parts: DeciderParts,
  run: PolicyRun,
): Decider {
  const { cache, profiles, simulation, userCalls } = parts;
  return new StrategyDecider({
    userCalls,
    cache,
    profiles,
    strategy,
    now: () => simulation.nowUs,
    stream: streamName(run.seed, run.replication, `strategy/${strategy.name}/${run.scheduler}`),
  });
}
