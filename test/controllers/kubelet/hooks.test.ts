// Hooks of containers: what waits for them, what they take of the grace, what a failed one does.
import { describe, expect, it } from "vitest";
import { DEFAULT_KUBELET } from "../../../src/controllers/kubelet/kubelet-options.ts";
import { stopTime } from "../../../src/controllers/kubelet/stop-times.ts";
import { kubeletOptions, oneNode, podOf } from "./one-node.ts";

const EXEC = { exec: { command: ["true"] } };
const hooked = (name: string, lifecycle: object) => ({ name, lifecycle });

describe("a postStart hook", () => {
  it("holds up the containers behind it, and all news of the pod, for as long as it takes", () => {
    const node = oneNode();
    node.apply(
      podOf("web", {
        main: [hooked("app", { postStart: EXEC }), "log"],
        annotations: { "podsim.dev/post-start.app": "5" },
      }),
    );
    node.runUntil(20);
    expect(node.processes).toEqual(["0.7 start app", "5.8 start log"]);
    expect(node.phases).toEqual(["0.0 Pending", "5.8 Running"]);
  });

  it("that sleeps takes what its spec says", () => {
    const node = oneNode();
    const lifecycle = { postStart: { sleep: { seconds: 3 } } };
    node.apply(podOf("web", { main: [hooked("app", lifecycle), "log"] }));
    node.runUntil(20);
    expect(node.processes).toEqual(["0.7 start app", "3.8 start log"]);
  });

  it("that fails has the container killed and started again by its back-off, the others go on", () => {
    const node = oneNode();
    node.apply(
      podOf("web", {
        main: [hooked("app", { postStart: EXEC }), "log"],
        annotations: { "podsim.dev/post-start.app": "2", "podsim.dev/post-start-exit.app": "1,0" },
      }),
    );
    node.runUntil(20);
    const without = (lines: string[]) => lines.map((line) => line.replace(/^\S+ /, ""));
    expect(without(node.processes)).toEqual([
      ...["start app", "start log", "exit app 0", "start app"],
    ]);
    expect(without(node.shown)).toContain("PostStartHookError");
    expect(without(node.shown).at(-1)).toBe("Running");
    expect(node.events).toContain("FailedPostStartHook: PostStartHook failed");
    const pod = node.api.pods.find("default", "web");
    expect(node.api.pods.containerStatuses(pod).map((each) => each.restartCount)).toEqual([1, 0]);
  });

  it("of a process that ends before it is over goes with it", () => {
    const node = oneNode();
    node.apply(
      podOf("web", {
        main: [hooked("app", { postStart: EXEC })],
        annotations: { "podsim.dev/post-start": "60", "podsim.dev/run": "2" },
        more: { restartPolicy: "Never" },
      }),
    );
    node.runUntil(20);
    expect(node.phases.at(-1)).toMatch(/ Succeeded$/);
  });
});

describe("a preStop hook", () => {
  it.each([
    ["10", "16.0 exit app 0"], // 5 s, then the hook, then a second to stop
    ["60", "37.0 exit app 137"], // all of the grace, and two seconds after it
  ])("of %s s comes before the signal, inside the grace", (seconds, last) => {
    const node = oneNode();
    const annotations = { "podsim.dev/pre-stop": seconds, "podsim.dev/stop": "1" };
    const stubborn = { ...annotations, ...(seconds === "60" ? { "podsim.dev/stop": "90" } : {}) };
    node.apply(podOf("web", { main: [hooked("app", { preStop: EXEC })], annotations: stubborn }));
    node.runUntil(5);
    node.deletePod(node.api.pods.find("default", "web"));
    node.runUntil(60);
    expect(node.processes.at(-1)).toBe(last);
  });

  it("takes whole seconds of the grace", () => {
    expect(stopTime(10e6, 4.9e6, 20e6)).toEqual({ afterUs: 10.9e6, isKilled: true });
    expect(stopTime(10e6, 0, 20e6)).toEqual({ afterUs: 10e6, isKilled: true });
  });
});

describe("volumes", () => {
  const volumes = [{ name: "conf", configMap: { name: "c" } }];
  it.each([
    ["none", [], 0, "0.7 start main"],
    ["of a configMap", volumes, 0, "0.8 start main"],
    ["of a configMap, claims take longer", volumes, 10e6, "0.8 start main"],
  ])("%s are there when the first container starts", (_, given, claimMountUs, first) => {
    const options = kubeletOptions();
    const kubelet = { ...options.kubelet, claimMountUs };
    const node = oneNode({ options: { ...options, kubelet } });
    node.apply(podOf("web", { more: { volumes: given } }));
    node.runUntil(20);
    expect(node.processes[0]).toBe(first);
    expect(DEFAULT_KUBELET.volumeMountUs).toBe(100_000);
  });
});
