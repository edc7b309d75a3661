// A Node like another one, as a cloud would create it anew: same pool, zone, labels and taints, another
// name, nothing of the old one's history, and another machine if one is given.

import {
  isQuantityError,
  type NodeObject,
  parseQuantity,
  type QuantityMap,
  resourceListOf,
} from "../../cluster/index.ts";
import type { NewShape } from "../scenario/scenario.ts";

/** Taints that controllers put on and take off; a new node has none of them yet. */
const PASSING_TAINT = "node.kubernetes.io/";
const TYPE_LABEL = "node.kubernetes.io/instance-type";
const HOSTNAME = "kubernetes.io/hostname";

/** The new node; not Ready until its kubelet says so. */
export function createdLike(
  old: NodeObject,
  name: string,
  shape: NewShape | undefined,
): NodeObject {
  const labels = new Map(old.meta.labels);
  if (labels.has(HOSTNAME)) labels.set(HOSTNAME, name);
  const node: NodeObject = {
    ...old,
    meta: {
      ...old.meta,
      ...{ name, labels, uid: undefined, generation: undefined, finalizers: [] },
      ...{ creationTimestampSeconds: undefined, deletionTimestampSeconds: undefined },
    },
    taints: old.taints.filter(({ key }) => !key.startsWith(PASSING_TAINT)),
    ...{ unschedulable: false, podCidr: "", providerId: "", volumesAttached: [] },
    conditions: [],
  };
  return shape === undefined ? node : withShape(node, shape);
}

/** The node with another machine under it. Resources that the shape does not name stay. */
export function withShape(node: NodeObject, shape: NewShape): NodeObject {
  const allocatableQuantities = replaced(node.allocatableQuantities, shape.allocatable);
  const capacityQuantities = replaced(node.capacityQuantities, shape.capacity);
  const labels = new Map(node.meta.labels);
  // The old machine's type, by which prices go too, is not the new one's.
  labels.delete(TYPE_LABEL);
  for (const [key, value] of shape.labels) labels.set(key, value);
  return {
    ...node,
    meta: { ...node.meta, labels },
    ...{ allocatableQuantities, capacityQuantities },
    allocatable: resourceListOf(allocatableQuantities),
    capacity: resourceListOf(capacityQuantities),
  };
}

function replaced(before: QuantityMap, texts: ReadonlyMap<string, string>): QuantityMap {
  const after = new Map(before);
  for (const [resource, text] of texts) {
    const quantity = parseQuantity(text);
    if (!isQuantityError(quantity)) after.set(resource, quantity);
  }
  return after;
}
