// Checks of what a scheduler believes: are the sums it keeps those of the pods it lists?
//
// Every sum is added up anew from the pods. Whether the pods are the right ones is not asked here.

import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { ResourceList } from "../../cluster/index.ts";

/**
 * I11: the first sum of a listed node that differs from that of its pods, in words. `hasRivals`: another
 * scheduler may have put two pods on one port; used ports are a set, as upstream's are, so when one of
 * the two leaves, the port counts as free although the other has it still.
 */
export function findWrongSum(cache: SchedulerCache, hasRivals = false): string | undefined {
  const { resources } = cache;
  for (const row of cache.nodeList) {
    if (cache.findRow(cache.nodeName(row)) !== row) continue; // gone since the last refresh
    const pods = cache.podsOn(row);
    const sum = (of: (template: (typeof pods)[number]["template"]) => number): number =>
      pods.reduce((total, { template }) => total + of(template), 0);
    const sums: readonly (readonly [what: string, kept: number, counted: number])[] = [
      ["cpu", resources.requestedMilliCpu(row), sum((each) => each.nodeRequests.milliCpu)],
      ["memory", resources.requestedMemoryBytes(row), sum((each) => each.nodeRequests.memoryBytes)],
      ["default cpu", resources.nonZeroMilliCpu(row), sum((each) => each.nonZeroRequests.milliCpu)],
      [
        "default memory",
        resources.nonZeroMemoryBytes(row),
        sum((each) => each.nonZeroRequests.memoryBytes),
      ],
      ["pods", resources.podCount(row), pods.length],
      ...scalarSums(cache, row, (name) =>
        sum((each) => (each.nodeRequests as ResourceList).scalars.get(name) ?? 0),
      ),
    ];
    for (const [what, kept, counted] of sums) {
      if (kept === counted) continue;
      return `${cache.nodeName(row)}: ${what} kept as ${kept}, its pods have ${counted}`;
    }
    if (hasRivals) continue;
    for (const { template } of pods) {
      if (template.hostPorts.length === 0 || cache.hasPortConflict(row, template.hostPorts))
        continue;
      return `${cache.nodeName(row)}: a host port in use is kept as free`;
    }
  }
  return undefined;
}

function scalarSums(
  cache: SchedulerCache,
  row: NodeRow,
  count: (name: string) => number,
): (readonly [string, number, number])[] {
  const names = new Set(
    cache.podsOn(row).flatMap(({ template }) => [...template.nodeRequests.scalars.keys()]),
  );
  return [...names].map((name) => [name, cache.resources.requestedScalar(row, name), count(name)]);
}
