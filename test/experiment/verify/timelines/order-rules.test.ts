// The order rules hold on every recorded run, and each of them notices a run in which the order is
// another: the recordings are tampered with, one write at a time.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  readTimeline,
  type TimelineEvent,
} from "../../../../src/experiment/verify/timelines/timeline-file.ts";
import { RunView } from "../../../../src/experiment/verify/timelines/run-view.ts";
import {
  ALL_ORDER_RULES,
  recordedSituation,
} from "../../../../src/experiment/verify/timelines/verify-timelines.ts";

const RECORDED = fileURLToPath(
  new URL("../../../../../shared/conformance/timelines", import.meta.url),
);
const hasRecordings = existsSync(RECORDED);
if (!hasRecordings) console.log("skipped: no recorded timelines beside the repository");

function read(name: string) {
  return readTimeline(readFileSync(`${RECORDED}/${name}.json`, "utf8"), name);
}

function breaches(name: string, change: (events: readonly TimelineEvent[]) => TimelineEvent[]) {
  const file = read(name);
  const situation = recordedSituation(file, 0);
  const events = change(file.runs[0]!.events).sort((a, b) => a.rv - b.rv);
  const view = new RunView(events);
  return ALL_ORDER_RULES.flatMap(({ name: rule, check }) => {
    const breach = check({ ...situation, view });
    return breach === undefined ? [] : [`${rule.split(":")[0]}: ${breach}`];
  });
}

type Pick = (event: TimelineEvent, index: number, all: readonly TimelineEvent[]) => boolean;

/** The first event that is meant comes at another instant. */
function moved(pick: Pick, t: number, rv: number) {
  return (events: readonly TimelineEvent[]): TimelineEvent[] => {
    const at = events.findIndex(pick);
    if (at < 0) throw new Error("nothing to tamper with");
    return events.map((event, k) => (k === at ? { ...event, t, rv } : event));
  };
}

/** All events that are meant get other fields. */
function changed(pick: Pick, set: (event: TimelineEvent) => TimelineEvent["set"]) {
  return (events: readonly TimelineEvent[]): TimelineEvent[] => {
    if (!events.some(pick)) throw new Error("nothing to tamper with");
    return events.map((event, k) =>
      pick(event, k, events) ? { ...event, set: set(event) } : event,
    );
  };
}

const of =
  (kind: string, alias: string | RegExp, field?: string) =>
  (event: TimelineEvent): boolean =>
    event.kind === kind &&
    (typeof alias === "string"
      ? event.alias === alias || event.name === alias
      : alias.test(event.alias === "" ? event.name : event.alias)) &&
    (field === undefined || event.set[field] !== undefined);

const TAMPERED: readonly (readonly [
  string,
  string,
  (events: readonly TimelineEvent[]) => TimelineEvent[],
])[] = [
  [
    "s07-rolling-default",
    "workloads: web observed generation 9",
    changed(of("Deployment", "web", "observedGeneration"), () => ({ observedGeneration: "9" })),
  ],
  [
    "s07-rolling-default",
    "roll-out: web shrank",
    (events) => {
      const old = events.find((e) => of("ReplicaSet", /@r1$/, "spec.replicas")(e) && e.t > 5)!;
      const fresh = events.find(of("ReplicaSet", /@r2$/))!;
      return events.map((e) => (e === old ? { ...e, t: fresh.t, rv: fresh.rv - 0.5 } : e));
    },
  ],
  [
    "s07-rolling-deadline",
    "roll-out: deployment/web@r2 was resized",
    (events) => {
      const late = events.find((e) => e.set["cond.Progressing"]?.startsWith("False") === true)!;
      const set = events.find(of("ReplicaSet", /@r2$/))!;
      const resized = { ...set, what: "changed" as const, set: { "spec.replicas": "0" } };
      return [...events, { ...resized, t: late.t + 0.1, rv: late.rv + 0.5 }];
    },
  ],
  [
    "s09-job-basic",
    "Job: batch counted 5 succeeded",
    changed(
      (e) => of("Job", "batch", "succeeded")(e) && e.set["succeeded"] !== null,
      () => ({ succeeded: "5" }),
    ),
  ],
  [
    "s09-cronjob",
    "CronJob: cronjob/forbid@j2",
    (events) => {
      const first = events.find(of("Job", "cronjob/forbid@j1"))!;
      return moved(of("Job", "cronjob/forbid@j2"), first.t + 1, first.rv + 0.5)(events);
    },
  ],
  [
    "s10-statefulset",
    "StatefulSet: db-0 was deleted",
    (events) => {
      const next = events.find(of("Pod", "statefulset/db-1#2", "deleting"));
      const first = events.find((e) => of("Pod", /db-3#\d$/, "deleting")(e) && e.t > 20)!;
      const last = events.filter(of("Pod", /^statefulset\/db-0#1$/, "deleting"))[0]!;
      return moved((e) => e === last, (next ?? first).t, (next ?? first).rv + 0.5)(events);
    },
  ],
  [
    "s11-daemonset",
    "DaemonSet: ",
    (events) => {
      const patched = 20;
      const deleted = events.filter(
        (e) => of("Pod", /^daemonset\/agent#/, "deleting")(e) && e.t > patched,
      );
      const updates = deleted.slice(-3);
      const [a, , c] = updates;
      return moved((e) => e === c, a!.t, a!.rv + 0.5)(events);
    },
  ],
  [
    "s06-drain-pdb",
    "drain: ",
    changed(of("PodDisruptionBudget", /./, "disruptionsAllowed"), ({ set }) => ({
      ...set,
      disruptionsAllowed: "0",
    })),
  ],
  [
    "s15-hpa",
    "HPA: web went to",
    (events) => {
      const resized = events.filter(of("Deployment", "web", "spec.replicas"))[1]!;
      return moved((e) => e === resized, resized.t + 7, resized.rv)(events);
    },
  ],
  [
    "s19-five-hundred",
    "bulk: replicaset pods",
    (events) => events.map((e) => (e.what === "created" ? { ...e, t: e.t / 3 } : e)),
  ],
  [
    "s05-full-disruption",
    "node failure: ",
    (events) => {
      const unknown = events.find(
        (e) => e.kind === "Node" && e.set["cond.Ready"]?.startsWith("Unk"),
      )!;
      const { name } = unknown;
      const ready = events.find(
        (e) => e.kind === "Node" && e.name === name && e.set["cond.Ready"]?.startsWith("True"),
      )!;
      const free = events.find(
        (e) => e.kind === "Node" && e.name === name && e.rv > ready.rv && e.set["taints"] === null,
      )!;
      return moved((e) => e === ready, ready.t, free.rv + 0.5)(events);
    },
  ],
  [
    "s06-out-of-service",
    "removal: ",
    (events) => {
      const again = events.filter(
        (e) => of("Pod", /^statefulset\/.*#2$/)(e) && e.what === "created",
      )[0]!;
      const gone = events.find(
        (e) => e.what === "deleted" && e.alias === again.alias.replace("#2", "#1"),
      )!;
      return moved((e) => e === again, gone.t - 1, gone.rv - 0.5)(events);
    },
  ],
  [
    "s17-service-readiness",
    "endpoints: ",
    (events) => {
      const end = events.find((e) => e.kind === "Pod" && e.set["phase"] === "Succeeded")!;
      return moved((e) => e === end, end.t + 5, end.rv + 1000)(events);
    },
  ],
];

describe.skipIf(!hasRecordings)("the order rules", () => {
  it("hold on every recorded run", () => {
    const wrong: string[] = [];
    for (const name of readdirSync(RECORDED).filter((file) => /^s.*\.json$/.test(file))) {
      const file = read(name.replace(".json", ""));
      for (const run of file.runs.keys()) {
        const situation = recordedSituation(file, run);
        for (const { name: rule, check } of ALL_ORDER_RULES) {
          const breach = check(situation);
          if (breach !== undefined) wrong.push(`${name} run ${run + 1}, ${rule}: ${breach}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each(TAMPERED)("notice another order in %s (%s)", (name, expected, change) => {
    const found = breaches(name, change);
    expect(
      found.some((breach) => breach.startsWith(expected)),
      found.join("\n"),
    ).toBe(true);
  });
});
