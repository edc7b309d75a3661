// Arguments of the plugins that place by labels, and of those that are only registered yet.
//
// Reading, defaults and upstream's validation; faults are noted in the decoder. Arguments of the
// resource plugins are resource-arguments.ts.

import type { Decoder } from "../../base/index.ts";
import type { InterPodAffinityArguments } from "./inter-pod-affinity.ts";
import { type NodeAffinityArguments, nodeAffinityArgumentsFrom } from "./node-affinity.ts";
import {
  type DefaultConstraint,
  SYSTEM_DEFAULT_CONSTRAINTS,
  type TopologySpreadArguments,
} from "./spread-constraints.ts";
import type { VolumeBindingArguments } from "./volume-binding.ts";

const TYPE_FIELDS: readonly string[] = ["apiVersion", "kind"];

/** NodeAffinityArgs: the terms are compiled, and terms that cannot be are faults. */
export function readNodeAffinityArguments(source: Decoder): NodeAffinityArguments {
  if (source.isPresent) source.object([...TYPE_FIELDS, "addedAffinity"]);
  const added = source.optional("addedAffinity");
  if (added === undefined || added.object() === undefined) {
    return { addedRequired: undefined, addedPreferred: undefined };
  }
  added.object([
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
  ]);
  const args = nodeAffinityArgumentsFrom(added.value);
  for (const error of args.addedRequired?.errors ?? []) {
    added.at("requiredDuringSchedulingIgnoredDuringExecution").fail("E_VALUE", error);
  }
  if (args.addedPreferred?.error !== undefined) {
    added
      .at("preferredDuringSchedulingIgnoredDuringExecution")
      .fail("E_VALUE", args.addedPreferred.error);
  }
  return args;
}

/** InterPodAffinityArgs. */
export function readInterPodAffinityArguments(source: Decoder): InterPodAffinityArguments {
  if (source.isPresent) {
    source.object([...TYPE_FIELDS, "hardPodAffinityWeight", "ignorePreferredTermsOfExistingPods"]);
  }
  return {
    hardPodAffinityWeight: source.optional("hardPodAffinityWeight")?.integer(0, 100) ?? 1,
    ignorePreferredTermsOfExistingPods:
      source.optional("ignorePreferredTermsOfExistingPods")?.boolean() ?? false,
  };
}

/** PodTopologySpreadArgs: constraints of the profile only with defaultingType List. */
export function readTopologySpreadArguments(source: Decoder): TopologySpreadArguments {
  if (source.isPresent) {
    source.object([...TYPE_FIELDS, "defaultConstraints", "defaultingType"]);
  }
  const kind = source.optional("defaultingType")?.oneOf(["System", "List"]) ?? "System";
  const entries = source.optional("defaultConstraints")?.array() ?? [];
  if (kind === "List") {
    return { defaultingType: kind, defaultConstraints: entries.map(readDefaultConstraint) };
  }
  if (entries.length > 0) {
    source
      .at("defaultConstraints")
      .fail("E_VALUE", "Invalid value: must be empty when defaultingType is System");
  }
  return { defaultingType: kind, defaultConstraints: SYSTEM_DEFAULT_CONSTRAINTS };
}

function readDefaultConstraint(entry: Decoder): DefaultConstraint {
  entry.object([
    "maxSkew",
    "minDomains",
    "topologyKey",
    "whenUnsatisfiable",
    "labelSelector",
    "nodeAffinityPolicy",
    "nodeTaintsPolicy",
    "matchLabelKeys",
  ]);
  for (const field of ["labelSelector", "matchLabelKeys"]) {
    entry
      .optional(field)
      ?.fail(
        "E_VALUE",
        "default constraints have no selector of their own: it is worked out per pod",
      );
  }
  const policies = ["Honor", "Ignore"] as const;
  return {
    maxSkew: entry.required("maxSkew")?.integer(1) ?? 1,
    minDomains: entry.optional("minDomains")?.integer(1) ?? 1,
    topologyKey: entry.required("topologyKey")?.text() ?? "",
    whenUnsatisfiable:
      entry.required("whenUnsatisfiable")?.oneOf(["DoNotSchedule", "ScheduleAnyway"]) ??
      "ScheduleAnyway",
    nodeAffinityPolicy: entry.optional("nodeAffinityPolicy")?.oneOf(policies) ?? "Honor",
    nodeTaintsPolicy: entry.optional("nodeTaintsPolicy")?.oneOf(policies) ?? "Ignore",
  };
}

/** How many nodes preemption looks at. */
export interface DefaultPreemptionArguments {
  readonly minCandidateNodesPercentage: number;
  readonly minCandidateNodesAbsolute: number;
}

/** DefaultPreemptionArgs: not both 0. */
export function readDefaultPreemptionArguments(source: Decoder): DefaultPreemptionArguments {
  if (source.isPresent) {
    source.object([...TYPE_FIELDS, "minCandidateNodesPercentage", "minCandidateNodesAbsolute"]);
  }
  const percentage = source.optional("minCandidateNodesPercentage")?.integer(0, 100) ?? 10;
  const absolute = source.optional("minCandidateNodesAbsolute")?.integer(0) ?? 100;
  if (percentage === 0 && absolute === 0) {
    source.fail(
      "E_VALUE",
      "minCandidateNodesPercentage and minCandidateNodesAbsolute cannot both be zero",
    );
  }
  return { minCandidateNodesPercentage: percentage, minCandidateNodesAbsolute: absolute };
}

/** VolumeBindingArgs: a shape needs a gate that is off. */
export function readVolumeBindingArguments(source: Decoder): VolumeBindingArguments {
  if (source.isPresent) source.object([...TYPE_FIELDS, "bindTimeoutSeconds", "shape"]);
  if ((source.optional("shape")?.array() ?? []).length > 0) {
    source
      .at("shape")
      .fail("E_VALUE", "Invalid value: needs the gate StorageCapacityScoring (off)");
  }
  return { bindTimeoutSeconds: source.optional("bindTimeoutSeconds")?.integer(0) ?? 600 };
}

/** DynamicResourcesArgs: two durations as text. */
export function readDynamicResourcesArguments(source: Decoder): unknown {
  if (source.isPresent) source.object([...TYPE_FIELDS, "filterTimeout", "bindingTimeout"]);
  return {
    filterTimeout: source.optional("filterTimeout")?.text() ?? "10s",
    bindingTimeout: source.optional("bindingTimeout")?.text() ?? "600s",
  };
}
