// KubeSchedulerConfiguration: defaults, merging, expansion, and every refusal with its path.

import { describe, expect, it } from "vitest";
import { Decoder } from "../../../src/base/index.ts";
import {
  createDefaultRegistry,
  DEFAULT_MULTI_POINT,
  type ExtensionPoint,
  readSchedulerConfiguration,
  type SchedulerConfiguration,
} from "../../../src/scheduler/index.ts";

function read(value: unknown): { configuration: SchedulerConfiguration | undefined; text: string } {
  const source = new Decoder({ value });
  const configuration = readSchedulerConfiguration(source, {
    registry: createDefaultRegistry(),
    defaultMultiPoint: DEFAULT_MULTI_POINT,
  });
  const text = source.problems
    .map(
      (each) =>
        `${each.severity} ${each.path ?? ""}: ${each.message}${each.hint === undefined ? "" : ` (${each.hint})`}`,
    )
    .join("\n");
  return { configuration, text };
}

function list(value: unknown, point: ExtensionPoint): string {
  const { configuration, text } = read(value);
  if (configuration === undefined) throw new Error(text);
  const plugins = configuration.profiles[0]?.plugins[point] ?? [];
  return plugins
    .map(({ name, weight }) => (point === "score" ? `${name} ${weight}` : name))
    .join(", ");
}

const withPlugins = (plugins: unknown) => ({ profiles: [{ plugins }] });
const on = (...names: (string | [string, number])[]) => ({
  enabled: names.map((name) =>
    typeof name === "string" ? { name } : { name: name[0], weight: name[1] },
  ),
});
const off = (...names: string[]) => ({ disabled: names.map((name) => ({ name })) });

const DEFAULT_FILTERS =
  "NodeUnschedulable, NodeName, TaintToleration, NodeAffinity, NodePorts, NodeResourcesFit, VolumeRestrictions, NodeVolumeLimits, VolumeBinding, VolumeZone, PodTopologySpread, InterPodAffinity, DynamicResources, NodeDeclaredFeatures";
const DEFAULT_SCORES =
  "TaintToleration 3, NodeAffinity 2, NodeResourcesFit 1, VolumeBinding 1, PodTopologySpread 2, InterPodAffinity 2, DynamicResources 2, NodeResourcesBalancedAllocation 1, ImageLocality 1";

describe("the default profile", () => {
  it.each<[ExtensionPoint, string]>([
    ["preEnqueue", "SchedulingGates, DynamicResources, DefaultPreemption"],
    ["queueSort", "PrioritySort"],
    [
      "preFilter",
      "NodeAffinity, NodePorts, NodeResourcesFit, VolumeRestrictions, NodeVolumeLimits, VolumeBinding, VolumeZone, PodTopologySpread, InterPodAffinity, DynamicResources, NodeDeclaredFeatures",
    ],
    ["filter", DEFAULT_FILTERS],
    ["postFilter", "DynamicResources, DefaultPreemption"],
    [
      "preScore",
      "TaintToleration, NodeAffinity, NodeResourcesFit, VolumeBinding, PodTopologySpread, InterPodAffinity, NodeResourcesBalancedAllocation",
    ],
    ["score", DEFAULT_SCORES],
    ["reserve", "VolumeBinding, DynamicResources"],
    ["permit", ""],
    ["preBind", "VolumeBinding, DynamicResources"],
    ["bind", "DefaultBinder"],
    ["postBind", ""],
  ])("%s: %s", (point, expected) => {
    expect(list(undefined, point)).toBe(expected);
  });

  it("has upstream's knobs", () => {
    expect(read(undefined).configuration).toMatchObject({
      parallelism: 16,
      percentageOfNodesToScore: 0,
      podInitialBackoffSeconds: 1,
      podMaxBackoffSeconds: 10,
      clientQps: 50,
      clientBurst: 100,
      profiles: [{ schedulerName: "default-scheduler" }],
    });
  });
});

describe("merging and expansion", () => {
  it.each<[string, unknown, ExtensionPoint, string]>([
    [
      "a default enabled again keeps its place and takes the weight",
      { multiPoint: on(["NodeAffinity", 7]) },
      "score",
      DEFAULT_SCORES.replace("NodeAffinity 2", "NodeAffinity 7"),
    ],
    [
      "an explicit score weight wins over MultiPoint and moves to the front",
      { score: on(["ImageLocality", 9]) },
      "score",
      `ImageLocality 9, ${DEFAULT_SCORES.replace(", ImageLocality 1", "")}`,
    ],
    [
      "weight 0 means 1",
      { score: on(["TaintToleration", 0]) },
      "score",
      `TaintToleration 1, ${DEFAULT_SCORES.replace("TaintToleration 3, ", "")}`,
    ],
    [
      "a name disabled at a point is dropped there only",
      { filter: off("NodeName") },
      "filter",
      DEFAULT_FILTERS.replace("NodeName, ", ""),
    ],
    [
      "'*' at a point leaves the explicit list alone",
      { score: { ...off("*"), ...on("NodeAffinity") } },
      "score",
      "NodeAffinity 1",
    ],
    [
      "'*' at multiPoint drops all defaults",
      { multiPoint: { ...off("*"), ...on("PrioritySort", "DefaultBinder", "NodeName") } },
      "filter",
      "NodeName",
    ],
    [
      "explicit plugins come first in their order",
      { filter: on("NodePorts", "NodeName") },
      "filter",
      `NodePorts, NodeName, ${DEFAULT_FILTERS.replace("NodeName, ", "").replace("NodePorts, ", "")}`,
    ],
    [
      "explicit plugins that MultiPoint lost come last",
      { multiPoint: off("NodeName"), filter: on("NodeName") },
      "filter",
      `${DEFAULT_FILTERS.replace("NodeName, ", "")}, NodeName`,
    ],
  ])("%s", (_title, plugins, point, expected) => {
    expect(list(withPlugins(plugins), point)).toBe(expected);
  });

  it("resources that an extender manages replace the ignored ones of NodeResourcesFit", () => {
    const { configuration, text } = read({
      extenders: [
        {
          urlPrefix: "http://x",
          managedResources: [{ name: "a.com/x", ignoredByScheduler: true }, { name: "b.com/y" }],
        },
      ],
    });
    expect(text).toBe(
      "warning extenders[0]: extender http://x is not simulated and is never contacted",
    );
    const args = configuration?.profiles[0]?.args.get("NodeResourcesFit");
    expect(args).toMatchObject({ ignoredResources: new Set(["a.com/x"]) });
  });
});

describe("what is refused", () => {
  const fitArgs = (args: unknown) => ({
    profiles: [{ pluginConfig: [{ name: "NodeResourcesFit", args }] }],
  });
  it.each<[string, unknown, string]>([
    [
      "C1 unknown plugin",
      withPlugins({ filter: on("NodeNames") }),
      "profiles[0].plugins.filter.enabled[0].name: no plugin is named 'NodeNames' (did you mean 'NodeName'?)",
    ],
    [
      "C1 misspelt extension point",
      withPlugins({ filtre: on("NodeName") }),
      "profiles[0].plugins.filtre: unknown field (did you mean 'filter'?)",
    ],
    [
      "C1 enabled twice",
      withPlugins({ filter: on("NodeName", "NodeName") }),
      "filter.enabled[1].name: plugin NodeName is enabled twice here",
    ],
    [
      "C1 wrong point",
      withPlugins({ score: on("NodeName") }),
      "score.enabled[0].name: plugin NodeName does not take part in score",
    ],
    [
      "C2 negative weight",
      withPlugins({ score: on(["NodeAffinity", -1]) }),
      "score.enabled[0].weight: -1 is not a whole number",
    ],
    [
      "C2 weight beyond 32 bits",
      withPlugins({ score: on(["NodeAffinity", 4294967296]) }),
      "score.enabled[0].weight: 4294967296 is not a whole number",
    ],
    [
      "C3 percentage 101",
      { percentageOfNodesToScore: 101 },
      "percentageOfNodesToScore: 101 is not a whole number",
    ],
    [
      "C3 percentage -1",
      { percentageOfNodesToScore: -1 },
      "percentageOfNodesToScore: -1 is not a whole number",
    ],
    [
      "C4 initial above maximum",
      { podInitialBackoffSeconds: 11 },
      "podMaxBackoffSeconds: 10 is below podInitialBackoffSeconds (11)",
    ],
    [
      "C4 initial 0",
      { podInitialBackoffSeconds: 0 },
      "podInitialBackoffSeconds: 0 is not a whole number",
    ],
    [
      "C5 two profiles of one name",
      { profiles: [{ schedulerName: "a" }, { schedulerName: "a" }] },
      "profiles[1].schedulerName: two profiles are named 'a'",
    ],
    [
      "C5 profile without a name",
      { profiles: [{ schedulerName: "a" }, {}] },
      "profiles[1]: schedulerName is required",
    ],
    [
      "C6 old version",
      { apiVersion: "kubescheduler.config.k8s.io/v1beta3" },
      "apiVersion: kubescheduler.config.k8s.io/v1beta3 is not read any more",
    ],
    [
      "C6 another document",
      { apiVersion: "apps/v1", kind: "Deployment" },
      "kind: 'Deployment' is not one of KubeSchedulerConfiguration",
    ],
    [
      "C8 args of a wrong type",
      fitArgs({ scoringStrategy: { type: "LeastAllocated", resources: "cpu" } }),
      "pluginConfig[0].args.scoringStrategy.resources: expected a list, found the text 'cpu'",
    ],
    [
      "C8 weight out of range",
      fitArgs({ scoringStrategy: { resources: [{ name: "memory", weight: 101 }] } }),
      "resources[0].weight: Invalid value: 101: resource weight of memory not in valid range (0, 100]",
    ],
    [
      "shape not rising",
      fitArgs({
        scoringStrategy: {
          type: "RequestedToCapacityRatio",
          requestedToCapacityRatio: {
            shape: [
              { utilization: 5, score: 1 },
              { utilization: 5, score: 2 },
            ],
          },
        },
      }),
      "shape[1].utilization: Invalid value: 5: utilization values must be sorted in increasing order",
    ],
    [
      "args of another kind",
      fitArgs({ kind: "NodeAffinityArgs" }),
      "args.kind: 'NodeAffinityArgs' is not one of NodeResourcesFitArgs",
    ],
    [
      "no binder",
      withPlugins({ bind: off("*") }),
      "plugins.bind: at least one plugin is needed here, found 0",
    ],
    [
      "different sorters",
      {
        profiles: [
          { schedulerName: "a" },
          { schedulerName: "b", plugins: { queueSort: off("*") } },
        ],
      },
      "profiles[1].plugins.queueSort: exactly one plugin is needed here, found 0",
    ],
    [
      "system defaulting with constraints",
      {
        profiles: [
          {
            pluginConfig: [
              {
                name: "PodTopologySpread",
                args: {
                  defaultConstraints: [
                    { maxSkew: 1, topologyKey: "z", whenUnsatisfiable: "ScheduleAnyway" },
                  ],
                },
              },
            ],
          },
        ],
      },
      "defaultConstraints: Invalid value: must be empty when defaultingType is System",
    ],
  ])("%s", (_title, document, expected) => {
    const { configuration, text } = read(document);
    expect(configuration).toBeUndefined();
    expect(text).toContain(expected);
  });

  it("reports all faults at once", () => {
    const { text } = read({ percentageOfNodesToScore: 200, podMaxBackoffSeconds: 0, colour: 1 });
    expect(text.split("\n").length).toBeGreaterThanOrEqual(3);
  });
});
