// Order of containers: init containers, sidecars, main ones; how they end and what is shown of it.
import { describe, expect, it } from "vitest";
import { type PodObject, PodPhase } from "../../../src/cluster/index.ts";
import type { Json } from "../rig.ts";
import { kubeletOptions, oneNode, podOf, sidecar } from "./one-node.ts";

const without = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replace(/^\S+ /, ""));

describe("containers of a pod", () => {
  it("start in order: each init container after the last ended, a sidecar lets the next go at once, main ones one by one", () => {
    const node = oneNode();
    node.apply(
      podOf("web", {
        init: ["first", sidecar("proxy"), "second"],
        main: ["app", "helper"],
        annotations: { "podsim.dev/run.first": "3", "podsim.dev/run.second": "2" },
      }),
    );
    node.runUntil(20);
    expect(node.processes).toEqual([
      "0.7 start first",
      "3.7 exit first 0",
      "4.0 start proxy", // seen at the next relist, then created and started
      "4.1 start second",
      "6.1 exit second 0",
      "7.0 start app",
      "7.1 start helper",
    ]);
    expect(without(node.shown)).toEqual([
      "Pending",
      "Init:0/3",
      "Init:1/3",
      "Init:2/3",
      "PodInitializing", // until the sync that starts the main ones is over
      "Running",
    ]);
    expect(node.phases).toEqual(["0.0 Pending", "7.1 Running"]);
  });

  it("stop together when the pod is deleted, sidecars after them in reverse order", () => {
    const node = oneNode();
    node.apply(
      podOf("web", {
        init: [sidecar("log"), sidecar("proxy")],
        main: ["app", "helper"],
        annotations: { "podsim.dev/stop.helper": "3" },
      }),
    );
    node.runUntil(20);
    node.deletePod(node.api.pods.find("default", "web"));
    node.runUntil(40);
    expect(node.processes.slice(4)).toEqual([
      "21.0 exit app 0",
      "23.0 exit helper 0",
      "24.0 exit proxy 0",
      "25.0 exit log 0",
    ]);
    expect(without(node.shown).slice(-3)).toEqual(["Terminating", "Completed", "gone"]);
  });

  it("leave sidecars two seconds when the main ones have used up the grace", () => {
    const node = oneNode();
    node.apply(
      podOf("web", {
        init: [sidecar("proxy")],
        annotations: { "podsim.dev/stop.main": "100", "podsim.dev/stop.proxy": "100" },
        more: { terminationGracePeriodSeconds: 10 },
      }),
    );
    node.runUntil(20);
    node.deletePod(node.api.pods.find("default", "web"));
    node.runUntil(40);
    expect(node.processes.slice(2)).toEqual(["30.0 exit main 137", "32.0 exit proxy 137"]);
  });

  it("of a pod that ends by itself are over when the main ones are: then sidecars are stopped", () => {
    const node = oneNode();
    node.apply(
      podOf("job", {
        init: [sidecar("proxy")],
        main: ["app", "other"],
        annotations: {
          "podsim.dev/run.app": "5",
          "podsim.dev/run.other": "8",
          "podsim.dev/exit.app": "1,0",
        },
        more: { restartPolicy: "OnFailure" },
      }),
    );
    node.runUntil(60);
    expect(node.processes).toEqual([
      "0.7 start proxy",
      "0.8 start app",
      "1.0 start other",
      "5.8 exit app 1",
      "7.0 start app",
      "9.0 exit other 0",
      "12.0 exit app 0",
      "13.8 exit proxy 0",
    ]);
    expect(without(node.shown).slice(-3)).toEqual(["Running", "NotReady", "Completed"]);
    expect(node.phases.at(-1)).toBe("13.8 Succeeded");
  });

  it("fail with the pod when an init container fails and may not be restarted, and back off when it may", () => {
    const failing = {
      init: [sidecar("proxy"), "setup"],
      annotations: { "podsim.dev/exit.setup": "2" },
    };
    const never = oneNode();
    never.apply(podOf("never", { ...failing, more: { restartPolicy: "Never" } }));
    never.runUntil(30);
    expect(without(never.processes)).toEqual([
      "start proxy",
      "start setup",
      "exit setup 2",
      "exit proxy 0",
    ]);
    expect(without(never.shown).slice(-2)).toEqual(["Init:1/2", "Init:Error"]);
    const always = oneNode();
    always.apply(podOf("always", failing));
    always.runUntil(60);
    expect(without(always.shown).slice(2)).toEqual([
      "Init:1/2",
      "Init:Error",
      "Init:1/2",
      "Init:Error", // and the next look finds it backing off, which is when it starts again
      "Init:CrashLoopBackOff",
      "Init:1/2",
      "Init:Error",
      "Init:CrashLoopBackOff",
      "Init:1/2",
      "Init:Error",
    ]);
    expect(always.phases).toEqual(["0.0 Pending"]);
  });

  it("follow their own restart policy before the pod's", () => {
    const node = oneNode();
    node.apply(
      podOf("mixed", {
        main: [
          { name: "once", restartPolicy: "Never" },
          { name: "again", restartPolicy: "OnFailure" },
        ],
        annotations: {
          "podsim.dev/run": "2",
          "podsim.dev/exit.once": "0",
          "podsim.dev/exit.again": "1,0",
        },
      }),
    );
    node.runUntil(60);
    expect(without(node.processes)).toEqual([
      "start once",
      "start again",
      "exit once 0",
      "exit again 1",
      "start again",
      "exit again 0",
    ]);
    expect(node.phases.at(-1)).toMatch(/Succeeded$/);
  });

  it("are restarted for the exit codes of their rules, whatever the policy", () => {
    const node = oneNode();
    const rule = (operator: string, values: number[]) => ({
      restartPolicyRules: [{ action: "Restart", exitCodes: { operator, values } }],
    });
    node.apply(
      podOf("in", {
        main: [{ name: "in", restartPolicy: "Never", ...rule("In", [42]) }],
        annotations: { "podsim.dev/run": "2", "podsim.dev/exit": "42,1" },
      }),
      podOf("out", {
        main: [{ name: "out", restartPolicy: "Never", ...rule("NotIn", [0, 1]) }],
        annotations: { "podsim.dev/run": "2", "podsim.dev/exit": "1" },
      }),
    );
    node.runUntil(40);
    expect(without(node.processes).filter((line) => line.startsWith("start"))).toEqual([
      "start in",
      "start out",
      "start in",
    ]);
  });

  it("that declare one port: the API accepts them, the later one cannot listen", () => {
    const node = oneNode();
    const ports = [{ containerPort: 80 }];
    const udp = [{ containerPort: 80, protocol: "UDP" }];
    node.apply(
      podOf("web", {
        main: [
          { name: "one", ports },
          { name: "two", ports },
          { name: "dns", ports: udp },
        ],
      }),
    );
    node.runUntil(8);
    expect(without(node.processes)).toEqual([
      "start one",
      "start two",
      "start dns",
      "exit two 1",
      "start two",
      "exit two 1",
    ]);
    expect(without(node.shown).at(-1)).toBe("Error");
    expect(node.events.some((line) => line.startsWith("PortInUse"))).toBe(true);
  });

  it("whose image is changed are stopped and made anew, without back-off; one that cannot be pulled is tried at once", () => {
    const registry = new Map([["gone:1", { bytes: 1, layers: [], isMissing: true }]]);
    const options = kubeletOptions({ enabled: true, defaultImageBytes: 1_000_000, registry });
    const node = oneNode({ options });
    const podWith = (app: string, side: string): Json =>
      podOf("web", {
        main: [
          { name: "app", image: app },
          { name: "side", image: side },
        ],
      });
    node.apply(podWith("a:1", "gone:1"));
    node.runUntil(30);
    const pod = node.api.pods.find("default", "web");
    const { template } = node.decode(podWith("a:2", "b:1")) as PodObject;
    const user = node.api.client("user", { limit: "unlimited", rank: 6 });
    node.api.request(user, "update", (writer) =>
      writer.updatePodTemplate(pod, node.api.pods.uid(pod), template),
    );
    node.runUntil(40);
    expect(without(node.processes)).toEqual(["start app", "start side", "exit app 0", "start app"]);
    expect(node.api.pods.restartCount(pod)).toBe(1);
    expect(node.phases.at(-1)).toMatch(/Running$/);
  });

  it("run a preStop hook inside the grace; what it leaves, two seconds at least, is for the signal", () => {
    const hook = (seconds: number) => ({
      name: "main",
      lifecycle: { preStop: { sleep: { seconds } } },
    });
    const ends = [4, 30].map((seconds) => {
      const node = oneNode();
      node.apply(
        podOf("web", {
          main: [hook(seconds)],
          annotations: { "podsim.dev/stop": "3" },
          more: { terminationGracePeriodSeconds: 10 },
        }),
      );
      node.runUntil(20);
      node.deletePod(node.api.pods.find("default", "web"));
      node.runUntil(60);
      return node.processes.at(-1);
    });
    expect(ends).toEqual(["27.0 exit main 0", "32.0 exit main 137"]);
  });

  it("end with the pod's active deadline, counted from its acceptance", () => {
    const node = oneNode();
    node.apply(podOf("slow", { more: { activeDeadlineSeconds: 12 } }));
    node.runUntil(30);
    const pod = node.api.pods.find("default", "slow");
    expect(node.processes.at(-1)).toBe("13.0 exit main 0");
    expect(node.api.pods.phase(pod)).toBe(PodPhase.Failed);
    expect(node.api.pods.reason(pod)).toBe("DeadlineExceeded");
    expect(node.api.pods.isDeleting(pod)).toBe(false);
  });

  it("outlive their pod's active deadline while no kubelet runs, and not a moment longer", () => {
    const node = oneNode();
    node.apply(podOf("slow", { more: { activeDeadlineSeconds: 12 } }));
    node.runUntil(5);
    node.machines.stopKubelet(node.nodes[0]!);
    node.runUntil(40);
    expect(node.machines.processCount).toBe(1);
    node.machines.startKubelet(node.nodes[0]!);
    node.runUntil(45);
    expect(node.api.pods.reason(node.api.pods.find("default", "slow"))).toBe("DeadlineExceeded");
  });

  it("all start again after a reboot, init containers too, and count as restarts", () => {
    const node = oneNode();
    node.apply(podOf("web", { init: ["setup"], main: ["app"] }));
    node.runUntil(20);
    node.machines.reboot(node.nodes[0]!);
    node.runUntil(80);
    expect(without(node.processes)).toEqual([
      "start setup",
      "exit setup 0",
      "start app",
      "exit app 137",
      "start setup",
      "exit setup 0",
      "start app",
    ]);
    expect(node.api.pods.restartCount(node.api.pods.find("default", "web"))).toBe(2);
    expect(node.phases).toEqual(["0.0 Pending", "2.0 Running"]);
  });

  it("that were being made while the kubelet was stopped are made when it runs again", () => {
    const node = oneNode();
    node.apply(podOf("web", { init: ["setup"], main: ["app"] }));
    node.runUntil(1);
    node.machines.stopKubelet(node.nodes[0]!);
    node.runUntil(30);
    expect(without(node.processes)).toEqual(["start setup", "exit setup 0"]);
    node.machines.startKubelet(node.nodes[0]!);
    node.runUntil(32);
    expect(without(node.processes).at(-1)).toBe("start app");
  });

  it("count as failed when the pod is deleted before they ever ran", () => {
    const node = oneNode();
    node.apply(podOf("web", { init: ["setup"], annotations: { "podsim.dev/run.setup": "60" } }));
    node.runUntil(10);
    node.deletePod(node.api.pods.find("default", "web"));
    node.runUntil(30);
    expect(node.phases.at(-1)).toMatch(/Failed$/);
  });
});

describe("readiness gates", () => {
  it("keep a pod from being Ready until outsiders have set them", () => {
    const gated = { more: { readinessGates: [{ conditionType: "example.com/lb" }] } };
    const node = oneNode();
    node.apply(
      podOf("never", gated),
      podOf("later", { ...gated, annotations: { "podsim.dev/gates": "20" } }),
    );
    node.runUntil(10);
    const [never, later] = ["never", "later"].map((name) => node.api.pods.find("default", name));
    expect(node.api.pods.ready(never!)).toBe(node.api.pods.ready(later!));
    expect(node.api.pods.containersReady(later!)).not.toBe(node.api.pods.ready(later!));
    node.runUntil(30);
    expect(node.api.pods.ready(later!)).toBe(node.api.pods.containersReady(later!));
    expect(node.api.pods.ready(never!)).not.toBe(node.api.pods.ready(later!));
  });
});
