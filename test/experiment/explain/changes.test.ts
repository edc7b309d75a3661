// Every change that an explanation suggests works, and nothing of it can be left out.

import { describe, expect, it } from "vitest";
import { seededStream } from "../../../src/base/index.ts";
import { explainSnapshot } from "../../../src/experiment/index.ts";
import type { ChangeKind, ExplainedChange, ExplainRecord } from "../../../src/metrics/index.ts";
import { changedObjects } from "./changed-objects.ts";
import { node, pod, prepareObjects } from "./explain-fixtures.ts";

const ZONE = "topology.kubernetes.io/zone";
const HOST = "kubernetes.io/hostname";
const SEED = "changes-4";
const ROUNDS = 15;

const unit = seededStream(SEED);
const chance = (p: number): boolean => unit.nextUnit() < p;
const pick = <T>(list: readonly T[]): T => list[Math.floor(unit.nextUnit() * list.length)]!;

function explain(objects: readonly object[], about?: string): ExplainRecord {
  return explainSnapshot(prepareObjects(objects), { pod: "web", node: about, top: 3 });
}

// --- Random clusters -----------------------------------------------------------------------------

type Kind = "room" | "labels" | "taints" | "ports" | "spread" | "affinity" | "anti" | "volumes";
const KINDS: readonly Kind[] = [
  "room",
  "labels",
  "taints",
  "ports",
  "spread",
  "affinity",
  "anti",
  "volumes",
];

function term(app: string, topologyKey: string): object {
  return { topologyKey, labelSelector: { matchLabels: { app } } };
}

function withLabels(object: object, labels: Record<string, string>, priority: number): object {
  const { metadata, spec, ...rest } = object as { metadata: object; spec: object };
  return {
    ...rest,
    metadata: { ...metadata, labels },
    spec: { ...spec, priorityClassName: priority > 0 ? "high" : "low" },
  };
}

/** Nodes, pods on them, volumes, and a pod with several wishes of which some are in the way. */
function randomObjects(): object[] {
  const has = new Set(KINDS.filter(() => chance(0.45)));
  const nodes = Array.from({ length: 5 }, (_, i) =>
    node(`n${i}`, {
      cpu: pick(["1", "2", "4"]),
      memory: pick(["2Gi", "4Gi"]),
      pods: pick(["3", "110", "110"]),
      labels: {
        ...(chance(0.9) ? { [ZONE]: pick(["a", "b"]) } : {}),
        ...(chance(0.6) ? { disk: pick(["ssd", "hdd"]) } : {}),
      },
      taints: has.has("taints")
        ? ["gpu", "old"]
            .filter(() => chance(0.5))
            .map((key) => ({
              key,
              ...(chance(0.5) ? { value: "yes" } : {}),
              effect: pick(["NoSchedule", "NoExecute"]),
            }))
        : [],
      unschedulable: has.has("taints") && chance(0.3),
    }),
  );
  const taken = new Set<string>();
  const bound = Array.from({ length: 10 }, (_, i) => {
    const on = `n${Math.floor(unit.nextUnit() * 5)}`;
    const port = pick([80, 81]);
    const hasPort = has.has("ports") && chance(0.5) && !taken.has(`${on}:${port}`);
    if (hasPort) taken.add(`${on}:${port}`);
    const repels = has.has("anti") && chance(0.2);
    const volumes = has.has("volumes") && chance(0.5) ? [claim("v", `claim-${i}`)] : [];
    const object = pod(`p${i}`, {
      node: on,
      cpu: pick(["100m", "300m", "700m"]),
      memory: "256Mi",
      ...(hasPort ? { port } : {}),
      spec: {
        volumes,
        ...(repels
          ? { affinity: { podAntiAffinity: required([term("web", pick([ZONE, HOST]))]) } }
          : {}),
      },
    });
    return withLabels(object, { app: pick(["web", "db"]) }, pick([0, 5]));
  });
  return [...CLASSES, ...nodes, ...bound, ...(has.has("volumes") ? storage() : []), web(has)];
}

const CLASSES: readonly object[] = [
  { name: "high", value: 5 },
  { name: "low", value: 0 },
].map(({ name, value }) => ({
  apiVersion: "scheduling.k8s.io/v1",
  kind: "PriorityClass",
  metadata: { name },
  value,
}));

function required(terms: readonly object[]): object {
  return { requiredDuringSchedulingIgnoredDuringExecution: terms };
}

function web(has: ReadonlySet<Kind>): object {
  const expressions = [
    { key: "disk", operator: pick(["In", "NotIn"]), values: ["ssd"] },
    { key: "tier", operator: "Exists" },
  ];
  const affinity = {
    ...(has.has("labels") && chance(0.5)
      ? {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: expressions }],
            },
          },
        }
      : {}),
    ...(has.has("affinity")
      ? { podAffinity: required([term("db", ZONE), ...(chance(0.5) ? [term("no", HOST)] : [])]) }
      : {}),
    ...(has.has("anti")
      ? {
          podAntiAffinity: required([
            term("web", HOST),
            ...(chance(0.4) ? [term("db", HOST)] : []),
          ]),
        }
      : {}),
  };
  const constraint = (topologyKey: string): object => ({
    topologyKey,
    maxSkew: 1,
    whenUnsatisfiable: "DoNotSchedule",
    labelSelector: { matchLabels: { app: "web" } },
    ...(chance(0.3) ? { minDomains: 3 } : {}),
  });
  const object = pod("web", {
    cpu: has.has("room") ? pick(["1500m", "3"]) : "100m",
    memory: has.has("room") ? pick(["1Gi", "6Gi"]) : "64Mi",
    ...(has.has("ports") ? { port: 80 } : {}),
    spec: {
      affinity,
      ...(has.has("labels") && chance(0.6) ? { nodeSelector: { disk: "ssd" } } : {}),
      ...(has.has("spread")
        ? { topologySpreadConstraints: [constraint(ZONE), constraint(HOST)] }
        : {}),
      volumes: has.has("volumes")
        ? [
            claim("data", "mine"),
            ...(chance(0.5) ? [claim("more", pick(["claim-0", "once"]))] : []),
          ]
        : [],
    },
  });
  return withLabels(object, { app: "web" }, 5);
}

function claim(name: string, claimName: string): object {
  return { name, persistentVolumeClaim: { claimName } };
}

/** Claims bound to volumes of a driver that attaches two per node; "mine" lives in zone a. */
function storage(): object[] {
  const names = ["mine", "once", ...Array.from({ length: 10 }, (_, i) => `claim-${i}`)];
  const meta = (name: string): object => ({ name, namespace: "default" });
  const claims = names.flatMap((name) => [
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: {
        ...meta(name),
        annotations: { "pv.kubernetes.io/bind-completed": "yes" },
      },
      spec: {
        accessModes: [name === "once" || name === "claim-0" ? "ReadWriteOncePod" : "ReadWriteOnce"],
        volumeName: `pv-${name}`,
        storageClassName: "fast",
        resources: { requests: { storage: "1Gi" } },
      },
      status: { phase: "Bound" },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: `pv-${name}`, labels: name === "mine" ? { [ZONE]: "a" } : {} },
      spec: {
        capacity: { storage: "1Gi" },
        accessModes: ["ReadWriteOnce"],
        storageClassName: "fast",
        csi: { driver: "disk.example", volumeHandle: name },
        claimRef: meta(name),
      },
    },
  ]);
  const limits = Array.from({ length: 5 }, (_, i) => ({
    apiVersion: "storage.k8s.io/v1",
    kind: "CSINode",
    metadata: { name: `n${i}` },
    spec: {
      drivers: [{ name: "disk.example", nodeID: `n${i}`, allocatable: { count: 2 } }],
    },
  }));
  return [...claims, ...limits];
}

// --- The claims ----------------------------------------------------------------------------------

/** One unit less, one pod fewer, or the change left out: each a weaker advice. */
function weaker(changes: readonly ExplainedChange[]): ExplainedChange[][] {
  const weakened = changes.flatMap((change, at): ExplainedChange[][] => {
    const others = changes.filter((_, index) => index !== at);
    const { amount, podsGone } = change;
    const variants: ExplainedChange[] = podsGone.map((gone) => ({
      ...change,
      podsGone: podsGone.filter((each) => each !== gone),
    }));
    if (amount !== null) {
      const to = amount.to > amount.from ? amount.to - 1 : amount.to + 1;
      variants.push({ ...change, amount: { ...amount, to } });
    }
    return [others, ...variants.map((variant) => [...others, variant])];
  });
  return weakened;
}

function fitsOn(objects: readonly object[], changes: readonly ExplainedChange[], name: string) {
  const { decision } = explain(changedObjects(objects, changes));
  const feasible = decision!.verdicts.find(({ verdict }) => verdict === "feasible");
  return feasible?.nodes.includes(name) === true;
}

const EVERY_KIND: readonly ChangeKind[] = [
  "add-toleration",
  "drop-affinity-term",
  "drop-anti-affinity-term",
  "drop-host-port",
  "drop-node-affinity",
  "drop-node-selector",
  "drop-spread-constraint",
  "drop-volume",
  "more-room",
  "pods-gone",
  "raise-max-skew",
  "remove-taint",
  "set-labels",
  "smaller-request",
  "uncordon",
];

describe(`suggested changes on ${ROUNDS} random clusters (seed ${SEED})`, () => {
  it("let the pod fit, and no weaker ones do", { timeout: 60_000 }, () => {
    const kinds = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      const objects = randomObjects();
      const { nearest, suggestions } = explain(objects);
      for (const { node: name, changes, check, refusal } of nearest) {
        const where = `round ${round}, ${name}: ${changes.map(({ text }) => text).join("; ")}`;
        expect(check, `${where} ${refusal}`).toBe("fits");
        expect(fitsOn(objects, changes, name), where).toBe(true);
        for (const each of weaker(changes))
          expect(fitsOn(objects, each, name), `${where} without ${JSON.stringify(each)}`).toBe(
            false,
          );
        for (const { kind } of changes) kinds.add(kind);
      }
      for (const { changes, nodes } of suggestions) {
        const where = `round ${round}: ${changes.map(({ text }) => text).join("; ")}`;
        expect(nodes.length, where).toBeGreaterThan(0);
        const after = explain(changedObjects(objects, changes)).decision!;
        const feasible = after.verdicts.find(({ verdict }) => verdict === "feasible");
        expect(feasible?.nodes.toSorted(), where).toEqual(nodes.toSorted());
        for (const each of weaker(changes)) {
          const less = explain(changedObjects(objects, each)).decision!;
          expect(less.node, `${where} without ${JSON.stringify(each)}`).toBeNull();
        }
        for (const { kind } of changes) kinds.add(kind);
      }
    }
    expect([...kinds].sort()).toEqual(EVERY_KIND);
  });
});
