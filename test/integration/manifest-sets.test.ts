// Claims about manifests that others wrote, thirteen public sets, on a cluster of mixed node shapes:
// nothing crashes, nothing is lost without a word, every pod is placed or says why not.
//
// Counts are compared with a second reading of the files that shares no code with podsim's.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type PreparedRun, prepareRun, runToEnd, startRun } from "../../src/experiment/index.ts";
import { loadRunInput } from "../../src/experiment/node.ts";
import type { DecisionRow, PodRow } from "../../src/metrics/index.ts";
import { FeasibilityChecker } from "./feasibility-checker.ts";
import { type PlainObject, plainObjectsBelow } from "./plain-manifests.ts";
import { messageFault } from "./upstream-messages.ts";

const SETS = new URL("../../../shared/data/manifests/", import.meta.url);
const SCENARIO = fileURLToPath(new URL("../../scenarios/mixed-shapes.yaml", import.meta.url));
const CLUSTER_NODES = 16;

/** As the sets' README counts: objects with a kind, pods wanted. */
const COUNTS: readonly (readonly [set: string, objects: number, pods: number])[] = [
  ["online-boutique", 35, 12],
  ["sock-shop", 88, 26],
  ["kubernetes-examples", 90, 68],
  ["kube-prometheus", 43, 7],
  ["open-simulator", 54, 291],
  ["train-ticket", 157, 72],
  ["karpenter-workloads", 57, 72],
  ["metallb", 53, 4],
  ["nvidia-device-plugin", 10, 6],
  ["metrics-server", 27, 2],
  ["kueue-examples", 55, 12],
  ["volcano-examples", 53, 43],
  ["kwok-stages", 62, 10],
];

/** What must be named before the command goes on, by set: kinds, rules, pieces. Nothing else may block. */
const BLOCKING: Readonly<Record<string, readonly RegExp[]>> = {
  "online-boutique": [],
  "train-ticket": [],
  "nvidia-device-plugin": [],
  "kube-prometheus": [/kind Alertmanager /, /kind Prometheus /],
  "karpenter-workloads": [/kind NodePool /, /kind EC2NodeClass /],
  "kubernetes-examples": [/spec\.metrics\.pods/],
  "sock-shop": [/23-grafana-import-dash-batch\.yaml:25: document is left out: not YAML/],
  "open-simulator": [
    /rs-calico\.yaml:10: ReplicaSet kube-system\/calico-kube-controllers is left out: spec\.selector: Required value/,
    /nodes\/master-1\.json:1: document is left out: kind: Required value/,
    /nodes\/worker-1\.json:1: /,
    /newnode\/demo_1\/node-1\.json:1: /,
  ],
  metallb: [],
  "metrics-server": [
    /base\/deployment\.yaml:7: Deployment kube-system\/metrics-server is left out: spec\.selector/,
    /autoscale\/patch\.yaml:1: document is left out: a piece of .*autoscale\/kustomization\.yaml/,
    /high-availability\/patch\.yaml:\d: document is left out: a piece of/,
    /patch-pdb-version\.yaml:1: document is left out: a piece of/,
    /kind Component /,
    /kind Kustomization /,
  ],
  "kueue-examples": [/kind ClusterQueue /, /kind RayJob /, /kind JobSet /, /kind Workflow /],
  "volcano-examples": [/kind Job \(batch\.volcano\.sh/, /kind PodGroup /, /kind SparkApplication /],
  "kwok-stages": [/pod-ready\.output\.yaml:1: document is left out: apiVersion: Required value/],
};

/** Everything else that may block: rules for volumes, as long as they are not simulated. */
const MAY_BLOCK = /^(VolumeRestrictions|NodeVolumeLimits|VolumeBinding|VolumeZone): the pod has /;

async function prepared(set: string): Promise<PreparedRun> {
  const input = await loadRunInput({
    inputs: [SCENARIO, fileURLToPath(new URL(set, SETS))],
    recursive: true,
    allowOutside: false,
    overrides: [],
    schedulers: [],
    seed: undefined,
    horizon: undefined,
    thresholds: [],
    maxInputBytes: undefined,
    noPlugins: true,
  });
  return prepareRun(input);
}

function plainObjects(set: string): PlainObject[] {
  return plainObjectsBelow(fileURLToPath(new URL(set, SETS)));
}

/** A Deployment adopts a ReplicaSet that its selector matches and brings it down: both counts are other ones. */
const ADOPTIONS: ReadonlySet<string> = new Set([
  "Deployment default/deploy-with-volcano",
  "ReplicaSet default/nginx",
]);

describe.skipIf(!existsSync(SETS))(
  "manifests that others wrote (skipped: ../shared is absent)",
  () => {
    it.each(COUNTS)("%s: a second reading counts %i objects and %i pods", (set, objects, pods) => {
      const plain = plainObjects(set);
      expect(plain.length).toBe(objects);
      expect(plain.reduce((sum, object) => sum + object.pods, 0)).toBe(pods);
    });

    it.each(COUNTS)("%s: every object is used, replaced, unsupported or left out", async (set) => {
      const { cluster, scenario } = await prepared(set);
      const [read] = cluster.sets;
      const pools = scenario.cluster.nodePools.reduce((sum, pool) => sum + pool.count, 0);
      expect(pools).toBe(CLUSTER_NODES);
      const used = read!.objects.length - pools - read!.inferredOwners.length;
      const unsupported = read!.unsupportedKinds.reduce((sum, kind) => sum + kind.count, 0);
      const replaced = read!.problems.filter(({ code }) => code === "E_DUPLICATE_OBJECT").length;
      const plain = plainObjects(set);
      const kindedFiles = new Set(plain.map((object) => object.file));
      const leftOut = read!.leftOut.filter(({ problem }) => kindedFiles.has(problem.file!)).length;
      expect(used + unsupported + replaced + leftOut).toBe(plain.length);
      expect(read!.problems.filter(({ severity }) => severity === "error")).toEqual([]);
    });

    it.each(COUNTS)("%s: stops for exactly what could change scheduling", async (set) => {
      const { notes } = await prepared(set);
      const blocking = notes.filter((note) => note.changesScheduling).map(({ message }) => message);
      for (const expected of BLOCKING[set]!)
        expect(blocking).toContainEqual(expect.stringMatching(expected));
      if (BLOCKING[set]!.length === 0)
        expect(blocking.filter((message) => !MAY_BLOCK.test(message))).toEqual([]);
      for (const message of blocking) expect(message).not.toContain(fileURLToPath(SETS));
    });

    it.each(COUNTS)("%s: every pod is placed, or says why not in upstream's words", async (set) => {
      const prepare = await prepared(set);
      const rows: PodRow[] = [];
      const nodeNames = new Set<string>();
      const lastDecision = new Map<number, DecisionRow>();
      // Every sink, as the command line has them: rows are written by code that may fail, too.
      const run = startRun(prepare, {
        sinks: {
          node: (row) => nodeNames.add(row.name),
          sample: (row) => expect(row.atUs).toBeGreaterThanOrEqual(0),
          event: (row) => expect(row.reason).not.toBe(""),
          pod: (row) => rows.push(row),
          decision: (row) => lastDecision.set(row.uid, row),
        },
      });
      const checker = new FeasibilityChecker(run.api);
      while (run.advance(100_000));
      const result = run.finish();
      expect(checker.faults).toEqual([]);
      expect(result.end.partial).toBe(false);
      expect(rows.length).toBe(result.counts.podsCreated);
      expect(nodeNames.size).toBeGreaterThanOrEqual(result.counts.nodes);
      const notTried = new Map(result.pendingAtEnd.map(({ pod, message }) => [pod, message]));
      let waiting = 0;
      for (const row of rows) {
        if (row.node !== "") continue;
        waiting += 1;
        const decision = lastDecision.get(row.uid);
        if (decision === undefined) {
          // Nobody tried: another scheduler's pods.
          expect(notTried.get(`${row.namespace}/${row.name}`)).toMatch(
            /^its schedulerName is volcano, and no profile is called so/,
          );
        } else {
          expect(decision.result).toBe("unschedulable");
          expect([row.name, messageFault(decision.message, result.counts.nodes)]).toEqual([
            row.name,
            undefined,
          ]);
        }
      }
      expect(waiting).toBe(result.counts.podsPendingAtEnd);
    });

    it.each(COUNTS)("%s: every workload that was used has the pods it wants", async (set) => {
      const prepare = await prepared(set);
      const used = new Set(
        prepare.cluster.sets[0]!.objects.map(
          ({ object }) => `${object.kind} ${object.meta.namespace}/${object.meta.name}`,
        ),
      );
      const result = runToEnd(prepare);
      const made = new Map(
        result.workloads.map((item) => [`${item.kind} ${item.namespace}/${item.name}`, item]),
      );
      const wanted = new Map<string, number>();
      for (const object of plainObjects(set)) {
        const key = `${object.kind} ${object.namespace}/${object.name}`;
        if (
          ["Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"].includes(object.kind)
        )
          if (used.has(key) && object.apiVersion !== undefined) wanted.set(key, object.pods);
      }
      for (const [key, pods] of wanted) {
        if (ADOPTIONS.has(key)) continue;
        const item = made.get(key);
        expect([key, item?.desiredCount ?? 0]).toEqual([key, pods]);
        // A StatefulSet makes its pods one after the other, so one that waits holds up the rest.
        if (!key.startsWith("StatefulSet"))
          expect([key, item?.podsCreatedCount ?? 0]).toEqual([key, pods]);
      }
    });
  },
);
