import { describe, expect, it } from "vitest";
import { type EndpointSliceContent, endpointSliceOf } from "../../src/controllers/index.ts";
import { createRig, deployment, type Json, podTemplate, type Rig } from "./rig.ts";

const service = (name: string, selector: Json, more: Json = {}): Json => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { ports: [{ port: 80 }], selector, ...more },
});

/** Every write of a slice: when, and each endpoint's flags by pod name's ordinal of creation. */
function record(rig: Rig) {
  const writes: { at: number; kind: string; flags: Record<string, string> }[] = [];
  rig.api.observe({
    onObject: (change) => {
      if (change.objectKind !== "EndpointSlice") return;
      const content =
        change.after === undefined ? undefined : endpointSliceOf(change.after.object as never);
      writes.push({
        at: rig.sim.nowUs / 1e6,
        kind: change.kind,
        flags: flagsOf(content),
      });
    },
  });
  return writes;
}

function flagsOf(content: EndpointSliceContent | undefined): Record<string, string> {
  return Object.fromEntries(
    (content?.endpoints ?? []).map(({ podName, ready, serving, terminating }) => [
      podName,
      `${ready ? "r" : "-"}${serving ? "s" : "-"}${terminating ? "t" : "-"}`,
    ]),
  );
}

describe("EndpointSlices of a Service", () => {
  it("show each pod not ready, ready, terminating and gone, each within 20 ms", () => {
    const rig = createRig();
    const writes = record(rig);
    rig.apply(
      deployment("web", 1, {}, { "podsim.dev/ready": "3", "podsim.dev/stop": "4" }),
      service("web", { app: "web" }),
    );
    rig.runFor(7);
    const first = rig.podNames()[0]!;
    const deletedAt = rig.sim.nowUs / 1e6;
    rig.deletePod(rig.api.pods.find("default", first));
    rig.runFor(10);
    const history: [number, string | undefined][] = [];
    for (const { at, flags } of writes) {
      if (history.length === 0 || history[history.length - 1]![1] !== flags[first]) {
        history.push([at, flags[first]]);
      }
    }
    expect(history.map(([, flags]) => flags)).toEqual([undefined, "---", "rs-", "-st", undefined]);
    const [, appeared, ready, terminating, gone] = history.map(([at]) => at);
    expect(appeared).toBeGreaterThan(1);
    expect(appeared).toBeLessThan(1.1);
    expect(ready! - appeared!).toBeCloseTo(3, 1);
    expect(terminating! - deletedAt).toBeLessThan(0.02);
    expect(gone! - deletedAt).toBeGreaterThan(4);
    expect(gone! - deletedAt).toBeLessThan(4.05);
  });

  it("a switch of the selector is one write that removes all of one colour and adds all of the other", () => {
    const rig = createRig();
    const colour = (name: string): Json =>
      deployment(name, 6, {
        selector: { matchLabels: { color: name } },
        template: { ...podTemplate("shop"), metadata: { labels: { app: "shop", color: name } } },
      });
    const writes = record(rig);
    rig.apply(colour("blue"), colour("green"), service("shop", { app: "shop", color: "blue" }));
    rig.runFor(5);
    const count = writes.length;
    const switchedAt = rig.sim.nowUs / 1e6;
    const { uid } = rig.api.objects.find("Service", "default", "shop")!;
    const green = rig.decode(service("shop", { app: "shop", color: "green" })) as never;
    rig.api.request(rig.api.client("user", { limit: "unlimited", rank: 6 }), "update", (writer) =>
      writer.updateObject("Service", uid, () => green),
    );
    rig.runFor(5);
    expect(writes.length).toBe(count + 1);
    const names = Object.keys(writes[count]!.flags);
    expect(names.length).toBe(6);
    expect(names.every((name) => name.startsWith("green-"))).toBe(true);
    expect(writes[count]!.at - switchedAt).toBeLessThan(0.03);
    expect(rig.api.objects.list("EndpointSlice").length).toBe(1);
  });

  it("hold at most a hundred endpoints each", () => {
    const rig = createRig();
    rig.apply(deployment("web", 120), service("web", { app: "web" }));
    rig.runFor(30);
    const sizes = rig.api.objects
      .list("EndpointSlice")
      .map(({ object }) => endpointSliceOf(object).endpoints.length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(120);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
    expect(sizes.length).toBe(2);
  });

  it("count unready pods as ready where the Service publishes them", () => {
    const rig = createRig();
    const open = service("web", { app: "web" }, { publishNotReadyAddresses: true });
    rig.apply(deployment("web", 1, {}, { "podsim.dev/ready": "60" }), open);
    rig.runFor(5);
    const [slice] = rig.api.objects.list("EndpointSlice");
    expect(Object.values(flagsOf(endpointSliceOf(slice!.object)))).toEqual(["r--"]);
  });

  it("name the port by which each pod listens", () => {
    const rig = createRig();
    const named = (app: string, containerPort: number): Json =>
      deployment(app, 1, {
        template: {
          metadata: { labels: { app, tier: "web" } },
          spec: {
            containers: [{ name: "c", image: "i:1", ports: [{ name: "http", containerPort }] }],
          },
        },
      });
    rig.apply(
      named("a", 8080),
      named("b", 9090),
      service("web", { tier: "web" }, { ports: [{ name: "p", port: 80, targetPort: "http" }] }),
    );
    rig.runFor(5);
    const ports = rig.api.objects
      .list("EndpointSlice")
      .map(({ object }) => endpointSliceOf(object).ports[0]!.port);
    expect(ports.sort()).toEqual([8080, 9090]);
  });

  it("carry hints of the zone where the Service prefers it", () => {
    const rig = createRig({ nodes: 1, zoneOf: () => "east" });
    const near = service("web", { app: "web" }, { trafficDistribution: "PreferClose" });
    rig.apply(deployment("web", 1), near);
    rig.runFor(5);
    const [slice] = rig.api.objects.list("EndpointSlice");
    expect(endpointSliceOf(slice!.object).endpoints[0]).toMatchObject({
      zone: "east",
      zoneHint: "east",
      nodeHint: "",
    });
  });

  it("do not exist for a Service without a selector, and go with their Service", () => {
    const rig = createRig();
    rig.apply(
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "bare" },
        spec: { ports: [{ port: 1 }] },
      },
      service("web", { app: "web" }),
    );
    rig.runFor(1);
    expect(rig.api.objects.list("EndpointSlice").map(({ owner }) => owner!.name)).toEqual(["web"]);
    rig.remove("Service", "web");
    rig.runFor(1);
    expect(rig.api.objects.list("EndpointSlice")).toEqual([]);
  });

  it("are made anew one second after somebody deleted them", () => {
    const rig = createRig();
    rig.apply(service("web", { app: "web" }));
    rig.runFor(1);
    const writes = record(rig);
    rig.remove("EndpointSlice", rig.api.objects.list("EndpointSlice")[0]!.name);
    rig.runFor(3);
    expect(writes.map(({ kind }) => kind)).toEqual(["Deleted", "Added"]);
    expect(writes[1]!.at - writes[0]!.at).toBeCloseTo(1, 1);
  });
});
