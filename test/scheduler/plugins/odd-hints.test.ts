// Queueing hints in corners that random comparison with kube-scheduler 1.36.3 brought up.

import { describe, expect, it } from "vitest";
import type { EventSubject, PodInfo, QueueingHint } from "../../../src/scheduler/index.ts";
import { affinityPodHint } from "../../../src/scheduler/plugins/inter-pod-affinity-hints.ts";
import { otherPodFitHint } from "../../../src/scheduler/plugins/node-resources-fit-hints.ts";
import { node, pod, SmallCluster } from "../small-cluster.ts";

type Json = Record<string, unknown>;

const cluster = new SmallCluster([
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "default", labels: { team: "red" } } },
]);
const infoOf = (source: Json): PodInfo => cluster.podInfo(source);

function away(...terms: Json[]): Json {
  return {
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
  };
}

function near(...terms: Json[]): Json {
  return { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } } };
}

const APP_A = { topologyKey: "zone", labelSelector: { matchLabels: { app: "a" } } };

describe("InterPodAffinity", () => {
  it("does not look at labels of namespaces when a pod is gone that repelled this one", () => {
    const ofTeam = { ...APP_A, namespaceSelector: { matchLabels: { team: "red" } } };
    const waiting = infoOf(pod("p", {}, { labels: { app: "a" } }));
    const hint = (term: Json): QueueingHint =>
      affinityPodHint(waiting, {
        oldPod: infoOf(pod("b", {}, { nodeName: "n", spec: away(term) })),
      });
    expect(hint(APP_A)).toBe("Queue");
    expect(hint(ofTeam)).toBe("Skip");
  });

  it.each<[string, EventSubject, QueueingHint]>([
    [
      "counts a placed pod that now has the labels",
      {
        oldPod: infoOf(pod("b", {}, { nodeName: "n" })),
        newPod: infoOf(pod("b", {}, { nodeName: "n", labels: { app: "a" } })),
      },
      "Queue",
    ],
    [
      "leaves a change alone that also placed the pod",
      {
        oldPod: infoOf(pod("b")),
        newPod: infoOf(pod("b", {}, { nodeName: "n", labels: { app: "a" } })),
      },
      "Skip",
    ],
  ])("%s", (_, subject, wanted) => {
    expect(affinityPodHint(infoOf(pod("p", {}, { spec: near(APP_A) })), subject)).toBe(wanted);
  });
});

describe("NodeResourcesFit", () => {
  it("asks what the waiting pod's own status reports when another pod is scaled down", () => {
    const status = {
      containerStatuses: [{ name: "c", resources: { requests: { memory: "1Gi" } } }],
    };
    const waiting = infoOf(pod("p", { cpu: "1" }, { status, metadata: { uid: "p" } }));
    const other = (memory: string): PodInfo =>
      infoOf(pod("b", { memory }, { nodeName: "n", metadata: { uid: "b" } }));
    const subject = { oldPod: other("2Gi"), newPod: other("1Gi") };
    expect(otherPodFitHint(waiting, subject)).toBe("Queue");
    expect(otherPodFitHint({ ...waiting, template: other("0").template }, subject)).toBe("Skip");
  });
});

describe("NodeAffinity", () => {
  it("tries a pod again whose terms cannot be read, unless its nodeSelector says no", () => {
    const terms = [{ matchExpressions: [{ key: "k", operator: "Lt", values: ["x"] }] }];
    const required = {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
    };
    const spec = { affinity: { nodeAffinity: required } };
    const plugin = cluster.profile.plugins.find(({ name }) => name === "NodeAffinity");
    const [registration] = plugin?.eventsToRegister?.() ?? [];
    const newNode = cluster.world.decodeNode(node("n", {}));
    const hintOf = (more: Json): QueueingHint | undefined =>
      registration?.hint?.(infoOf(pod("p", {}, { spec: { ...spec, ...more } })), { newNode });
    expect(hintOf({})).toBe("Queue");
    expect(hintOf({ nodeSelector: { disk: "ssd" } })).toBe("Skip");
  });
});
