import { describe, expect, it } from "vitest";
import { runLawProblem, TYPICAL_CONTAINER_TIMES } from "../../src/workload/index.ts";
import { AnnotatedPodBehavior, type ContainerTimes } from "../../src/workload/pod-behavior.ts";
import { createRig, type Json, podTemplate } from "../controllers/rig.ts";

function behaviorOf(
  annotations: Json,
  spec: Json = {},
  times: ContainerTimes = TYPICAL_CONTAINER_TIMES,
) {
  const rig = createRig({ nodes: 0, binds: false });
  const template = podTemplate("p", annotations, spec);
  const pod = (name: string): Json => ({
    apiVersion: "v1",
    kind: "Pod",
    ...template,
    metadata: { ...(template["metadata"] as object), name },
  });
  rig.apply(...["p0", "p1", "p2", "p3"].map(pod));
  rig.runUntil(1);
  const behavior = new AnnotatedPodBehavior(rig.api, times, rig.draws("lifetimes"));
  return {
    behavior,
    pods: ["p0", "p1", "p2", "p3"].map((name) => rig.api.pods.find("default", name)),
    rig,
  };
}

describe("annotated pod behavior", () => {
  it("runs for ever without annotations, with the runtime's times", () => {
    const { behavior, pods } = behaviorOf({});
    const [pod] = pods;
    expect(behavior.runDurationUs(pod!, 0)).toBeUndefined();
    expect(behavior.sandboxLatencyUs(pod!)).toBe(500_000);
    expect(behavior.containerLatencyUs(pod!)).toBe(150_000);
    expect(behavior.readyAfterUs(pod!)).toBe(30_000);
    expect(behavior.stopLatencyUs(pod!)).toBe(1_000_000);
  });

  it("takes run, exit, start, ready and stop from the annotations", () => {
    const { behavior, pods } = behaviorOf({
      "podsim.dev/run": "90s",
      "podsim.dev/exit": "3",
      "podsim.dev/start": "0.25",
      "podsim.dev/ready": "2",
      "podsim.dev/stop": "7",
      "podsim.dev/stop-exit": "143",
    });
    const [pod] = pods;
    expect(behavior.runDurationUs(pod!, 0)).toBe(90_000_000);
    expect(behavior.exitCode(pod!, 0)).toBe(3);
    expect(behavior.sandboxLatencyUs(pod!)).toBe(250_000);
    expect(behavior.containerLatencyUs(pod!)).toBe(0);
    expect(behavior.readyAfterUs(pod!)).toBe(2_000_000);
    expect(behavior.stopLatencyUs(pod!)).toBe(7_000_000);
    expect(behavior.stopExitCode(pod!)).toBe(143);
  });

  it("waits for the readiness probe: its first tick past the initial delay, and its successes", () => {
    const probe = (readinessProbe: Json): number => {
      const containers = [
        {
          name: "c",
          image: "i:1",
          readinessProbe: { exec: { command: ["x"] }, ...readinessProbe },
        },
      ];
      const { behavior, pods } = behaviorOf({}, { containers });
      return behavior.readyAfterUs(pods[0]!) / 1e6;
    };
    expect(probe({})).toBe(0.05);
    expect(probe({ initialDelaySeconds: 5 })).toBe(10);
    expect(probe({ initialDelaySeconds: 12, periodSeconds: 5 })).toBe(15);
    expect(probe({ periodSeconds: 3, successThreshold: 3 })).toBe(6.05);
  });

  it("draws durations by law: the same for one pod and attempt, another for each, around the mean", () => {
    const { behavior, pods } = behaviorOf({
      "podsim.dev/run": "100",
      "podsim.dev/run-law": "exponential",
    });
    const drawn = pods.map((pod) => behavior.runDurationUs(pod, 0)!);
    expect(pods.map((pod) => behavior.runDurationUs(pod, 0)!)).toEqual(drawn);
    expect(new Set([...drawn, behavior.runDurationUs(pods[0]!, 1)]).size).toBe(5);
    let sum = 0;
    for (let attempt = 0; attempt < 4000; attempt++)
      sum += behavior.runDurationUs(pods[0]!, attempt)!;
    expect(sum / 4000 / 1e6).toBeGreaterThan(95);
    expect(sum / 4000 / 1e6).toBeLessThan(105);
  });

  it("reads laws with parameters in seconds, and says what is wrong with others", () => {
    const { rig } = behaviorOf({});
    const run = (text: string, runUs?: number) =>
      runLawProblem({
        ...rig.templates.intern({ metadata: {}, spec: { containers: [] } }).run,
        runLaw: text,
        runUs,
      });
    expect(run("weibull(shape=0.7, scale=60)")).toBeUndefined();
    expect(run("exponential", 5)).toBeUndefined();
    expect(run("exponential")).toContain("needs its mean");
    expect(run("gaus(mean=3)", 5)).toBeDefined();
    expect(run("weibull(shape)", 5)).toContain("name=number");
    expect(run("!", 5)).toContain("is not a law");
  });
});
