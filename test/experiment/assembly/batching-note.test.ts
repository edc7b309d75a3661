// A profile in which upstream would use batching hints is named; the default one is not.

import { expect, it } from "vitest";
import { documentOfValue } from "../../../src/base/index.ts";
import { configuredScheduler } from "../../../src/experiment/index.ts";

function notesOf(profile: object): readonly string[] {
  const value = {
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    profiles: [profile],
  };
  const problems: Parameters<typeof configuredScheduler>[2] = [];
  const scheduler = configuredScheduler("s", documentOfValue(value, "s.yaml"), problems);
  expect(problems).toEqual([]);
  return scheduler.notes ?? [];
}

function spreadArgs(args: object): object {
  return { schedulerName: "s", pluginConfig: [{ name: "PodTopologySpread", args }] };
}

it("the default constraints keep batching asleep", () => {
  expect(notesOf({ schedulerName: "s" })).toEqual([]);
  const constraint = { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway" };
  const args = { defaultingType: "List", defaultConstraints: [constraint] };
  expect(notesOf(spreadArgs(args))).toEqual([]);
});

it("an empty list, or no such plugin at all, wakes it and is named", () => {
  expect(notesOf(spreadArgs({ defaultingType: "List" }))).toEqual([
    expect.stringContaining("batching"),
  ]);
  const disabled = { multiPoint: { disabled: [{ name: "PodTopologySpread" }] } };
  expect(notesOf({ schedulerName: "s", plugins: disabled })).toEqual([
    expect.stringContaining("batching"),
  ]);
});
