// Victims that are worked out by sums, and kept, are those of the dry run, node by node.
//
// Random crowded clusters from seeds, which change between the searches; a failure names seed, step and
// node. A longer hunt: WORLDS=2000 FIRST_SEED=1 npx vitest run test/scheduler/preemption/victims-by-sums.test.ts

import { describe, expect, it } from "vitest";
import { createEvaluator } from "../../../src/scheduler/evaluator/create-evaluator.ts";
import type { DisruptionBudget } from "../../../src/scheduler/framework/cluster-objects.ts";
import { type DryRunContext, selectVictims } from "../../../src/scheduler/preemption/dry-run.ts";
import { searchVictims } from "../../../src/scheduler/preemption/victim-search.ts";
import { labelSelectorOfMap, labelsOf } from "../../../src/cluster/index.ts";
import { CycleState, type NodeRow, type PodInfo } from "../../../src/scheduler/index.ts";
import { Dice } from "../evaluator/random-world.ts";
import { configuration, node, pod, SmallCluster } from "../small-cluster.ts";

const FIRST_SEED = Number(process.env["FIRST_SEED"] ?? 1);
const WORLDS = Number(process.env["WORLDS"] ?? 20);
const STEPS = 30;

type Json = Record<string, unknown>;
type Answer = ReturnType<typeof selectVictims>;

const HOST = "kubernetes.io/hostname";
const ZONE = "topology.kubernetes.io/zone";

function shown(answer: Answer | undefined): string {
  if (answer === undefined) return "none";
  if (!("victims" in answer)) return JSON.stringify(answer);
  const { nodeName, victims, budgetViolations } = answer;
  return `${nodeName} ${budgetViolations} ${victims.map(({ uid }) => uid).join(" ")}`;
}

function findingsText(findings: ReturnType<typeof searchVictims>): string {
  const { candidates, acceptable, chosen, failure, rejected } = findings;
  const { absent, explicitCount } = rejected;
  const verdicts = [...rejected.entries()];
  return JSON.stringify([
    ...[candidates.map(shown), acceptable.map(shown), shown(chosen), failure],
    ...[absent, explicitCount, verdicts, verdicts.map(([row]) => rejected.get(row))],
  ]);
}

/** A crowded cluster that goes on changing. */
class Crowd {
  readonly cluster: SmallCluster;
  readonly bound: PodInfo[] = [];
  readonly budgets: DisruptionBudget[] = [];
  nowUs = 1_000_000;
  private readonly dice: Dice;
  private readonly names: string[] = [];
  private readonly priorities: readonly number[];
  private readonly isPlain: boolean;
  private podCount = 0;

  constructor(seed: number) {
    this.dice = new Dice(seed);
    const { dice } = this;
    this.isPlain = dice.percent(40);
    // Sometimes more priorities than there are bands.
    const kinds = dice.percent(20) ? 40 : 1 + dice.below(5);
    this.priorities = Array.from({ length: kinds }, (_, at) => at * 3 - 2);
    const count = 2 + dice.below(5);
    for (let at = 0; at < count; at++) this.names.push(`n${at}`);
    this.cluster = new SmallCluster(
      this.names.map((name) => this.node(name)),
      { config: configuration({}, { percentageOfNodesToScore: dice.of([0, 100]) }) },
    );
    for (let at = 0; at < count * 12; at++) this.bind();
  }

  get cache(): SmallCluster["world"]["cache"] {
    return this.cluster.world.cache;
  }

  /** A pod that wants in; few kinds, so that answers are met again. */
  preemptor(): PodInfo {
    const { dice } = this;
    const size = dice.of([1, 2, 3, 7]);
    const priority = dice.of([100, 100, this.priorities[this.priorities.length >> 1]!]);
    return this.make(`p${this.podCount++}`, size * 1_000, priority, dice.below(4));
  }

  change(): void {
    const { dice, cache } = this;
    this.nowUs += dice.of([0, 1, 400]);
    switch (dice.below(10)) {
      case 0:
      case 1:
      case 2:
        this.bind();
        return;
      case 3:
      case 4: {
        const gone = this.bound.splice(dice.below(this.bound.length + 1), 1)[0];
        if (gone !== undefined) cache.removePod(gone.uid);
        return;
      }
      case 5: {
        const at = dice.below(this.bound.length + 1);
        const known = this.bound[at];
        if (known === undefined) return;
        this.bound[at] = { ...known, deleting: dice.percent(50), startUs: this.startUs() };
        cache.updatePod(this.bound[at]);
        return;
      }
      case 6:
        cache.updateNode(this.cluster.world.decodeNode(this.node(dice.of(this.names))));
        return;
      case 7: {
        const other = this.make(`o${this.podCount++}`, 1_500, dice.of([0, 50, 100, 200]), 0);
        cache.nominator.add(other, "override", dice.of(this.names));
        if (dice.percent(60)) cache.nominator.delete(other);
        return;
      }
      case 8:
        this.changeBudgets();
        return;
      default: {
        const name = dice.of(this.names);
        if (!dice.percent(30) || cache.findRow(name) === undefined) return;
        cache.removeNode(name);
        if (dice.percent(80)) cache.addNode(this.cluster.world.decodeNode(this.node(name)));
      }
    }
  }

  private changeBudgets(): void {
    const { dice, budgets } = this;
    if (budgets.length > 1 || dice.percent(40)) {
      budgets.pop();
      return;
    }
    budgets.push({
      namespace: "default",
      selector: labelSelectorOfMap(labelsOf([["app", `a${dice.below(4)}`]])),
      disruptionsAllowed: dice.below(3),
      disruptedPods: new Set(dice.percent(20) ? [`b${dice.below(this.podCount + 1)}`] : []),
    });
  }

  private bind(): void {
    const { dice } = this;
    const name = dice.of(this.names);
    const size = dice.of([0, 100, 300, 900]);
    const made = this.make(`b${this.podCount++}`, size, dice.of(this.priorities), dice.below(4));
    const bound = { ...made, nodeName: name, startUs: this.startUs() };
    this.bound.push(bound);
    this.cache.addPod(bound);
  }

  private startUs(): number {
    return this.dice.of([-1, this.nowUs, this.nowUs - 5, 10, 20, 20]);
  }

  private make(name: string, milliCpu: number, priority: number, app: number): PodInfo {
    const { dice } = this;
    const requests: Json = {};
    if (milliCpu > 0) requests["cpu"] = `${milliCpu}m`;
    if (dice.percent(40)) requests["memory"] = `${100 * dice.below(20)}Mi`;
    const isOdd = !this.isPlain && dice.percent(30);
    if (isOdd && dice.percent(40)) requests["example.com/gpu"] = dice.below(3);
    const labels = { app: `a${app}` };
    const spec: Json = { priority };
    const term = { labelSelector: { matchLabels: labels }, topologyKey: dice.of([HOST, ZONE]) };
    if (isOdd) {
      const draw = dice.below(5);
      if (draw === 0) {
        const required = [term];
        spec["affinity"] = {
          podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required },
        };
      } else if (draw === 1) {
        spec["affinity"] = {
          podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
        };
      } else if (draw === 2) {
        const constraint = { ...term, maxSkew: 1, whenUnsatisfiable: "DoNotSchedule" };
        spec["topologySpreadConstraints"] = [constraint];
      } else if (draw === 3) {
        const ports = [{ containerPort: 80, hostPort: 8_000 + dice.below(2) }];
        spec["containers"] = [{ name: "c", image: "app:1", resources: { requests }, ports }];
      }
    }
    return this.cluster.podInfo(pod(name, requests, { labels, spec, metadata: { uid: name } }));
  }

  private node(name: string): Json {
    const { dice } = this;
    const room = {
      cpu: `${4 + dice.below(4)}`,
      memory: `${6 + dice.below(6)}Gi`,
      pods: `${10 + dice.below(10)}`,
      "example.com/gpu": `${dice.below(4)}`,
    };
    return node(name, room, { labels: { [ZONE]: `z${Number(name.slice(1)) % 2}` } });
  }
}

interface Comparison {
  answered: number;
  candidates: number;
  asked: number;
  vain: number;
}

function compareIn(seed: number, into: Comparison): void {
  const crowd = new Crowd(seed);
  const { cluster, cache } = crowd;
  const { profile, world } = cluster;
  const evaluator = createEvaluator("indexed", cache, world.objects, {
    percentageOfNodesToScore: seed % 2 === 0 ? 100 : 0,
  });
  for (let step = 0; step < STEPS; step++) {
    crowd.change();
    const preemptor = crowd.preemptor();
    const state = new CycleState();
    const decision = evaluator.decide(preemptor, profile, state);
    if (decision.outcome !== "unschedulable") continue;
    const { budgets, nowUs } = crowd;
    const context: DryRunContext = {
      ...{ cache, state, filters: profile, preemptor, budgets: [...budgets], nowUs },
    };
    const where = (row: NodeRow): string =>
      `seed ${seed}, step ${step}, node ${cache.nodeName(row)}`;
    const finder = state.victims!;
    const isVain = finder.isVain(context);
    if (isVain) into.vain++;
    for (const row of cache.nodeList) {
      const wanted = shown(selectVictims(context, row));
      if (isVain) expect(wanted, where(row)).toContain("No preemption victims found");
      const found = finder.find(context, row);
      into.asked++;
      if (found === undefined) continue;
      into.answered++;
      if ("victims" in found) into.candidates++;
      expect(shown(found), where(row)).toBe(wanted);
    }
    const nodes = decision.statuses.unschedulableAmong(cache.nodeList);
    const withFinder = searchVictims(context, nodes, 3);
    state.victims = undefined;
    const plain = searchVictims(context, nodes, 3);
    expect(findingsText(withFinder), `seed ${seed}, step ${step}`).toBe(findingsText(plain));
  }
}

describe("victims by sums", () => {
  it(`are those of the dry run (${WORLDS} seeds), which is rarely needed`, () => {
    const counts: Comparison = { answered: 0, candidates: 0, asked: 0, vain: 0 };
    for (let at = 0; at < WORLDS; at++) compareIn(FIRST_SEED + at, counts);
    expect(counts.candidates).toBeGreaterThan(counts.asked / 10);
    expect(counts.answered).toBeGreaterThan(counts.asked / 2);
    expect(counts.vain).toBeGreaterThan(0);
  });

  /** What finder and dry run say of node n at that time. */
  function answersOn(
    cluster: SmallCluster,
    evaluator: ReturnType<typeof createEvaluator>,
    preemptor: PodInfo,
    nowUs: number,
  ): readonly string[] {
    const { profile, world } = cluster;
    const state = new CycleState();
    const { outcome } = evaluator.decide(preemptor, profile, state);
    expect(outcome).toBe("unschedulable");
    const { cache } = world;
    const context = { cache, state, filters: profile, preemptor, budgets: [], nowUs };
    const row = cache.findRow("n")!;
    expect(state.victims!.isVain(context)).toBe(false);
    return [state.victims!.find(context, row), selectVictims(context, row)].map(shown);
  }

  it("take a pod for started just now only for now", () => {
    const cluster = new SmallCluster([node("n", { cpu: "2" })]);
    const { cache, objects } = cluster.world;
    const make = (name: string, startUs: number): PodInfo => {
      const info = cluster.podInfo(pod(name, { cpu: "1" }, { metadata: { uid: name } }));
      return { ...info, nodeName: "n", startUs };
    };
    // Until time 500 they are equally important, and the first in the list is spared.
    cache.addPod(make("unstarted", -1));
    cache.addPod(make("started", 500));
    const evaluator = createEvaluator("indexed", cache, objects, { percentageOfNodesToScore: 100 });
    const preemptor = cluster.podInfo(pod("p", { cpu: "1" }, { spec: { priority: 9 } }));
    expect(answersOn(cluster, evaluator, preemptor, 500)).toEqual(["n 0 started", "n 0 started"]);
    const later = answersOn(cluster, evaluator, preemptor, 900);
    expect(later).toEqual(["n 0 unstarted", "n 0 unstarted"]);
    expect(answersOn(cluster, evaluator, preemptor, 950)).toEqual(later);
  });

  it("leave a port to the dry run that was held twice and looks free since one of the two went", () => {
    const cluster = new SmallCluster([node("n", { cpu: "3" })]);
    const { cache, objects } = cluster.world;
    const make = (name: string, nodeName: string, priority: number, hostPort: number): PodInfo => {
      const ports = hostPort === 0 ? [] : [{ containerPort: 80, hostPort }];
      const resources = { requests: { cpu: "1" } };
      const spec = { priority, containers: [{ name: "c", image: "a:1", resources, ports }] };
      const info = cluster.podInfo(pod(name, {}, { spec, metadata: { uid: name } }));
      return { ...info, nodeName };
    };
    cache.addPod(make("holder", "n", 5, 8_080));
    cache.addPod(make("twin", "n", 5, 8_080));
    cache.addPod(make("small", "n", 1, 0));
    cache.removePod("twin");
    cache.addPod(make("other", "n", 1, 0));
    const evaluator = createEvaluator("indexed", cache, objects, { percentageOfNodesToScore: 100 });
    const [found, wanted] = answersOn(cluster, evaluator, make("p", "", 9, 8_080), 0);
    expect(wanted).toBe("n 0 holder");
    expect(found).toBe("none");
  });
});
