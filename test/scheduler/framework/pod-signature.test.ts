// Pod signatures: which differences between two pods keep them from sharing a ranking.

import { describe, expect, it } from "vitest";
import { PodSigner } from "../../../src/scheduler/framework/pod-signature.ts";
import { configuration, pod, SmallCluster, withArgs } from "../small-cluster.ts";

type Json = Record<string, unknown>;

const LIST = withArgs("PodTopologySpread", { defaultingType: "List" });

function signatureOf(source: Json, config: Json = LIST): string | undefined {
  const cluster = new SmallCluster([], { config });
  return cluster.profile.signer.signatureOf(cluster.podInfo(source));
}

/** A pod whose spec and labels are given, with one container. */
function of(spec: Json = {}, labels: Json = {}, name = "p"): Json {
  return pod(name, { cpu: "1" }, { spec, labels });
}

function container(more: Json): Json {
  return { containers: [{ name: "c", image: "app:1", ...more }] };
}

function affinity(kind: string, value: unknown): Json {
  return { affinity: { [kind]: value } };
}

const required = (...terms: unknown[]) =>
  affinity("nodeAffinity", {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
  });
const zoneIn = (...values: string[]) => ({
  matchExpressions: [{ key: "zone", operator: "In", values }],
});
const toleration = (key: string, more: Json = {}) => ({ key, operator: "Exists", ...more });

describe("a pod has no signature", () => {
  it.each([
    ["in the default profile, which spreads by itself", of(), configuration({})],
    [
      "when it spreads",
      of({
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway" },
        ],
      }),
      LIST,
    ],
    ["with pod affinity, be it empty", of(affinity("podAffinity", {})), LIST],
    ["with pod anti-affinity, be it empty", of(affinity("podAntiAffinity", {})), LIST],
    ["with resource claims", of({ resourceClaims: [{ name: "r", resourceClaimName: "c" }] }), LIST],
  ])("%s", (_what, source, config) => {
    expect(signatureOf(source, config)).toBeUndefined();
  });

  it("when some plugin of its profile cannot sign", () => {
    const able = new SmallCluster([], { config: LIST });
    const { plugins } = able.profile;
    const signing = plugins.filter((plugin) => "sign" in plugin);
    const info = able.podInfo(of());
    expect(new PodSigner(signing).signatureOf(info)).toBeDefined();
    expect(new PodSigner([...signing, { name: "mine" }]).signatureOf(info)).toBeUndefined();
  });
});

describe("pods of equal signature", () => {
  it.each([
    ["another name", of({}, {}, "a"), of({}, {}, "b")],
    ["another priority", of({ priority: 1 }), of({ priority: 2 })],
    ["environment", of(container({ env: [{ name: "A", value: "1" }] })), of(container({}))],
    ["requests written otherwise", pod("p", { cpu: "1" }), pod("p", { cpu: "1000m" })],
    [
      "configMaps and secrets",
      of({ volumes: [{ name: "v", configMap: { name: "x" } }] }),
      of({ volumes: [{ name: "w", secret: { secretName: "y" } }] }),
    ],
    [
      "names of volumes",
      of({ volumes: [{ name: "v", persistentVolumeClaim: { claimName: "x" } }] }),
      of({ volumes: [{ name: "w", persistentVolumeClaim: { claimName: "x" } }] }),
    ],
    [
      "the order of terms and values",
      of(required(zoneIn("a", "b"), zoneIn("c"))),
      of(required(zoneIn("c"), zoneIn("b", "a"))),
    ],
    [
      "the order of tolerations",
      of({ tolerations: [toleration("a"), toleration("b")] }),
      of({ tolerations: [toleration("b"), toleration("a")] }),
    ],
    [
      "protocol and address of a host port",
      of(container({ ports: [{ containerPort: 80, hostPort: 80, protocol: "UDP" }] })),
      of(container({ ports: [{ containerPort: 80, hostPort: 80, hostIP: "10.0.0.1" }] })),
    ],
  ])("may differ in %s", (_what, a, b) => {
    expect(signatureOf(a)).toBeDefined();
    expect(signatureOf(a)).toBe(signatureOf(b));
  });
});

describe("pods of different signature", () => {
  it.each([
    ["labels", of({}, { app: "a" }), of({}, { app: "b" })],
    ["requests", pod("p", { cpu: "1" }), pod("p", { cpu: "2" })],
    ["an image", of(container({})), of({ containers: [{ name: "c", image: "app:2" }] })],
    ["a host port", of(container({ ports: [{ containerPort: 80, hostPort: 80 }] })), of()],
    ["a node selector", of({ nodeSelector: { a: "b" } }), of({ nodeSelector: { a: "c" } })],
    ["an affinity term", of(required(zoneIn("a"))), of(required(zoneIn("a", "b")))],
    [
      "a preferred term's weight",
      of(
        affinity("nodeAffinity", {
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: zoneIn("a") }],
        }),
      ),
      of(
        affinity("nodeAffinity", {
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 2, preference: zoneIn("a") }],
        }),
      ),
    ],
    [
      "a toleration's effect",
      of({ tolerations: [toleration("a", { effect: "NoSchedule" })] }),
      of({ tolerations: [toleration("a")] }),
    ],
    [
      "a claim",
      of({ volumes: [{ name: "v", persistentVolumeClaim: { claimName: "x" } }] }),
      of({ volumes: [{ name: "v", persistentVolumeClaim: { claimName: "y" } }] }),
    ],
    [
      "what an unread volume source holds",
      of({ volumes: [{ name: "v", nfs: { server: "a", path: "/" } }] }),
      of({ volumes: [{ name: "v", nfs: { server: "b", path: "/" } }] }),
    ],
  ])("differ in %s", (_what, a, b) => {
    expect(signatureOf(a)).toBeDefined();
    expect(signatureOf(a)).not.toBe(signatureOf(b));
  });

  it("share it when labels cannot matter", () => {
    const config = {
      ...configuration({
        pluginConfig: [
          { name: "PodTopologySpread", args: { defaultingType: "List" } },
          { name: "InterPodAffinity", args: { ignorePreferredTermsOfExistingPods: true } },
        ],
      }),
    };
    const [a, b] = ["a", "b"].map((app) => signatureOf(of({}, { app }), config));
    expect(a).toBeDefined();
    expect(a).toBe(b);
  });
});
