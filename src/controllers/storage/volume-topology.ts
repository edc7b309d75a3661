// Where a new volume can be used: the segment of the cluster's topology in which a driver makes it.
//
// The keys are those that the driver reports on its nodes, else those of the class. A claim that waits
// for a pod gets the selected node's segment; another one gets a segment by its name, so that the
// claims of a StatefulSet spread. Without keys the volume can be used everywhere.

import { compareText } from "../../base/index.ts";
import {
  type ApiServer,
  compileNodeSelector,
  type Labels,
  type NodeSelector,
  NO_NODE,
  type PersistentVolumeClaimObject,
  type StorageClassObject,
} from "../../cluster/index.ts";
import { SELECTED_NODE_ANNOTATION } from "../../scheduler/index.ts";

/** Values of the topology keys, in the order of the keys. */
type Segment = readonly (readonly [key: string, value: string])[];

/** The node affinity of a new volume; undefined: usable everywhere. */
export function volumeAffinity(
  api: ApiServer,
  claim: PersistentVolumeClaimObject,
  storageClass: StorageClassObject,
  driver: string,
): NodeSelector | undefined {
  const selected = claim.meta.annotations.get(SELECTED_NODE_ANNOTATION);
  const segment =
    selected === undefined
      ? pick(segmentsOf(api, storageClass, driver), claim.meta.name)
      : segmentOfNode(api, selected, keysOn(api, selected, storageClass, driver));
  if (segment === undefined || segment.length === 0) return undefined;
  const matchExpressions = segment.map(([key, value]) => ({
    ...{ key, operator: "In", values: [value] },
  }));
  return compileNodeSelector({ nodeSelectorTerms: [{ matchExpressions }] });
}

function keysOn(
  api: ApiServer,
  nodeName: string,
  { allowedTopologies }: StorageClassObject,
  driver: string,
): readonly string[] {
  const csiNode = api.objects.find("CSINode", "", nodeName)?.object;
  const reported = csiNode?.drivers.find(({ name }) => name === driver)?.topologyKeys ?? [];
  if (reported.length > 0) return reported;
  return [...new Set(allowedTopologies.flatMap((term) => term.map(({ key }) => key)))];
}

function segmentOfNode(
  api: ApiServer,
  nodeName: string,
  keys: readonly string[],
): Segment | undefined {
  const node = api.nodes.byName(nodeName);
  if (node === NO_NODE || !api.nodes.exists(node)) return undefined;
  return segmentIn(api.nodes.facts(node).meta.labels, keys);
}

/** Undefined where the node lacks one of the keys. */
function segmentIn(labels: Labels, keys: readonly string[]): Segment | undefined {
  const segment: [string, string][] = [];
  for (const key of keys) {
    const value = labels.get(key);
    if (value === undefined) return undefined;
    segment.push([key, value]);
  }
  return segment;
}

/** The segments that the class allows and some node of the driver lies in, sorted, each once. */
function segmentsOf(
  api: ApiServer,
  storageClass: StorageClassObject,
  driver: string,
): readonly Segment[] {
  const { allowedTopologies } = storageClass;
  const found = new Map<string, Segment>();
  for (const node of api.nodes.collectExisting()) {
    const { labels } = api.nodes.facts(node).meta;
    const keys = keysOn(api, api.nodes.name(node), storageClass, driver);
    const isAllowed =
      allowedTopologies.length === 0 ||
      allowedTopologies.some((term) =>
        term.every(({ key, values }) => values.includes(labels.get(key) ?? "")),
      );
    const segment = isAllowed ? segmentIn(labels, keys) : undefined;
    if (segment !== undefined && segment.length > 0) found.set(JSON.stringify(segment), segment);
  }
  return [...found.keys()].sort(compareText).map((key) => found.get(key)!);
}

/** By the claim's name: a number at its end goes through the segments one by one. */
function pick(segments: readonly Segment[], claimName: string): Segment | undefined {
  if (segments.length === 0) return undefined;
  const [, base = claimName, ordinal = "0"] = /^(.*)-([0-9]{1,9})$/.exec(claimName) ?? [];
  return segments[(hashOf(base) + Number(ordinal)) % segments.length];
}

/** FNV-1 of 32 bits, which the drivers' common provisioner uses. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = (Math.imul(hash, 0x01000193) ^ text.charCodeAt(index)) >>> 0;
  }
  return hash;
}
