// Nodes for traces that name none: so many alike, as the user says.
//
// A trace of jobs or virtual machines is demand alone; the cluster is the question. Nothing is assumed
// of it but the number of pods a node takes, and that is said.

import { assert } from "../../../base/index.ts";
import type { ImportRequest } from "./importer.ts";
import { cpuText, givenAmount, memoryText } from "./import-units.ts";

/** Kubernetes' own limit of pods per node, where the source knows none. */
export const PODS_PER_NODE = "110";

/** Writes the nodes of the options of `nodeOptions`; says how many pods each takes. */
export function writeGivenNodes(request: ImportRequest): number {
  const count = givenAmount(request, "node-count", "whole") ?? 0;
  const cpu = givenAmount(request, "node-cpu", "milli") ?? 0;
  const memory = givenAmount(request, "node-memory", "whole") ?? 0;
  assert(count >= 0, "amounts are above 0");
  request.nodes.columns(["node", "cpu", "memory", "pods"]);
  for (let at = 0; at < count; at++)
    request.nodes.row([`node-${at}`, cpuText(cpu), memoryText(memory), PODS_PER_NODE]);
  notePodsPerNode(request, count);
  return count;
}

/** Says that the number of pods per node is Kubernetes' and not the source's. */
export function notePodsPerNode(request: ImportRequest, count: number): void {
  const what = `room for ${PODS_PER_NODE} pods per node: Kubernetes' usual limit, the source knows none`;
  request.ledger.note("assumed", what, { count });
}
