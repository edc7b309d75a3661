// Claims about the controllers of claims and volumes: who gets which volume, what becomes of volumes
// whose claims go, how often drivers try, and what is kept from being deleted.

import { describe, expect, it } from "vitest";
import type {
  PersistentVolumeClaimObject,
  PersistentVolumeObject,
} from "../../../src/cluster/index.ts";
import {
  bestVolumeFor,
  driverOfClass,
  whyUnfit,
} from "../../../src/controllers/storage/binding-rules.ts";
import { DEFAULT_STORAGE } from "../../../src/controllers/storage/storage-options.ts";
import {
  claim,
  storageClass,
  using,
  volume,
} from "../../scheduler/plugins/volumes/storage-objects.ts";
import {
  createRig,
  type Json,
  podTemplate,
  type Rig,
  type RigOptions,
  STAND_IN_OPTIONS,
} from "../rig.ts";

const SECOND = 1_000_000;
const IMMEDIATE = storageClass("now", { volumeBindingMode: "Immediate" });

function storageRig(options: RigOptions = {}, ...objects: Json[]): Rig {
  const rig = createRig({ binds: false, nodes: 2, ...options });
  rig.apply(...objects);
  rig.runFor(1);
  return rig;
}

function claimIn(rig: Rig, name = "c"): PersistentVolumeClaimObject | undefined {
  return rig.api.objects.find("PersistentVolumeClaim", "default", name)?.object;
}

function volumeIn(rig: Rig, name = "v"): PersistentVolumeObject | undefined {
  return rig.api.objects.find("PersistentVolume", "", name)?.object;
}

/** Volume v bound to claim c. */
function boundRig(spec: Json = {}): Rig {
  const rig = storageRig({}, free("v", spec));
  rig.apply(claim("c", { spec: { storageClassName: "" } }));
  rig.runFor(1);
  expect(claimIn(rig)).toMatchObject({ phase: "Bound", volumeName: "v" });
  return rig;
}

/** Events as "reason: message", as they come. */
function eventsOf(rig: Rig): string[] {
  const told: string[] = [];
  rig.api.events.listen(({ reason, message }) => told.push(`${reason}: ${message}`));
  return told;
}

const free = (name: string, spec: Json = {}): Json => ({ ...volume(name, spec), status: {} });

describe("which volume a claim gets", () => {
  const rig = createRig({ binds: false });
  const decode = <T>(object: Json): T => rig.decode(object) as unknown as T;
  const size = (storage: string, more: Json = {}): Json => ({ capacity: { storage }, ...more });
  const modes = (...accessModes: string[]): Json => ({ accessModes });

  it.each<[string, Json[], string | undefined]>([
    [
      "the smallest that is large enough",
      [volume("a", size("50Gi")), volume("b", size("20Gi"))],
      "b",
    ],
    ["none that is too small", [volume("a", size("5Gi"))], undefined],
    ["none of another class", [volume("a", { storageClassName: "other" })], undefined],
    [
      "none that is another's",
      [volume("a", { claimRef: { namespace: "default", name: "x" } })],
      undefined,
    ],
    [
      "the one that is kept for it, though it is larger",
      [
        volume("a", size("10Gi")),
        volume("b", size("50Gi", { claimRef: { namespace: "default", name: "c" } })),
      ],
      "b",
    ],
    [
      "of those with fewer access modes before the smaller ones",
      [
        volume("a", { ...size("10Gi"), ...modes("ReadWriteOnce", "ReadWriteMany") }),
        volume("b", { ...size("20Gi"), ...modes("ReadWriteOnce") }),
      ],
      "b",
    ],
    ["the first of equal ones", [volume("b"), volume("a")], "b"],
  ])("%s", (_what, volumes, expected) => {
    const wanted = decode<PersistentVolumeClaimObject>(claim("c"));
    const all = volumes.map((each) => decode<PersistentVolumeObject>(each));
    expect(bestVolumeFor(wanted, all, false)?.meta.name).toBe(expected);
  });

  it("none but one kept for it while it waits for a pod", () => {
    const wanted = decode<PersistentVolumeClaimObject>(claim("c"));
    const kept = volume("k", { claimRef: { namespace: "default", name: "c" } });
    const all = [volume("a"), kept].map((each) => decode<PersistentVolumeObject>(each));
    expect(bestVolumeFor(wanted, all, true)?.meta.name).toBe("k");
    expect(bestVolumeFor(wanted, all.slice(0, 1), true)).toBeUndefined();
  });

  it.each<[Json, string | undefined]>([
    [{}, undefined],
    [size("1Gi"), "requested PV is too small"],
    [{ storageClassName: "x" }, "storageClassName does not match"],
    [{ volumeMode: "Block" }, "incompatible volumeMode"],
    [modes("ReadOnlyMany"), "incompatible accessMode"],
  ])("one named by the claim must fit: %j", (spec, expected) => {
    const wanted = decode<PersistentVolumeClaimObject>(claim("c"));
    expect(whyUnfit(decode<PersistentVolumeObject>(volume("v", spec)), wanted)).toBe(expected);
  });

  it.each([
    ["csi.example.com", "csi.example.com"],
    ["kubernetes.io/aws-ebs", "ebs.csi.aws.com"],
    ["kubernetes.io/no-provisioner", undefined],
  ])("volumes of %s are made by %s", (provisioner, driver) => {
    expect(driverOfClass(rig.decode(storageClass("s", { provisioner })) as never)).toBe(driver);
  });
});

describe("a volume", () => {
  it("is available once it was looked at, and bound with its claim", () => {
    const rig = storageRig({}, free("v"));
    expect(volumeIn(rig)?.phase).toBe("Available");
    rig.apply(claim("c", { spec: { storageClassName: "" } }));
    rig.runFor(1);
    expect(volumeIn(rig)).toMatchObject({ phase: "Bound", claimRef: { name: "c" } });
    expect(claimIn(rig)).toMatchObject({ phase: "Bound", volumeName: "v", isBindCompleted: true });
  });

  it.each([
    ["Retain", "Released"],
    ["Delete", "Failed"],
  ])("made by hand with the policy %s is %s when its claim goes", (policy, phase) => {
    const rig = boundRig({ persistentVolumeReclaimPolicy: policy });
    rig.remove("PersistentVolumeClaim", "c");
    rig.runFor(1);
    expect(claimIn(rig)).toBeUndefined();
    expect(volumeIn(rig)?.phase).toBe(phase);
  });

  it("that vanishes leaves its claim lost", () => {
    const rig = boundRig();
    const told = eventsOf(rig);
    const { uid } = rig.api.objects.find("PersistentVolume", "", "v")!;
    const user = rig.api.client("u", { limit: "unlimited", rank: 6 as never });
    rig.api.request(user, "delete", (writer) => {
      writer.removeObjectFinalizer("PersistentVolume", uid, "kubernetes.io/pv-protection");
      return writer.deleteObject("PersistentVolume", uid);
    });
    rig.runFor(1);
    expect(claimIn(rig)?.phase).toBe("Lost");
    expect(told).toContain(
      "ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!",
    );
  });

  it("that is bound stays, terminating, until its claim is gone", () => {
    const rig = boundRig();
    rig.remove("PersistentVolume", "v");
    rig.runFor(1);
    expect(rig.api.objects.find("PersistentVolume", "", "v")?.deletionUs).toBeGreaterThan(0);
    rig.remove("PersistentVolumeClaim", "c");
    rig.runFor(1);
    expect(volumeIn(rig)).toBeUndefined();
  });
});

describe("a claim", () => {
  it("that comes before its volume is bound at a resync, every 15 s", () => {
    const rig = storageRig({}, claim("c", { spec: { storageClassName: "" } }));
    rig.apply(free("v"));
    let boundUs = 0;
    rig.api.observe({
      onObject: ({ after }) => {
        const object = after?.object;
        if (object?.kind === "PersistentVolumeClaim" && object.phase === "Bound") {
          boundUs ||= rig.sim.nowUs;
        }
      },
    });
    rig.runFor(16);
    expect(claimIn(rig)?.phase).toBe("Bound");
    expect(boundUs).toBeLessThan(17 * SECOND);
  });

  it("gets the default class when it is made, or when there comes one", () => {
    const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
    const byDefault = { ...IMMEDIATE, metadata: { name: "now", annotations } };
    const early = storageRig({}, byDefault, claim("c"));
    expect(claimIn(early)?.storageClassName).toBe("now");
    const late = storageRig({}, claim("c"));
    expect(claimIn(late)?.storageClassName).toBeUndefined();
    late.apply(byDefault);
    late.runFor(25);
    expect(claimIn(late)).toMatchObject({ storageClassName: "now", phase: "Bound" });
  });

  it.each([
    [
      { storageClassName: "" },
      "FailedBinding: no persistent volumes available for this claim and no storage class is set",
    ],
    [{ storageClassName: "no" }, 'ProvisioningFailed: storageclass.storage.k8s.io "no" not found'],
    [
      { storageClassName: "hand" },
      "ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner",
    ],
    [
      { storageClassName: "later" },
      "WaitForFirstConsumer: waiting for first consumer to be created before binding",
    ],
    [
      { storageClassName: "now", volumeName: "v" },
      'VolumeMismatch: Cannot bind to requested volume "v": storageClassName does not match',
    ],
  ])("says what it waits for: %j", (spec, text) => {
    const hand = { provisioner: "kubernetes.io/no-provisioner", volumeBindingMode: "Immediate" };
    const rig = storageRig(
      {},
      IMMEDIATE,
      storageClass("hand", hand),
      storageClass("later"),
      free("v", { storageClassName: "x" }),
    );
    const told = eventsOf(rig);
    rig.apply(claim("c", { spec }));
    rig.runFor(1);
    expect(told[0]).toBe(text);
  });

  it("that a placed pod uses stays until the pod has ended", () => {
    const rig = storageRig(
      { binds: true },
      IMMEDIATE,
      claim("c", { spec: { storageClassName: "now" } }),
    );
    const template = podTemplate(
      "p",
      { "podsim.dev/run": "20s" },
      { ...using("c"), restartPolicy: "Never" },
    );
    rig.apply({
      apiVersion: "v1",
      kind: "Pod",
      ...template,
      metadata: { ...(template["metadata"] as Json), name: "p" },
    });
    rig.runFor(5);
    rig.remove("PersistentVolumeClaim", "c");
    rig.runFor(5);
    expect(
      rig.api.objects.find("PersistentVolumeClaim", "default", "c")?.deletionUs,
    ).toBeGreaterThan(0);
    rig.runFor(20);
    expect(claimIn(rig)).toBeUndefined();
  });
});

describe("a driver that fails", () => {
  it("tries again after 1 s, then twice as long each time, up to 5 minutes", () => {
    const provisioner = { ...DEFAULT_STORAGE.provisioner, failingClasses: new Set(["now"]) };
    const options = { ...STAND_IN_OPTIONS, storage: { ...DEFAULT_STORAGE, provisioner } };
    const rig = storageRig({ options }, IMMEDIATE);
    const failedUs: number[] = [];
    rig.api.events.listen(({ reason, from }) => {
      if (reason === "ProvisioningFailed" && from === "csi.example.com")
        failedUs.push(rig.sim.nowUs);
    });
    rig.apply(claim("c", { spec: { storageClassName: "now" } }));
    rig.runFor(1_500);
    const gaps = failedUs.slice(1).map((us, index) => (us - failedUs[index]!) / SECOND - 5);
    expect(gaps.slice(0, 10)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
  });
});

describe("the claims of a StatefulSet", () => {
  function set(policy: Json): Json {
    return {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "db" },
      spec: {
        replicas: 2,
        serviceName: "db",
        podManagementPolicy: "Parallel",
        persistentVolumeClaimRetentionPolicy: policy,
        selector: { matchLabels: { app: "db" } },
        template: podTemplate("db"),
        volumeClaimTemplates: [
          {
            metadata: { name: "data" },
            spec: {
              storageClassName: "now",
              accessModes: ["ReadWriteOnce"],
              resources: { requests: { storage: "1Gi" } },
            },
          },
        ],
      },
    };
  }
  const claims = (rig: Rig): string[] =>
    rig.api.objects.list("PersistentVolumeClaim").map(({ name }) => name);

  it.each([
    [
      "stay when it shrinks and goes, unless asked otherwise",
      {},
      ["data-db-0", "data-db-1"],
      ["data-db-0", "data-db-1"],
    ],
    ["go with pods that are scaled away", { whenScaled: "Delete" }, ["data-db-0"], ["data-db-0"]],
    ["go with the set", { whenDeleted: "Delete" }, ["data-db-0", "data-db-1"], []],
  ])("%s", (_what, policy, afterScale, afterDelete) => {
    const rig = storageRig({ binds: true }, IMMEDIATE);
    const told = eventsOf(rig);
    rig.apply(set(policy));
    rig.runFor(20);
    expect(claims(rig)).toEqual(["data-db-0", "data-db-1"]);
    expect(told).toContain(
      "SuccessfulCreate: Create Claim data-db-0 Pod db-0 in StatefulSet db success",
    );
    rig.edit("StatefulSet", "db", { replicas: 1 });
    rig.runFor(40);
    expect(claims(rig)).toEqual(afterScale);
    rig.remove("StatefulSet", "db");
    rig.runFor(60);
    expect(claims(rig)).toEqual(afterDelete);
  });
});
