// Whose a pod is: adoption of what matches and belongs to nobody, release of what matches no more.
import { describe, expect, it } from "vitest";
import {
  type DeletionPropagation,
  NO_OWNER,
  type PodIndex,
  type StoreKind,
} from "../../src/cluster/index.ts";
import { replicaSetStatusOf } from "../../src/controllers/index.ts";
import { RANK } from "../../src/engine/index.ts";
import { createRig, deployment, type Json, podTemplate, type Rig } from "./rig.ts";

function replicaSet(name: string, replicas: number, app = name): Json {
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name },
    spec: { replicas, selector: { matchLabels: { app } }, template: podTemplate(app) },
  };
}

function barePod(name: string, app: string, more: Json = {}): Json {
  const { metadata, spec } = podTemplate(app) as { metadata: Json; spec: Json };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata, name, ...more },
    spec: { ...spec, restartPolicy: "Never" },
  };
}

/** "name owner" of all live pods that are not being deleted, by name. */
function owners(rig: Rig): string[] {
  const lines: string[] = [];
  rig.api.pods.forEach((pod) => {
    if (rig.api.pods.isDeleting(pod)) return;
    lines.push(`${rig.api.pods.name(pod)} ${ownerOf(rig, pod)}`);
  });
  return lines.sort();
}

function ownerOf(rig: Rig, pod: PodIndex): string {
  const row = rig.api.pods.owner(pod);
  return row === NO_OWNER ? "-" : rig.api.owners.ref(row).name;
}

/** What a user does with kubectl: labels and deletions. */
function userOf(rig: Rig) {
  const client = rig.api.client("kubectl", { limit: "unlimited", rank: RANK.workload });
  const uidOf = (kind: StoreKind, name: string) => rig.api.objects.find(kind, "default", name)!.uid;
  return {
    label(pod: PodIndex, labels: Readonly<Record<string, string>>): void {
      const uid = rig.api.pods.uid(pod);
      const template = rig.templates.derive(rig.api.pods.template(pod), { labels });
      rig.api.request(client, "patch", (writer) => writer.updatePodTemplate(pod, uid, template));
    },
    labelObject(kind: "ReplicaSet", name: string, labels: Readonly<Record<string, string>>): void {
      rig.api.request(client, "patch", (writer) =>
        writer.updateObject(kind, uidOf(kind, name), (before) => ({
          ...before,
          meta: { ...before.meta, labels: new Map(Object.entries(labels)) },
        })),
      );
    },
    deleteObject(kind: StoreKind, name: string, how: DeletionPropagation): void {
      const uid = uidOf(kind, name);
      rig.api.request(client, "delete", (writer) => writer.deleteObject(kind, uid, how));
    },
  };
}

const countOf = (rig: Rig, owner: string): number =>
  owners(rig).filter((line) => line.endsWith(` ${owner}`)).length;

describe("a ReplicaSet", () => {
  it("lets a pod go whose label is changed, makes another, and takes the first back when it matches again", () => {
    const rig = createRig({ check: true });
    const user = userOf(rig);
    rig.apply(replicaSet("web", 3));
    rig.runUntil(20);
    const [first] = rig.podsOf("web");
    user.label(first!, { app: "debug" });
    rig.runFor(5);
    expect(ownerOf(rig, first!)).toBe("-");
    expect(rig.api.pods.isDeleting(first!)).toBe(false);
    expect(countOf(rig, "web")).toBe(3);
    user.label(first!, { app: "web" });
    rig.runFor(60);
    expect(countOf(rig, "web")).toBe(3);
    const status = replicaSetStatusOf(rig.api.objects.find("ReplicaSet", "default", "web")!);
    expect(status).toMatchObject({ replicas: 3, readyReplicas: 3 });
  });

  it("adopts what is there already and makes only the rest", () => {
    const rig = createRig({ check: true });
    rig.apply(barePod("a", "web"), barePod("b", "other"), barePod("c", "web"));
    rig.runUntil(20);
    rig.apply(replicaSet("web", 3));
    rig.runFor(20);
    expect(owners(rig)).toEqual(["a web", "b -", "c web", expect.stringMatching(/^web-.{5} web$/)]);
  });

  it("adopts a pod that comes later and then has one too many", () => {
    const rig = createRig();
    rig.apply(replicaSet("web", 2));
    rig.runUntil(20);
    rig.apply(barePod("late", "web"));
    rig.runFor(40);
    expect(countOf(rig, "web")).toBe(2);
    expect(countOf(rig, "-")).toBe(0);
  });

  it("leaves pods alone that end, that are deleted, that are elsewhere, or that have a controller", () => {
    const rig = createRig();
    const user = userOf(rig);
    rig.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "elsewhere" } },
      barePod("done", "web", { annotations: { "podsim.dev/run": "1" } }),
      barePod("going", "web"),
      barePod("far", "web", { namespace: "elsewhere" }),
      replicaSet("api", 1),
    );
    rig.runUntil(20);
    rig.deletePod(rig.api.pods.find("default", "going"));
    const [api] = rig.podsOf("api");
    user.label(api!, { app: "api", tier: "web" });
    rig.apply(replicaSet("web", 1));
    rig.runFor(20);
    expect(owners(rig)).toEqual([
      expect.stringMatching(/^api-.{5} api$/),
      "done -",
      "far -",
      expect.stringMatching(/^web-.{5} web$/),
    ]);
  });

  it("finds its pods again after it was deleted without them", () => {
    const rig = createRig({ check: true });
    const user = userOf(rig);
    rig.apply(replicaSet("web", 3));
    rig.runUntil(20);
    const before = rig.podNames();
    user.deleteObject("ReplicaSet", "web", "Orphan");
    rig.runFor(20);
    expect(owners(rig).map((line) => line.split(" ")[1])).toEqual(["-", "-", "-"]);
    rig.apply(replicaSet("web", 3));
    rig.runFor(20);
    expect(rig.podNames()).toEqual(before);
    expect(countOf(rig, "web")).toBe(3);
  });

  it("that is being deleted adopts nothing", () => {
    const rig = createRig();
    const user = userOf(rig);
    rig.apply(replicaSet("web", 1));
    rig.runUntil(20);
    user.deleteObject("ReplicaSet", "web", "Foreground");
    rig.apply(barePod("late", "web"));
    rig.runFor(60);
    expect(owners(rig)).toEqual(["late -"]);
  });
});

describe("the endpoints of a Service", () => {
  it("follow the labels of a released pod", () => {
    const rig = createRig();
    const user = userOf(rig);
    rig.apply(replicaSet("web", 2), {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web" },
      spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
    });
    rig.runUntil(20);
    const [first] = rig.podsOf("web");
    const name = rig.api.pods.name(first!);
    const shown = (): string => JSON.stringify(rig.api.objects.list("EndpointSlice"));
    expect(shown()).toContain(name);
    user.label(first!, { app: "debug" });
    rig.runFor(20);
    expect(shown()).not.toContain(name);
  });
});

describe("a Deployment", () => {
  it("made again adopts its ReplicaSet and starts no pod anew", () => {
    const rig = createRig({ check: true });
    const user = userOf(rig);
    rig.apply(deployment("web", 3));
    rig.runUntil(20);
    const before = rig.podNames();
    user.deleteObject("Deployment", "web", "Orphan");
    rig.runFor(10);
    rig.apply(deployment("web", 3));
    rig.runFor(30);
    expect(rig.podNames()).toEqual(before);
    const [only, ...others] = rig.api.objects.list("ReplicaSet");
    expect(others).toEqual([]);
    expect(only!.owner?.uid).toBe(rig.api.objects.find("Deployment", "default", "web")!.uid);
  });

  it("lets a ReplicaSet go whose labels are changed and makes another in its place", () => {
    const rig = createRig({ check: true });
    const user = userOf(rig);
    rig.apply(deployment("web", 2));
    rig.runUntil(20);
    const first = rig.api.objects.list("ReplicaSet")[0]!;
    user.labelObject("ReplicaSet", first.name, { app: "apart" });
    rig.runFor(30);
    const sets = rig.api.objects.list("ReplicaSet");
    expect(sets.map(({ owner }) => owner?.name)).toEqual([undefined, "web"]);
    expect(sets.map(({ name }) => name)[1]).not.toBe(first.name);
  });
});

describe("a StatefulSet", () => {
  it("adopts a pod that has one of its names, and no other", () => {
    const rig = createRig();
    rig.apply(barePod("db-0", "db"), barePod("db-x", "db"));
    rig.runUntil(10);
    rig.apply({
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "db" },
      spec: {
        replicas: 2,
        serviceName: "db",
        selector: { matchLabels: { app: "db" } },
        template: podTemplate("db"),
      },
    });
    rig.runFor(5);
    expect(owners(rig)).toContain("db-x -");
    rig.runFor(60);
    expect(owners(rig)).toEqual(["db-0 db", "db-1 db", "db-x -"]);
  });
});

describe("a DaemonSet", () => {
  it("puts another pod on the node of one that it had to let go", () => {
    const rig = createRig({ nodes: 2, check: true });
    const user = userOf(rig);
    rig.apply({
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "agent" },
      spec: { selector: { matchLabels: { app: "agent" } }, template: podTemplate("agent") },
    });
    rig.runUntil(20);
    const [first] = rig.podsOf("agent");
    user.label(first!, { app: "debug" });
    rig.runFor(20);
    expect(ownerOf(rig, first!)).toBe("-");
    expect(countOf(rig, "agent")).toBe(2);
  });
});

const TRACKING = "batch.kubernetes.io/job-tracking";

function job(name: string, spec: Json, annotations: Json = {}): Json {
  const template = podTemplate(name, annotations, { restartPolicy: "Never" });
  return { apiVersion: "batch/v1", kind: "Job", metadata: { name }, spec: { ...spec, template } };
}

describe("a Job", () => {
  it("with a selector of its own adopts pods, counts them, and holds them by its finalizer until then", () => {
    const rig = createRig();
    rig.apply(barePod("early", "work", { annotations: { "podsim.dev/run": "30" } }));
    rig.runUntil(10);
    rig.apply(
      job(
        "work",
        {
          completions: 1,
          manualSelector: true,
          selector: { matchLabels: { app: "work" } },
        },
        { "podsim.dev/run": "5" },
      ),
    );
    rig.runFor(5);
    const early = rig.api.pods.find("default", "early");
    expect(rig.api.pods.finalizers(early)).toEqual([TRACKING]);
    rig.runFor(60);
    expect(owners(rig)).toEqual(["early work"]);
    expect(rig.api.pods.finalizers(early)).toEqual([]);
  });

  for (const propagation of ["Background", "Foreground", "Orphan"] as const) {
    it(`deleted (${propagation}) leaves no pod with its finalizer`, () => {
      const rig = createRig({ check: true });
      const user = userOf(rig);
      rig.apply(
        job("work", { completions: 4, parallelism: 4 }, { "podsim.dev/run": "600" }),
        job("quick", { completions: 2, parallelism: 1 }, { "podsim.dev/run": "3" }),
      );
      rig.runUntil(7); // one of quick's pods has ended, the next runs
      for (const name of ["work", "quick"]) user.deleteObject("Job", name, propagation);
      rig.runFor(120);
      const left: string[] = [];
      rig.api.pods.forEach((pod) => {
        left.push(`${rig.api.pods.finalizers(pod).join()}/${ownerOf(rig, pod)}`);
      });
      expect(left).toEqual(propagation === "Orphan" ? Array(6).fill("/-") : []);
      expect(rig.api.objects.list("Job")).toEqual([]);
    });
  }

  it("whose time to live is over goes with its pods", () => {
    const rig = createRig();
    rig.apply(
      job("work", { completions: 2, ttlSecondsAfterFinished: 5 }, { "podsim.dev/run": "2" }),
    );
    rig.runUntil(60);
    expect(rig.api.objects.list("Job")).toEqual([]);
    expect(rig.podNames()).toEqual([]);
  });

  it("whose pods are deleted by hand counts them as failed and replaces them", () => {
    const rig = createRig();
    rig.apply(
      job(
        "work",
        { completions: 1, backoffLimit: 3 },
        { "podsim.dev/run": "20", "podsim.dev/stop-exit": "137" },
      ),
    );
    rig.runUntil(8);
    rig.deletePod(rig.podsOf("work")[0]!);
    rig.runFor(90);
    const all = rig.podsOf("work");
    expect(all).toHaveLength(1);
    expect(rig.api.pods.finalizers(all[0]!)).toEqual([]);
  });
});
