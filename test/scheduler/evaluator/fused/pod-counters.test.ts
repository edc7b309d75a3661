// Counters that follow the cache hold what a fresh count holds, after whatever happened.

import { describe, expect, it } from "vitest";
import { labelSelectorOfMap } from "../../../../src/cluster/index.ts";
import type { NodeDomains } from "../../../../src/scheduler/evaluator/fused/node-domains.ts";
import type { PodCounter } from "../../../../src/scheduler/evaluator/fused/pod-counter.ts";
import { PodCounters } from "../../../../src/scheduler/evaluator/fused/pod-counters.ts";
import { unrollTerm } from "../../../../src/scheduler/plugins/affinity-terms.ts";
import { RandomWorld } from "../random-world.ts";

const KEYS = ["topology.kubernetes.io/zone", "kubernetes.io/hostname", "rank", "disk"];
const VALUES = ["a", "b", "c", "", "ssd", "hdd", "twin", ..."01234".split("")];
const HOSTS = Array.from({ length: 60 }, (_, at) => `n${at}`);

const byRow = ({ rows, counts }: PodCounter): [number, number][] =>
  rows.map((row, at): [number, number] => [row, counts[at]!]).sort(([a], [b]) => a - b);

function byValue(counter: PodCounter, domains: NodeDomains): [string, number][] {
  const { sums } = counter.sumsOver(domains);
  return [...VALUES, ...HOSTS].map((value) => {
    const number = domains.numberOf(value);
    return [value, number === -1 || number >= sums.length ? 0 : sums.raw[number]!];
  });
}

describe("counters of pods", () => {
  it("equal fresh ones after pods and nodes came, changed and went (40 seeds)", () => {
    for (let seed = 1; seed <= 40; seed++) compareAfter(seed);
  });
});

function compareAfter(seed: number): void {
  const random = new RandomWorld(seed, { profile: 0, nodesMax: 20 });
  const { cache, objects } = random.world;
  const kept = new PodCounters(cache);
  const selectors = ["app-0", "app-1", "app-2"].map((app) =>
    labelSelectorOfMap(new Map([["app", app]])),
  );
  const ask = (counters: PodCounters): [string, PodCounter][] => [
    ...selectors.flatMap((selector, at): [string, PodCounter][] =>
      ["ns0", "ns1"].map((space) => [
        `spread ${at} ${space}`,
        counters.spreadCounter(space, selector),
      ]),
    ),
    ...terms.map((term, at): [string, PodCounter] => [
      `term ${at}`,
      counters.termCounter([unrollTerm(term, "ns0", objects)]),
    ]),
  ];
  const terms = [...cache.usedRows()]
    .flatMap((row) => [...cache.podsOn(row)])
    .flatMap(({ template }) => [
      ...template.podAffinity.required,
      ...template.podAntiAffinity.required,
    ])
    .slice(0, 3);
  ask(kept);
  for (let step = 0; step < 30; step++) {
    const pod = random.next();
    if (step % 5 === 0)
      for (const [, counter] of ask(kept))
        for (const key of KEYS) counter.sumsOver(kept.domainsOf(key));
    const list = cache.refreshSnapshot();
    random.conclude(pod, list.length === 0 ? undefined : cache.nodeName(list[step % list.length]!));
    if (step % 10 !== 9) continue;
    const fresh = new PodCounters(cache);
    const expected = new Map(ask(fresh));
    for (const [name, counter] of ask(kept)) {
      const where = `seed ${seed}, step ${step}, ${name}`;
      const other = expected.get(name)!;
      expect(byRow(counter), where).toEqual(byRow(other));
      for (const key of KEYS) {
        expect(byValue(counter, kept.domainsOf(key)), `${where}, ${key}`).toEqual(
          byValue(other, fresh.domainsOf(key)),
        );
      }
    }
    const owners = (counters: PodCounters): string[] =>
      counters.ownedTerms
        .filter(({ owners: { rows } }) => rows.length > 0)
        .map(({ kind, weight, resolved, owners: counter }) =>
          JSON.stringify([
            kind,
            weight,
            resolved.term.topologyKey,
            resolved.term.labelSelector.key,
            [...resolved.namespaces].sort(),
            byRow(counter),
          ]),
        )
        .sort();
    expect(owners(kept), `seed ${seed}, step ${step}`).toEqual(owners(fresh));
  }
}
