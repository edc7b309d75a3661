// What the API shows of containers: kept per pod, printed as kubectl prints it, told in JSON.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ConditionStatus,
  ContainerState,
  type ContainerStatus,
  formatPodReady,
  formatPodStatus,
  NEVER_US,
  type PodIndex,
  PodPhase,
  type PodStatusPatch,
  podRestartsShown,
  podToJson,
} from "../../../src/cluster/index.ts";
import { ContainerStatuses } from "../../../src/cluster/state/container-statuses.ts";
import { createWorld } from "./fixture.ts";

const { Waiting, Running, Terminated } = ContainerState;
const YES = { status: ConditionStatus.True };
const RUNS: PodStatusPatch = { phase: PodPhase.Running, initialized: YES };

function status(more: Partial<ContainerStatus> = {}): ContainerStatus {
  return {
    ...{ state: Waiting, isReady: false, isStarted: false, restartCount: 0, reason: "" },
    ...{ exitCode: 0, startedUs: NEVER_US, finishedUs: NEVER_US, last: undefined },
    ...more,
  };
}

const waiting = (reason: string, restartCount = 0) => status({ reason, restartCount });
const running = (isReady = true, restartCount = 0) =>
  status({ state: Running, isReady, isStarted: true, startedUs: 1_000_000, restartCount });
const ended = (exitCode: number, reason = exitCode === 0 ? "Completed" : "Error") =>
  status({ state: Terminated, exitCode, reason, startedUs: 1_000_000, finishedUs: 2_000_000 });

/** A bound pod of two init containers (the second a sidecar) and two main ones, with this status. */
function shownPod(containers: readonly ContainerStatus[], patch: PodStatusPatch = {}) {
  const world = createWorld();
  const template = world.template({
    initContainers: [
      { name: "setup", image: "i" },
      { name: "proxy", image: "i", restartPolicy: "Always" },
    ],
    containers: [
      { name: "app", image: "i" },
      { name: "log", image: "i" },
    ],
  });
  const { pod, uid } = world.createPod("a", template);
  world.ask("create", (writer) => writer.bindPod(pod, uid, world.addNode("n1")));
  const all = { startUs: 0, ...(containers.length > 0 ? { containers } : {}), ...patch };
  world.ask("patch", (writer) => writer.patchPodStatus(pod, uid, all));
  return { world, pod, uid };
}

describe("kubectl's columns", () => {
  const fresh = waiting("PodInitializing");
  const done = [ended(0), running()];
  it.each<[string, string, number, ContainerStatus[], PodStatusPatch]>([
    ["Init:0/2", "0/3", 0, [fresh, fresh, fresh, fresh], {}],
    ["Init:0/2", "0/3", 1, [running(false, 1), fresh, fresh, fresh], {}],
    ["Init:Error", "0/3", 0, [ended(3), fresh, fresh, fresh], {}],
    ["Init:CrashLoopBackOff", "0/3", 2, [waiting("CrashLoopBackOff", 2), fresh, fresh, fresh], {}],
    ["Init:ImagePullBackOff", "0/3", 0, [ended(0), waiting("ImagePullBackOff"), fresh, fresh], {}],
    ["PodInitializing", "1/3", 0, [...done, fresh, fresh], {}],
    ["ErrImagePull", "2/3", 0, [...done, running(), waiting("ErrImagePull")], {}],
    ["Running", "3/3", 5, [...done, running(true, 2), running(true, 3)], { phase: 1 }],
    ["CrashLoopBackOff", "2/3", 3, [...done, waiting("CrashLoopBackOff", 3), running()], {}],
    ["OOMKilled", "2/3", 0, [...done, ended(137, "OOMKilled"), running()], { phase: 1 }],
    ["NotReady", "2/3", 0, [...done, ended(0), running()], { phase: 1 }],
    ["Running", "2/3", 0, [...done, ended(0), running()], { phase: 1, ready: YES }],
    ["Completed", "0/3", 0, [ended(0), ended(0), ended(0), ended(0)], { phase: 2 }],
    ["Error", "0/3", 0, [ended(0), ended(0), ended(0), ended(1)], { phase: 3 }],
    ["Error", "0/3", 0, [ended(0), ended(0), ended(1), ended(0)], { phase: 3 }],
    [
      "Init:Error",
      "2/3",
      4,
      [ended(0), { ...ended(1), restartCount: 4 }, running(), running()],
      RUNS,
    ],
  ])("%s %s %i", (text, ready, restarts, containers, patch) => {
    const { world, pod, uid } = shownPod(containers, patch);
    const { pods } = world.api;
    expect(formatPodReady(pods, pod)).toBe(ready);
    expect(podRestartsShown(pods, pod)).toBe(restarts);
    expect(formatPodStatus(pods, pod)).toBe(text);
    world.ask("delete", (writer) => writer.deletePod(pod, uid));
    if (!pods.exists(pod) || pods.isFinished(pod)) return;
    expect(formatPodStatus(pods, pod)).toBe("Terminating");
  });

  it("an initialized pod whose sidecar backs off shows the sidecar's reason until a main one has its own", () => {
    const init = [ended(0), waiting("CrashLoopBackOff", 4)];
    const quiet = shownPod([...init, running(), running()], RUNS);
    expect(formatPodStatus(quiet.world.api.pods, quiet.pod)).toBe("Init:CrashLoopBackOff");
    const loud = shownPod([...init, running(), ended(1)], RUNS);
    expect(formatPodStatus(loud.world.api.pods, loud.pod)).toBe("Error");
  });
});

describe("container statuses as JSON", () => {
  it("have state, lastState, ready, started and restarts each; conditions name who is not ready", () => {
    const last = { reason: "Error", exitCode: 2, startedUs: 0, finishedUs: 1_000_000 };
    const crashed = status({ reason: "CrashLoopBackOff", restartCount: 4, last });
    const notReady = { status: ConditionStatus.False, reason: "ContainersNotReady" };
    const { world, pod } = shownPod([ended(0), running(), crashed, running()], {
      containersReady: notReady,
    });
    expect(podToJson(world.api, pod, 100)["status"]).toMatchObject({
      initContainerStatuses: [
        {
          name: "setup",
          state: {
            terminated: {
              exitCode: 0,
              reason: "Completed",
              startedAt: "1970-01-01T00:01:41Z",
              finishedAt: "1970-01-01T00:01:42Z",
            },
          },
          lastState: {},
          started: false,
        },
        { name: "proxy", state: { running: { startedAt: "1970-01-01T00:01:41Z" } }, ready: true },
      ],
      containerStatuses: [
        {
          name: "app",
          state: { waiting: { reason: "CrashLoopBackOff" } },
          lastState: { terminated: { exitCode: 2, reason: "Error" } },
          ready: false,
          restartCount: 4,
        },
        { name: "log", ready: true, restartCount: 0, started: true },
      ],
    });
    const conditions = (podToJson(world.api, pod)["status"] as { conditions: unknown[] })
      .conditions;
    expect(conditions).toContainEqual({
      type: "ContainersReady",
      status: "False",
      reason: "ContainersNotReady",
      message: "containers with unready status: [app]",
    });
  });
});

describe("the table", () => {
  it("gives back what was put in, says what changed, and uses rows again (40 random histories)", () => {
    const end = fc.record({
      ...{ reason: fc.constantFrom("Error", "Completed"), exitCode: fc.nat(255) },
      ...{ startedUs: fc.nat(), finishedUs: fc.nat() },
    });
    const any = fc.record({
      ...{ state: fc.constantFrom(Waiting, Running, Terminated), isReady: fc.boolean() },
      ...{
        isStarted: fc.boolean(),
        restartCount: fc.nat(9),
        reason: fc.constantFrom("", "A", "B"),
      },
      ...{ exitCode: fc.nat(255), startedUs: fc.integer({ min: -9 }), finishedUs: fc.nat() },
      last: fc.option(end, { nil: undefined }),
    });
    const step = fc.record({
      pod: fc.nat(5),
      given: fc.array(any, { minLength: 3, maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), step), { maxLength: 60 }), (steps) => {
        const table = new ContainerStatuses();
        const plain = new Map<number, readonly ContainerStatus[]>();
        for (const [isRelease, { pod, given }] of steps) {
          const size = 1 + (pod % 3); // a pod keeps its number of containers
          if (isRelease) {
            table.release(pod as PodIndex);
            plain.delete(pod);
          } else {
            const next = given.slice(0, size);
            const before = plain.get(pod);
            const isChanged = table.set(pod as PodIndex, next);
            if (before !== undefined)
              expect(isChanged).toBe(JSON.stringify(before) !== JSON.stringify(next));
            plain.set(pod, next);
          }
          for (let other = 0; other < 6; other++) {
            expect(table.of(other as PodIndex)).toEqual(plain.get(other) ?? []);
          }
        }
        expect(table.capacity).toBeLessThanOrEqual(12); // two pods of each size
      }),
      { numRuns: 40 },
    );
  });
});
