// Claims about the volume plugins' verdicts: which node takes a pod with volumes, and in which words
// the others refuse it.

import { describe, expect, it } from "vitest";
import { CycleState, filterNode, runPreFilters } from "../../../../src/scheduler/index.ts";
import { node, pod, SmallCluster } from "../../small-cluster.ts";
import {
  attachment,
  claim,
  csiNode,
  onNodes,
  storageClass,
  using,
  volume,
} from "./storage-objects.ts";

type Json = Record<string, unknown>;

const room = { cpu: "4", memory: "8Gi" };
const nodes = [node("n1", room), node("n2", room)];

/** Per node "" when it takes the pod, else its reasons; or the one reason for all. */
function verdicts(objects: readonly Json[], spec: Json): Record<string, string> | string {
  const cluster = new SmallCluster([...nodes, ...objects]);
  const { cache } = cluster.world;
  const state = new CycleState();
  const info = cluster.podInfo(pod("p", {}, { spec, metadata: { uid: "u" } }));
  const rows = cache.refreshSnapshot();
  const { status } = runPreFilters(cluster.profile, state, info, rows);
  if (status.reasons.length > 0) return status.reasons.join(", ");
  return Object.fromEntries(
    rows.map((row) => {
      const verdict = filterNode(cluster.profile, cache, state, info, row);
      return [cache.nodeName(row), verdict.reasons.join(", ")];
    }),
  );
}

const NO_VOLUME = "node(s) didn't find available persistent volumes to bind";
const ELSEWHERE = "node(s) didn't match PersistentVolume's node affinity";
const LIMIT = "node(s) exceed max volume count";
const CLAIM_USED =
  "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod";
const waiting = { storageClassName: "slow" };
const noProvisioner = storageClass("slow", { provisioner: "kubernetes.io/no-provisioner" });

describe("claims that make a pod wait", () => {
  const controlled = (isController: boolean): Json => ({
    ownerReferences: [
      { apiVersion: "v1", kind: "Pod", name: "p", uid: "u", controller: isController },
    ],
  });
  const ephemeral = { volumes: [{ name: "e", ephemeral: { volumeClaimTemplate: {} } }] };

  it.each<[string, readonly Json[], Json, string]>([
    ["a missing one", [], using("c"), 'persistentvolumeclaim "c" not found'],
    [
      "a lost one",
      [{ ...claim("c", { volume: "v" }), status: { phase: "Lost" } }, volume("v")],
      using("c"),
      'persistentvolumeclaim "c" bound to non-existent persistentvolume "v"',
    ],
    [
      "one that is being deleted",
      [
        claim("c", { volume: "v", metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }),
        volume("v"),
      ],
      using("c"),
      'persistentvolumeclaim "c" is being deleted',
    ],
    [
      "one that is bound without a pod",
      [
        storageClass("fast", { volumeBindingMode: "Immediate" }),
        claim("c", { spec: { storageClassName: "fast" } }),
      ],
      using("c"),
      "pod has unbound immediate PersistentVolumeClaims",
    ],
    [
      "one of an ephemeral volume that is not made yet",
      [],
      ephemeral,
      'waiting for ephemeral volume controller to create the persistentvolumeclaim "p-e"',
    ],
    [
      "one that another made under that name",
      [claim("p-e", { volume: "v", metadata: controlled(false) }), volume("v")],
      ephemeral,
      "PVC default/p-e was not created for pod default/p (pod is not owner)",
    ],
    [
      "one whose volume is gone",
      [claim("c", { volume: "v" })],
      using("c"),
      'persistentvolume "v" not found',
    ],
  ])("%s", (_what, objects, spec, text) => {
    expect(verdicts(objects, spec)).toBe(text);
  });

  it("not one of an ephemeral volume that is the pod's own", () => {
    const objects = [claim("p-e", { volume: "v", metadata: controlled(true) }), volume("v")];
    expect(verdicts(objects, ephemeral)).toEqual({ n1: "", n2: "" });
  });
});

describe("where volumes are", () => {
  it("a bound claim goes where its volume is reachable", () => {
    const objects = [claim("c", { volume: "v" }), volume("v", { nodeAffinity: onNodes("n2") })];
    expect(verdicts(objects, using("c"))).toEqual({ n1: ELSEWHERE, n2: "" });
  });

  it("a node gives its two reasons in upstream's order", () => {
    const objects = [
      noProvisioner,
      claim("a", { volume: "v" }),
      claim("b", { spec: waiting }),
      volume("v", { nodeAffinity: onNodes("n2") }),
    ];
    const expected = { n1: `${ELSEWHERE}, ${NO_VOLUME}`, n2: NO_VOLUME };
    expect(verdicts(objects, using("a", "b"))).toEqual(expected);
  });

  it("zones count, several in one label as well, on nodes that have any", () => {
    const zone = "topology.kubernetes.io/zone";
    const beta = "failure-domain.beta.kubernetes.io/zone";
    const cluster = [
      node("in", room, { labels: { [zone]: "b" } }),
      node("out", room, { labels: { [zone]: "c" } }),
      claim("c", { volume: "v" }),
      volume("v", {}, { [beta]: "a__b" }),
    ];
    const expected = { n1: "", n2: "", in: "", out: "node(s) had no available volume zone" };
    expect(verdicts(cluster, using("c"))).toEqual(expected);
  });
});

describe("static binding", () => {
  const local = (name: string, size: string, ...where: string[]): Json =>
    volume(name, {
      storageClassName: "slow",
      capacity: { storage: size },
      nodeAffinity: onNodes(...where),
    });
  const wish = (name: string, size: string): Json =>
    claim(name, { spec: { ...waiting, resources: { requests: { storage: size } } } });

  it("needs a volume that is large enough on the node", () => {
    const objects = [
      noProvisioner,
      wish("c", "10Gi"),
      local("a", "9Gi", "n1"),
      local("b", "10Gi", "n2"),
    ];
    expect(verdicts(objects, using("c"))).toEqual({ n1: NO_VOLUME, n2: "" });
  });

  it("takes the smallest volume for the smallest claim, so that both fit", () => {
    const both = ["n1", "n2"];
    const objects = [
      noProvisioner,
      local("large", "20Gi", ...both),
      local("small", "5Gi", ...both),
    ];
    const claims = [wish("a", "15Gi"), wish("b", "1Gi")];
    expect(verdicts([...objects, ...claims], using("a", "b"))).toEqual({ n1: "", n2: "" });
    const larger = [wish("a", "15Gi"), wish("b", "6Gi")];
    const none = { n1: NO_VOLUME, n2: NO_VOLUME };
    expect(verdicts([...objects, ...larger], using("a", "b"))).toEqual(none);
  });

  it.each<[string, Json, Json]>([
    ["another mode", { volumeMode: "Block" }, {}],
    ["a mode of access it lacks", {}, { accessModes: ["ReadWriteOnce", "ReadWriteMany"] }],
    ["labels it lacks", {}, { selector: { matchLabels: { tier: "gold" } } }],
    ["another class of attributes", { volumeAttributesClassName: "gold" }, {}],
    ["a claim of another name", { claimRef: { namespace: "default", name: "d" } }, {}],
  ])("passes over a volume with %s", (_what, ofVolume, ofClaim) => {
    const spec = { storageClassName: "slow", ...ofVolume };
    const objects = [noProvisioner, claim("c", { spec: { ...waiting, ...ofClaim } })];
    expect(verdicts([...objects, volume("v", spec)], using("c"))).toEqual({
      n1: NO_VOLUME,
      n2: NO_VOLUME,
    });
    const suited = [
      noProvisioner,
      claim("c", { spec: waiting }),
      volume("v", { storageClassName: "slow" }),
    ];
    expect(verdicts(suited, using("c"))).toEqual({ n1: "", n2: "" });
  });

  it("a volume kept for the claim is taken whatever its class says", () => {
    const kept = { claimRef: { namespace: "default", name: "c" }, storageClassName: "slow" };
    const objects = [
      noProvisioner,
      claim("c", { spec: { ...waiting, selector: { matchLabels: { a: "b" } } } }),
    ];
    expect(verdicts([...objects, volume("v", kept)], using("c"))).toEqual({ n1: "", n2: "" });
  });
});

describe("provisioning", () => {
  const topology = (key: string, ...values: string[]): Json => ({
    allowedTopologies: [{ matchLabelExpressions: [{ key, values }] }],
  });

  it("keeps to the topologies of the class", () => {
    const slow = storageClass("slow", topology("kubernetes.io/hostname", "n1"));
    const objects = [slow, claim("c", { spec: waiting })];
    expect(verdicts(objects, using("c"))).toEqual({ n1: "", n2: NO_VOLUME });
  });

  it("keeps to the node that was selected before", () => {
    const metadata = { annotations: { "volume.kubernetes.io/selected-node": "n2" } };
    const objects = [storageClass("slow"), claim("c", { spec: waiting, metadata })];
    expect(verdicts(objects, using("c"))).toEqual({ n1: NO_VOLUME, n2: "" });
  });

  it("asks drivers that publish their capacity, and no others", () => {
    const capacity = (name: string, size: string): Json => ({
      apiVersion: "storage.k8s.io/v1",
      kind: "CSIStorageCapacity",
      metadata: { name, namespace: "default" },
      storageClassName: "slow",
      capacity: size,
      nodeTopology: { matchLabels: { "kubernetes.io/hostname": name } },
    });
    const driver = (storageCapacity: boolean): Json => ({
      apiVersion: "storage.k8s.io/v1",
      kind: "CSIDriver",
      metadata: { name: "csi.example.com" },
      spec: { storageCapacity },
    });
    const objects = [storageClass("slow"), claim("c", { spec: waiting })];
    const rooms = [capacity("n1", "9Gi"), capacity("n2", "10Gi")];
    const asked = verdicts([...objects, ...rooms, driver(true)], using("c"));
    expect(asked).toEqual({ n1: "node(s) did not have enough free storage", n2: "" });
    expect(verdicts([...objects, ...rooms, driver(false)], using("c"))).toEqual({ n1: "", n2: "" });
  });
});

describe("limits of a node", () => {
  const bound = (name: string): Json[] => [
    claim(name, { volume: `v-${name}` }),
    volume(`v-${name}`),
  ];
  const limited = [csiNode("n1", { "csi.example.com": 1 }), ...bound("a"), ...bound("b")];
  const user = (claimName: string): Json =>
    pod("other", {}, { nodeName: "n1", spec: using(claimName) });

  it("refuse one volume too many", () => {
    expect(verdicts([...limited, user("a")], using("b"))).toEqual({ n1: LIMIT, n2: "" });
  });

  it("count a shared volume once", () => {
    expect(verdicts([...limited, user("a")], using("a"))).toEqual({ n1: "", n2: "" });
  });

  it("count what is attached although no pod uses it, even if the pod asks for that very volume", () => {
    expect(verdicts([...limited, attachment("v-a", "n1")], using("b"))).toEqual({
      n1: LIMIT,
      n2: "",
    });
    expect(verdicts([...limited, attachment("v-a", "n1")], using("a"))).toEqual({
      n1: LIMIT,
      n2: "",
    });
  });

  it("count a claim that is yet to be provisioned for its class", () => {
    const delayed = [storageClass("slow"), claim("c", { spec: waiting })];
    expect(verdicts([...limited, ...delayed, user("a")], using("c"))).toEqual({
      n1: LIMIT,
      n2: "",
    });
  });

  it("count inline disks for the driver that took them over", () => {
    const disk = (volumeID: string): Json => ({
      volumes: [{ name: "d", awsElasticBlockStore: { volumeID } }],
    });
    const objects = [
      csiNode("n1", { "ebs.csi.aws.com": 1 }),
      pod("other", {}, { nodeName: "n1", spec: disk("vol-1") }),
    ];
    expect(verdicts(objects, disk("aws://zone/vol-2"))).toEqual({ n1: LIMIT, n2: "" });
  });
});

describe("what only one pod may use", () => {
  const disk = (source: Json): Json => ({ volumes: [{ name: "d", ...source }] });
  const pd = (pdName: string, readOnly: boolean): Json => ({
    gcePersistentDisk: { pdName, readOnly },
  });
  const rbd = (monitor: string, image: string): Json => ({
    rbd: { monitors: ["m0", monitor], pool: "p", image },
  });
  const TAKEN = "node(s) had no available disk";

  it.each<[string, Json, Json, string]>([
    ["the same disk", pd("a", false), pd("a", false), TAKEN],
    ["another disk", pd("a", false), pd("b", false), ""],
    ["the same disk, one only reads", pd("a", true), pd("a", false), TAKEN],
    ["the same disk, both only read", pd("a", true), pd("a", true), ""],
    [
      "the same EBS disk",
      { awsElasticBlockStore: { volumeID: "v", readOnly: true } },
      { awsElasticBlockStore: { volumeID: "v", readOnly: true } },
      TAKEN,
    ],
    [
      "the same iSCSI name on another unit",
      { iscsi: { iqn: "q", lun: 1 } },
      { iscsi: { iqn: "q", lun: 2 } },
      TAKEN,
    ],
    ["the same image by a common monitor", rbd("m1", "i"), rbd("m2", "i"), TAKEN],
    ["another image", rbd("m1", "i"), rbd("m1", "j"), ""],
  ])("%s", (_what, mine, theirs, reason) => {
    const other = pod("other", {}, { nodeName: "n1", spec: disk(theirs) });
    expect(verdicts([other], disk(mine))).toEqual({ n1: reason, n2: "" });
  });

  const once = [
    claim("c", { volume: "v", spec: { accessModes: ["ReadWriteOncePod"] } }),
    volume("v", { accessModes: ["ReadWriteOncePod"] }),
  ];

  it("a ReadWriteOncePod claim in use closes every node", () => {
    const other = pod("other", {}, { nodeName: "n1", spec: using("c") });
    expect(verdicts([...once, other], using("c"))).toEqual({ n1: CLAIM_USED, n2: CLAIM_USED });
    expect(verdicts(once, using("c"))).toEqual({ n1: "", n2: "" });
  });

  it("the node of a nominated pod with that claim counts as taken, the others do not", () => {
    const nominated = pod(
      "other",
      {},
      {
        spec: { ...using("c"), priority: 5 },
        status: { nominatedNodeName: "n1" },
      },
    );
    const disks = disk(pd("x", true))["volumes"] as Json[];
    const spec = { volumes: [...(using("c")["volumes"] as Json[]), ...disks] };
    expect(verdicts([...once, nominated], spec)).toEqual({ n1: CLAIM_USED, n2: "" });
  });
});
