import { describe, expect, it } from "vitest";
import { EXIT_KILLED } from "../../../src/cluster/index.ts";
import { instant } from "../../../src/base/index.ts";
import { RANK } from "../../../src/engine/index.ts";
import { createWorld } from "./fixture.ts";

function machine() {
  const world = createWorld();
  const node = world.addNode("n1");
  world.machines.install(node);
  world.simulation.runUntilDrained();
  return { ...world, node };
}

describe("machines", () => {
  it("a new machine has power, network and a kubelet", () => {
    const { machines, node } = machine();
    expect(machines.isPowered(node)).toBe(true);
    expect(machines.isHeard(node)).toBe(true);
    expect(machines.count).toBe(1);
  });

  it("without power nothing runs, the kubelet neither; images stay", () => {
    const { machines, node } = machine();
    machines.addImage(node, "img:1", 1_000);
    machines.admitPod(node, 7);
    machines.startProcess(node, 7);
    machines.powerOff(node);
    expect(machines.isHeard(node)).toBe(false);
    expect(machines.processCount).toBe(0);
    machines.powerOn(node);
    expect(machines.isHeard(node)).toBe(true);
    expect(machines.process(node, 7)).toBeUndefined();
    expect(machines.imageBytes(node, "img:1")).toBe(1_000);
  });

  it("listeners hear at machine rank of the same instant, observers at once", () => {
    const { machines, node, simulation } = machine();
    const heard: string[] = [];
    machines.observe({ onMachine: ({ kind }) => heard.push(`observer ${kind}`) });
    machines.listen({
      onMachine: ({ kind }) => heard.push(`listener ${kind}`),
      onProcess: ({ kind, podUid, exitCode }) => heard.push(`${kind} ${podUid} ${exitCode}`),
    });
    machines.admitPod(node, 7);
    machines.startProcess(node, 7);
    simulation.callAt(instant(1_000), RANK.faultBegin, "crash", () => machines.powerOff(node));
    simulation.callAt(instant(1_000), RANK.kubelet, "kubelet", () => heard.push("kubelet"));
    simulation.runUntilDrained();
    expect(heard).toEqual([
      "started 7 0",
      "observer powerOff",
      `exited 7 ${EXIT_KILLED}`,
      "listener powerOff",
      "kubelet",
    ]);
  });

  it("a parted network or a stopped kubelet leaves processes alone", () => {
    const { machines, node } = machine();
    machines.admitPod(node, 7);
    machines.startProcess(node, 7);
    machines.partNetwork(node);
    expect([machines.isHeard(node), machines.isKubeletRunning(node)]).toEqual([false, true]);
    machines.stopKubelet(node);
    expect(machines.processCountOn(node)).toBe(1);
    machines.joinNetwork(node);
    machines.startKubelet(node);
    expect(machines.isHeard(node)).toBe(true);
    expect(machines.process(node, 7)?.state).toBe("running");
  });

  it("a process that has exited may start again, a running one not", () => {
    const { machines, node } = machine();
    machines.admitPod(node, 7);
    machines.startProcess(node, 7, 1);
    expect(() => machines.startProcess(node, 7, 1)).toThrow(/running/);
    expect(machines.exitProcess(node, 7, 3, 1)).toBe(true);
    expect(machines.exitProcess(node, 7, 3, 1)).toBe(false);
    expect(machines.process(node, 7, 1)).toMatchObject({ state: "exited", exitCode: 3 });
    machines.startProcess(node, 7, 1);
    expect(() => machines.forgetPod(node, 7)).toThrow(/runs/);
    machines.exitProcess(node, 7, 0, 1);
    machines.forgetPod(node, 7);
    expect(machines.podUids(node)).toEqual([]);
  });

  it("refuses what cannot be: a process without power, admission or machine", () => {
    const { machines, node, addNode } = machine();
    expect(() => machines.startProcess(node, 8)).toThrow(/admitted/);
    expect(() => machines.powerOff(addNode("bare"))).toThrow(/installed/);
    machines.powerOff(node);
    expect(() => machines.admitPod(node, 7)).toThrow(/kubelet/);
    expect(() => machines.startKubelet(node)).toThrow(/power/);
  });

  it("up time and down time make the time of existence, also for machines that are gone", () => {
    const { machines, node, simulation } = machine();
    const at = (ms: number) => simulation.runUntil(instant(ms * 1_000));
    at(10);
    machines.powerOff(node);
    machines.powerOff(node); // a second failure changes nothing
    at(25);
    machines.powerOn(node);
    at(40);
    expect([machines.upUs(node), machines.downUs(node)]).toEqual([25_000, 15_000]);
    machines.remove(node);
    at(90);
    expect(machines.totals()).toEqual({ upUs: 25_000, downUs: 15_000, existenceUs: 40_000 });
  });
});
