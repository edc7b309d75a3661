// Claims about volumes in a whole run: bound claims decide where pods go, unbound ones are bound or
// keep them waiting, and what nobody will ever bind is told before the run.

import { describe, expect, it } from "vitest";
import { decodeScenario, prepareRun, runToEnd } from "../../src/experiment/index.ts";
import {
  claim,
  onNodes,
  storageClass,
  using,
  volume,
} from "../scheduler/plugins/volumes/storage-objects.ts";

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
  const before = prepared.notes.map(({ code, message }) => `${code} ${message}`);
  runToEnd(prepared, {
    check: "deep",
    onDecision: ({ pod: { name }, nodeName, decision }) => {
      nodes[name] = nodeName;
      if (decision.message !== "") messages.add(decision.message);
    },
  });
  return { nodes, messages, before };
}

const IMMEDIATE = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.";

function statefulSet(name: string, replicas: number, storageClassName: string): Json {
  const labels = { app: name };
  const resources = { requests: { storage: "1Gi" } };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name, namespace: "default" },
    spec: {
      replicas,
      serviceName: name,
      podManagementPolicy: "Parallel",
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
      volumeClaimTemplates: [
        {
          metadata: { name: "data" },
          spec: { storageClassName, accessModes: ["ReadWriteOnce"], resources },
        },
      ],
    },
  };
}

describe("volumes in a run", () => {
  it("a pod follows the volume its claim is bound to, and nothing has to be told", () => {
    const bound = volume("v", { nodeAffinity: onNodes("n-2") });
    const { nodes, before } = run([claim("c", { volume: "v" }), bound, pod("p", "c")]);
    expect(nodes["p"]).toBe("n-2");
    expect(before).toEqual([]);
  });

  it("a pod whose claim does not exist waits, in upstream's words", () => {
    const { nodes, messages, before } = run([pod("p", "c")]);
    expect(nodes["p"]).toBe("");
    expect([...messages].join()).toContain('persistentvolumeclaim "c" not found');
    expect(before.filter((note) => note.startsWith("NO_STORAGE"))).toEqual([]);
  });

  it("a claim without a class in a cluster without storage keeps its pod waiting, told before", () => {
    const { nodes, messages, before } = run([claim("c"), pod("p", "c")]);
    expect(nodes["p"]).toBe("");
    expect([...messages]).toEqual([IMMEDIATE]);
    expect(before).toEqual([
      "NO_STORAGE the pods of Pod default/p wait for claim c: it names no storage class, no class is the default, and no volume is without a class",
    ]);
  });

  it("a claim without a class gets the default one, and a volume from its driver", () => {
    const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
    const fast = storageClass("fast", { metadata: { name: "fast", annotations } });
    const { nodes, messages, before } = run([fast, claim("c"), pod("p", "c")]);
    expect(nodes["p"]).toBe("n-0");
    expect([...messages].filter((message) => message !== IMMEDIATE)).toEqual([]);
    expect(before).toEqual([]);
  });

  it("the pods of a StatefulSet spread over the local volumes that there are", () => {
    const local = storageClass("local", { provisioner: "kubernetes.io/no-provisioner" });
    const volumes = ["n-1", "n-2"].map((node) =>
      volume(`on-${node}`, { storageClassName: "local", nodeAffinity: onNodes(node) }),
    );
    const { nodes, before } = run([local, ...volumes, statefulSet("db", 3, "local")]);
    expect(Object.values(nodes).sort()).toEqual(["", "n-1", "n-2"]);
    expect(before).toEqual([]);
  });

  it("a class that does not exist is told before the run", () => {
    const { nodes, before } = run([statefulSet("db", 2, "missing")]);
    expect(nodes["db-0"]).toBe("");
    expect(before).toEqual([
      "NO_STORAGE the pods of StatefulSet default/db wait for claim data-db-0: storage class missing does not exist",
    ]);
  });
});
