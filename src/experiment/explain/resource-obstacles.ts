// What is missing on a node for a pod to fit: how much of which resource, and who would have to give it.
//
// Either the node gets more room or the pod asks for less; both amounts are exact to the unit.

import type { ResourceList } from "../../cluster/index.ts";
import { amountText, type ResourceLack, type ResourceUnit } from "../../metrics/index.ts";
import { Code, type Status } from "../../scheduler/index.ts";
import type { Change } from "./change.ts";
import { GroundPair } from "./ground.ts";
import { type Finding, obstacleOf, templateChange } from "./obstacle.ts";
import type { NodeQuestion, Sketcher } from "./obstacles.ts";

const INSUFFICIENT = "Insufficient ";

/** One finding per resource that is missing. */
export function resourceFindings(question: NodeQuestion, status: Status): Finding[] {
  return status.reasons.map((reason): Finding => {
    const lack = lackOf(question, resourceIn(reason));
    const code = codeOf(lack);
    return {
      obstacle: obstacleOf({ plugin: status.plugin, code }, "resource", reason, lack),
      size: sizeOf(lack),
      podKey: keyFor(lack.resource),
      ofPod: () => smallerRequest(lack),
      around: () => moreRoom(question, lack),
    };
  });
}

/** The grounds of that. */
export function createResourceSketcher(): Sketcher {
  const known = new Map<string, { readonly resource: string; readonly grounds: GroundPair }>();
  return (question, { reasons }, sketch) => {
    for (let at = 0; at < reasons.length; at++) {
      const reason = reasons[at]!;
      let found = known.get(reason);
      if (found === undefined) {
        const resource = resourceIn(reason);
        found = { resource, grounds: new GroundPair("resource", keyFor(resource)) };
        known.set(reason, found);
      }
      const lack = lackOf(question, found.resource);
      sketch.add(found.grounds.at(codeOf(lack)), sizeOf(lack));
    }
  };
}

function resourceIn(reason: string): string {
  return reason.startsWith(INSUFFICIENT) ? reason.slice(INSUFFICIENT.length) : "pods";
}

/** Judged per resource: the plugin's code covers all its reasons at once. */
function codeOf({ resource, asked, allocatable }: ResourceLack): Code {
  const isHopeless = resource !== "pods" && asked > allocatable;
  return isHopeless ? Code.UnschedulableAndUnresolvable : Code.Unschedulable;
}

function sizeOf({ asked, missing }: ResourceLack): number {
  return asked > 0 ? missing / asked : 0;
}

function keyFor(resource: string): string | undefined {
  return resource === "pods" ? undefined : `request ${resource}`;
}

/** The unit in which amounts of a resource are counted here. */
export function unitOf(resource: string): ResourceUnit {
  if (resource === "cpu") return "milli";
  const isBytes = resource === "memory" || resource === "ephemeral-storage";
  return isBytes || resource.startsWith("hugepages-") ? "bytes" : "count";
}

// The row that was asked may hold nominated pods: their room counts as taken, as the filter saw it.
function lackOf({ world, asked: row }: NodeQuestion, resource: string): ResourceLack {
  const { requests } = world.pod.template;
  const { resources } = world.cache;
  const lack = (asked: number, allocatable: number, taken: number): ResourceLack => {
    const free = allocatable - taken;
    return { resource, unit: unitOf(resource), asked, free, allocatable, missing: asked - free };
  };
  switch (resource) {
    case "pods":
      return lack(1, resources.allocatablePods(row), resources.podCount(row));
    case "cpu":
      return lack(
        requests.milliCpu,
        resources.allocatableMilliCpu(row),
        resources.requestedMilliCpu(row),
      );
    case "memory":
      return lack(
        requests.memoryBytes,
        resources.allocatableMemoryBytes(row),
        resources.requestedMemoryBytes(row),
      );
    case "ephemeral-storage":
      return lack(
        requests.ephemeralStorageBytes,
        resources.allocatableEphemeralBytes(row),
        resources.requestedEphemeralBytes(row),
      );
    default:
      return lack(
        requests.scalars.get(resource) ?? 0,
        resources.allocatableScalar(row, resource),
        resources.requestedScalar(row, resource),
      );
  }
}

function moreRoom({ world, row }: NodeQuestion, lack: ResourceLack): Change {
  const { resource, unit, missing, allocatable } = lack;
  const name = world.nameOf(row);
  const what = resource === "pods" ? (missing === 1 ? "pod slot" : "pod slots") : resource;
  const text = `+${amountText(missing, unit)} ${what}`;
  const to = allocatable + missing;
  return {
    shown: {
      target: "node",
      kind: "more-room",
      text,
      node: name,
      amount: { resource, unit, from: allocatable, to },
      podsGone: [],
    },
    effect: {
      on: "node",
      row,
      edit: (node) => ({ ...node, allocatable: withAmount(node.allocatable, resource, to) }),
    },
  };
}

/** Nobody lacks what is not asked for, so an overfull node needs a request of nothing. */
function smallerRequest({ resource, unit, asked, free }: ResourceLack): Change {
  const to = Math.max(0, free);
  const less = amountText(asked - to, unit);
  const text = `request ${amountText(to, unit)} ${resource} instead of ${amountText(asked, unit)} (-${less})`;
  return templateChange(
    "smaller-request",
    text,
    (template) => ({ ...template, requests: withAmount(template.requests, resource, to) }),
    { resource, unit, from: asked, to },
  );
}

function withAmount(list: ResourceList, resource: string, amount: number): ResourceList {
  const plain = { ...list, exact: undefined };
  switch (resource) {
    case "pods":
      return { ...plain, pods: amount };
    case "cpu":
      return { ...plain, milliCpu: amount };
    case "memory":
      return { ...plain, memoryBytes: amount };
    case "ephemeral-storage":
      return { ...plain, ephemeralStorageBytes: amount };
    default:
      return { ...plain, scalars: new Map([...list.scalars, [resource, amount]]) };
  }
}
