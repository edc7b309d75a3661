// Nominations: one per pod, in order of arrival, and stubs for pods that are in no queue.

import { describe, expect, it } from "vitest";
import { Nominator, type PodInfo } from "../../../src/scheduler/index.ts";
import { pod, SmallCluster } from "../small-cluster.ts";

const cluster = new SmallCluster([]);
const nominated = (name: string, nodeName: string): PodInfo =>
  cluster.podInfo(pod(name, { cpu: "1" }, { status: { nominatedNodeName: nodeName } }));
const namesFor = (nominator: Nominator, nodeName: string): string[] =>
  nominator.podsForNode(nodeName).map((each) => each.name);

describe("the nominator", () => {
  it("lists pods in order of arrival, each once", () => {
    const nominator = new Nominator();
    nominator.add(nominated("a", "n1"));
    nominator.add(nominated("b", "n1"));
    nominator.add(nominated("a", "n1"));
    expect(namesFor(nominator, "n1")).toEqual(["b", "a"]);
  });

  it("override wins over the status, and can clear", () => {
    const nominator = new Nominator();
    const a = nominated("a", "n1");
    nominator.add(a, "override", "n2");
    expect(namesFor(nominator, "n1")).toEqual([]);
    expect(nominator.nodeOf(a.uid)).toBe("n2");
    nominator.add(a, "override", "");
    expect(namesFor(nominator, "n2")).toEqual([]);
  });

  it("an update without any nominated node keeps the one in memory", () => {
    const nominator = new Nominator();
    const a = nominated("a", "");
    nominator.add(a, "override", "n2");
    nominator.update(a, { ...a, priority: 5 });
    expect(nominator.nodeOf(a.uid)).toBe("n2");
    nominator.update(a, { ...a, nominatedNodeName: "n3" });
    expect(nominator.nodeOf(a.uid)).toBe("n3");
  });

  it("a bound pod is not nominated", () => {
    const nominator = new Nominator();
    nominator.add({ ...nominated("a", "n1"), nodeName: "n9" });
    expect(nominator.size).toBe(0);
  });

  it("a pod in no queue counts as a stub without priority and requests", () => {
    const nominator = new Nominator(() => undefined);
    nominator.add({ ...nominated("a", "n1"), priority: 1000 });
    const [stub] = nominator.podsForNode("n1");
    expect(stub?.name).toBe("a");
    expect(stub?.priority).toBe(0);
    expect(stub?.template.requests.milliCpu).toBe(0);
    expect(stub?.template.nonZeroRequests.milliCpu).toBe(0);
  });
});
