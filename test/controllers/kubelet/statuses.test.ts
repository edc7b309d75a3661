// When kubelets write, and what a status then says of each container.
import { describe, expect, it } from "vitest";
import {
  ConditionStatus,
  type ContainerStatus,
  PodConditionType,
  type PodIndex,
  podToJson,
} from "../../../src/cluster/index.ts";
import { RANK } from "../../../src/engine/index.ts";
import { kubeletOptions, type OneNode, oneNode, podOf, sidecar } from "./one-node.ts";

/** Every change of the pod's containers, as "name state(reason) restarts" joined by commas. */
function watchContainers(node: OneNode): string[] {
  const lines: string[] = [];
  node.api.observe({
    onPod: ({ kind, pod }) => {
      if (kind === "Deleted") return;
      const { initContainers, containers } = node.api.pods.template(pod);
      const names = [...initContainers, ...containers].map(({ name }) => name);
      const statuses = node.api.pods.containerStatuses(pod);
      if (statuses.length === 0) return;
      const text = statuses.map((status, i) => `${names[i]} ${describeOne(status)}`).join(", ");
      if (lines.at(-1) !== text) lines.push(text);
    },
  });
  return lines;
}

function describeOne({ state, reason, restartCount, last, isReady }: ContainerStatus): string {
  const word = ["waiting", "running", "ended"][state]!;
  const before = last === undefined ? "" : ` after ${last.reason} ${last.exitCode}`;
  const what = `${word}${reason === "" ? "" : ` ${reason}`}${isReady ? " ready" : ""}`;
  return `${what}${restartCount === 0 ? "" : ` x${restartCount}`}${before}`;
}

function conditionOf(node: OneNode, pod: PodIndex, type: keyof typeof PodConditionType): string {
  const { pods } = node.api;
  const status = pods.condition(pod, PodConditionType[type]);
  const name = Object.keys(ConditionStatus)[status]!;
  return `${name} ${pods.conditionReason(pod, PodConditionType[type])}`.trim();
}

describe("the status of a pod", () => {
  it("is written at admission, after each sync that starts something, and when an exit is seen", () => {
    const node = oneNode();
    const lines = watchContainers(node);
    node.apply(
      podOf("web", {
        init: ["setup"],
        main: ["app"],
        annotations: { "podsim.dev/run": "2", "podsim.dev/exit": "1" },
      }),
    );
    node.runUntil(25);
    expect(lines.slice(0, 7)).toEqual([
      "setup waiting PodInitializing, app waiting PodInitializing",
      "setup running, app waiting PodInitializing",
      "setup ended Completed ready, app waiting PodInitializing",
      "setup ended Completed ready, app running",
      "setup ended Completed ready, app running ready",
      "setup ended Completed ready, app ended Error",
      "setup ended Completed ready, app running x1 after Error 1",
    ]);
    expect(lines.slice(7, 11)).toEqual([
      "setup ended Completed ready, app running ready x1 after Error 1",
      "setup ended Completed ready, app ended Error x1 after Error 1",
      "setup ended Completed ready, app waiting CrashLoopBackOff x1 after Error 1",
      "setup ended Completed ready, app running x2 after Error 1",
    ]);
  });

  it("of a pod that only pulls its image says so at once", () => {
    const node = oneNode({ options: kubeletOptions({ enabled: true }) });
    node.apply(podOf("web"));
    node.runUntil(0.1);
    const pod = node.api.pods.find("default", "web");
    expect(node.shown.at(-1)).toMatch(/ContainerCreating$/);
    expect(node.api.pods.startUs(pod)).toBeGreaterThanOrEqual(0);
    const shown = ["PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready"] as const;
    expect(shown.map((type) => conditionOf(node, pod, type))).toEqual([
      ...["False", "True", "False ContainersNotReady", "False ContainersNotReady"],
    ]);
  });

  it("says what a container that a probe has killed comes from, without the stop between", () => {
    const node = oneNode();
    const lines = watchContainers(node);
    const livenessProbe = {
      httpGet: { path: "/", port: 1 },
      periodSeconds: 10,
      failureThreshold: 1,
    };
    node.apply(
      podOf("web", {
        main: [{ name: "app", livenessProbe }],
        annotations: { "podsim.dev/unhealthy": "5-", "podsim.dev/stop-exit": "3" },
      }),
    );
    node.runUntil(16);
    expect(lines.slice(-3)).toEqual([
      "app running ready",
      "app running x1 after Error 3",
      "app running ready x1 after Error 3",
    ]);
    node.runUntil(30);
    expect(lines).toContain("app waiting CrashLoopBackOff x1 after Error 3");
  });

  it("stays initialized while a sidecar is started again, and counts restarts per container", () => {
    const node = oneNode();
    node.apply(
      podOf("web", {
        init: [sidecar("proxy")],
        main: ["app"],
        annotations: { "podsim.dev/run.proxy": "10", "podsim.dev/exit.proxy": "1" },
      }),
    );
    const pod = (): PodIndex => node.api.pods.find("default", "web");
    let isLost = false;
    node.api.observe({
      onPod: ({ pod: changed }) => {
        const isFirst = node.api.pods.containerStatuses(changed).every(({ state }) => state === 0);
        if (!isFirst && node.sim.nowUs > 2e6)
          isLost ||= conditionOf(node, changed, "Initialized") !== "True";
      },
    });
    node.runUntil(60);
    const counts = node.api.pods.containerStatuses(pod()).map((each) => each.restartCount);
    expect(counts[0]).toBeGreaterThan(1);
    expect(counts[1]).toBe(0);
    expect(isLost).toBe(false);
  });

  it.each([
    ["0", "setup ended Completed ready, app ended ContainerStatusUnknown"],
    ["1", "setup ended Error, app waiting PodInitializing"],
  ])(
    "of a pod that was deleted while its last init container ran, which ended with %s",
    (code, last) => {
      const node = oneNode();
      const lines = watchContainers(node);
      node.apply(
        podOf("web", {
          init: ["setup"],
          main: ["app"],
          annotations: { "podsim.dev/run.setup": "60", "podsim.dev/stop-exit.setup": code },
        }),
      );
      node.runUntil(5);
      node.deletePod(node.api.pods.find("default", "web"));
      node.runUntil(10);
      expect(lines.at(-1)).toBe(last);
    },
  );

  it("of one that had no init containers calls what never ran unknown", () => {
    const node = oneNode();
    const lines = watchContainers(node);
    node.apply(podOf("web"));
    node.runUntil(0.3);
    node.deletePod(node.api.pods.find("default", "web"));
    node.runUntil(3);
    expect(lines.at(-1)).toBe("main ended ContainerStatusUnknown");
  });

  it("after a reboot says that nobody knows how the container ended", () => {
    const node = oneNode();
    const lines = watchContainers(node);
    node.apply(podOf("web"));
    node.runUntil(5);
    const host = node.api.pods.node(node.api.pods.find("default", "web"));
    node.machines.powerOff(host);
    node.runUntil(10);
    node.machines.powerOn(host);
    node.runUntil(60);
    expect(lines).toContain("main running ready x1 after Unknown 255");
  });

  it("takes back what a scheduler that lost the race for the pod says of it", () => {
    const node = oneNode();
    node.apply(podOf("web"));
    node.runUntil(0.2);
    const pod = node.api.pods.find("default", "web");
    const uid = node.api.pods.uid(pod);
    const late = { status: ConditionStatus.False, reason: "SchedulerError" };
    const client = node.api.client("late scheduler", { limit: "unlimited", rank: RANK.scheduler });
    node.api.request(client, "patch", (writer) =>
      writer.patchPodStatus(pod, uid, { podScheduled: late }),
    );
    node.runUntil(0.5);
    expect(conditionOf(node, pod, "PodScheduled")).toBe("False SchedulerError");
    node.runUntil(5);
    expect(conditionOf(node, pod, "PodScheduled")).toBe("True");
    expect(JSON.stringify(podToJson(node.api, pod))).not.toContain("SchedulerError");
  });
});
