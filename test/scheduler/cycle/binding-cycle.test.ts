// Claims about the way from an assumed pod to a bound one: whatever step fails, nothing of it is left,
// the pod hears why in upstream's words, and it comes again by the right way.

import { describe, expect, it } from "vitest";
import type { Duration } from "../../../src/base/index.ts";
import { RANK } from "../../../src/engine/index.ts";
import {
  Code,
  errorStatus,
  type PermitPlugin,
  type PreBindPlugin,
  type Profile,
  type ReservePlugin,
  SKIP,
  type Status,
  SUCCESS,
  unschedulable,
} from "../../../src/scheduler/index.ts";
import type { BindingTimes } from "../../../src/scheduler/cycle/binding-cycle.ts";
import { fakePod } from "../queue/fake-pods.ts";
import { FakeCluster, fakeNode, MS } from "./fake-cluster.ts";

const SECOND = 1_000_000;
const POD = { name: "a", uid: "a", milliCpu: 500 };

/** All that a cache and a nominator hold, but for counters of changes and what is made anew from it. */
function stateOf({ cache, scheduler }: FakeCluster): string {
  const counters = new Set([
    ...["generation", "generations", "refreshedGeneration", "operations", "observers"],
    ...["listed", "listedNames", "listedIn", "listNumber", "listIsStale", "matches"],
    ...["changedRows", "isChanged", "comings"],
  ]);
  const show = (key: string, value: unknown): unknown => {
    if (counters.has(key) || typeof value === "function") return undefined;
    if (value instanceof Map) return [...value];
    if (value instanceof Set) return [...value];
    return ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value;
  };
  return JSON.stringify([cache, scheduler.binding.waitingFor("P")], show);
}

interface Step {
  readonly plugins: Partial<Profile>;
  /** When the failing step is over, from the pod's arrival. */
  readonly endsUs: number;
  readonly text: string;
  readonly place: "backoff" | "unschedulable" | "errorBackoff";
  /** Done while the binding is under way. */
  readonly meanwhile?: (cluster: FakeCluster) => void;
}

/** Work of PreBind that ends a second later, unless it is stopped. */
function preBind(status: Status | "never", preFlight: Status = SUCCESS): PreBindPlugin {
  const later = (cluster: FakeCluster, onDone: (answer: Status) => void): void => {
    if (status === "never") return;
    cluster.simulation.callAfter(SECOND as Duration, RANK.scheduler, "work", () => onDone(status));
  };
  return {
    name: "P",
    preBindPreFlight: () => preFlight,
    preBind: () => ({
      start: (onDone) => later(running!, onDone),
      stop: () => "context canceled",
    }),
  };
}

let running: FakeCluster | undefined;
const permit = (answer: Status): PermitPlugin => ({
  name: "P",
  permit: () => ({ status: answer, timeoutUs: 10 * SECOND }),
});
const wait: Status = { code: Code.Wait, plugin: "P", reasons: [] };
const full = "0/1 nodes are available: 1 no room.";
const reserve = (status: Status): Partial<Profile> => ({
  reservePlugins: [{ name: "P", reserve: () => status, unreserve: () => undefined }],
});

const STEPS: Readonly<Record<string, Step>> = {
  "Reserve refuses": {
    plugins: reserve(unschedulable("P", "no room")),
    ...{ endsUs: MS, text: full, place: "unschedulable" },
  },
  "Reserve fails": {
    plugins: reserve(errorStatus("P", "lost")),
    ...{ endsUs: MS, text: 'running Reserve plugin "P": lost', place: "errorBackoff" },
  },
  "Permit refuses": {
    plugins: { permitPlugins: [permit(unschedulable("P", "no room"))] },
    ...{ endsUs: MS, text: full, place: "unschedulable" },
  },
  "Permit fails": {
    plugins: { permitPlugins: [permit(errorStatus("P", "lost"))] },
    ...{ endsUs: MS, text: 'running Permit plugin "P": lost', place: "errorBackoff" },
  },
  "the wait on Permit is too long": {
    plugins: { permitPlugins: [permit(wait)] },
    endsUs: MS + 10 * SECOND,
    text: "0/1 nodes are available: 1 rejected due to timeout after waiting 10s at plugin P.",
    place: "unschedulable",
  },
  "a plugin rejects the waiting pod": {
    plugins: { permitPlugins: [permit(wait)] },
    meanwhile: ({ scheduler }) => scheduler.binding.reject("a", "P", "no room"),
    ...{ endsUs: SECOND / 2, text: full, place: "unschedulable" },
  },
  "the pod is preempted on Permit": {
    plugins: { permitPlugins: [permit(wait)] },
    meanwhile: ({ scheduler }) => scheduler.binding.preempt("a"),
    ...{ endsUs: SECOND / 2, text: "waiting on permit for pod: preempted", place: "errorBackoff" },
  },
  "the look before PreBind fails": {
    plugins: { preBindPlugins: [preBind("never", errorStatus("P", "lost"))] },
    ...{ endsUs: MS, text: 'running PreBindPreFlight "P": lost', place: "errorBackoff" },
  },
  "PreBind refuses": {
    plugins: { preBindPlugins: [preBind(unschedulable("P", "no room"))] },
    ...{ endsUs: 4 * MS + SECOND, text: full, place: "backoff" },
  },
  "PreBind fails": {
    plugins: { preBindPlugins: [preBind(errorStatus("P", "lost"))] },
    endsUs: 4 * MS + SECOND,
    text: 'running PreBind plugin "P": lost',
    place: "errorBackoff",
  },
  "the pod is preempted in PreBind": {
    plugins: { preBindPlugins: [preBind("never")] },
    meanwhile: ({ scheduler }) => scheduler.binding.preempt("a"),
    endsUs: SECOND / 2,
    text: 'running PreBind plugin "P": context canceled',
    place: "errorBackoff",
  },
  "the API refuses the binding": {
    plugins: {},
    endsUs: 4 * MS,
    text: 'running Bind plugin "DefaultBinder": no such pod',
    place: "errorBackoff",
  },
};

describe("a binding of which one step fails", () => {
  it.each(Object.entries(STEPS))("%s: nothing is left of it", (_name, step) => {
    const booked = new Set<string>();
    const book: ReservePlugin = {
      name: "Book",
      reserve: (_state, pod) => {
        booked.add(pod.name);
        return SUCCESS;
      },
      unreserve: (_state, pod) => {
        booked.delete(pod.name);
      },
    };
    const { reservePlugins = [], ...rest } = step.plugins;
    const plugins = { ...rest, reservePlugins: [book, ...reservePlugins] };
    const cluster = new FakeCluster({ plugins, check: "deep", popFromBackoff: false });
    running = cluster;
    cluster.scheduler.news.nodeAdded(fakeNode("n1", 2));
    cluster.scheduler.news.podAdded(fakePod({ name: "b", uid: "b", nodeName: "n1" }));
    cluster.refusals.set("a", "no such pod");
    const before = stateOf(cluster);
    cluster.at(0, () => cluster.scheduler.news.podAdded(fakePod(POD)));
    if (step.meanwhile !== undefined) cluster.at(SECOND / 2, () => step.meanwhile!(cluster));
    let during = "";
    const failedUs: number[] = [];
    cluster.scheduler.observe({
      onDecision: () => {
        during = stateOf(cluster);
      },
      onBindingFailed: (_pod, _node, _reason, atUs) => failedUs.push(atUs),
    });
    cluster.simulation.runUntil((step.endsUs - 1) as never);
    cluster.simulation.runUntil((step.endsUs + 1) as never);
    // As upstream: a nomination that was cleared is kept under the name of no node.
    expect(cluster.cache.nominator.nodeOf("a")).toBe("");
    cluster.cache.nominator.delete(fakePod(POD));
    expect(stateOf(cluster)).toBe(before);
    expect([...booked]).toEqual([]);
    expect(cluster.events.map(({ note }) => note)).toEqual([step.text]);
    expect(cluster.scheduler.queue.find("a")?.place).toBe(step.place);
    // Steps of the scheduling cycle fail with the decision, the others were a placement first.
    if (failedUs.length === 0) expect(cluster.decisions[0]?.result).not.toBe("scheduled");
    else {
      expect(failedUs).toEqual([step.endsUs]);
      expect(during).not.toBe(before);
    }
  });
});

describe("PreBind that takes time", () => {
  it("is waited for beside the loop: other pods are bound meanwhile", () => {
    const cluster = new FakeCluster({
      plugins: {
        preBindPlugins: [
          {
            ...preBind(SUCCESS),
            preBindPreFlight: (_state, pod) => (pod.name === "a" ? SUCCESS : SKIP),
          },
        ],
      },
    });
    running = cluster;
    cluster.scheduler.news.nodeAdded(fakeNode("n1", 2));
    cluster.at(0, () => {
      cluster.scheduler.news.podAdded(fakePod({ ...POD, priority: 1 }));
      cluster.scheduler.news.podAdded(fakePod({ name: "b" }));
    });
    cluster.simulation.runUntilDrained();
    expect(cluster.written).toEqual([
      { atUs: 4 * MS, what: 'patch a {"nominatedNodeName":"n1"}' },
      { atUs: 5 * MS, what: "bind b n1" },
      { atUs: 4 * MS + SECOND + 3 * MS, what: "bind a n1" },
    ]);
  });

  it("has its room: the next decision counts the pod where it is assumed", () => {
    const cluster = new FakeCluster({ plugins: { preBindPlugins: [preBind(SUCCESS)] } });
    running = cluster;
    cluster.scheduler.news.nodeAdded(fakeNode("n1", 1));
    cluster.at(0, () => cluster.scheduler.news.podAdded(fakePod(POD)));
    cluster.at(SECOND / 2, () => cluster.scheduler.news.podAdded(fakePod({ name: "b" })));
    cluster.simulation.runUntil((SECOND / 2 + 2 * MS) as never);
    expect(cluster.decisions.map(({ result }) => result)).toEqual(["scheduled", "unschedulable"]);
  });
});

describe("a wait on Permit", () => {
  it("ends for each plugin by its own time-out, and one that allowed has none any more", () => {
    const holding = (name: string, seconds: number): PermitPlugin => ({
      name,
      permit: () => ({ status: { ...wait, plugin: name }, timeoutUs: seconds * SECOND }),
    });
    const plugins = { permitPlugins: [holding("Short", 5), holding("Long", 20)] };
    const cluster = new FakeCluster({ plugins });
    cluster.scheduler.news.nodeAdded(fakeNode("n1"));
    cluster.at(0, () => cluster.scheduler.news.podAdded(fakePod(POD)));
    cluster.at(SECOND, () => expect(cluster.scheduler.binding.allow("a", "Short")).toBe(true));
    cluster.simulation.runUntil((19 * SECOND) as never);
    expect(cluster.scheduler.binding.waitingFor("Long").map(({ name }) => name)).toEqual(["a"]);
    expect(cluster.scheduler.binding.waitingFor("Short")).toEqual([]);
    cluster.simulation.runUntil((21 * SECOND) as never);
    expect(cluster.events.map(({ note }) => note)).toEqual([
      "0/1 nodes are available: 1 rejected due to timeout after waiting 20s at plugin Long.",
    ]);
  });

  it("goes on only after users were told of the node, whoever allows it before", () => {
    const plugins = { permitPlugins: [permit(wait)] };
    const cluster = new FakeCluster({ plugins });
    cluster.scheduler.news.nodeAdded(fakeNode("n1"));
    cluster.at(0, () => cluster.scheduler.news.podAdded(fakePod(POD)));
    cluster.at(2 * MS, () => cluster.scheduler.binding.allow("a", "P"));
    cluster.simulation.runUntilDrained();
    expect(cluster.written).toEqual([
      { atUs: 4 * MS, what: 'patch a {"nominatedNodeName":"n1"}' },
      { atUs: 7 * MS, what: "bind a n1" },
    ]);
  });
});

describe("what the steps take beside their writes", () => {
  const times = (more: Partial<BindingTimes>): BindingTimes => ({
    holdUs: () => 0 as Duration,
    preBindUs: () => 0 as Duration,
    bindUs: () => 0 as Duration,
    isLost: () => false,
    ...more,
  });

  function run(bindingTimes: BindingTimes): FakeCluster {
    const cluster = new FakeCluster({ bindingTimes });
    cluster.scheduler.news.nodeAdded(fakeNode("n1", 2));
    cluster.at(0, () => {
      cluster.scheduler.news.podAdded(fakePod({ ...POD, priority: 1 }));
      cluster.scheduler.news.podAdded(fakePod({ name: "b", uid: "b" }));
    });
    cluster.simulation.runUntil((SECOND / 2) as never);
    return cluster;
  }

  it("holds up the loop for Reserve and Permit", () => {
    const { written } = run(times({ holdUs: () => (10 * MS) as Duration }));
    expect(written.map(({ atUs }) => atUs)).toEqual([14 * MS, 25 * MS]);
  });

  it("goes beside the loop for PreBind and Bind", () => {
    const { written } = run(
      times({ preBindUs: () => (10 * MS) as Duration, bindUs: () => (5 * MS) as Duration }),
    );
    expect(written.map(({ atUs }) => atUs)).toEqual([19 * MS, 20 * MS]);
  });

  it("may lose a binding, which is an error and comes again", () => {
    const cluster = run(times({ isLost: ({ name }, attempt) => name === "a" && attempt === 1 }));
    expect(cluster.events.map(({ note }) => note)).toContain(
      'running Bind plugin "DefaultBinder": Internal error occurred: the binding was lost',
    );
    expect(cluster.scheduler.queue.find("a")?.place).toBe("errorBackoff");
    cluster.simulation.runUntil((3 * SECOND) as never);
    expect(cluster.scheduler.statistics).toMatchObject({ bound: 2, bindingFailures: 1 });
  });
});
