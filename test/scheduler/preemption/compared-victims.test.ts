// Under `--evaluator both` a fast evaluator's victims are compared too, and a lie about them is found.

import { describe, expect, it } from "vitest";
import { completeVerdict } from "../../../src/scheduler/cycle/profile-decider.ts";
import { BothEvaluator, EvaluatorDifference } from "../../../src/scheduler/evaluator/both.ts";
import { createEvaluator } from "../../../src/scheduler/evaluator/create-evaluator.ts";
import type { Evaluator } from "../../../src/scheduler/evaluator/plain.ts";
import { NO_VICTIMS } from "../../../src/scheduler/preemption/dry-run.ts";
import type { VictimFinder } from "../../../src/scheduler/preemption/victim-finder.ts";
import { CycleState, PlainEvaluator } from "../../../src/scheduler/index.ts";
import { node, pod, SmallCluster } from "../small-cluster.ts";

function fullCluster(): SmallCluster {
  return new SmallCluster([
    node("n", { cpu: "2" }),
    pod("small", { cpu: "1" }, { nodeName: "n", spec: { priority: 1 } }),
    pod("large", { cpu: "1" }, { nodeName: "n", spec: { priority: 2 } }),
  ]);
}

/** Decides about a pod of priority 9, with PostFilter, by both evaluators. */
function decideByBoth(lie?: (honest: VictimFinder) => VictimFinder) {
  const { world, profile } = fullCluster();
  const indexed = createEvaluator("indexed", world.cache, world.objects, {});
  const liar: Evaluator = {
    nextStart: 0,
    decide: (asking, itsProfile, state = new CycleState()) => {
      const decision = indexed.decide(asking, itsProfile, state);
      if (state.victims !== undefined && lie !== undefined) state.victims = lie(state.victims);
      return decision;
    },
  };
  const both = new BothEvaluator(new PlainEvaluator(world.cache), liar);
  const asking = world.podInfo(world.decodePod(pod("p", { cpu: "1" }, { spec: { priority: 9 } })));
  const state = new CycleState();
  return completeVerdict(profile, state, both.decide(asking, profile, state));
}

describe("victims compared with the dry run", () => {
  it("go through when they are the same", () => {
    const { chosen } = decideByBoth().postFilter!.preemption!;
    expect(chosen?.victims.map(({ name }) => name)).toEqual(["small"]);
  });

  it.each<[string, (honest: VictimFinder) => VictimFinder]>([
    ["nobody on a node", () => ({ isVain: () => false, find: () => NO_VICTIMS })],
    ["nobody anywhere", () => ({ isVain: () => true, find: () => undefined })],
    [
      "too many",
      (honest) => ({
        isVain: () => false,
        find: (context, row) => {
          const found = honest.find(context, row)!;
          if (!("victims" in found)) return found;
          return { ...found, victims: context.cache.podsOn(row) };
        },
      }),
    ],
  ])("end the run where the finder says %s", (_name, lie) => {
    expect(() => decideByBoth(lie)).toThrow(EvaluatorDifference);
    expect(() => decideByBoth(lie)).toThrow("preemption on node n");
  });
});
