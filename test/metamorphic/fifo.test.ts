// Relations of a first-in-first-out queue of equal pods (MR25, MR26), on 100 seeds.
//
// Precondition: one node with slots, pods of one kind, no latencies, arrivals at different instants,
// and a back-off that does not grow (1 s for ever): a growing one lets young pods overtake old ones.

import { describe, expect, it } from "vitest";
import { runScenarioValue } from "./trace.ts";
import { drawsOf, type Json } from "./world.ts";

const SEEDS = 100;

interface Job {
  readonly atUs: number;
  readonly runMs: number;
}

function jobsOf(seed: number): Job[] {
  const draw = drawsOf(seed);
  let atMs = 1_000;
  // Fractions of milliseconds that tell the jobs apart: nobody comes at the instant at which another
  // ends, where a newcomer would be tried before those in back-off.
  return Array.from({ length: 16 }, (_, k) => {
    atMs += 1 + draw(2_500);
    return { atUs: atMs * 1_000 + k * 7, runMs: 500 + draw(9_000) };
  });
}

/** Waits until the binding in microseconds, in the order of arrival. */
function waitsOf(jobs: readonly Job[], slots: number, maxBackoff = 1): number[] {
  const steps = jobs.map(({ atUs, runMs }, k) => ({
    at: `${atUs}us`,
    objects: [
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: `job-${k}`, annotations: { "podsim.dev/run": `${runMs}ms` } },
        spec: {
          restartPolicy: "Never",
          containers: [{ name: "c", image: "i:1", resources: { requests: { cpu: "1" } } }],
        },
      },
    ],
  }));
  const scheduler: Json = {
    name: "fifo",
    config: {
      apiVersion: "kubescheduler.config.k8s.io/v1",
      kind: "KubeSchedulerConfiguration",
      podInitialBackoffSeconds: 1,
      podMaxBackoffSeconds: maxBackoff,
    },
  };
  const { pods } = runScenarioValue({
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "fifo" },
    run: { horizon: "280s" },
    cluster: {
      nodePools: [
        { name: "n", count: 1, allocatable: { cpu: `${slots}`, memory: "8Gi", pods: "110" } },
      ],
    },
    workload: { manifests: steps },
    schedulers: [scheduler],
    controlPlane: { preset: "instant", kubelet: { relistPeriod: "0s" } },
  });
  return pods.map(({ createdUs, boundUs }) => {
    if (boundUs === null) throw new Error("a job was not bound");
    return boundUs - createdUs;
  });
}

/** The naive twin: each job takes the slot that is free first. */
function recursionOf(jobs: readonly Job[], slots: number): number[] {
  const freeUs = new Array<number>(slots).fill(0);
  return jobs.map(({ atUs, runMs }) => {
    freeUs.sort((a, b) => a - b);
    const beginUs = Math.max(atUs, freeUs[0]!);
    freeUs[0] = beginUs + runMs * 1_000;
    return beginUs - atUs;
  });
}

describe("a first-in-first-out queue of equal pods", () => {
  it("gives every pod the wait of the plain recursion", () => {
    for (let seed = 1; seed <= 10; seed++) {
      const jobs = jobsOf(seed);
      const slots = 1 + (seed % 3);
      expect(waitsOf(jobs, slots), `seed ${seed}`).toEqual(recursionOf(jobs, slots));
    }
  });

  it("MR25: with one more slot no pod waits longer", { timeout: 300_000 }, () => {
    let shorter = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const jobs = jobsOf(seed);
      const [few, more] = [waitsOf(jobs, 2), waitsOf(jobs, 3)];
      for (const [k, us] of few.entries()) {
        expect(more[k], `seed ${seed}, job ${k}`).toBeLessThanOrEqual(us);
        if (more[k]! < us) shorter++;
      }
    }
    expect(shorter).toBeGreaterThan(SEEDS);
  });

  it("MR26: with one longer run no pod waits less", { timeout: 300_000 }, () => {
    let longer = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const jobs = jobsOf(seed);
      const stretched = jobs.map((job, k) =>
        k === seed % 20 ? { ...job, runMs: job.runMs + 3_000 } : job,
      );
      const [before, after] = [waitsOf(jobs, 2), waitsOf(stretched, 2)];
      for (const [k, us] of before.entries()) {
        expect(after[k], `seed ${seed}, job ${k}`).toBeGreaterThanOrEqual(us);
        if (after[k]! > us) longer++;
      }
    }
    expect(longer).toBeGreaterThan(SEEDS / 2);
  });

  it("is none with a back-off that grows: there pods overtake, and the relations notice it", () => {
    let differing = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const jobs = jobsOf(seed);
      if (String(waitsOf(jobs, 1, 10)) !== String(recursionOf(jobs, 1))) differing++;
    }
    expect(differing).toBeGreaterThan(0);
  });
});
