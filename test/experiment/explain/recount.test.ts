// What is said from earlier counts after a change is what counting anew says.

import { describe, expect, it } from "vitest";
import { seededStream } from "../../../src/base/index.ts";
import { type Change, withChanges } from "../../../src/experiment/explain/change.ts";
import { FilterWorld } from "../../../src/experiment/explain/filter-world.ts";
import { Sketch } from "../../../src/experiment/explain/ground.ts";
import { findObstacles, Sketching } from "../../../src/experiment/explain/obstacles.ts";
import { RecordedWorld } from "../../../src/experiment/verify/recorded-world.ts";
import { node, pod } from "./explain-fixtures.ts";

const ZONE = "topology.kubernetes.io/zone";
const HOST = "kubernetes.io/hostname";
const SEED = "recount-1";
const WORLDS = 60;

const unit = seededStream(SEED);
const chance = (p: number): boolean => unit.nextUnit() < p;
const pick = <T>(list: readonly T[]): T => list[Math.floor(unit.nextUnit() * list.length)]!;

function term(app: string, topologyKey: string): object {
  return { topologyKey, labelSelector: { matchLabels: { app } } };
}

function required(terms: readonly object[]): object {
  return { requiredDuringSchedulingIgnoredDuringExecution: terms };
}

function labelled(object: object, app: string): object {
  const { metadata, ...rest } = object as { metadata: object };
  return { ...rest, metadata: { ...metadata, uid: JSON.stringify(metadata), labels: { app } } };
}

/** Ten nodes, twenty pods, and a pod that has nearly everything against it. */
function randomWorld(keepsMatches: boolean): FilterWorld {
  const nodes = Array.from({ length: 10 }, (_, at) =>
    node(`n${at}`, {
      labels: {
        ...(chance(0.8) ? { [ZONE]: pick(["a", "b", "c"]) } : {}),
        ...(chance(0.5) ? { disk: "ssd" } : {}),
      },
      taints: chance(0.4) ? [{ key: "gpu", effect: "NoSchedule" }] : [],
      unschedulable: chance(0.2),
    }),
  );
  const others = Array.from({ length: 20 }, (_, at) => {
    const repels = chance(0.15);
    const spec = repels ? { affinity: { podAntiAffinity: required([term("web", HOST)]) } } : {};
    return labelled(
      pod(`p${at}`, { node: `n${Math.floor(unit.nextUnit() * 10)}`, cpu: "1", spec }),
      pick(["web", "db"]),
    );
  });
  const constraint = (topologyKey: string): object => ({
    topologyKey,
    maxSkew: 1,
    whenUnsatisfiable: "DoNotSchedule",
    labelSelector: { matchLabels: { app: pick(["web", "db"]) } },
    nodeTaintsPolicy: pick(["Honor", "Ignore"]),
    nodeAffinityPolicy: pick(["Honor", "Honor", "Ignore"]),
    ...(chance(0.3) ? { minDomains: 3 } : {}),
  });
  const wishes = {
    nodeSelector: { disk: "ssd", ...(chance(0.3) ? { rack: "r1" } : {}) },
    affinity: {
      ...(chance(0.6) ? { podAffinity: required([term("none", ZONE)]) } : {}),
      ...(chance(0.6)
        ? {
            podAntiAffinity: required([
              term("db", HOST),
              ...(chance(0.4) ? [term("web", ZONE)] : []),
            ]),
          }
        : {}),
    },
    topologySpreadConstraints: [constraint(ZONE), ...(chance(0.5) ? [constraint(HOST)] : [])],
  };
  const world = new RecordedWorld([...nodes, ...others], [], {
    defaulting: true,
    hasQueue: true,
    keepsMatches,
  });
  world.cache.refreshSnapshot();
  const configuration = world.readConfiguration(null);
  const profile = world.createProfiles(configuration)[0]!;
  const wanted = labelled(pod("web", { cpu: pick(["100m", "9"]), spec: wishes }), "web");
  return new FilterWorld(world.cache, profile, world.podInfo(world.decodePod(wanted)));
}

/** Everything that is in the way, node by node, in words. */
function obstaclesOf(world: FilterWorld): string[][] {
  return world.nodes.map((row) => findObstacles(world, row).map(({ obstacle }) => obstacle.text));
}

function compare(world: FilterWorld, changes: readonly Change[]): void {
  withChanges(world, changes, (changed) => {
    const fresh = new FilterWorld(changed.cache, changed.profile, changed.pod);
    const kinds = changes.map(({ shown }) => shown.text).join("; ");
    expect(obstaclesOf(changed), kinds).toEqual(obstaclesOf(fresh));
  });
}

/** Some remedies of what is in the way on some node. */
function randomChanges(world: FilterWorld): Change[] {
  const row = pick(world.nodes);
  return findObstacles(world, row).flatMap((finding) => {
    if (chance(0.3)) return [];
    const ofPod = finding.podKey !== undefined && chance(0.5);
    return (ofPod ? finding.ofPod?.() : finding.around?.()) ?? [];
  });
}

describe(`counts after changes (seed ${SEED})`, () => {
  it.each([true, false])("are those of a fresh PreFilter (matches kept: %s)", (keepsMatches) => {
    let compared = 0;
    for (let at = 0; at < WORLDS; at++) {
      const world = randomWorld(keepsMatches);
      const before = obstaclesOf(world);
      for (let round = 0; round < 10; round++) {
        const first = randomChanges(world);
        compare(world, first);
        // Changes upon changes go by counts that were not asked for themselves.
        withChanges(world, first, (changed) => compare(changed, randomChanges(changed)));
        compared += first.length;
      }
      expect(obstaclesOf(world)).toEqual(before);
    }
    expect(compared).toBeGreaterThan(WORLDS);
  });
});

describe(`sketches (seed ${SEED})`, () => {
  it("name the grounds of the findings, in order, with the same sizes", () => {
    const kinds = new Set<string>();
    for (let at = 0; at < WORLDS; at++) {
      const world = randomWorld(true);
      const sketching = new Sketching(world);
      const sketch = new Sketch();
      for (const row of world.nodes) {
        sketch.begin();
        sketching.sketch(row, sketch);
        const findings = findObstacles(world, row);
        expect(
          sketch.list.grounds.map(({ kind, podKey, isFinal }) => [kind, podKey, isFinal]),
        ).toEqual(
          findings.map(({ obstacle: { kind, code }, podKey }) => [
            kind,
            podKey,
            code === "UnschedulableAndUnresolvable",
          ]),
        );
        const sizes = findings.map(({ size }) => size ?? 0);
        expect(sketch.share).toBe(Math.max(0, ...sizes));
        expect(sketch.sum).toBe(sizes.reduce((sum, size) => sum + size, 0));
        for (const { obstacle } of findings) kinds.add(obstacle.kind);
      }
    }
    expect([...kinds].sort()).toEqual([
      "affinity",
      "cordon",
      "label",
      "resource",
      "spread",
      "taint",
    ]);
  });
});
