import { describe, expect, it } from "vitest";
import { NO_NODE } from "../../src/cluster/index.ts";
import { NullScheduler } from "../../src/scheduler/index.ts";
import { createWorld } from "../cluster/state/fixture.ts";

describe("the null scheduler", () => {
  it("binds pods to nodes in turn without looking at them", () => {
    const world = createWorld();
    world.addNode("n1");
    world.addNode("n2");
    const scheduler = new NullScheduler(world.api);
    const huge = world.template({
      containers: [{ name: "c", image: "i", resources: { requests: { cpu: "999" } } }],
    });
    for (const name of ["a", "b", "c"]) world.createPod(name, huge);
    world.simulation.runUntilDrained();
    const nodes = ["a", "b", "c"].map((name) => {
      const node = world.api.pods.node(world.api.pods.find("default", name));
      return node === NO_NODE ? "" : world.api.nodes.name(node);
    });
    expect(nodes).toEqual(["n1", "n2", "n1"]);
    expect(scheduler.bindingCount).toBe(3);
  });

  it("keeps pods until there is a node", () => {
    const world = createWorld();
    const scheduler = new NullScheduler(world.api);
    world.createPod("a");
    world.simulation.runUntilDrained();
    expect(scheduler.bindingCount).toBe(0);
    world.addNode("n1");
    world.simulation.runUntilDrained();
    expect(scheduler.bindingCount).toBe(1);
  });
});
