// Kept counts of matching pods against counting anew, after random changes of a cache.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileLabelSelector } from "../../../src/cluster/index.ts";
import { KeptMatches } from "../../../src/scheduler/cache/kept-matches.ts";
import { type MatchCounts, RecountedMatches } from "../../../src/scheduler/cache/match-counts.ts";
import { DRY_RUN_ROW, type NodeRow, SCRATCH_ROW } from "../../../src/scheduler/cache/node-row.ts";
import { node, pod, SmallCluster } from "../small-cluster.ts";

const SELECTORS = [
  { matchLabels: { app: "a" } },
  { matchLabels: { app: "b" } },
  { matchLabels: { app: "a", tier: "x" } },
  { matchExpressions: [{ key: "tier", operator: "Exists" }] },
  { matchExpressions: [{ key: "app", operator: "NotIn", values: ["a"] }] },
  {},
  undefined,
].map((source) => compileLabelSelector(source));
const LABELS = [{}, { app: "a" }, { app: "b" }, { app: "a", tier: "x" }, { tier: "y" }];
const NAMESPACES = ["default", "other"];

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant("pod" as const),
      pod: fc.nat(11),
      node: fc.nat(4),
      labels: fc.nat(LABELS.length - 1),
      namespace: fc.nat(1),
      deleting: fc.nat(4),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("drop" as const), pod: fc.nat(11) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("node" as const), node: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("gone" as const), node: fc.nat(4) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant("ask" as const),
      selector: fc.nat(SELECTORS.length - 1),
      namespace: fc.nat(1),
    }),
  },
);

/** All answers of one counter for one selector, by row. */
function answers(
  counts: MatchCounts,
  selector: number,
  namespace: string,
  rows: Iterable<NodeRow>,
) {
  const matching = counts.matching(namespace, SELECTORS[selector]!);
  const visited: [NodeRow, number][] = [];
  matching.forEach((row, count) => {
    visited.push([row, count]);
  });
  visited.sort(([a], [b]) => a - b);
  return { on: [...rows].map((row) => matching.on(row)), visited };
}

type Step = typeof step extends fc.Arbitrary<infer Each> ? Each : never;

function putPod(cluster: SmallCluster, each: Extract<Step, { op: "pod" }>): void {
  const uid = `p${each.pod}`;
  const metadata = {
    ...{ namespace: NAMESPACES[each.namespace]!, uid },
    ...(each.deleting === 0 && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
  };
  const more = { labels: LABELS[each.labels]!, metadata, nodeName: `n${each.node}` };
  cluster.world.cache.addPod(cluster.podInfo(pod(uid, {}, more)));
}

function ask(cluster: SmallCluster, kept: MatchCounts, each: Extract<Step, { op: "ask" }>): number {
  const { cache } = cluster.world;
  const [first] = cache.refreshSnapshot();
  if (first !== undefined) {
    cache.copyToScratch(first);
    cache.copyToScratch(first, DRY_RUN_ROW);
    cache.addToScratch(cluster.podInfo(pod("more", {}, { labels: { app: "a" } })));
  }
  const rows = [...cache.usedRows(), SCRATCH_ROW, DRY_RUN_ROW];
  const namespace = NAMESPACES[each.namespace]!;
  const expected = answers(new RecountedMatches(cache), each.selector, namespace, rows);
  expect(answers(kept, each.selector, namespace, rows)).toEqual(expected);
  return expected.visited.length;
}

describe("kept counts", () => {
  for (const limits of [{}, { selectors: 3, pairs: 6 }]) {
    it(`equal counting anew after every change, limits ${JSON.stringify(limits)}`, () => {
      let compared = 0;
      const property = fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
        const cluster = new SmallCluster([node("n0", {}), node("n1", {})]);
        const { world } = cluster;
        const { cache } = world;
        const kept = new KeptMatches(cache, limits);
        cache.matches.added = (row, each) => kept.added(row, each);
        cache.matches.removed = (row, each) => kept.removed(row, each);
        for (const each of steps) {
          if (each.op === "pod") putPod(cluster, each);
          else if (each.op === "drop") {
            const metadata = { uid: `p${each.pod}` };
            cache.removePod(cluster.podInfo(pod("p", {}, { metadata })).uid);
          } else if (each.op === "node") cache.addNode(world.decodeNode(node(`n${each.node}`, {})));
          else if (each.op === "gone") cache.removeNode(`n${each.node}`);
          else compared += ask(cluster, kept, each);
        }
      });
      fc.assert(property, { numRuns: 150 });
      expect(compared).toBeGreaterThan(300);
    });
  }
});
