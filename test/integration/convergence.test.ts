// A rolling update during a node failure during a scale-down: whatever the instants, once the faults are
// over every workload comes to the state its object asks for, with every invariant checked on the way.
//
// Two hundred random small worlds: Deployment, StatefulSet, DaemonSet and Job with random rollout settings,
// new images, scale-downs, and up to four faults of every kind that ends by itself. The wanted state is read
// from the API's pods, not from what controllers say of themselves. A world that does not settle is printed
// with its seed. The mutants at the end show that the test bites.

import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type ApiServer,
  ConditionStatus,
  NO_NODE,
  type PodIndex,
} from "../../src/cluster/index.ts";
import {
  deploymentStatusOf,
  jobStatusOf,
  statefulSetStatusOf,
} from "../../src/controllers/index.ts";
import { Expectations } from "../../src/controllers/expectations.ts";
import { PodStops } from "../../src/controllers/kubelet/pod-stops.ts";
import { decodeScenario, prepareRun, startRun } from "../../src/experiment/index.ts";

const SEEDS = 200;
/** Virtual time: the last fault ends before 20 min; evictions and back-offs need some more. */
const HORIZON = "45m";

/** A plain random source: the worlds must not hang on the product's own streams. */
class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = Math.imul(seed + 1, 0x9e3779b1);
  }

  /** A whole number from `min` to `max`. */
  between(min: number, max: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return min + (((mixed ^ (mixed >>> 14)) >>> 0) % (max - min + 1));
  }

  oneOf<T>(items: readonly T[]): T {
    return items[this.between(0, items.length - 1)]!;
  }

  chance(percent: number): boolean {
    return this.between(1, 100) <= percent;
  }
}

/** What a world must come to. */
interface Wanted {
  readonly deployment: number;
  readonly statefulSet: number;
  readonly completions: number;
  readonly nodes: number;
  readonly image: string;
}

interface World {
  readonly scenario: object;
  readonly wanted: Wanted;
}

const meta = (name: string, extra: object = {}): object => ({
  metadata: { name },
  ...extra,
});

function template(dice: Dice, app: string, annotations: object): object {
  const probe = { httpGet: { port: 80 }, periodSeconds: 5 };
  const resources = { requests: { cpu: `${dice.between(1, 4) * 50}m`, memory: "64Mi" } };
  return {
    metadata: { labels: { app }, annotations },
    spec: {
      terminationGracePeriodSeconds: dice.oneOf([1, 10, 30]),
      containers: [
        {
          ...{ name: "main", image: "app:1", resources },
          ...(dice.chance(30) ? { readinessProbe: probe } : {}),
        },
      ],
    },
  };
}

const lives = (dice: Dice): object => ({
  "podsim.dev/ready": String(dice.between(0, 15)),
  "podsim.dev/stop": String(dice.oneOf([0, 1, 8])),
});

function deployment(dice: Dice, replicas: number): object {
  const [maxSurge, maxUnavailable] = dice.oneOf([
    ["25%", "25%"],
    [1, 0],
    [0, 1],
    ["50%", 0],
    [2, "40%"],
  ]);
  const strategy = dice.chance(15)
    ? { type: "Recreate" }
    : { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } };
  return {
    ...{ apiVersion: "apps/v1", kind: "Deployment" },
    ...meta("web"),
    spec: {
      ...{ replicas, strategy, minReadySeconds: dice.oneOf([0, 0, 5]) },
      ...{ progressDeadlineSeconds: dice.oneOf([30, 600]) },
      selector: { matchLabels: { app: "web" } },
      template: template(dice, "web", lives(dice)),
    },
  };
}

function statefulSet(dice: Dice, replicas: number): object {
  return {
    ...{ apiVersion: "apps/v1", kind: "StatefulSet" },
    ...meta("db"),
    spec: {
      ...{ replicas, serviceName: "db", minReadySeconds: dice.oneOf([0, 3]) },
      podManagementPolicy: dice.oneOf(["OrderedReady", "Parallel"]),
      selector: { matchLabels: { app: "db" } },
      template: template(dice, "db", lives(dice)),
    },
  };
}

function daemonSet(dice: Dice): object {
  const [maxSurge, maxUnavailable] = dice.oneOf([
    [0, 1],
    [1, 0],
    [0, "50%"],
  ]);
  return {
    ...{ apiVersion: "apps/v1", kind: "DaemonSet" },
    ...meta("agent"),
    spec: {
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } },
      selector: { matchLabels: { app: "agent" } },
      template: template(dice, "agent", lives(dice)),
    },
  };
}

function job(dice: Dice, completions: number): object {
  const run = dice.between(10, 120);
  const inner = template(dice, "job", { "podsim.dev/run": String(run) }) as { spec: object };
  return {
    ...{ apiVersion: "batch/v1", kind: "Job" },
    ...meta("batch"),
    spec: {
      ...{ completions, parallelism: dice.between(1, 3), backoffLimit: 1000 },
      completionMode: dice.oneOf(["NonIndexed", "Indexed"]),
      podReplacementPolicy: dice.oneOf(["TerminatingOrFailed", "Failed"]),
      template: { ...inner, spec: { ...inner.spec, restartPolicy: "Never" } },
    },
  };
}

/** A fault that ends by itself within fifteen minutes. */
function fault(dice: Dice, nodes: number, fromSeconds: number): object {
  const at = `${fromSeconds + dice.between(0, 40)}s`;
  const node = `n-${dice.between(0, nodes - 1)}`;
  const duration = `${dice.oneOf([dice.between(5, 60), dice.between(60, 800)])}s`;
  const kinds = [
    { kind: "NodeCrash", node, at, repairAfter: duration },
    { kind: "NodeReboot", node, at, duration },
    { kind: "NodeShutdown", node, at, duration },
    { kind: "NetworkPartition", node, at, duration },
    { kind: "KubeletStop", node, at, duration },
    { kind: "SlowNode", node, at, duration, factor: 3 },
    { kind: "DiskFull", node, at, duration, fillPercent: 95 },
    { kind: "RegistryOutage", at, duration },
  ];
  return dice.oneOf(kinds);
}

function worldOf(seed: number): World {
  const dice = new Dice(seed);
  const nodes = dice.between(3, 6);
  const [before, sets, completions] = [dice.between(3, 12), dice.between(2, 4), dice.between(2, 8)];
  const wanted: Wanted = {
    ...{ deployment: dice.between(0, before - 1), statefulSet: dice.between(1, sets) },
    ...{ completions, nodes, image: "app:2" },
  };
  // The update begins, a node fails within it, and the scale-down comes while neither is over.
  const startSeconds = dice.between(30, 90);
  const at = (within: number): string => `${startSeconds + dice.between(0, within)}s`;
  const node = `n-${dice.between(0, nodes - 1)}`;
  const crash = { kind: "NodeCrash", node, at: at(20), repairAfter: `${dice.between(20, 900)}s` };
  const others = Array.from({ length: dice.between(0, 3) }, () => fault(dice, nodes, startSeconds));
  const update = (object: string): object => ({ at: at(10), setImage: { object, image: "app:2" } });
  const scale = (object: string, replicas: number): object => ({
    at: at(45),
    scale: { object, replicas },
  });
  const scenario = {
    ...{ apiVersion: "podsim.dev/v1", kind: "Scenario", metadata: { name: `world-${seed}` } },
    run: { horizon: HORIZON, seed: String(seed) },
    cluster: {
      nodePools: [
        {
          ...{ name: "n", count: nodes, zones: dice.oneOf([["a"], ["a", "b"], ["a", "b", "c"]]) },
          allocatable: { cpu: "8", memory: "16Gi", "ephemeral-storage": "20Gi", pods: "40" },
        },
      ],
    },
    workload: {
      manifests: [
        {
          at: "1s",
          objects: [
            deployment(dice, before),
            statefulSet(dice, sets),
            daemonSet(dice),
            job(dice, completions),
          ],
        },
      ],
      edits: [
        update("deploy/web"),
        update("sts/db"),
        update("ds/agent"),
        scale("deploy/web", wanted.deployment),
        scale("sts/db", wanted.statefulSet),
      ],
    },
    faults: [crash, ...others],
  };
  return { scenario, wanted };
}

/** Lets a world go on to its end under every invariant; what of it is not as wanted. */
function outcomeOf({ scenario, wanted }: World): string[] {
  const { scenario: read, document, problems } = decodeScenario(scenario, { file: "world" });
  expect(problems).toEqual([]);
  const run = startRun(prepareRun({ scenario: read!, document: document! }), { check: "check" });
  while (run.advance(100_000));
  const missing = whatIsMissing(run.api, wanted);
  run.finish();
  return missing;
}

function whatIsMissing(api: ApiServer, wanted: Wanted): string[] {
  const missing: string[] = [];
  const demand = (what: string, found: unknown, right: unknown): void => {
    const [is, should] = [JSON.stringify(found), JSON.stringify(right)];
    if (is !== should) missing.push(`${what} is ${is}, wanted ${should}`);
  };
  const settled = (app: string, count: number): PodIndex[] => {
    const pods = podsOf(api, app);
    demand(`pods of ${app}`, pods.length, count);
    const right = pods.filter((pod) => isRight(api, pod, wanted.image));
    demand(`pods of ${app} as wanted`, right.length, count);
    return pods;
  };

  settled("web", wanted.deployment);
  const web = api.objects.find("Deployment", "default", "web")!;
  const { updatedReplicas, availableReplicas, observedGeneration } = deploymentStatusOf(web);
  demand("updated", updatedReplicas, wanted.deployment);
  demand("available", availableReplicas, wanted.deployment);
  demand("generation seen", observedGeneration, web.generation);

  const members = settled("db", wanted.statefulSet);
  demand(
    "names of db",
    members.map((pod) => api.pods.name(pod)).sort(),
    Array.from({ length: wanted.statefulSet }, (_, ordinal) => `db-${ordinal}`),
  );
  const db = statefulSetStatusOf(api.objects.find("StatefulSet", "default", "db")!);
  demand("revision of db", db.currentRevision, db.updateRevision);
  demand("ready of db", db.readyReplicas, wanted.statefulSet);

  const agents = settled("agent", wanted.nodes);
  demand("nodes of agent", new Set(agents.map((pod) => api.pods.node(pod))).size, wanted.nodes);

  const batch = jobStatusOf(api.objects.find("Job", "default", "batch")!);
  demand("succeeded", batch.succeeded, wanted.completions);
  demand("active", [batch.active, batch.terminating], [0, 0]);
  demand(
    "complete",
    batch.conditions
      .filter(({ status }) => status === "True")
      .map(({ type }) => type)
      .includes("Complete"),
    true,
  );
  return missing;
}

/** Pods of a workload that are not just the record of one that has ended. */
function podsOf(api: ApiServer, app: string): PodIndex[] {
  const pods: PodIndex[] = [];
  api.pods.forEach((pod) => {
    const isPast = api.pods.isFinished(pod) && !api.pods.isDeleting(pod);
    if (!isPast && api.pods.template(pod).labels.get("app") === app) pods.push(pod);
  });
  return pods;
}

function isRight({ pods, nodes }: ApiServer, pod: PodIndex, image: string): boolean {
  const node = pods.node(pod);
  if (node === NO_NODE || !nodes.exists(node) || pods.isDeleting(pod)) return false;
  return (
    pods.ready(pod) === ConditionStatus.True && pods.template(pod).containers[0]!.image === image
  );
}

/** Seeds of worlds that do not settle, with what is missing. */
function unsettled(seeds: readonly number[], change: (world: World) => World): string[] {
  return seeds.flatMap((seed) => {
    try {
      const missing = outcomeOf(change(worldOf(seed)));
      return missing.length === 0 ? [] : [`seed ${seed}: ${missing.join("; ")}`];
    } catch (error) {
      return [`seed ${seed}: ${String(error)}`];
    }
  });
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, at) => from + at);

describe("a rolling update during a node failure during a scale-down", () => {
  it.each([0, 1, 2, 3])(
    `converges for every seed of quarter %i of ${SEEDS}`,
    { timeout: 120_000 },
    (quarter) => {
      const size = SEEDS / 4;
      const seeds = range(quarter * size, (quarter + 1) * size);
      expect(unsettled(seeds, (world) => world)).toEqual([]);
    },
  );
});

/** A world whose scenario was changed by hand. */
function altered(change: (scenario: Alterable) => object): (world: World) => World {
  return ({ scenario, wanted }) => ({ scenario: change(scenario as Alterable), wanted });
}

interface Alterable {
  readonly faults: readonly { readonly kind: string; readonly repairAfter?: string }[];
  readonly workload: { readonly edits: readonly { readonly scale?: object }[] };
}

describe("what the test would find", () => {
  afterEach(() => vi.restoreAllMocks());

  it("a kubelet that forgets pods which had ended before its machine lost power (found by seeds 42 and 61)", () => {
    vi.spyOn(PodStops.prototype, "removeForgotten").mockImplementation(() => undefined);
    expect(unsettled([42, 61], (world) => world)).toHaveLength(2);
  });

  it("a controller that never sees its deletions come true", () => {
    vi.spyOn(Expectations.prototype, "areMet").mockImplementation(() => false);
    expect(unsettled([0, 1], (world) => world)).toHaveLength(2);
  });

  it("a node that never comes back", () => {
    const forEver = altered((scenario) => ({
      ...scenario,
      faults: scenario.faults.map(({ repairAfter: _, ...fault }) => fault),
    }));
    expect(unsettled(range(0, 4), forEver).length).toBeGreaterThan(0);
  });

  it.each(["update", "scale-down"])("a %s that is lost", (kind) => {
    const lost = altered((scenario) => {
      const edits = scenario.workload.edits.filter(
        ({ scale }) => (scale === undefined) === (kind === "scale-down"),
      );
      return { ...scenario, workload: { ...scenario.workload, edits } };
    });
    expect(unsettled([0, 2], lost)).toHaveLength(2);
  });
});
