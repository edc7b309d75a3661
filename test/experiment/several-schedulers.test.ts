// Several schedulers in one run: whose pods, how old a view, what happens when two want the same.

import { describe, expect, it } from "vitest";
import { InputError } from "../../src/base/index.ts";
import {
  decodeScenario,
  explainRun,
  prepareRun,
  runToEnd,
  startRun,
} from "../../src/experiment/index.ts";
import type { DecisionRow, EventRow, RunResult } from "../../src/metrics/index.ts";

type Json = Record<string, unknown>;

interface Outcome {
  readonly result: RunResult;
  readonly decisions: readonly DecisionRow[];
  readonly events: readonly EventRow[];
  /** Node by pod, for pods that were bound. */
  readonly nodes: Readonly<Record<string, string>>;
  readonly boundUs: Readonly<Record<string, number | null>>;
}

/** `count` pods that come one every `every`, and name a scheduler. */
function stream(name: string, schedulerName: string, more: Json = {}): Json {
  const {
    count = 4,
    every = "1s",
    cpu = "1",
    spec = {},
  } = more as {
    [key: string]: never;
  };
  return {
    name,
    arrivals: { process: "constant", interval: every, count },
    pod: {
      spec: {
        schedulerName,
        containers: [{ name: "c", image: "i:1", resources: { requests: { cpu } } }],
        ...(spec as Json),
      },
    },
  };
}

function scenarioOf(parts: {
  readonly schedulers: readonly Json[];
  readonly generators: readonly Json[];
  readonly nodePools?: readonly Json[];
  readonly run?: Json;
  readonly controlPlane?: Json;
}): Json {
  const { schedulers, generators, run = {}, controlPlane = { preset: "kubernetes-1.36" } } = parts;
  const nodePools = parts.nodePools ?? [
    { name: "n", count: 4, allocatable: { cpu: "4", pods: "110" } },
  ];
  return {
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "several" },
    run: { study: "terminating", horizon: "2m", seed: "1", ...run },
    cluster: { nodePools },
    workload: { generators },
    schedulers,
    controlPlane,
  };
}

function prepared(value: Json): ReturnType<typeof prepareRun> {
  const { scenario, document, problems } = decodeScenario(value);
  if (scenario === undefined || problems.some(({ severity }) => severity === "error"))
    throw new InputError(problems);
  return prepareRun({ scenario, document: document! });
}

function run(value: Json): Outcome {
  const decisions: DecisionRow[] = [];
  const events: EventRow[] = [];
  const nodes: Record<string, string> = {};
  const boundUs: Record<string, number | null> = {};
  const result = runToEnd(prepared(value), {
    check: "deep",
    sinks: {
      decision: (row) => decisions.push(row),
      event: (row) => events.push(row),
      pod: (row) => {
        if (row.node !== "") nodes[row.name] = row.node;
        boundUs[row.name] = row.boundUs;
      },
    },
  });
  return { result, decisions, events, nodes, boundUs };
}

const two = (more: Json = {}, other: Json = {}): Json[] => [
  { name: "one", schedulerName: "default-scheduler", ...more },
  { name: "two", schedulerName: "batch", ...other },
];

describe("schedulers side by side", () => {
  it("each decide about the pods that name them", () => {
    const { result, decisions } = run(
      scenarioOf({
        schedulers: two({}, { policy: "first-fit" }),
        generators: [stream("web", "default-scheduler"), stream("job", "batch")],
      }),
    );
    expect(result.scheduler).toBe("one+two");
    const pairs = decisions.map(({ scheduler, pod }) => `${scheduler} ${pod.slice(0, 3)}`);
    expect(new Set(pairs)).toEqual(new Set(["one web", "two job"]));
    expect(result.counts.podsBound).toBe(8);
    expect(result.schedulers).toMatchObject([
      { name: "one", schedulerNames: ["default-scheduler"], attemptsCount: 4, boundCount: 4 },
      { name: "two", schedulerNames: ["batch"], attemptsCount: 4, conflictsCount: 0 },
    ]);
    const attempts = result.schedulers.reduce((sum, each) => sum + each.attemptsCount, 0);
    expect(attempts).toBe(result.decisions.attemptsCount);
  });

  it("a name that none of them answers to is told once per pod", () => {
    const { result } = run(
      scenarioOf({
        schedulers: two(),
        generators: [stream("web", "default-scheduler"), stream("lost", "nobody", { count: 3 })],
      }),
    );
    const notes = result.notes.filter(({ code }) => code === "NO_SCHEDULER");
    expect(notes).toHaveLength(1);
    expect(notes[0]!.message).toContain("known: default-scheduler, batch");
    expect(result.counts.podsPendingAtEnd).toBe(3);
    expect(result.pendingAtEnd[0]!.message).toContain("there is default-scheduler, batch");
  });

  it("one entry may answer to several names", () => {
    const { result } = run(
      scenarioOf({
        schedulers: [
          { name: "one", schedulerName: ["a", "b"], policy: "best-fit" },
          { name: "two", schedulerName: "c" },
        ],
        generators: ["a", "b", "c"].map((name) => stream(name, name, { count: 2 })),
      }),
    );
    expect(result.schedulers.map(({ boundCount }) => boundCount)).toEqual([4, 2]);
  });

  it("each waits for its own watch, cycle and client", () => {
    const { boundUs } = run(
      scenarioOf({
        schedulers: two(
          {},
          {
            watchLatency: "200ms",
            schedulerCycle: "50ms",
            schedulerClient: { qps: 1, burst: 1 },
          },
        ),
        generators: [
          stream("web", "default-scheduler", { count: 1 }),
          stream("job", "batch", { count: 2, every: "1ms" }),
        ],
      }),
    );
    // Arrivals begin after one gap; a request takes 3 ms to be written and 3 ms for the binding.
    expect(boundUs["web-0"]! - 1_000_000).toBe(3_000 + 1_000 + 1_000 + 3_000);
    const first = 1_000 + 3_000 + 200_000 + 50_000;
    expect(boundUs["job-0"]).toBe(first + 3_000);
    // The second one leaves when the client's next token is there.
    expect(boundUs["job-1"]! - boundUs["job-0"]!).toBe(1_000_000);
  });
});

describe("an old view", () => {
  // The batch pod comes first; while its scheduler thinks, the other one takes the only room.
  const crowded = (schedulerCycle: string): Json =>
    scenarioOf({
      nodePools: [{ name: "n", count: 1, allocatable: { cpu: "2", pods: "110" } }],
      schedulers: two({}, { schedulerCycle }),
      generators: [
        stream("job", "batch", { count: 1, every: "1s", cpu: "1500m" }),
        stream("web", "default-scheduler", { count: 1, every: "1100ms", cpu: "1500m" }),
      ],
    });

  it("lets two schedulers give the same room away, which is counted", () => {
    const { result, decisions } = run(crowded("500ms"));
    expect(decisions.map(({ scheduler, result: how }) => [scheduler, how])).toEqual([
      ["one", "scheduled"],
      ["two", "scheduled"],
    ]);
    expect(result.schedulers.map(({ overcommitsCount }) => overcommitsCount)).toEqual([0, 1]);
  });

  it("is new enough when the placement has been heard of", () => {
    const { result, decisions } = run(crowded("10ms"));
    expect(decisions[0]).toMatchObject({ scheduler: "two", result: "scheduled" });
    expect(decisions[1]).toMatchObject({ scheduler: "one", result: "unschedulable" });
    expect(result.schedulers.map(({ overcommitsCount }) => overcommitsCount)).toEqual([0, 0]);
  });

  it("is as old as the watch is slow: a backlog is placed on what was heard last", () => {
    // Both schedulers have four pods at once for a node that holds four in all.
    const racing = (watchLatency: string): Json =>
      scenarioOf({
        nodePools: [{ name: "n", count: 1, allocatable: { cpu: "4", pods: "110" } }],
        schedulers: two({ schedulerCycle: "20ms" }, { schedulerCycle: "20ms", watchLatency }),
        generators: [
          stream("web", "default-scheduler", { count: 4, every: "1ms" }),
          stream("job", "batch", { count: 4, every: "1ms" }),
        ],
      });
    const overcommits = ["0s", "15ms", "60ms"].map((latency) => {
      const { schedulers } = run(racing(latency)).result;
      return schedulers.reduce((sum, each) => sum + each.overcommitsCount, 0);
    });
    expect(overcommits[0]).toBeLessThan(overcommits[2]!);
    expect(overcommits[1]).toBeGreaterThanOrEqual(overcommits[0]!);
  });
});

describe("two replicas without leader election", () => {
  const replicas = (more: Json = {}): Json[] => [
    { name: "one", schedulerName: "default-scheduler" },
    { name: "two", schedulerName: "default-scheduler", ...more },
  ];

  it("race for each pod: the first binding stands, the other is a conflict and rolled back", () => {
    const value = scenarioOf({
      schedulers: replicas(),
      generators: [stream("web", "default-scheduler", { count: 8, every: "2s" })],
    });
    const { result, events } = run(value);
    expect(result.counts.podsBound).toBe(8);
    const [one, two] = result.schedulers;
    expect(one!.boundCount + two!.boundCount).toBe(8);
    expect(one!.conflictsCount + two!.conflictsCount).toBe(8);
    expect(one!.bindingFailedCount).toBe(one!.conflictsCount);
    expect(events.some(({ message }) => message.includes("is already assigned to node"))).toBe(
      true,
    );
  });

  it("believe the same in the end, whoever won", () => {
    const active = startRun(
      prepared(
        scenarioOf({
          schedulers: replicas({ watchLatency: "40ms" }),
          generators: [stream("web", "default-scheduler", { count: 12, every: "20ms" })],
        }),
      ),
      { check: "deep" },
    );
    while (active.advance(10_000));
    const result = active.finish();
    expect(result.counts.podsBound).toBe(12);
    expect(result.schedulers[1]!.conflictsCount).toBeGreaterThan(0);
    // Nothing of a lost race is left: four full nodes for sixteen pods, and all of them are found.
    const more = run(
      scenarioOf({
        schedulers: replicas({ watchLatency: "40ms" }),
        generators: [stream("web", "default-scheduler", { count: 16, every: "20ms" })],
      }),
    );
    expect(more.result.counts.podsBound).toBe(16);
  });

  it("the one with the older view comes too late for every pod, and says so", () => {
    const { result } = run(
      scenarioOf({
        schedulers: replicas({ schedulerCycle: "400ms" }),
        generators: [stream("web", "default-scheduler", { count: 5, every: "2s" })],
      }),
    );
    expect(result.schedulers.map(({ boundCount }) => boundCount)).toEqual([5, 0]);
    // It hears of the binding during its own cycle, so it asks for none.
    expect(result.schedulers[1]).toMatchObject({ attemptsCount: 5, errorCount: 5 });
  });
});

describe("an explanation", () => {
  const value = scenarioOf({
    schedulers: two({}, { policy: "first-fit" }),
    generators: [stream("web", "default-scheduler"), stream("job", "batch")],
  });
  const ask = (pod: string) =>
    explainRun(prepared(value), {
      ...{ attempt: undefined, atUs: undefined, node: undefined, maxEvents: undefined },
      ...{ untilUs: undefined, fingerprint: undefined },
      pod,
    });

  it("knows which scheduler decided", () => {
    const { nodes } = run(value);
    for (const [pod, scheduler] of [
      ["web-2", "one"],
      ["job-3", "two"],
    ] as const) {
      const record = ask(`default/${pod}`);
      expect(record.scheduler).toBe(scheduler);
      expect(record.attempts.at(-1)!.node).toBe(nodes[pod]);
    }
  });
});

describe("an explanation of a pod that two replicas tried", () => {
  it("lists the attempts of both and takes the one asked for apart", () => {
    const value = scenarioOf({
      schedulers: [
        { name: "one", schedulerName: "default-scheduler" },
        { name: "two", schedulerName: "default-scheduler", schedulerCycle: "400ms" },
      ],
      generators: [stream("web", "default-scheduler", { count: 2, every: "2s" })],
    });
    const { decisions } = run(value);
    const tried = decisions.filter(({ pod }) => pod === "web-1");
    expect(tried.map(({ scheduler }) => scheduler)).toEqual(["one", "two"]);
    for (const { scheduler, atUs, result } of tried) {
      const record = explainRun(prepared(value), {
        ...{ attempt: undefined, node: undefined, maxEvents: undefined },
        ...{ untilUs: undefined, fingerprint: undefined },
        pod: "default/web-1",
        atUs,
      });
      expect(record).toMatchObject({ scheduler, attempt: { result } });
    }
  });
});

describe("bad input", () => {
  const generators = [stream("web", "default-scheduler")];
  const problemsOf = (schedulers: readonly Json[]): string => {
    try {
      prepared(scenarioOf({ schedulers, generators }));
    } catch (error) {
      if (error instanceof InputError)
        return error.problems
          .map(({ path, code, message }) => `${path}: ${code} ${message}`)
          .join("\n");
      throw error;
    }
    return "";
  };

  it.each([
    [
      "two of one name that are made otherwise",
      [
        { name: "a", schedulerName: "x" },
        { name: "b", schedulerName: "x", policy: "random" },
      ],
      "schedulers[1].schedulerName: E_SCHEDULER_NAME 'a' takes the pods of 'x' as well",
    ],
    [
      "two of one name with other arguments",
      [
        { name: "a", schedulerName: "x" },
        { name: "b", schedulerName: "x", args: { tieBreak: "random" } },
      ],
      "must be replicas of one another",
    ],
    [
      "one that does not say whose pods it takes",
      [{ name: "a", schedulerName: "x" }, { name: "b" }],
      "schedulers[1]: E_CONTRADICTION others of the list name the pods they take",
    ],
    ["alternatives without a choice", [{ name: "a" }, { name: "b" }], "E_SCHEDULERS"],
    [
      "a name that its configuration does not have",
      [
        {
          name: "a",
          schedulerName: "x",
          config: {
            apiVersion: "kubescheduler.config.k8s.io/v1",
            kind: "KubeSchedulerConfiguration",
            profiles: [{ schedulerName: "y" }, { schedulerName: "z" }],
          },
        },
      ],
      "no profile of its configuration is called 'x': there is y, z",
    ],
    [
      "an unknown strategy",
      [{ name: "a", schedulerName: "x", policy: "first-fitt" }],
      "schedulers[0].policy",
    ],
    ["a name twice", [{ name: "a", schedulerName: ["x", "x"] }], "'x' stands twice"],
    ["no name at all", [{ name: "a", schedulerName: [] }], "names nobody"],
    [
      "a name that is none",
      [{ name: "a", schedulerName: "X y" }],
      "schedulers[0].schedulerName: E_NAME",
    ],
    ["a number", [{ name: "a", schedulerName: 5 }], "schedulers[0].schedulerName: E_TYPE"],
    ["a negative delay", [{ name: "a", watchLatency: "-1s" }], "schedulers[0].watchLatency"],
    [
      "a rate of nothing",
      [{ name: "a", schedulerClient: { qps: 0, burst: 1 } }],
      "schedulerClient",
    ],
  ])("%s", (_what, schedulers, message) => {
    expect(problemsOf(schedulers as Json[])).toContain(message);
  });
});
