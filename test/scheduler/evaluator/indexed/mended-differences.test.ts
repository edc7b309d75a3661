// Differences between the index and the plain evaluator that were found once: each stays mended.

import { describe, expect, it } from "vitest";
import type { Difference } from "../../../../src/experiment/verify/case-format.ts";
import { compareEvaluators } from "../../../../src/experiment/verify/evaluator-comparison.ts";
import { definePlugin, Profile, registryEntryOf } from "../../../../src/scheduler/index.ts";
import { configuration, node, pod, SmallCluster } from "../../small-cluster.ts";

type Json = Record<string, unknown>;

const NODES = ["4", "2", "3", "8", "6"].map((cpu, at) =>
  node(`n${at}`, { cpu, memory: "1Gi" }, { labels: { zone: at < 2 ? "a" : "b" } }),
);
const friend = pod("friend", {}, { labels: { app: "x" }, nodeName: "n1" });
const apart = { labelSelector: { matchLabels: { app: "x" } }, topologyKey: "zone" };
const required = { requiredDuringSchedulingIgnoredDuringExecution: [apart] };
const preferred = {
  preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 5, podAffinityTerm: apart }],
};
const skewed = {
  topologySpreadConstraints: [
    {
      ...{ maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "DoNotSchedule" },
      labelSelector: { matchLabels: { app: "x" } },
    },
  ],
};
const off = (point: string, ...names: string[]): Json => ({
  plugins: { [point]: { disabled: names.map((name) => ({ name })) } },
});
const onlyFit = (weight: number): Json => ({
  plugins: {
    score: { disabled: [{ name: "*" }], enabled: [{ name: "NodeResourcesFit", weight }] },
  },
});

const CASES: readonly (readonly [string, Json, Json])[] = [
  ["a node selector on a host name", { nodeSelector: { "kubernetes.io/hostname": "n0" } }, {}],
  [
    "required node affinity on host names",
    {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              {
                matchExpressions: [
                  { key: "kubernetes.io/hostname", operator: "NotIn", values: ["n2", "n3"] },
                ],
              },
            ],
          },
        },
      },
    },
    {},
  ],
  [
    "required anti-affinity whose filter is switched off",
    { affinity: { podAntiAffinity: required } },
    off("filter", "InterPodAffinity"),
  ],
  ["hard spreading whose filter is switched off", skewed, off("filter", "PodTopologySpread")],
  [
    "preferred affinity whose score is switched off but not its PreScore",
    { affinity: { podAffinity: preferred } },
    off("score", "InterPodAffinity"),
  ],
  ["weights beyond 16 bits", {}, onlyFit(900)],
];

describe("the index decides as the plain evaluator does", () => {
  it.each(CASES)("with %s", (_title, spec, profile) => {
    const cluster = new SmallCluster([...NODES, friend], { config: configuration(profile) });
    const { world } = cluster;
    const info = cluster.podInfo(pod("p", { cpu: "1" }, { labels: { app: "x" }, spec }));
    const differences: Difference[] = [];
    compareEvaluators(differences, "case", {
      ...{ world, profile: cluster.profile, pod: info, evaluator: "indexed" },
      percentageOfNodesToScore: 0,
    });
    expect(differences).toEqual([]);
  });

  it("with a PreScore of the user's, which is shown every feasible node", () => {
    const seen: number[] = [];
    const plugin = definePlugin({
      name: "Onlooker",
      preScore: (_pod, nodes) => {
        seen.push(nodes.length);
        return true;
      },
    });
    const cluster = new SmallCluster(NODES);
    const { world } = cluster;
    world.plugins.register(registryEntryOf(plugin));
    const profile = { plugins: { multiPoint: { enabled: [{ name: "Onlooker" }] } } };
    const read = world.readConfiguration(configuration(profile));
    const handle = { cache: world.cache, objects: world.objects };
    const differences: Difference[] = [];
    compareEvaluators(differences, "case", {
      ...{ world, pod: cluster.podInfo(pod("p", { cpu: "1" })), evaluator: "indexed" },
      profile: new Profile(read.profiles[0]!, world.plugins, handle),
      percentageOfNodesToScore: 0,
    });
    expect(differences).toEqual([]);
    expect(new Set(seen)).toEqual(new Set([5]));
  });
});
