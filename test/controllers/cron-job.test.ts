import { describe, expect, it } from "vitest";
import { cronJobStatusOf } from "../../src/controllers/index.ts";
import { createRig, type Json, podTemplate, type Rig, STAND_IN_OPTIONS } from "./rig.ts";

/** 24.0749 s past the minute, as in the first recorded run. */
const WALL_START_US = Math.round((Date.parse("2026-11-21T03:43:00Z") / 1000 + 24.0749) * 1e6);
const FULL_MINUTE = 60 - 24.0749;

const cronJob = (name: string, spec: Json = {}, run = "80"): Json => ({
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name },
  spec: {
    schedule: "* * * * *",
    jobTemplate: {
      spec: { template: podTemplate(name, { "podsim.dev/run": run }, { restartPolicy: "Never" }) },
    },
    ...spec,
  },
});

function rigAt(wallStartUs = WALL_START_US): Rig {
  return createRig({ options: { ...STAND_IN_OPTIONS, wallStartUs } });
}

interface Seen {
  readonly what: string;
  readonly name: string;
  readonly at: number;
}

/** Jobs that came and went, with their instants; Events of CronJobs by reason. */
function watchJobs(rig: Rig): { jobs: Seen[]; events: Map<string, number> } {
  const jobs: Seen[] = [];
  const events = new Map<string, number>();
  rig.api.observe({
    onObject: ({ objectKind, kind, before, after }) => {
      if (objectKind !== "Job" || kind === "Modified") return;
      const { name } = (after ?? before)!;
      jobs.push({ what: kind, name, at: rig.sim.nowUs / 1e6 });
    },
  });
  rig.api.events.listen(({ about, reason }) => {
    if (about.kind === "CronJob") events.set(reason, (events.get(reason) ?? 0) + 1);
  });
  return { jobs, events };
}

const minutesOf = (jobs: readonly Seen[], what = "Added"): number[] =>
  jobs.filter((job) => job.what === what).map(({ at }) => Math.round((at - FULL_MINUTE) / 60) + 1);

describe("a CronJob", () => {
  it("makes a Job a tenth of a second after each full minute, named for the minute", () => {
    const rig = rigAt();
    const { jobs, events } = watchJobs(rig);
    rig.apply(cronJob("allow"));
    rig.runFor(290);
    const made = jobs.filter(({ what }) => what === "Added");
    expect(made.map(({ name }) => name)).toEqual(
      [29920544, 29920545, 29920546, 29920547, 29920548].map((minute) => `allow-${minute}`),
    );
    for (const [index, { at }] of made.entries()) {
      const late = at - FULL_MINUTE - 60 * index;
      expect(late).toBeGreaterThanOrEqual(0.1);
      expect(late).toBeLessThan(0.15);
    }
    expect([...events.keys()].sort()).toEqual(["SawCompletedJob", "SuccessfulCreate"]);
  });

  it("with Forbid starts a missed run as soon as the Job before it has ended", () => {
    const rig = rigAt();
    const { jobs, events } = watchJobs(rig);
    rig.apply(cronJob("forbid", { concurrencyPolicy: "Forbid" }));
    rig.runFor(300);
    const made = jobs.filter(({ what }) => what === "Added");
    const late = made.map(({ at }) => (at - FULL_MINUTE) % 60);
    expect(made.map(({ name }) => Number(name.slice("forbid-".length)) - 29920543)).toEqual([
      1, 2, 3, 5,
    ]);
    expect(late[0]).toBeLessThan(0.15);
    expect(late[1]).toBeGreaterThan(21.5);
    expect(late[1]).toBeLessThan(24);
    expect(late[2]).toBeGreaterThan(43);
    expect(late[2]).toBeLessThan(47);
    expect(events.get("JobAlreadyActive")).toBeGreaterThanOrEqual(3);
  });

  it("with Replace deletes the running Job and makes the new one in the same sync", () => {
    const rig = rigAt();
    const { jobs } = watchJobs(rig);
    rig.apply(cronJob("replace", { concurrencyPolicy: "Replace" }));
    rig.runFor(200);
    expect(jobs.map(({ what }) => what)).toEqual(["Added", "Deleted", "Added", "Deleted", "Added"]);
    expect(jobs[2]!.at - jobs[1]!.at).toBeLessThan(0.02);
    const status = cronJobStatusOf(rig.api.objects.list("CronJob")[0]!);
    expect(status.active.map(({ name }) => name)).toEqual(["replace-29920546"]);
  });

  it("keeps as many finished Jobs as its limits say, the newest ones", () => {
    const rig = rigAt();
    const { jobs } = watchJobs(rig);
    rig.apply(cronJob("quick", { successfulJobsHistoryLimit: 1 }, "5"));
    rig.runFor(300);
    expect(minutesOf(jobs)).toEqual([1, 2, 3, 4, 5]);
    const gone = jobs.filter(({ what }) => what === "Deleted");
    expect(gone.map(({ name }) => Number(name.slice("quick-".length)) - 29920543)).toEqual([
      1, 2, 3, 4,
    ]);
    const after = gone.map(({ at }) => (at - FULL_MINUTE) % 60);
    expect(Math.min(...after)).toBeGreaterThan(6);
    expect(Math.max(...after)).toBeLessThan(8.5);
  });

  it("that is suspended makes nothing, and after that only the latest missed run", () => {
    const rig = rigAt();
    const { jobs, events } = watchJobs(rig);
    rig.apply(cronJob("late", { suspend: true }, "5"));
    rig.runFor(250);
    expect(jobs).toEqual([]);
    const { uid } = rig.api.objects.find("CronJob", "default", "late")!;
    const resumed = rig.decode(cronJob("late", { suspend: false }, "5")) as never;
    const user = rig.api.client("user", { limit: "unlimited", rank: 6 });
    rig.api.request(user, "update", (writer) => writer.updateObject("CronJob", uid, () => resumed));
    rig.runFor(20);
    expect(jobs.map(({ name }) => name)).toEqual(["late-29920547"]);
    expect(jobs[0]!.at).toBeCloseTo(250, 1);
    expect(events.get("MissSchedule")).toBeUndefined();
  });

  it("drops a run that is later than its starting deadline", () => {
    const rig = rigAt();
    const { jobs } = watchJobs(rig);
    rig.apply(
      cronJob("strict", { concurrencyPolicy: "Forbid", startingDeadlineSeconds: 10 }, "80"),
    );
    rig.runFor(200);
    // The Job of minute 1 ends 22 s into minute 2: too late for it, so minute 3 is next.
    expect(minutesOf(jobs)).toEqual([1, 3]);
  });

  it("warns of more than a hundred missed runs and makes the latest", () => {
    const rig = rigAt();
    const { jobs, events } = watchJobs(rig);
    rig.apply(cronJob("old", { suspend: true }, "5"));
    rig.runFor(7_000);
    const { uid } = rig.api.objects.find("CronJob", "default", "old")!;
    const resumed = rig.decode(cronJob("old", {}, "5")) as never;
    const user = rig.api.client("user", { limit: "unlimited", rank: 6 });
    rig.api.request(user, "update", (writer) => writer.updateObject("CronJob", uid, () => resumed));
    rig.runFor(5);
    expect(events.get("TooManyMissedTimes")).toBe(1);
    expect(jobs.length).toBe(1);
  });

  it("follows its time zone", () => {
    const rig = rigAt(Date.parse("2026-07-01T06:59:30Z") * 1000);
    const { jobs } = watchJobs(rig);
    rig.apply(cronJob("berlin", { schedule: "0 9 * * *", timeZone: "Europe/Berlin" }));
    rig.runFor(40);
    expect(jobs.map(({ at }) => Math.round(at))).toEqual([30]);
  });

  it("whose schedule cannot be read says so, and is named in the limits of the run", () => {
    const rig = rigAt();
    const { jobs, events } = watchJobs(rig);
    rig.apply(cronJob("bad", { schedule: "61 * * * *" }));
    rig.runFor(120);
    expect(jobs).toEqual([]);
    expect(events.get("UnparseableSchedule")).toBe(1);
    expect(rig.controllers.uncontrolledFields()).toMatchObject([{ kind: "CronJob", count: 1 }]);
  });

  it("takes its Jobs with it", () => {
    const rig = rigAt();
    rig.apply(cronJob("gone"));
    rig.runFor(60);
    expect(rig.api.objects.count("Job")).toBe(1);
    rig.remove("CronJob", "gone");
    rig.runFor(10);
    expect(rig.api.objects.count("Job")).toBe(0);
  });

  it("does not keep a run going that ends when all work is done", () => {
    const rig = rigAt();
    rig.apply(cronJob("forever"), {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "web" },
      spec: { maxReplicas: 3, scaleTargetRef: { kind: "Deployment", name: "web" } },
    });
    const { reason } = rig.sim.runUntilDrained({ untilUs: 86_400_000_000 as never });
    expect(reason).toBe("drained");
    expect(rig.sim.nowUs / 1e6).toBeLessThan(60);
  });
});
