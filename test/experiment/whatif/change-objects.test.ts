// What happens to objects: set, scale, delete, priority, from the start and while they run.

import { describe, expect, it } from "vitest";
import {
  ask,
  askPair,
  deployment,
  dump,
  dumpRun,
  outcomes,
  podsWith,
  prepared,
  scenario,
} from "./worlds.ts";

const SHOP = scenario([deployment("web", 6)]);

describe("set", () => {
  it("of an applied workload holds from the start, and nothing rolls out", () => {
    const record = ask(SHOP, "set deploy/web requests.cpu=3");
    expect(record.changes[0]!.taken).toContain("from the start");
    expect(outcomes(record)["waits"]).toBeUndefined();
    const over = ask(scenario([deployment("web", 8)]), "set deploy/web requests.cpu=3");
    expect(outcomes(over)["waits"]).toBe(2);
    expect(over.pods.every(({ cause }) => cause === "")).toBe(true);
  });

  it("at an instant is an edit, and rolls out", () => {
    const record = ask(SHOP, "set deploy/web image=web:2 at 5m");
    expect(record.pods).toHaveLength(6);
    expect(record.pods.every(({ cause }) => cause === "deleted")).toBe(true);
    expect(record.pods.every(({ because }) => because.startsWith("set"))).toBe(true);
    expect(record.workloads[0]!.change!.readyMinCount).toBe(5);
  });

  it("of a dump's workload is an edit at time zero", () => {
    const run = dumpRun(dump(["n-0", "n-0", "n-1"]));
    const { record } = askPair(run, ["set deploy/web requests.cpu=1"]);
    expect(record.pods).toHaveLength(3);
    expect(record.pods.every(({ cause }) => cause === "deleted")).toBe(true);
    expect(record.workloads[0]!.change!.readyAtEndCount).toBe(3);
  });

  it("takes any field of a template, labels with dots among them", () => {
    const record = ask(SHOP, "set deploy/web nodeSelector[topology.kubernetes.io/zone]=a");
    expect(record.pods.filter(({ to }) => !["n-0", "n-3"].includes(to))).toEqual([]);
    expect(record.pods.length).toBeGreaterThan(2);
  });

  it("takes a DaemonSet, and a field away", () => {
    const agent = {
      ...{ apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "agent" } },
      spec: {
        selector: { matchLabels: { app: "agent" } },
        template: {
          metadata: { labels: { app: "agent" } },
          spec: {
            nodeSelector: { "topology.kubernetes.io/zone": "a" },
            containers: [{ name: "main", image: "a:1", resources: { requests: { cpu: "100m" } } }],
          },
        },
      },
    };
    const world = scenario([agent, deployment("web", 12)]);
    const bigger = ask(world, "set ds/agent requests.cpu=3600m");
    expect(podsWith(bigger, "moved").every(({ to }) => to !== "n-0" && to !== "n-3")).toBe(true);
    expect(podsWith(bigger, "moved").length).toBeGreaterThan(0);
    const everywhere = ask(world, "set ds/agent nodeSelector=null");
    expect(podsWith(everywhere, "new").map(({ to }) => to)).toHaveLength(4);
  });

  it("takes the budget that a drain meets", () => {
    const pdb = {
      ...{ apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "web" } },
      spec: { minAvailable: 6, selector: { matchLabels: { app: "web" } } },
    };
    const world = scenario([deployment("web", 6), pdb]);
    const record = ask(world, "drain n-1 at 5m", "set pdb/web minAvailable=5");
    expect([outcomes(record), record.budgets]).toEqual([{ moved: 1 }, []]);
    const share = ask(world, "drain n-1 at 5m", "set pdb/web maxUnavailable=50%");
    expect(outcomes(share)).toEqual({ moved: 1 });
  });

  it.each([
    ["set deploy/wbe replicas=1", /no Deployment is called 'wbe'(?:.|\n)*did you mean 'web'/],
    ["set deploy/web replica=1", /did you mean 'replicas'\?/],
    ["set deploy/web replicas=many", /"many" is no value for replicas of a Deployment/],
    ["set deploy/web requests.cpu=1x", /quantities must match/],
    ["set deploy/web image=a container=mian", /no container 'mian': did you mean 'main'/],
    ["set deploy/web containers.5.image=a", /the list has no item '5'/],
    ["set service/web ports=1", /no Service is called 'web'/],
    ["set shop/deploy/web replicas=1", /no Deployment is called 'web' in shop/],
  ])("%s is refused", (text, message) => {
    expect(() => ask(SHOP, text)).toThrow(message);
  });

  it("says what a dump of pods alone lacks", () => {
    const { name, bytes } = dump(["n-0", "n-1"]);
    const list = JSON.parse(new TextDecoder().decode(bytes)) as { items: { kind: string }[] };
    const items = list.items.filter(({ kind }) => kind === "Node" || kind === "Pod");
    const bare = { name, bytes: new TextEncoder().encode(JSON.stringify({ ...list, items })) };
    expect(() => askPair(dumpRun(bare), ["set deploy/web requests.cpu=1"])).toThrow(
      /there is only its ReplicaSet \(rs\/web-abc\)/,
    );
  });

  it("does not touch a pod that runs, unless all are placed anew", () => {
    const run = dumpRun(dump(["n-0", "n-0", "n-1"]));
    expect(() => askPair(run, ["set pod/web-abc-0 requests.cpu=3"])).toThrow(/--reschedule/);
    const { record } = askPair(run, ["set pod/web-abc-0 requests.cpu=3"], { reschedule: true });
    expect(record.end.isWhole).toBe(true);
  });
});

describe("scale and delete", () => {
  it("make pods, or end them", () => {
    const more = ask(SHOP, "scale deploy/web replicas=9");
    expect(outcomes(more)).toEqual({ new: 3 });
    const fewer = ask(SHOP, "scale deploy/web replicas=4 at 5m");
    expect(outcomes(fewer)).toEqual({ gone: 2 });
    expect(podsWith(fewer, "gone").every(({ cause }) => cause === "deleted")).toBe(true);
    expect(outcomes(ask(SHOP, "scale deploy/web replicas=4"))).toEqual({ "not-made": 2 });
  });

  it("take a node away: its pods are lost with it", () => {
    const record = ask(SHOP, "delete node/n-1 at 5m");
    expect(outcomes(record)).toEqual({ moved: 1 });
    expect(record.pods[0]).toMatchObject({
      ...{ cause: "lost-with-node", because: "delete node/n-1 at 5m" },
    });
  });

  it("take an object away from the start or at an instant", () => {
    expect(outcomes(ask(SHOP, "delete deploy/web"))).toEqual({ "not-made": 6 });
    expect(outcomes(ask(SHOP, "delete deploy/web at 5m"))).toEqual({ gone: 6 });
  });
});

describe("priority", () => {
  const classes = [100, 200].map((value) => ({
    ...{ apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass" },
    ...{ metadata: { name: `p${value}` }, value },
  }));
  const world = scenario(
    [
      deployment("low", 6, "4", { priorityClassName: "p100" }),
      deployment("high", 6, "4", { priorityClassName: "p200" }),
    ],
    {
      cluster: {
        objects: classes,
        nodePools: [
          { name: "n", count: 6, allocatable: { cpu: "4", memory: "16Gi", pods: "110" } },
        ],
      },
    },
  );

  it("decides who gets the room", () => {
    const record = ask(world, "priority p100=300");
    const winners = record.pods.filter(({ to }) => to !== "").map(({ workload }) => workload);
    expect(new Set(winners)).toEqual(new Set(["Deployment/low"]));
    expect(record.pending).toEqual({ baseline: 6, change: 6 });
    expect(() => ask(world, "priority p1000=1")).toThrow(/did you mean 'p100'/);
  });

  it("at work on running pods names who pushed whom out", () => {
    const late = deployment("late", 2, "4", { priorityClassName: "p200" });
    const base = scenario([deployment("low", 6, "4", { priorityClassName: "p100" }), late], {
      cluster: (world as { cluster: object }).cluster,
    });
    const pushed = ask(base, "scale deploy/late replicas=0", "scale deploy/late replicas=2 at 5m");
    const victims = podsWith(pushed, "waits").filter(({ cause }) => cause === "preempted");
    expect(victims.length).toBeGreaterThan(0);
    for (const { message } of victims) expect(message).toMatch(/^by default\/late-/);
  });

  it("says what is not simulated of it for pods that exist", () => {
    const { record } = askPair(prepared(world), ["priority p100=300"]);
    expect(record.changes[0]!.taken).toContain("keep the priority they were admitted with");
  });
});
