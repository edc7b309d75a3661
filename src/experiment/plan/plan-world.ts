// The cluster of a plan in every size: a point (how many nodes of each size, which machines are lost)
// becomes a prepared run.
//
// Inputs are decoded once for the largest counts asked so far; a smaller cluster is that one without the
// nodes beyond its counts. So points meet the same objects and the same draws, and cost nothing to make.

import type { Instant } from "../../base/index.ts";
import { type PreparedRun, prepareRun } from "../prepare-run.ts";
import type { RunInput } from "../run-input.ts";
import { type FaultSpec, type NodePool, nodeNameOfPool } from "../scenario/scenario.ts";
import type { PlanQuestion } from "./plan-question.ts";
import type { PlanLever } from "./plan-sizes.ts";
import { withoutNodes } from "./without-nodes.ts";

/** Machines that are lost together; no nodes and no zones: nothing is lost. */
export interface Loss {
  /** Such as "none", "node general-3", "zone b". */
  readonly name: string;
  readonly nodes: readonly string[];
  /** Zones that fail as a whole, whose nodes are in `nodes` too. */
  readonly zones: readonly string[];
}

/** Nothing is lost. */
export const NO_LOSS: Loss = { name: "none", nodes: [], zones: [] };

/** The worlds of a plan. */
export class PlanWorld {
  private readonly input: RunInput;
  private readonly question: PlanQuestion;
  private readonly levers: readonly PlanLever[];
  private capacity: readonly number[];
  private full: PreparedRun | undefined;

  constructor(input: RunInput, question: PlanQuestion, levers: readonly PlanLever[]) {
    this.input = input;
    this.question = question;
    this.levers = levers;
    this.capacity = levers.map(({ givenCount }) => givenCount);
  }

  /** When machines fail; undefined: they are gone from the start. */
  get loseAtUs(): number | undefined {
    return loseAtUs(this.question, this.input);
  }

  /** The run at a point. */
  at(counts: readonly number[], loss: Loss): PreparedRun {
    const sized = this.sized(counts);
    const atUs = this.loseAtUs;
    if (loss.nodes.length === 0) return sized;
    if (atUs === undefined) return withoutNodes(sized, new Set(loss.nodes));
    const inZones = new Set(loss.zones);
    const at = atUs as Instant;
    const faults: FaultSpec[] =
      inZones.size > 0
        ? loss.zones.map((zone) => ({
            ...{ kind: "ZoneOutage", zone, at, duration: undefined, path: [] },
          }))
        : loss.nodes.map((node) => ({
            ...{ kind: "NodeCrash", node, at, repairAfter: undefined, path: [] },
          }));
    const { scenario } = sized;
    return { ...sized, scenario: { ...scenario, faults: [...scenario.faults, ...faults] } };
  }

  private sized(counts: readonly number[]): PreparedRun {
    const full = this.preparedFor(counts);
    const left = new Set<string>();
    for (const [at, lever] of this.levers.entries()) {
      for (let k = counts[at]!; k < this.capacity[at]!; k++) left.add(nameOf(lever, k));
    }
    return withoutNodes(full, left);
  }

  // Doubling, so that a search upwards decodes the inputs a few times at most.
  private preparedFor(counts: readonly number[]): PreparedRun {
    const isEnough = counts.every((count, at) => count <= this.capacity[at]!);
    if (this.full !== undefined && isEnough) return this.full;
    this.capacity = this.capacity.map((capacity, at) =>
      counts[at]! <= capacity ? capacity : Math.min(this.levers[at]!.max, 2 * counts[at]!),
    );
    this.full = prepareRun(this.inputAt(this.capacity));
    return this.full;
  }

  private inputAt(counts: readonly number[]): RunInput {
    const { scenario } = this.input;
    const byName = new Map<string, NodePool>();
    for (const [at, { pool }] of this.levers.entries())
      if (pool !== undefined) byName.set(pool.name, { ...pool, count: counts[at]! });
    const own = scenario.cluster.nodePools.map((pool) => byName.get(pool.name) ?? pool);
    const names = new Set(own.map(({ name }) => name));
    const added = [...byName.values()].filter(({ name }) => !names.has(name));
    const cluster = { ...scenario.cluster, nodePools: [...own, ...added] };
    return {
      ...this.input,
      scenario: { ...scenario, cluster, thresholds: [] },
      thresholds: this.question.requirements,
    };
  }
}

/** When machines fail unless told otherwise: after the warm-up, or after a third of the horizon. */
function loseAtUs(
  { loseAt, isScenario }: PlanQuestion,
  { scenario }: RunInput,
): number | undefined {
  if (loseAt === "start") return undefined;
  if (loseAt !== undefined) return loseAt;
  const { warmup, horizon } = scenario.run;
  if (!isScenario || horizon === undefined) return undefined;
  return warmup > 0 ? warmup : Math.floor(horizon / 3);
}

/** Name of the node with this number, from 0, of a lever. */
function nameOf({ pool, names }: PlanLever, at: number): string {
  return pool === undefined ? names[at]! : nodeNameOfPool(pool, at);
}
