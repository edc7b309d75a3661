// The invariants of preemption bite: a seeded fault in a verdict is reported under its id.

import { describe, expect, it } from "vitest";
import type { Instant } from "../../../src/base/index.ts";
import { labelSelectorOfMap, labelsOf } from "../../../src/cluster/index.ts";
import { InvariantBroken } from "../../../src/engine/index.ts";
import {
  type Decider,
  type NodeRow,
  NodeStatuses,
  PlainEvaluator,
  type PodInfo,
  type PreemptionFindings,
  ProfileDecider,
  type QueuedPod,
  registerSchedulerInvariants,
  type Scheduler,
  type SchedulerCache,
  startScheduler,
  unschedulable,
  type Verdict,
} from "../../../src/scheduler/index.ts";
import { configurationOf } from "../configuration.ts";
import { BreakNotes } from "../../../src/scheduler/audit/break-notes.ts";
import { PreemptionAudit } from "../../../src/scheduler/audit/preemption-audit.ts";
import { fakePod } from "../queue/fake-pods.ts";
import { createWorld, meta } from "../../cluster/state/fixture.ts";

type Change = (verdict: Verdict) => Verdict;

/** Decides soundly, then changes the verdict. */
class Mutant extends ProfileDecider {
  private readonly change: Change;

  constructor(
    profiles: ConstructorParameters<typeof ProfileDecider>[0],
    cache: SchedulerCache,
    change: Change,
  ) {
    super(profiles, new PlainEvaluator(cache));
    this.change = change;
  }

  override decide(pod: Parameters<Decider["decide"]>[0]): Verdict {
    return this.change(super.decide(pod));
  }
}

/** Three one-cpu pods on n1 (priorities 1, 2, 3; the first guarded), one on n2; then a big one. */
function run(change: Change): string {
  const world = createWorld(undefined, { check: true });
  const { simulation, api } = world;
  const { scheduler } = startScheduler(simulation, api, {
    configuration: configurationOf(),
    createDecider: ({ profiles, cache }) => new Mutant(profiles, cache, change),
  });
  registerSchedulerInvariants(simulation.invariants, scheduler);
  for (let value = 1; value <= 9; value++) {
    api.initialState.addObject({
      kind: "PriorityClass",
      meta: meta(`p${value}`),
      value,
      globalDefault: false,
      preemptionPolicy: "PreemptLowerPriority",
    });
  }
  api.initialState.addObject({
    kind: "PodDisruptionBudget",
    meta: meta("guard", "default"),
    selector: labelSelectorOfMap(labelsOf([["app", "db"]])),
    minAvailable: undefined,
    maxUnavailable: undefined,
    unhealthyPodEvictionPolicy: "IfHealthyBudget",
    disruptionsAllowed: 0,
    disruptedPods: [],
  });
  for (const [name, cpu] of [
    ["n1", "3"],
    ["n2", "2"],
  ] as const) {
    world.addNode(name, {
      status: {
        capacity: { cpu, memory: "8Gi", pods: "110" },
        conditions: [{ type: "Ready", status: "True" }],
      },
    });
  }
  const submit = (name: string, cpu: string, priority: number, app = "web"): void => {
    const containers = [{ name: "c", image: "i:1", resources: { requests: { cpu } } }];
    const spec = {
      containers,
      priorityClassName: `p${priority}`,
      terminationGracePeriodSeconds: 0,
    };
    const template = world.template(spec, { app });
    api.request(world.client, "create", (writer) =>
      writer.createPod({ namespace: "default", name, template }),
    );
  };
  submit("wide", "2", 5);
  submit("a", "1", 2);
  submit("b", "1", 3);
  submit("guarded", "1", 1, "db");
  try {
    simulation.runUntil(1_000_000 as Instant);
    submit("high", "2", 9);
    simulation.runUntil(60_000_000 as Instant);
  } catch (thrown) {
    if (thrown instanceof InvariantBroken) return thrown.id;
    throw thrown;
  }
  if (scheduler.statistics.preemptions === 0) throw new Error("nobody was evicted");
  return "none";
}

function withFindings(
  verdict: Verdict,
  change: (findings: PreemptionFindings) => Partial<PreemptionFindings>,
): Verdict {
  const { postFilter } = verdict;
  if (postFilter?.preemption?.chosen === undefined) return verdict;
  const preemption = { ...postFilter.preemption, ...change(postFilter.preemption) };
  return { ...verdict, postFilter: { ...postFilter, preemption } };
}

function withVictims(
  verdict: Verdict,
  change: (victims: readonly PodInfo[]) => PodInfo[],
): Verdict {
  return withFindings(verdict, ({ chosen }) => ({
    chosen: { ...chosen!, victims: change(chosen!.victims) },
  }));
}

const more = (pod: PodInfo, priority: number): PodInfo => ({
  ...pod,
  uid: 999,
  name: "x",
  priority,
});

describe("invariants of preemption", () => {
  it("hold in a sound run", () => {
    expect(run((verdict) => verdict)).toBe("none");
  });

  it.each<[string, string, Change]>([
    [
      "I52",
      "a victim of equal priority",
      (verdict) => withVictims(verdict, (victims) => [...victims, more(victims[0]!, 9)]),
    ],
    [
      "I53",
      "a victim too many",
      (verdict) => withVictims(verdict, (victims) => [...victims, more(victims[0]!, 1)]),
    ],
    ["I53", "a victim too few", (verdict) => withVictims(verdict, (victims) => victims.slice(1))],
    [
      "I55",
      "a node whose victims break a budget",
      (verdict) => withFindings(verdict, ({ candidates }) => ({ chosen: candidates.at(-1)! })),
    ],
  ])("%s: %s is noticed", (id, _title, change) => {
    expect(run(change)).toBe(id);
  });

  it("I57: two pods that evict each other at one instant are noticed, later they are not", () => {
    const [a, b] = [fakePod(), fakePod()];
    const breaksAt = (instants: readonly [number, number]): string | undefined => {
      const notes = new BreakNotes();
      const simulation = { nowUs: 0 };
      const cache = { findRow: () => undefined };
      const decider = { profiles: new Map() };
      const scheduler = { simulation, cache, decider } as unknown as Scheduler;
      const audit = new PreemptionAudit(scheduler, notes);
      for (const [index, [pod, victim]] of [
        [a, b],
        [b, a],
      ].entries()) {
        simulation.nowUs = instants[index]!;
        const chosen = { row: 2, nodeName: "n", victims: [victim], budgetViolations: 0 };
        const preemption = { candidates: [chosen], acceptable: [chosen], budgets: [], chosen };
        const verdict = { decision: { pod, outcome: "unschedulable" }, postFilter: { preemption } };
        audit.onVerdict({ pod } as QueuedPod, verdict as unknown as Verdict);
      }
      return notes.textOf("I57");
    };
    expect(breaksAt([5, 5])).toContain("evict each other");
    expect(breaksAt([5, 6])).toBeUndefined();
  });

  it("I56: a pod that goes elsewhere although its nominated node did not refuse it is noticed", () => {
    const [nominated, other] = [2, 3] as NodeRow[];
    const breaksWith = (statuses: NodeStatuses): string | undefined => {
      const notes = new BreakNotes();
      const nodeList = [nominated, other];
      const cache = { findRow: () => nominated, nodeList, nodeName: (row: number) => `n${row}` };
      const audit = new PreemptionAudit({ cache } as unknown as Scheduler, notes);
      const pod = fakePod({ nominatedNodeName: "n2" });
      const decision = { pod, outcome: "placed", node: other, statuses };
      audit.onVerdict({ pod } as QueuedPod, { decision } as unknown as Verdict);
      return notes.textOf("I56");
    };
    const refused = new NodeStatuses();
    refused.set(nominated!, unschedulable("NodeResourcesFit", "Insufficient cpu"));
    expect(breaksWith(refused)).toBeUndefined();
    expect(breaksWith(new NodeStatuses())).toContain("nominated n2 did not refuse it");
  });
});
