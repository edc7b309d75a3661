// Plain, fused and indexed evaluators decide alike, in full, whatever the cluster looks like.
//
// Random worlds from seeds; a failure names the seed, the step and what differed. A longer hunt:
// WORLDS=5000 FIRST_SEED=1 STEPS=200 NODES_MAX=90 npx vitest run test/scheduler/evaluator/same-decisions.test.ts

import { describe, expect, it } from "vitest";
import { createEvaluator } from "../../../src/scheduler/evaluator/create-evaluator.ts";
import { findDecisionDifference } from "../../../src/scheduler/evaluator/decision-difference.ts";
import type { FusedCycle, FusedOutcome } from "../../../src/scheduler/evaluator/fused/fused.ts";
import type { PodClass } from "../../../src/scheduler/evaluator/fused/pod-class.ts";
import { IndexedEvaluator } from "../../../src/scheduler/evaluator/indexed/indexed.ts";
import {
  CycleState,
  type Evaluator,
  type EvaluatorOptions,
  type PodInfo,
} from "../../../src/scheduler/index.ts";
import { completeVerdict } from "../../../src/scheduler/cycle/profile-decider.ts";
import type { Verdict } from "../../../src/scheduler/cycle/decider.ts";
import { Dice, PROFILE_COUNT, RandomWorld } from "./random-world.ts";

const FIRST_SEED = Number(process.env["FIRST_SEED"] ?? 1);
const WORLDS = Number(process.env["WORLDS"] ?? 4 * PROFILE_COUNT);
const STEPS = Number(process.env["STEPS"] ?? 40);
const NODES_MAX = Number(process.env["NODES_MAX"] ?? 30);

/** Counts the decisions that the index made, and not its fall-back. */
class CountedIndex extends IndexedEvaluator {
  byIndex = 0;

  protected override findByIndex(
    run: FusedCycle,
    podClass: PodClass,
    state: CycleState,
  ): FusedOutcome | undefined {
    const outcome = super.findByIndex(run, podClass, state);
    if (outcome !== undefined) this.byIndex++;
    return outcome;
  }
}

/** Everything that PostFilter came to. */
function preemptionOf({ postFilter, message }: Verdict): string {
  const { candidates = [], acceptable = [], rejected } = postFilter?.preemption ?? {};
  const options = candidates.map(({ row, nodeName, victims, budgetViolations }) => [
    ...[row, nodeName, budgetViolations],
    victims.map(({ uid }) => uid),
  ]);
  const names = acceptable.map(({ nodeName }) => nodeName);
  return JSON.stringify([
    ...[message, postFilter?.nominate, postFilter?.status, options, names],
    [...(rejected?.entries() ?? [])],
  ]);
}

/** One world; gives back how many decisions the index made. */
function compareIn(seed: number, profile?: number, nodesMax = NODES_MAX): number {
  const random = new RandomWorld(seed, {
    ...(profile === undefined ? {} : { profile }),
    nodesMax,
  });
  const { world } = random;
  const { cache, objects } = world;
  const dice = new Dice(seed ^ 0x5eed);
  let nowUs = 0;
  const drawsTies = dice.percent(15);
  const optionsOf = (): EvaluatorOptions => {
    const ties = new Dice(seed);
    return {
      percentageOfNodesToScore: random.configuration.percentageOfNodesToScore,
      nowUs: () => nowUs,
      batching: seed % 3 !== 0,
      details: seed % 5 === 0,
      tieBreak: drawsTies ? () => (ties.below(1_000_000) + 0.5) / 1_000_001 : "heap",
    };
  };
  const index = new CountedIndex(cache, objects, optionsOf());
  const evaluators: readonly (readonly [string, Evaluator])[] = [
    ["plain", createEvaluator("plain", cache, objects, optionsOf())],
    ["fused", createEvaluator("fused", cache, objects, optionsOf())],
    ["indexed", index],
  ];
  let cycle = 0;
  let last: PodInfo | undefined;
  for (let step = 0; step < STEPS; step++) {
    nowUs += dice.of([1_000, 100_000, 600_000]);
    cycle += dice.percent(90) ? 1 : 2;
    const drawn = random.next();
    // Runs of equal pods meet the batches and the index.
    const again = dice.percent(60) && last !== undefined;
    const uid = `v${step}` as unknown as PodInfo["uid"];
    const pod: PodInfo = again ? { ...last!, uid, name: `v${step}` } : drawn;
    last = pod;
    const profile_ = random.profileOf(pod);
    const verdicts = evaluators.map(([name, evaluator]): readonly [string, Verdict] => {
      const state = new CycleState();
      const decision = evaluator.decide(pod, profile_, state, cycle);
      void [decision.feasible, decision.totals, decision.statuses.explicitCount];
      const verdict = completeVerdict(profile_, state, decision);
      return [name, verdict];
    });
    const [, plain] = verdicts[0]!;
    for (const [name, verdict] of verdicts.slice(1)) {
      const found = findDecisionDifference(plain.decision, verdict.decision);
      const where = `seed ${seed}, profile ${profile}, step ${step}, ${name}`;
      if (found !== undefined) {
        throw new Error(
          `${where}: ${found.field} is ${found.left}, not ${found.right}; pod ${JSON.stringify(pod.template.source)}`,
        );
      }
      expect(preemptionOf(verdict), where).toBe(preemptionOf(plain));
    }
    for (const [, evaluator] of evaluators) evaluator.endCycle?.(nowUs);
    const { node } = plain.decision;
    random.conclude(pod, node === -1 ? undefined : cache.nodeName(node));
  }
  return index.byIndex;
}

describe("evaluators on random worlds", () => {
  for (let profile = 0; profile < PROFILE_COUNT; profile++) {
    it(`decide alike under profile ${profile}`, () => {
      for (let seed = FIRST_SEED + profile; seed < FIRST_SEED + WORLDS; seed += PROFILE_COUNT) {
        compareIn(seed, profile);
      }
    });
  }

  it("are asked where the index decides, and not only its fall-back", () => {
    let byIndex = 0;
    for (let seed = 1; seed <= 6; seed++) byIndex += compareIn(seed * 15 + 1, 0);
    expect(byIndex).toBeGreaterThan(10);
  });

  it("use the index for a user's plugin that names the class of its pods", () => {
    let byIndex = 0;
    for (let seed = 1; seed <= 9; seed++) byIndex += compareIn(seed * 15 + 1, PROFILE_COUNT - 2);
    expect(byIndex).toBeGreaterThan(10);
  });

  it("decide alike where blocks and partitions are many", () => {
    expect(compareIn(FIRST_SEED + 1, 0, 250) + compareIn(FIRST_SEED + 3, 3, 95)).toBeGreaterThan(0);
  });
});
