// The nodes of each domain: many nodes of a zone, and the one that has a name.

import { describe, expect, it } from "vitest";
import { DomainRows } from "../../../src/experiment/explain/neighbours.ts";
import { node, SmallCluster } from "../../scheduler/small-cluster.ts";

const ZONE = "topology.kubernetes.io/zone";

describe("the nodes of a domain", () => {
  const zones = ["za", "zb", "za", "zc", "za"];
  const nodes = zones.map((zone, at) => node(`n${at}`, { cpu: "1" }, { labels: { [ZONE]: zone } }));
  const { cache } = new SmallCluster([...nodes, node("bare", { cpu: "1" })]).world;
  cache.refreshSnapshot();
  const domains = new DomainRows(cache);
  const namesIn = (key: string, domain: string): string[] =>
    domains.in(key, domain).map((row) => cache.nodeName(row));

  it("are in list order, one, several or none", () => {
    const listed = cache.nodeList.map((row) => cache.nodeName(row));
    for (const zone of ["za", "zb", "zc", "zd"]) {
      expect(namesIn(ZONE, zone)).toEqual(
        listed.filter((name) => name !== "bare" && zones[Number(name.slice(1))] === zone),
      );
    }
    for (const name of listed) expect(namesIn("kubernetes.io/hostname", name)).toEqual([name]);
  });
});
