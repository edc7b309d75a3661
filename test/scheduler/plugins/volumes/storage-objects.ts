// Storage objects for tests of the volume plugins: a few fields in, API objects out.

type Json = Record<string, unknown>;

/** A claim in namespace default, bound when it names a volume. */
export function claim(
  name: string,
  more: { volume?: string; spec?: Json; metadata?: Json } = {},
): Json {
  const { volume, spec, metadata } = more;
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      name,
      namespace: "default",
      ...(volume !== undefined && { annotations: { "pv.kubernetes.io/bind-completed": "yes" } }),
      ...metadata,
    },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "10Gi" } },
      ...(volume !== undefined && { volumeName: volume }),
      ...spec,
    },
    status: { phase: volume === undefined ? "Pending" : "Bound" },
  };
}

/** A volume: available, unless its claim is named. */
export function volume(name: string, spec: Json = {}, labels: Json = {}): Json {
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name, labels },
    spec: {
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "10Gi" },
      csi: { driver: "csi.example.com", volumeHandle: name },
      ...spec,
    },
    status: { phase: spec["claimRef"] === undefined ? "Available" : "Bound" },
  };
}

/** Node affinity of a volume that is on these nodes. */
export function onNodes(...names: string[]): Json {
  const expression = { key: "kubernetes.io/hostname", operator: "In", values: names };
  return { required: { nodeSelectorTerms: [{ matchExpressions: [expression] }] } };
}

/** A class that waits for a pod, unless told otherwise. */
export function storageClass(name: string, more: Json = {}): Json {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name },
    provisioner: "csi.example.com",
    volumeBindingMode: "WaitForFirstConsumer",
    ...more,
  };
}

/** The drivers of a node with their limits. */
export function csiNode(name: string, limits: Readonly<Record<string, number>>): Json {
  const drivers = Object.entries(limits).map(([driver, count]) => ({
    name: driver,
    nodeID: name,
    allocatable: { count },
  }));
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "CSINode",
    metadata: { name },
    spec: { drivers },
  };
}

/** A volume attached to a node. */
export function attachment(volumeName: string, nodeName: string): Json {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "VolumeAttachment",
    metadata: { name: `${volumeName}-${nodeName}` },
    spec: {
      attacher: "csi.example.com",
      nodeName,
      source: { persistentVolumeName: volumeName },
    },
  };
}

/** A pod's spec with volumes behind these claims. */
export function using(...claims: string[]): Json {
  return {
    volumes: claims.map((claimName, index) => ({
      name: `v${index}`,
      persistentVolumeClaim: { claimName },
    })),
  };
}
