import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeObject, findKind } from "../../../src/cluster/index.ts";
import { AS_API_SERVER, DecodeSink, FieldCursor } from "../../../src/cluster/index.ts";
import { PodTemplateRegistry } from "../../../src/cluster/index.ts";
import { PodAdmission } from "../../../src/cluster/admission/pod-admission.ts";
import type { ApiResult, PodObject, PriorityClassObject } from "../../../src/cluster/index.ts";
import { createWorld, meta } from "./fixture.ts";
import type { World } from "./fixture.ts";

const NOT_READY = "node.kubernetes.io/not-ready";
const UNREACHABLE = "node.kubernetes.io/unreachable";

function addClass(world: World, name: string, value: number, more: object = {}): void {
  const object: PriorityClassObject = {
    kind: "PriorityClass",
    meta: meta(name),
    value,
    globalDefault: false,
    preemptionPolicy: "PreemptLowerPriority",
    ...more,
  };
  const result = world.ask("create", (writer) => writer.createObject(object));
  if (!result.ok) throw new Error(result.message);
}

function create(world: World, spec: object, name = "p"): ApiResult {
  return world.ask("create", (writer) =>
    writer.createPod({ namespace: "default", name, template: world.template({ ...spec }) }),
  );
}

function admitted(world: World, spec: object) {
  const result = create(world, spec);
  if (!result.ok) throw new Error(result.message);
  const { pods } = world.api;
  const pod = result.pod!;
  const { tolerations, priorityClassName } = pods.template(pod);
  const policy = pods.preemptionPolicy(pod);
  return { priority: pods.priority(pod), policy, tolerations, priorityClassName };
}

describe("priority", () => {
  it("is 0 without any class", () => {
    expect(admitted(createWorld(), {})).toMatchObject({ priority: 0, priorityClassName: "" });
  });

  it.each([
    ["system-cluster-critical", 2_000_000_000],
    ["system-node-critical", 2_000_001_000],
  ])("%s is there without an object", (priorityClassName, priority) => {
    expect(admitted(createWorld(), { priorityClassName })).toMatchObject({ priority });
  });

  it("comes from the named class, with its preemption policy", () => {
    const world = createWorld();
    addClass(world, "batch", -5, { preemptionPolicy: "Never" });
    expect(admitted(world, { priorityClassName: "batch" })).toMatchObject({
      priority: -5,
      policy: "Never",
    });
  });

  it("comes from the global default of lowest value, whose name the pod gets", () => {
    const world = createWorld();
    addClass(world, "gold", 5_000, { globalDefault: true });
    addClass(world, "silver", 100, { globalDefault: true });
    expect(admitted(world, {})).toMatchObject({ priority: 100, priorityClassName: "silver" });
  });

  it("is looked up anew when classes change", () => {
    const world = createWorld();
    expect(admitted(world, {}).priority).toBe(0);
    addClass(world, "gold", 5_000, { globalDefault: true });
    const result = create(world, {}, "second");
    expect(result.ok && world.api.pods.priority(result.pod!)).toBe(5_000);
  });

  it.each([
    [{ priorityClassName: "nope" }, "no PriorityClass with name nope was found"],
    [{ priority: 7 }, "the integer value of priority (7) must not be provided"],
    [
      { priorityClassName: "system-node-critical", preemptionPolicy: "Never" },
      "the string value of PreemptionPolicy (Never) must not be provided",
    ],
  ])("refuses %j", (spec, text) => {
    const result = create(createWorld(), spec);
    expect(result).toMatchObject({ ok: false, reason: "Forbidden" });
    expect(result.ok ? "" : result.message).toContain(`pods "p" is forbidden: ${text}`);
  });

  it("may be written out when it agrees", () => {
    const spec = { priorityClassName: "system-node-critical", priority: 2_000_001_000 };
    expect(admitted(createWorld(), spec).priority).toBe(2_000_001_000);
  });
});

describe("default tolerations", () => {
  const exists = { operator: "Exists", effect: "NoExecute" };
  it.each([
    ["none", [], [NOT_READY, UNREACHABLE]],
    ["own for not-ready", [{ key: NOT_READY, ...exists }], [NOT_READY, UNREACHABLE]],
    ["own for every effect", [{ key: UNREACHABLE, operator: "Exists" }], [UNREACHABLE, NOT_READY]],
    ["everything", [{ operator: "Exists" }], [""]],
    [
      "only NoSchedule",
      [{ key: NOT_READY, operator: "Exists", effect: "NoSchedule" }],
      [NOT_READY, NOT_READY, UNREACHABLE],
    ],
  ])("a pod with %s ends up with the right keys", (_, tolerations, keys) => {
    const result = admitted(createWorld(), { tolerations });
    expect(result.tolerations.map(({ key }) => key)).toEqual(keys);
  });

  it("last 300 s", () => {
    const { tolerations } = admitted(createWorld(), {});
    expect(tolerations.map(({ tolerationSeconds }) => tolerationSeconds)).toEqual([300, 300]);
  });

  it("pods of one template share one admitted template", () => {
    const world = createWorld();
    const first = world.createPod("a");
    const second = world.createPod("b");
    const { pods } = world.api;
    expect(pods.template(first.pod)).toBe(pods.template(second.pod));
  });
});

const RECORDED = new URL(
  "../../../../shared/conformance/timelines/s14-admission.json",
  import.meta.url,
);

describe.skipIf(!existsSync(RECORDED))(
  "recorded admission of a real API server (skipped without ../shared)",
  () => {
    it("priority, class, tolerations, requests and limits of each recorded pod; the refused are refused", () => {
      const recording = JSON.parse(readFileSync(RECORDED, "utf8")) as {
        input: { object: { kind: string; metadata: { name: string } }; error?: string }[];
        summary: { createdPods: { everyRun: Record<string, Record<string, unknown>> } };
      };
      const world = createWorld();
      const expected = recording.summary.createdPods.everyRun;
      let compared = 0;
      for (const { object: json, error } of recording.input) {
        if (!["Pod", "PriorityClass", "LimitRange"].includes(json.kind)) continue;
        const apiVersion = (json as unknown as { apiVersion: string }).apiVersion;
        const found = findKind(apiVersion, json.kind);
        if (found === undefined) throw new Error(`no decoder for ${apiVersion} ${json.kind}`);
        const source = json as unknown as Readonly<Record<string, unknown>>;
        const cursor = new FieldCursor(source, [], new DecodeSink(AS_API_SERVER));
        const object = decodeObject(found, source, cursor, world.templates);
        if (json.kind !== "Pod") {
          world.ask("create", (writer) => writer.createObject(object as PriorityClassObject));
          continue;
        }
        const { template } = object as PodObject;
        const result = world.ask("create", (writer) =>
          writer.createPod({ namespace: "default", name: json.metadata.name, template }),
        );
        if (error !== undefined) {
          expect(result.ok ? "created" : result.message).toBe(error);
          continue;
        }
        const want = expected[json.metadata.name];
        if (want === undefined) continue;
        if (!result.ok) throw new Error(result.message);
        const { pods } = world.api;
        const pod = result.pod!;
        const { tolerations, priorityClassName, schedulerName, containers, qosClass } =
          pods.template(pod);
        const plain = (amounts: ReadonlyMap<string, unknown>): object =>
          Object.fromEntries([...amounts].map(([key, amount]) => [key, String(amount)]));
        const { requests, limits } = containers[0]!;
        expect({
          resources: {
            requests: plain(requests),
            ...(limits.size > 0 ? { limits: plain(limits) } : {}),
          },
          qosClass,
          priority: pods.priority(pod),
          priorityClassName: priorityClassName === "" ? null : priorityClassName,
          preemptionPolicy: pods.preemptionPolicy(pod),
          tolerations: tolerations.map(({ value: _, ...rest }) => rest),
          schedulerName,
        }).toEqual({
          resources: want["resources"],
          qosClass: want["qosClass"],
          priority: want["priority"],
          priorityClassName: want["priorityClassName"],
          preemptionPolicy: want["preemptionPolicy"],
          tolerations: want["tolerations"],
          schedulerName: want["schedulerName"],
        });
        compared++;
      }
      expect(compared).toBeGreaterThanOrEqual(4);
    });
  },
);

describe("pods of one template that exist already", () => {
  /** Counts the variants asked for: making one writes out the whole template. */
  class CountingRegistry extends PodTemplateRegistry {
    derivedCount = 0;

    override derive(...parts: Parameters<PodTemplateRegistry["derive"]>) {
      this.derivedCount++;
      return super.derive(...parts);
    }
  }

  it("are filled in once, and anew after a change of classes", () => {
    const registry = new CountingRegistry();
    const admission = new PodAdmission(createWorld().api.objects, registry);
    const template = registry.intern({ spec: { containers: [{ name: "c", image: "i:1" }] } });
    const first = admission.fill(template);
    for (let k = 0; k < 100; k++) expect(admission.fill(template)).toBe(first);
    expect(registry.derivedCount).toBe(1);
    expect(first.template.tolerations.map(({ key }) => key)).toEqual([NOT_READY, UNREACHABLE]);
    admission.forgetClasses();
    expect(admission.fill(template)).toEqual(first);
    expect(registry.derivedCount).toBe(2);
  });
});
