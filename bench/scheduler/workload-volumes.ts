// The objects of the workload with volumes: one claim per ReplicaSet, bound to a volume of one zone.
//
// Nodes say how many volumes of the driver they can attach, so that limits are looked at as well.

const ZONE = "topology.kubernetes.io/zone";
const DRIVER = "disk.csi.example";
const VOLUMES_PER_NODE = 40;

/** What a pod of set `at` mounts. */
export function volumesOf(at: number): object[] {
  return [{ name: "data", persistentVolumeClaim: { claimName: `claim-${at}` } }];
}

/** Driver limits of every node, and the volumes and claims of every set. */
export function volumeObjects(nodes: number, sets: number): object[] {
  return [
    storageClass(),
    ...Array.from({ length: nodes }, (_, at) => csiNode(at)),
    ...Array.from({ length: sets }, (_, at) => [volume(at), claim(at)]).flat(),
  ];
}

function storageClass(): object {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "disk" },
    provisioner: DRIVER,
    volumeBindingMode: "WaitForFirstConsumer",
  };
}

function csiNode(at: number): object {
  const driver = { name: DRIVER, nodeID: `n${at}`, allocatable: { count: VOLUMES_PER_NODE } };
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "CSINode",
    metadata: { name: `n${at}` },
    spec: { drivers: [driver] },
  };
}

function volume(at: number): object {
  const zone = { key: ZONE, operator: "In", values: [`zone-${at % 3}`] };
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `volume-${at}` },
    spec: {
      capacity: { storage: "10Gi" },
      accessModes: ["ReadWriteMany"],
      storageClassName: "disk",
      csi: { driver: DRIVER, volumeHandle: `handle-${at}` },
      claimRef: { namespace: "default", name: `claim-${at}`, uid: `claim-${at}` },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [zone] }] } },
    },
  };
}

function claim(at: number): object {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      name: `claim-${at}`,
      namespace: "default",
      uid: `claim-${at}`,
      annotations: { "pv.kubernetes.io/bind-completed": "yes" },
    },
    spec: {
      accessModes: ["ReadWriteMany"],
      storageClassName: "disk",
      resources: { requests: { storage: "10Gi" } },
      volumeName: `volume-${at}`,
    },
    status: { phase: "Bound" },
  };
}
