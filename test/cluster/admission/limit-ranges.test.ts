import { describe, expect, it } from "vitest";
import { AS_API_SERVER, decodeObject, DecodeSink } from "../../../src/cluster/index.ts";
import { FieldCursor, findKind } from "../../../src/cluster/index.ts";
import type { ApiResult, StorableObject } from "../../../src/cluster/index.ts";
import { createWorld, type World } from "../state/fixture.ts";

type Json = Readonly<Record<string, unknown>>;

function apply(world: World, json: Json): ApiResult {
  const found = findKind(String(json["apiVersion"]), String(json["kind"]))!;
  const cursor = new FieldCursor(json, [], new DecodeSink(AS_API_SERVER));
  const object = decodeObject(found, json, cursor, world.templates) as StorableObject;
  return world.ask("create", (writer) => writer.createObject(object));
}

const limitRange = (item: Json, name = "lr"): Json => ({
  apiVersion: "v1",
  kind: "LimitRange",
  metadata: { name, namespace: "default" },
  spec: { limits: [{ type: "Container", ...item }] },
});

function create(world: World, resources: Json, namespace = "default"): ApiResult {
  const spec = { containers: [{ name: "c", image: "i:1", resources }] };
  return world.ask("create", (writer) =>
    writer.createPod({ namespace, name: "p", template: world.template(spec) }),
  );
}

function resourcesOf(world: World, resources: Json, namespace = "default") {
  const result = create(world, resources, namespace);
  if (!result.ok) throw new Error(result.message);
  const { requests, limits } = world.api.pods.template(result.pod!).containers[0]!;
  const plain = (amounts: ReadonlyMap<string, unknown>) =>
    Object.fromEntries([...amounts].map(([name, amount]) => [name, String(amount)]));
  return { requests: plain(requests), limits: plain(limits) };
}

describe("defaults of a LimitRange", () => {
  it("fill what is missing, and a limit given keeps its own request", () => {
    const item = { default: { cpu: "500m" }, defaultRequest: { cpu: "200m" } };
    const world = createWorld();
    apply(world, limitRange(item));
    expect(resourcesOf(world, {})).toEqual({ requests: { cpu: "200m" }, limits: { cpu: "500m" } });
    const other = createWorld();
    apply(other, limitRange(item));
    expect(resourcesOf(other, { limits: { cpu: "300m" } })).toEqual({
      requests: { cpu: "300m" },
      limits: { cpu: "300m" },
    });
  });

  it("follow each other: default from max, request from default", () => {
    const world = createWorld();
    apply(world, limitRange({ max: { memory: "1Gi" } }));
    expect(resourcesOf(world, {})).toEqual({
      requests: { memory: "1Gi" },
      limits: { memory: "1Gi" },
    });
  });

  it("of the first LimitRange win over those of the second", () => {
    const world = createWorld();
    apply(world, limitRange({ defaultRequest: { cpu: "1" } }, "a"));
    apply(world, limitRange({ defaultRequest: { cpu: "2", memory: "1Mi" } }, "b"));
    expect(resourcesOf(world, {}).requests).toEqual({ cpu: "1", memory: "1Mi" });
  });

  it("hold in their own namespace only", () => {
    const world = createWorld();
    apply(world, limitRange({ defaultRequest: { cpu: "1" } }));
    expect(resourcesOf(world, {}, "other").requests).toEqual({});
  });

  it("turn a BestEffort pod into a Burstable one", () => {
    const world = createWorld();
    apply(world, limitRange({ defaultRequest: { cpu: "1" } }));
    const result = create(world, {});
    expect(result.ok && world.api.pods.template(result.pod!).qosClass).toBe("Burstable");
  });

  it("end with the object", () => {
    const world = createWorld();
    const made = apply(world, limitRange({ defaultRequest: { cpu: "1" } }));
    world.ask("delete", (writer) =>
      writer.deleteObject("LimitRange", (made as { uid: number }).uid),
    );
    expect(resourcesOf(world, {}).requests).toEqual({});
  });
});

describe("bounds of a LimitRange", () => {
  const forbidden = 'pods "p" is forbidden: ';
  it.each<[item: Json, resources: Json, message: string]>([
    [
      { min: { cpu: "200m" }, default: { cpu: "1" } },
      { requests: { cpu: "100m" } },
      `${forbidden}minimum cpu usage per Container is 200m, but request is 100m`,
    ],
    [
      { max: { cpu: "2" } },
      { limits: { cpu: "3" } },
      `${forbidden}[maximum cpu usage per Container is 2, but limit is 3]`.replace(/[[\]]/g, ""),
    ],
    [
      { type: "Pod", max: { memory: "1Gi" } },
      { requests: { memory: "1Mi" } },
      `${forbidden}maximum memory usage per Pod is 1Gi.  No limit is specified`,
    ],
    [
      { type: "Pod", min: { cpu: "1" } },
      {},
      `${forbidden}minimum cpu usage per Pod is 1.  No request is specified`,
    ],
    [
      { maxLimitRequestRatio: { cpu: "2" } },
      { requests: { cpu: "100m" }, limits: { cpu: "250m" } },
      `${forbidden}cpu max limit to request ratio per Container is 2, but provided ratio is 2.500000`,
    ],
    [
      { maxLimitRequestRatio: { cpu: "2" } },
      { requests: { cpu: "100m" } },
      `${forbidden}cpu max limit to request ratio per Container is 2, but no limit is specified or limit is 0`,
    ],
    [
      { default: { cpu: "500m" } },
      { requests: { cpu: "3" } },
      'Pod "p" is invalid: spec.containers[0].resources.requests: Invalid value: "3": must be less than or equal to cpu limit of 500m',
    ],
    [
      { type: "Pod", max: { cpu: "1", memory: "1Gi" } },
      {},
      `${forbidden}[maximum cpu usage per Pod is 1.  No limit is specified, maximum memory usage per Pod is 1Gi.  No limit is specified]`,
    ],
  ])("%j refuses %j", (item, resources, message) => {
    const world = createWorld();
    apply(world, limitRange(item));
    const result = create(world, resources);
    expect(result.ok ? "created" : result.message).toBe(message);
  });

  it("let pass what keeps them, up to the bound itself", () => {
    const world = createWorld();
    apply(
      world,
      limitRange({ min: { cpu: "100m" }, max: { cpu: "2" }, maxLimitRequestRatio: { cpu: "20" } }),
    );
    const kept = { requests: { cpu: "100m" }, limits: { cpu: "2" } };
    expect(resourcesOf(world, kept)).toEqual(kept);
  });

  it("hold for claims", () => {
    const world = createWorld();
    apply(world, limitRange({ type: "PersistentVolumeClaim", max: { storage: "1Gi" } }));
    const claim = (storage: string): Json => ({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "c", namespace: "default" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
    });
    expect(apply(world, claim("2Gi"))).toMatchObject({
      message:
        'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi',
    });
    expect(apply(world, claim("1Gi")).ok).toBe(true);
  });
});

describe("a RuntimeClass", () => {
  const runtimeClass = (more: Json): Json => ({
    apiVersion: "node.k8s.io/v1",
    kind: "RuntimeClass",
    metadata: { name: "sandbox" },
    handler: "sandbox",
    ...more,
  });
  const withClass = (world: World, spec: Json = {}): ApiResult =>
    world.ask("create", (writer) =>
      writer.createPod({
        namespace: "default",
        name: "p",
        template: world.template({ runtimeClassName: "sandbox", ...spec }),
      }),
    );

  it("adds overhead, node selector and tolerations to pods that name it", () => {
    const world = createWorld();
    apply(
      world,
      runtimeClass({
        overhead: { podFixed: { cpu: "250m" } },
        scheduling: {
          nodeSelector: { sandbox: "yes" },
          tolerations: [{ key: "sandbox", operator: "Exists", effect: "NoSchedule" }],
        },
      }),
    );
    const result = withClass(world);
    if (!result.ok) throw new Error(result.message);
    const template = world.api.pods.template(result.pod!);
    expect(template.requests.milliCpu).toBe(350);
    expect([...template.nodeSelector!]).toEqual([["sandbox", "yes"]]);
    expect(template.tolerations.map(({ key }) => key)).toContain("sandbox");
  });

  it.each<[more: Json | undefined, spec: Json, message: string]>([
    [undefined, {}, 'pod rejected: RuntimeClass "sandbox" not found'],
    [
      { overhead: { podFixed: { cpu: "250m" } } },
      { overhead: { cpu: "1" } },
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    ],
    [
      { scheduling: { nodeSelector: { a: "1" } } },
      { nodeSelector: { a: "2" } },
      "conflict: runtimeClass.scheduling.nodeSelector[a] = 1; pod.spec.nodeSelector[a] = 2",
    ],
  ])("%j and pod %j are refused", (more, spec, message) => {
    const world = createWorld();
    if (more !== undefined) apply(world, runtimeClass(more));
    const result = withClass(world, spec);
    expect(result.ok ? "created" : result.message).toBe(`pods "p" is forbidden: ${message}`);
  });
});
