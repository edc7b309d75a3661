// Claim: no manifest, however mangled, makes the reader throw or take long; it only has problems.
import { describe, expect, it } from "vitest";
import { documentOfValue, formatProblems } from "../../../src/base/index.ts";
import { PodTemplateRegistry, readManifests } from "../../../src/cluster/index.ts";

type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json };

const POD_SPEC: { [key: string]: Json } = {
  nodeSelector: { a: "b" },
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          {
            matchExpressions: [{ key: "a", operator: "In", values: ["b"] }],
            matchFields: [{ key: "metadata.name", operator: "In", values: ["n"] }],
          },
        ],
      },
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, preference: { matchExpressions: [{ key: "a", operator: "Exists" }] } },
      ],
    },
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: "zone", labelSelector: { matchLabels: { a: "b" } }, namespaces: ["x"] },
      ],
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 2, podAffinityTerm: { topologyKey: "zone", namespaceSelector: {} } },
      ],
    },
  },
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "zone",
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: {},
      matchLabelKeys: ["a"],
    },
  ],
  tolerations: [{ key: "a", operator: "Exists", effect: "NoExecute", tolerationSeconds: 3 }],
  resources: { limits: { cpu: "2" }, requests: { cpu: "1" } },
  overhead: { cpu: "10m" },
  volumes: [
    { name: "v", persistentVolumeClaim: { claimName: "c" } },
    { name: "w", rbd: { monitors: ["m"], image: "i" } },
  ],
  schedulingGates: [{ name: "g" }],
  containers: [
    {
      name: "c",
      image: "x",
      ports: [{ containerPort: 80, hostPort: 80 }],
      resources: { requests: { cpu: "100m", "a.io/b": 1 }, limits: { "a.io/b": 1 } },
      readinessProbe: { httpGet: {}, periodSeconds: 1 },
      lifecycle: { preStop: { sleep: { seconds: 1 } } },
    },
  ],
  initContainers: [{ name: "i", image: "y", restartPolicy: "Always" }],
};

const OBJECTS: readonly Json[] = [
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "p",
      labels: { a: "b" },
      annotations: { "podsim.dev/run": "5" },
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "StatefulSet", name: "s", uid: "u", controller: true },
      ],
      creationTimestamp: "2026-01-01T00:00:00Z",
    },
    spec: POD_SPEC,
    status: {
      phase: "Running",
      containerStatuses: [
        { name: "c", resources: { requests: { cpu: "1" } }, allocatedResources: { cpu: "1" } },
      ],
      conditions: [{ type: "PodResizePending", status: "True", reason: "Deferred" }],
    },
  },
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "d" },
    spec: {
      replicas: 3,
      selector: { matchLabels: { a: "b" } },
      strategy: { rollingUpdate: { maxSurge: "25%", maxUnavailable: 1 } },
      template: { metadata: { labels: { a: "b" } }, spec: POD_SPEC },
    },
  },
  {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "s" },
    spec: {
      selector: { matchLabels: { a: "b" } },
      volumeClaimTemplates: [
        {
          metadata: { name: "d" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        },
      ],
      template: { metadata: { labels: { a: "b" } }, spec: POD_SPEC },
    },
  },
  {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "j" },
    spec: {
      schedule: "* * * * *",
      jobTemplate: {
        spec: {
          completions: 3,
          podFailurePolicy: {
            rules: [{ action: "Ignore", onExitCodes: { operator: "In", values: [1] } }],
          },
          template: { spec: { ...POD_SPEC, restartPolicy: "Never" } },
        },
      },
    },
  },
  {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n" },
    spec: { taints: [{ key: "a", effect: "NoSchedule" }] },
    status: {
      capacity: { cpu: "4" },
      images: [{ names: ["x"], sizeBytes: 5 }],
      conditions: [{ type: "Ready", status: "True" }],
    },
  },
  {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "h" },
    spec: {
      scaleTargetRef: { kind: "Deployment", name: "d" },
      maxReplicas: 3,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
        },
      ],
      behavior: {
        scaleDown: { policies: [{ type: "Pods", value: 1, periodSeconds: 60 }], tolerance: "50m" },
      },
    },
  },
  {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "b" },
    spec: { minAvailable: "50%", selector: { matchLabels: { a: "b" } } },
    status: { disruptedPods: { p: "2026-01-01T00:00:00Z" } },
  },
  {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "v" },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      csi: { driver: "d", volumeHandle: "h" },
      claimRef: { name: "c", namespace: "default" },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: "z", operator: "In", values: ["a"] }] }],
        },
      },
    },
  },
  {
    apiVersion: "v1",
    kind: "LimitRange",
    metadata: { name: "l" },
    spec: { limits: [{ type: "Container", max: { cpu: "1" } }] },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "s" },
    spec: { selector: { a: "b" }, ports: [{ port: 80, targetPort: "http" }] },
  },
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "c" },
    provisioner: "p",
    allowedTopologies: [{ matchLabelExpressions: [{ key: "z", values: ["a"] }] }],
  },
];

/** A small portable generator; the seed is printed with every failure. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
}

const STRANGE: readonly Json[] = [
  ...[
    null,
    true,
    0,
    -1,
    1.5,
    1e308,
    2 ** 53,
    9223372036854775808n,
    "",
    "x",
    "\u0000",
    "1Gi",
    "-5",
    "50%",
    "1e400",
  ],
  ...[
    "In",
    "Always",
    "\ud800",
    "a/b/c",
    "x".repeat(300),
    [],
    {},
    [null],
    [[]],
    [1, "a", {}],
    { "": "" },
  ],
  JSON.parse('{"__proto__": {"a": 1}, "constructor": "x", "toString": null}') as Json,
];

/** A copy with one to three random places replaced, removed, doubled or renamed. */
function mangle(value: Json, next: (below: number) => number): Json {
  const copy = structuredClone(value);
  for (let change = next(3); change >= 0; change--) mangleOnce(copy, next);
  return copy;
}

function mangleOnce(root: Json, next: (below: number) => number): void {
  let at = root;
  for (let depth = 0; depth < 12; depth++) {
    if (typeof at !== "object" || at === null) return;
    const keys = Object.keys(at);
    if (keys.length === 0) return;
    const key = keys[next(keys.length)]!;
    const holder = at as Record<string, Json>;
    const inner = holder[key]!;
    if (next(4) > 0 && typeof inner === "object" && inner !== null) {
      at = inner;
      continue;
    }
    const action = next(6);
    const strange = structuredClone(STRANGE[next(STRANGE.length)]!);
    if (Array.isArray(at)) at.splice(Number(key), action === 0 ? 1 : 0, strange);
    else if (action === 0) delete holder[key];
    else if (action === 1) holder[`${key}x`] = inner;
    else if (action === 2) holder[key] = [inner, structuredClone(inner)];
    else holder[key] = strange;
    return;
  }
}

describe("mangled manifests", () => {
  it("start from sound ones", () => {
    const documents = OBJECTS.map((value, index) => documentOfValue(value, `sound-${index}`));
    const { problems, objects } = readManifests(documents, { registry: new PodTemplateRegistry() });
    expect(formatProblems(problems)).toBe("");
    expect(objects.length).toBe(OBJECTS.length);
  });

  it.each([11, 12, 13, 14, 110])("never make the reader throw (1,500 of seed %i)", (seed) => {
    const next = generator(seed);
    let complained = 0;
    for (let index = 0; index < 1_500; index++) {
      const value = mangle(OBJECTS[next(OBJECTS.length)]!, next);
      const documents = [documentOfValue(value, `seed ${seed}, manifest ${index}`)];
      try {
        const set = readManifests(documents, { registry: new PodTemplateRegistry() });
        if (set.problems.length > 0) complained++;
      } catch (error) {
        throw new Error(`seed ${seed}, manifest ${index}: ${String(error)}`, { cause: error });
      }
    }
    expect(complained).toBeGreaterThan(500);
  });

  it("take linear time in labels and terms", () => {
    const many = 10_000;
    const labels = Object.fromEntries(Array.from({ length: many }, (_, i) => [`k${i}`, "v"]));
    const term = { topologyKey: "zone", labelSelector: { matchLabels: { a: "b" } } };
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", labels },
      spec: {
        containers: [{ name: "c", image: "x" }],
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: Array.from(
              { length: many },
              () => term,
            ),
          },
        },
      },
    };
    const registry = new PodTemplateRegistry();
    const set = readManifests([documentOfValue(pod, "large")], { registry });
    expect(set.problems).toEqual([]);
    expect(registry.get(0).podAntiAffinity.required.length).toBe(many);
  }, 10_000);
});
