import { describe, expect, it } from "vitest";
import { decodeScenario, prepareRun, startRun } from "../../../src/experiment/index.ts";
import type { ActiveRun } from "../../../src/experiment/index.ts";
import type { RunResult } from "../../../src/metrics/index.ts";

type Json = Readonly<Record<string, unknown>>;

const container = { name: "c", image: "i:1", resources: { requests: { cpu: "100m" } } };
const web = (more: Json = {}): Json => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" }, annotations: { "podsim.dev/stop": "1s" } },
      spec: { containers: [container] },
    },
    ...more,
  },
});

interface Ended {
  readonly api: ActiveRun["api"];
  readonly result: RunResult;
}

/** A run with these objects from the start and these edits, at its end. */
function runWith(objects: readonly Json[], edits: readonly Json[], horizon = "5m"): Ended {
  const reading = decodeScenario(
    {
      apiVersion: "podsim.dev/v1",
      kind: "Scenario",
      metadata: { name: "t" },
      run: { horizon },
      cluster: {
        nodePools: [{ name: "n", count: 2, allocatable: { cpu: "4", memory: "8Gi", pods: "20" } }],
      },
      workload: { manifests: [{ objects }], edits },
    },
    { file: "t" },
  );
  expect(reading.problems.filter(({ severity }) => severity === "error")).toEqual([]);
  const prepared = prepareRun({ scenario: reading.scenario!, document: reading.document! });
  const run = startRun(prepared, { check: "deep" });
  while (run.advance(Number.MAX_SAFE_INTEGER));
  return { api: run.api, result: run.finish() };
}

const refusals = (run: Ended): string[] =>
  run.result.notes.flatMap(({ code, message }) => (code === "REFUSED" ? [message] : []));

function replicaSets(run: Ended): { image: string; replicas: number; revision: string }[] {
  return run.api.objects.list("ReplicaSet").map(({ object }) => ({
    image: object.template.containers[0]!.image,
    replicas: object.replicas,
    revision: object.meta.annotations.get("deployment.kubernetes.io/revision")!,
  }));
}

const object = "deploy/web";

describe("edits of a scenario", () => {
  it.each<[what: string, edit: Json]>([
    ["another image", { setImage: { object, image: "i:2" } }],
    ["another variable", { setEnv: { object, name: "MODE", value: "fast" } }],
    ["a restart", { restart: { object } }],
  ])("%s is a new revision", (_, edit) => {
    const run = runWith([web()], [{ at: "1m", ...edit }]);
    expect(refusals(run)).toEqual([]);
    expect(replicaSets(run).map(({ replicas, revision }) => [replicas, revision])).toEqual([
      [0, "1"],
      [2, "2"],
    ]);
  });

  it("the same variable again is no new revision, another value is", () => {
    const set = (at: string, value: string): Json => ({
      at,
      setEnv: { object, name: "MODE", value },
    });
    const run = runWith([web()], [set("30s", "a"), set("1m", "b"), set("90s", "c")]);
    expect(replicaSets(run).length).toBe(4);
  });

  it("undo brings the revision before back, as a new one, or a given one", () => {
    const image = (at: string, text: string): Json => ({ at, setImage: { object, image: text } });
    const steps = [image("30s", "i:2"), image("1m", "i:3")];
    const back = runWith([web()], [...steps, { at: "2m", undo: { object } }]);
    expect(replicaSets(back)).toEqual([
      { image: "i:1", replicas: 0, revision: "1" },
      { image: "i:2", replicas: 2, revision: "4" },
      { image: "i:3", replicas: 0, revision: "3" },
    ]);
    const first = runWith([web()], [...steps, { at: "2m", undo: { object, toRevision: 1 } }]);
    expect(replicaSets(first)[0]).toEqual({ image: "i:1", replicas: 2, revision: "4" });
  });

  it("a paused Deployment keeps its pods until it is resumed", () => {
    const edits = [
      { at: "30s", pause: { object } },
      { at: "1m", setImage: { object, image: "i:2" } },
    ];
    expect(replicaSets(runWith([web()], edits)).length).toBe(1);
    const resumed = runWith([web()], [...edits, { at: "2m", resume: { object } }]);
    expect(replicaSets(resumed).map(({ replicas }) => replicas)).toEqual([0, 2]);
  });

  it("a suspended CronJob makes no Jobs until it goes on", () => {
    const cronJob: Json = {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name: "tick" },
      spec: {
        schedule: "* * * * *",
        successfulJobsHistoryLimit: 100,
        jobTemplate: {
          spec: {
            template: {
              metadata: { annotations: { "podsim.dev/run": "1s" } },
              spec: { containers: [container], restartPolicy: "Never" },
            },
          },
        },
      },
    };
    const run = runWith(
      [cronJob],
      [
        { at: "90s", suspend: { object: "cronjob/tick" } },
        { at: "270s", unsuspend: { object: "cronjob/tick" } },
      ],
      "10m",
    );
    const minutes = run.api.objects.list("Job").map(({ createdUs }) => Math.round(createdUs / 6e7));
    // 1 min; the latest missed run as soon as it goes on, 4.5 min in; then every minute again.
    expect(minutes).toEqual([1, 5, 5, 6, 7, 8, 9]);
    expect(run.api.objects.list("Job")[0]!.name).toBe("tick-29453761");
  });

  it("labels and taints of nodes move pods", () => {
    const picky = web({
      template: {
        metadata: { labels: { app: "web" } },
        spec: { containers: [container], nodeSelector: { disk: "fast" } },
      },
    });
    const taint = { node: "n-1", key: "k", effect: "NoExecute" };
    const run = runWith(
      [picky],
      [
        { at: "30s", label: { object: "node/n-1", labels: { disk: "fast" } } },
        { at: "2m", label: { object: "node/n-0", labels: { disk: "fast" } } },
        { at: "2m", taint },
      ],
    );
    expect(refusals(run)).toEqual([]);
    const nodes: string[] = [];
    run.api.pods.forEach((pod) => {
      nodes.push(run.api.nodes.name(run.api.pods.node(pod)));
    });
    expect(nodes).toEqual(["n-0", "n-0"]);
    const after = runWith(
      [picky],
      [
        { at: "10s", taint },
        { at: "11s", untaint: { node: "n-1", key: "k" } },
        { at: "30s", label: { object: "node/n-1", labels: { disk: "fast" } } },
      ],
    );
    expect(after.result.counts.podsBound).toBe(2);
  });

  it("a drained node is empty and takes nothing, its pods run elsewhere", () => {
    const run = runWith([web({ replicas: 6 })], [{ at: "1m", drain: { node: "n-0" } }]);
    expect(refusals(run)).toEqual([]);
    const { pods, nodes } = run.api;
    expect(pods.podsOnNode(nodes.find("n-0"))).toEqual([]);
    expect(pods.podsOnNode(nodes.find("n-1")).length).toBe(6);
    expect(nodes.facts(nodes.find("n-0")).unschedulable).toBe(true);
  });

  it("an upgraded pool has other nodes, like the old ones, and every pod on one of them", () => {
    const run = runWith(
      [web({ replicas: 6 })],
      [{ at: "1m", upgrade: { pool: "n", join: "10s", allocatable: { cpu: "8" } } }],
    );
    expect(refusals(run)).toEqual([]);
    const { pods, nodes } = run.api;
    const names = nodes.collectExisting().map((node) => nodes.name(node));
    expect(names).toEqual(["n-0-new", "n-1-new"]);
    for (const node of nodes.collectExisting()) {
      const { allocatable, meta, unschedulable } = nodes.facts(node);
      expect([allocatable.milliCpu, allocatable.pods, unschedulable]).toEqual([8000, 20, false]);
      expect(meta.labels.get("kubernetes.io/hostname")).toBe(meta.name);
      expect(meta.labels.get("podsim.dev/node-pool")).toBe("n");
    }
    const places: string[] = [];
    pods.forEach((pod) => {
      places.push(nodes.name(pods.node(pod)));
    });
    expect(places).toHaveLength(6);
    expect(places.filter((name) => !names.includes(name))).toEqual([]);
  });

  it("an upgrade of nodes by name, the old ones first, goes on without those that there are not", () => {
    const upgrade = { nodes: ["n-9", "n-1"], surge: 0, maxUnavailable: 1, join: "0s" };
    const run = runWith([web()], [{ at: "1m", upgrade }]);
    expect(refusals(run)).toEqual(['upgrade: nodes "n-9" not found']);
    const { nodes } = run.api;
    expect(nodes.collectExisting().map((node) => nodes.name(node))).toEqual(["n-0", "n-1-new"]);
  });

  it("set changes fields of the object and of its template", () => {
    const values = {
      replicas: 3,
      "requests.cpu": "200m",
      "nodeSelector[podsim.dev/node-pool]": "n",
    };
    const run = runWith([web()], [{ at: "1m", set: { object, values } }]);
    expect(refusals(run)).toEqual([]);
    const { pods } = run.api;
    const cpus: number[] = [];
    pods.forEach((pod) => {
      cpus.push(pods.template(pod).requests.milliCpu);
    });
    expect(cpus).toEqual([200, 200, 200]);
    expect(run.api.objects.list("Deployment")[0]!.object.template.nodeSelector).toEqual(
      new Map([["podsim.dev/node-pool", "n"]]),
    );
  });

  it("a drain that a budget blocks gives up after its timeout and says so", () => {
    const budget: Json = {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "b" },
      spec: { minAvailable: 2, selector: { matchLabels: { app: "web" } } },
    };
    const edits = [{ at: "1m", drain: { node: "n-0", timeout: "20s" } }];
    const run = runWith([web(), budget], edits);
    expect(refusals(run).length).toBe(1);
    expect(refusals(run)[0]).toMatch(/^drain n-0: pod web-.* was not evicted in time/);
    expect(run.api.pods.podsOnNode(run.api.nodes.find("n-0")).length).toBe(1);
  });

  it.each<[edit: Json, message: string]>([
    [{ undo: { object } }, 'no rollout history found for deployment "web"'],
    [{ pause: { object: "svc/web" } }, 'Service "default/web" not found'],
    [{ suspend: { object } }, "a Deployment cannot be suspended"],
    [{ set: { object, values: { replica: 1 } } }, "did you mean 'replicas'?"],
    [{ set: { object: "svc/web", values: { replicas: 1 } } }, "not found"],
    [{ setImage: { object, image: "x", container: "no" } }, 'there is no container "no"'],
    [{ taint: { node: "n-9", key: "k", effect: "NoSchedule" } }, 'nodes "n-9" not found'],
  ])("%j is refused: %s", (edit, message) => {
    expect(refusals(runWith([web()], [{ at: "1m", ...edit }])).join()).toContain(message);
  });
});
