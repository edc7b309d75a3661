// Addresses: ranges of nodes, addresses of pods (spec/networking.md section 1).
import { describe, expect, it } from "vitest";
import {
  AddressRange,
  formatCidr,
  parseCidr,
  sizeOf,
} from "../../../src/controllers/kubelet/address-range.ts";
import type { Json } from "../rig.ts";
import { kubeletOptions, type OneNode, oneNode, podOf } from "./one-node.ts";

function nodeWith(podCIDR: string): OneNode {
  const rig = oneNode({ binds: false });
  rig.apply({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n" },
    spec: { podCIDR },
    status: { capacity: { cpu: "4", memory: "8Gi", pods: "20" } },
  });
  rig.runFor(1);
  return rig;
}

const on = (name: string, more: Json = {}): Json =>
  podOf(name, { more: { nodeName: "n", ...more } });
const addressOf = (rig: OneNode, name: string): string =>
  rig.api.pods.podIp(rig.api.pods.find("default", name));

describe("pods", () => {
  it("get addresses of their node's range one after the other, a new one with a new sandbox", () => {
    const rig = nodeWith("10.1.2.0/24");
    rig.apply(on("a"), on("b"), on("host", { hostNetwork: true }));
    rig.runFor(10);
    expect(["a", "b", "host"].map((name) => addressOf(rig, name))).toEqual([
      "10.1.2.2",
      "10.1.2.3",
      "",
    ]);
    const node = rig.api.nodes.find("n");
    rig.machines.reboot(node);
    rig.runFor(60);
    expect([addressOf(rig, "a"), addressOf(rig, "b")]).toEqual(["10.1.2.4", "10.1.2.5"]);
  });

  it("wait for a sandbox while their node has no address left", () => {
    const rig = nodeWith("10.1.2.0/29");
    const names = ["a", "b", "c", "d", "e"];
    rig.apply(...names.map((name) => on(name)), on("late"));
    rig.runFor(10);
    expect(names.map((name) => addressOf(rig, name))).toEqual(
      [2, 3, 4, 5, 6].map((last) => `10.1.2.${last}`),
    );
    expect(addressOf(rig, "late")).toBe("");
    expect(rig.events.some((line) => line.startsWith("FailedCreatePodSandBox"))).toBe(true);
    rig.deletePod(rig.api.pods.find("default", "b"));
    rig.runFor(20);
    expect(addressOf(rig, "late")).toBe("10.1.2.3");
  });

  it("have none on a node without a range", () => {
    const rig = oneNode();
    rig.apply(podOf("a"));
    rig.runUntil(5);
    expect(addressOf(rig, "a")).toBe("");
  });
});

describe("nodes", () => {
  it("get ranges of the cluster's block in their order, and give them back with their objects", () => {
    const options = {
      ...kubeletOptions(),
      nodeIpam: { clusterCidr: "10.244.0.0/22", nodeMaskSize: 24 },
    };
    const rig = oneNode({ nodes: 3, options });
    rig.runUntil(2);
    const rangeOf = (name: string): string => rig.api.nodes.facts(rig.api.nodes.find(name)).podCidr;
    expect(["n1", "n2", "n3"].map(rangeOf)).toEqual([
      "10.244.0.0/24",
      "10.244.1.0/24",
      "10.244.2.0/24",
    ]);
    const add = (name: string): void =>
      rig.apply({
        apiVersion: "v1",
        kind: "Node",
        metadata: { name },
        status: { capacity: { cpu: "4", memory: "8Gi", pods: "20" } },
      });
    add("n4");
    add("n5");
    rig.runFor(2);
    expect([rangeOf("n4"), rangeOf("n5")]).toEqual(["10.244.3.0/24", ""]);
    const user = rig.api.client("admin", { limit: "unlimited", rank: 6 });
    const n2 = rig.api.nodes.find("n2");
    rig.api.request(user, "delete", (writer) => writer.deleteNode(n2, rig.api.nodes.uid(n2)));
    rig.runFor(2);
    add("n6");
    rig.runFor(2);
    expect(rangeOf("n6")).toBe("10.244.1.0/24");
  });
});

describe("a range", () => {
  it.each([
    ["0.0.0.0/0", 4_294_967_296],
    ["10.0.0.0/8", 16_777_216],
    ["10.1.0.0/16", 65_536],
    ["10.1.2.0/24", 256],
    ["10.1.2.4/31", 2],
    ["10.1.2.4/32", 1],
  ])("%s has %d addresses and is written as it was read", (text, size) => {
    const cidr = parseCidr(text)!;
    expect(sizeOf(cidr)).toBe(size);
    expect(formatCidr(cidr)).toBe(text);
  });

  it.each([
    ["10.1.2.3/24", "10.1.2.0/24"],
    ["255.255.255.255/32", "255.255.255.255/32"],
    ["10.0.0.0/33", undefined],
    ["10.0.0/8", undefined],
    ["10.0.0.256/8", undefined],
  ])("%s is %s", (text, expected) => {
    const cidr = parseCidr(text);
    expect(cidr === undefined ? undefined : formatCidr(cidr)).toBe(expected);
  });

  it("does not give an address out again at once", () => {
    const range = new AddressRange(parseCidr("10.0.0.0/29")!);
    const first = range.take()!;
    range.giveBack(first);
    expect(range.take()).toBe(first + 1);
  });
});
