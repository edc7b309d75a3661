// Claims about volumes in a whole run: bound claims decide where pods go, missing ones keep them
// waiting, and what nobody binds is named instead of guessed.

import { describe, expect, it } from "vitest";
import { decodeScenario, prepareRun, runToEnd } from "../../src/experiment/index.ts";
import type { ResultNote } from "../../src/metrics/index.ts";
import { claim, onNodes, using, volume } from "../scheduler/plugins/volumes/storage-objects.ts";

type Json = Readonly<Record<string, unknown>>;

const containers = [{ name: "c", image: "i:1", resources: { requests: { cpu: "1" } } }];

function pod(name: string, claimName: string): Json {
  const spec = { containers, ...using(claimName) };
  return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default" }, spec };
}

/** The last word about every pod ("" = waiting), and what was told before and during the run. */
function run(objects: readonly Json[]): {
  readonly nodes: Readonly<Record<string, string>>;
  readonly messages: ReadonlySet<string>;
  readonly before: readonly string[];
  readonly after: readonly string[];
} {
  const allocatable = { cpu: "4", memory: "8Gi", pods: "10" };
  const scenario = {
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "t" },
    run: { horizon: "2m" },
    cluster: { nodePools: [{ name: "n", count: 3, allocatable }] },
  };
  const reading = decodeScenario(scenario, { file: "t" });
  const text = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  const extra = [{ name: "o.json", bytes: Buffer.from(text) }];
  const prepared = prepareRun({ scenario: reading.scenario!, document: reading.document!, extra });
  const nodes: Record<string, string> = {};
  const messages = new Set<string>();
  const told = (notes: readonly ResultNote[]): string[] =>
    notes.filter(({ code }) => code === "UNSIMULATED_RULE").map(({ message }) => message);
  const before = told(prepared.notes);
  const result = runToEnd(prepared, {
    check: "deep",
    onDecision: ({ pod: { name }, nodeName, decision }) => {
      nodes[name] = nodeName;
      if (decision.message !== "") messages.add(decision.message);
    },
  });
  return { nodes, messages, before, after: told(result.notes) };
}

const UNBOUND = "VolumeBinding: the pod has a claim that is not bound, and nobody binds it";

describe("volumes in a run", () => {
  it("a pod follows the volume its claim is bound to, and nothing has to be told", () => {
    const bound = volume("v", { nodeAffinity: onNodes("n-2") });
    const { nodes, before, after } = run([claim("c", { volume: "v" }), bound, pod("p", "c")]);
    expect(nodes["p"]).toBe("n-2");
    expect([before, after]).toEqual([[], []]);
  });

  it("a pod whose claim does not exist waits, in upstream's words", () => {
    const { nodes, messages, after } = run([pod("p", "c")]);
    expect(nodes["p"]).toBe("");
    expect([...messages].join()).toContain('persistentvolumeclaim "c" not found');
    expect(after).toEqual([]);
  });

  it("a claim that is not bound is named before the run, and the pod is placed without it", () => {
    const { nodes, before, after } = run([claim("c"), pod("p", "c")]);
    expect(nodes["p"]).not.toBe("");
    expect([before, after]).toEqual([[UNBOUND], [UNBOUND]]);
  });

  it("claims that a StatefulSet is going to make are named before the run as well", () => {
    const labels = { app: "web" };
    const set = {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "web", namespace: "default" },
      spec: {
        replicas: 2,
        serviceName: "web",
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
        volumeClaimTemplates: [
          {
            metadata: { name: "data" },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
        ],
      },
    };
    const { nodes, before, after } = run([set]);
    expect(nodes["web-0"]).not.toBe("");
    expect([before, after]).toEqual([[UNBOUND], [UNBOUND]]);
  });
});
