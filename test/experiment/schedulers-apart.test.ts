// Two clusters in one run: schedulers whose pods and nodes have nothing in common do not touch.
//
// The union must be the two runs made apart (MR11), to the microsecond. Below a hundred nodes every node
// is looked at, so nodes of the other part change no order; whatever is drawn is keyed by names. There is
// room for every pod: one that was refused is woken by pods leaving anywhere, as upstream's hints have it.

import { describe, expect, it } from "vitest";
import { InputError } from "../../src/base/index.ts";
import { decodeScenario, prepareRun, runToEnd } from "../../src/experiment/index.ts";

type Json = Record<string, unknown>;

/** A small generator of its own, so that the seeds mean the same for ever. */
function numbers(seed: number): (below: number) => number {
  let state = Math.imul(seed + 1, 2654435761) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Part {
  readonly pools: readonly Json[];
  readonly generators: readonly Json[];
  readonly scheduler: Json;
}

const SCHEDULERS: readonly Json[] = [
  {},
  { args: { tieBreak: "random" } },
  { policy: "random" },
  { policy: "round-robin" },
  { schedulerCycle: "7ms", watchLatency: "30ms" },
  { schedulerClient: { qps: 5, burst: 2 } },
];

/** Nodes, pods and a scheduler that carry the part's name everywhere. */
function partOf(name: string, draw: (below: number) => number): Part {
  const pools = Array.from({ length: 1 + draw(2) }, (_, at) => ({
    name: `${name}-pool-${at}`,
    count: 2 + draw(4),
    zones: [`${name}-1`, `${name}-2`].slice(0, 1 + draw(2)),
    labels: { part: name },
    allocatable: { cpu: String(16 + draw(16)), memory: "32Gi", pods: "110" },
  }));
  const generators = Array.from({ length: 1 + draw(2) }, (_, at) => ({
    name: `${name}-job-${at}`,
    arrivals: { process: "poisson", interval: `${1 + draw(5)}s`, count: 3 + draw(6) },
    duration: { law: "exponential", mean: `${5 + draw(60)}s` },
    pod: {
      metadata: { labels: { app: `${name}-${at}` } },
      spec: {
        schedulerName: `${name}-scheduler`,
        restartPolicy: "Never",
        nodeSelector: { part: name },
        ...(draw(3) === 0 ? { priorityClassName: "urgent" } : {}),
        ...(draw(3) === 0 ? { topologySpreadConstraints: [spread(`${name}-${at}`)] } : {}),
        containers: [
          {
            name: "c",
            image: "app:1",
            resources: { requests: { cpu: `${100 + 100 * draw(9)}m`, memory: "256Mi" } },
          },
        ],
      },
    },
  }));
  const scheduler = {
    name,
    schedulerName: `${name}-scheduler`,
    ...SCHEDULERS[draw(SCHEDULERS.length)],
  };
  return { pools, generators, scheduler };
}

function spread(app: string): Json {
  return {
    maxSkew: 1,
    topologyKey: "topology.kubernetes.io/zone",
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: { app } },
  };
}

const URGENT = {
  apiVersion: "scheduling.k8s.io/v1",
  kind: "PriorityClass",
  metadata: { name: "urgent" },
  value: 1000,
};

/** Every attempt and every placement of the pods, by pod; texts that count nodes are left out. */
function historyOf(parts: readonly Part[], seed: number): Map<string, string[]> {
  const { scenario, document, problems } = decodeScenario({
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "apart" },
    run: { study: "terminating", horizon: "3m", seed: String(seed) },
    cluster: { objects: [URGENT], nodePools: parts.flatMap(({ pools }) => pools) },
    workload: { generators: parts.flatMap(({ generators }) => generators) },
    schedulers: parts.map(({ scheduler }) => scheduler),
  });
  if (scenario === undefined || problems.length > 0) throw new InputError(problems);
  const history = new Map<string, string[]>();
  const note = (pod: string, text: string): void => {
    const texts = history.get(pod) ?? [];
    texts.push(text);
    history.set(pod, texts);
  };
  runToEnd(prepareRun({ scenario, document: document! }), {
    sinks: {
      decision: ({ pod, atUs, scheduler, result, node, score, ties }) =>
        note(pod, `${atUs} ${scheduler} ${result} ${node} ${score} ${ties}`),
      pod: ({ name, node, createdUs, boundUs, startedUs, finishedUs, departure }) =>
        note(name, `${node} ${createdUs} ${boundUs} ${startedUs} ${finishedUs} ${departure}`),
    },
  });
  return history;
}

describe("two schedulers with clusters of their own in one run", () => {
  it("are the union of the two runs made apart (100 seeds)", () => {
    let pods = 0;
    let refused = 0;
    for (let seed = 0; seed < 100; seed++) {
      const draw = numbers(seed);
      const parts = [partOf("east", draw), partOf("west", draw)];
      const together = historyOf(parts, seed);
      const apart = new Map(parts.flatMap((part) => [...historyOf([part], seed)]));
      expect([...together.keys()].sort(), `seed ${seed}`).toEqual([...apart.keys()].sort());
      for (const [pod, texts] of together) {
        expect(texts, `seed ${seed}, pod ${pod}`).toEqual(apart.get(pod));
        pods++;
        refused += texts.filter((text) => text.includes(" unschedulable ")).length;
      }
    }
    expect(pods).toBeGreaterThan(1_000);
    expect(refused).toBe(0);
  });

  it("are not, once they share nodes: the comparison can fail", () => {
    let differing = 0;
    for (let seed = 0; seed < 10; seed++) {
      const draw = numbers(seed);
      const [east, west] = [partOf("east", draw), partOf("west", draw)];
      // The western pods may go anywhere.
      const roaming = JSON.parse(
        JSON.stringify(west).replaceAll('"nodeSelector":{"part":"west"},', ""),
      ) as Part;
      const together = historyOf([east, roaming], seed);
      const alone = historyOf([east], seed);
      for (const [pod, texts] of alone) {
        if (JSON.stringify(texts) !== JSON.stringify(together.get(pod))) differing++;
      }
    }
    expect(differing).toBeGreaterThan(0);
  });
});
