// A small cluster as `kubectl get nodes,pods,replicasets,deployments,... -A -o json` shows it: made by
// hand, with the noise of a real dump and with secrets where real dumps have them.

/** Stands in every place of the dump that may hold a secret; no output may contain it. */
export const CANARY = "canary-7f3a9c-do-not-leak";

const NOISE = {
  managedFields: [
    { manager: "kubectl", operation: "Update", fieldsV1: { "f:metadata": { [CANARY]: {} } } },
  ],
  selfLink: "",
  resourceVersion: "48213",
  creationTimestamp: "2026-03-01T08:00:00Z",
};

const LAST_APPLIED = {
  "kubectl.kubernetes.io/last-applied-configuration": `{"data":{"password":"${CANARY}"}}`,
};

function node(name: string, zone: string): object {
  const resources = { cpu: "4", memory: "8Gi", pods: "20", "ephemeral-storage": "50Gi" };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      ...NOISE,
      name,
      uid: `uid-${name}`,
      labels: { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone },
    },
    spec: { podCIDR: "10.0.0.0/24" },
    status: {
      capacity: resources,
      allocatable: resources,
      conditions: [
        { type: "Ready", status: "True", lastTransitionTime: "2026-03-01T08:00:30Z" },
        { type: "MemoryPressure", status: "False", lastTransitionTime: "2026-03-01T08:00:30Z" },
      ],
      nodeInfo: { kubeletVersion: "v1.36.0", machineID: CANARY },
      images: [{ names: ["registry.example/web:1"], sizeBytes: 120_000_000 }],
    },
  };
}

interface PodParts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly owner?: { readonly apiVersion: string; readonly kind: string; readonly name: string };
  readonly node?: string;
  readonly cpu: string;
  readonly phase?: string;
  readonly isDaemon?: boolean;
}

function pod(parts: PodParts): object {
  const { name, labels, owner, node: nodeName, cpu, phase = "Running", isDaemon = false } = parts;
  const isRunning = phase === "Running";
  const at = "2026-03-02T09:00:00Z";
  const condition = (type: string, isTrue: boolean): object => ({
    type,
    status: isTrue ? "True" : "False",
    lastTransitionTime: at,
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...NOISE,
      name,
      namespace: "shop",
      uid: `uid-${name}`,
      labels,
      annotations: { note: CANARY },
      ...(owner === undefined
        ? {}
        : { ownerReferences: [{ ...owner, uid: `uid-${owner.name}`, controller: true }] }),
    },
    spec: {
      ...(nodeName === undefined ? {} : { nodeName }),
      schedulerName: "default-scheduler",
      ...(isDaemon ? daemonFields(nodeName!) : {}),
      containers: [
        {
          name: "main",
          image: "registry.example/web:1",
          args: ["--token", CANARY],
          env: [{ name: "PASSWORD", value: CANARY }],
          resources: { requests: { cpu, memory: "256Mi" } },
        },
      ],
      volumes: [{ name: "token", secret: { secretName: "credentials" } }],
    },
    status: {
      phase,
      ...(nodeName === undefined ? {} : { startTime: at, podIP: "10.0.0.7", hostIP: "10.1.0.1" }),
      conditions:
        nodeName === undefined
          ? []
          : [
              condition("PodScheduled", true),
              condition("Initialized", true),
              condition("ContainersReady", isRunning),
              condition("Ready", isRunning),
            ],
      containerStatuses: [{ name: "main", restartCount: 2, ready: isRunning, imageID: CANARY }],
    },
  };
}

// What the DaemonSet controller adds to the pod of one node.
function daemonFields(nodeName: string): object {
  const byName = { key: "metadata.name", operator: "In", values: [nodeName] };
  const terms = { nodeSelectorTerms: [{ matchFields: [byName] }] };
  return {
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
    tolerations: ["not-ready", "unreachable"].map((key) => ({
      key: `node.kubernetes.io/${key}`,
      operator: "Exists",
      effect: "NoExecute",
    })),
  };
}

const WEB = { app: "web", "pod-template-hash": "5d9c7b6f4d" };

function template(labels: object, cpu: string): object {
  const resources = { requests: { cpu, memory: "256Mi" } };
  return {
    metadata: { labels },
    spec: {
      containers: [
        {
          name: "main",
          image: "registry.example/web:1",
          args: ["--token", CANARY],
          env: [{ name: "PASSWORD", value: CANARY }],
          resources,
        },
      ],
      volumes: [{ name: "token", secret: { secretName: "credentials" } }],
    },
  };
}

/** The List: three nodes, a Deployment in full, three owners that are missing, a pending pod, a Secret. */
export function dump(): { apiVersion: string; kind: string; items: object[] } {
  const set = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d9c7b6f4d" };
  const cache = { apiVersion: "apps/v1", kind: "StatefulSet", name: "cache" };
  const agent = { apiVersion: "apps/v1", kind: "DaemonSet", name: "agent" };
  const batch = { apiVersion: "batch/v1", kind: "Job", name: "report" };
  const agents = {
    labels: { app: "agent", "controller-revision-hash": "7c5b6d", "pod-template-generation": "3" },
    owner: agent,
    cpu: "100m",
    isDaemon: true,
  };
  const cacheLabels = { app: "cache", "controller-revision-hash": "cache-6f9d5b" };
  return {
    apiVersion: "v1",
    kind: "List",
    items: [
      node("n1", "a"),
      node("n2", "b"),
      node("n3", "c"),
      pod({ name: "web-5d9c7b6f4d-aaaaa", labels: WEB, owner: set, node: "n1", cpu: "500m" }),
      pod({ name: "web-5d9c7b6f4d-bbbbb", labels: WEB, owner: set, node: "n2", cpu: "500m" }),
      pod({ name: "cache-0", labels: cacheLabels, owner: cache, node: "n3", cpu: "1" }),
      pod({ ...agents, name: "agent-x1", node: "n1" }),
      pod({ ...agents, name: "agent-x2", node: "n2" }),
      pod({ ...agents, name: "agent-x3", node: "n3" }),
      pod({
        name: "report-zz",
        labels: { app: "report" },
        owner: batch,
        node: "n3",
        cpu: "1",
        phase: "Succeeded",
      }),
      pod({ name: "huge", labels: { app: "huge" }, cpu: "5", phase: "Pending" }),
      {
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        metadata: {
          ...NOISE,
          name: set.name,
          namespace: "shop",
          uid: `uid-${set.name}`,
          labels: WEB,
          annotations: { "deployment.kubernetes.io/revision": "1" },
          ownerReferences: [
            {
              apiVersion: "apps/v1",
              kind: "Deployment",
              name: "web",
              uid: "uid-web",
              controller: true,
            },
          ],
        },
        spec: { replicas: 2, selector: { matchLabels: WEB }, template: template(WEB, "500m") },
        status: { replicas: 2, readyReplicas: 2, availableReplicas: 2, observedGeneration: 1 },
      },
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: {
          ...NOISE,
          name: "web",
          namespace: "shop",
          uid: "uid-web",
          annotations: { ...LAST_APPLIED, "deployment.kubernetes.io/revision": "1" },
        },
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: "web" } },
          template: template({ app: "web" }, "500m"),
        },
        status: { replicas: 2, readyReplicas: 2, observedGeneration: 1 },
      },
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { ...NOISE, name: "credentials", namespace: "shop", annotations: LAST_APPLIED },
        type: "Opaque",
        data: { password: CANARY },
        stringData: { password: CANARY },
      },
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { ...NOISE, name: "settings", namespace: "shop" },
        data: { "settings.json": `{"key":"${CANARY}"}` },
      },
    ],
  };
}
