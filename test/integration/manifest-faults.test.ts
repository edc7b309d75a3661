// Claims MA1 to MA17 about wrong and odd manifests, each as a user meets it: what is refused, with
// which exit code and where; what is named and goes on. Details of each rule are tested with its reader.
import { describe, expect, it } from "vitest";
import { InputError } from "../../src/base/index.ts";
import { decodeScenario, prepareRun, runToEnd } from "../../src/experiment/index.ts";
import type { ResultNote } from "../../src/metrics/index.ts";

interface Outcome {
  readonly exitCode: number;
  /** code:line of every error. */
  readonly errors: readonly string[];
  readonly notes: readonly ResultNote[];
  readonly prepared: ReturnType<typeof prepareRun> | undefined;
}

function read(text: string): Outcome {
  const { scenario, document, problems } = decodeScenario({
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "faults" },
    run: { study: "terminating", until: "drained", horizon: "1h", seed: "1" },
    cluster: {
      nodePools: [
        {
          name: "n",
          count: 3,
          zones: ["a", "b", "c"],
          allocatable: { cpu: "4", memory: "8Gi", pods: "110", "ephemeral-storage": "10Gi" },
        },
      ],
    },
  });
  expect(problems).toEqual([]);
  const bytes = new TextEncoder().encode(text);
  try {
    const extra = [{ name: "m.yaml", bytes }];
    const prepared = prepareRun({ scenario: scenario!, document: document!, extra });
    return { exitCode: 0, errors: [], notes: prepared.notes, prepared };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const errors = error.problems
      .filter(({ severity }) => severity === "error")
      .map(({ code, file, line }) => `${code} ${file}:${line}`);
    return { exitCode: error.exitCode, errors, notes: [], prepared: undefined };
  }
}

const POD = `apiVersion: v1
kind: Pod
metadata: { name: p }
spec:
  containers:
    - name: c
      image: i
      resources: { requests: { cpu: 100m } }
`;

function pod(spec: string, name = "p"): string {
  const metadata = `metadata: { name: ${name} }`;
  return `${POD.replace("metadata: { name: p }", metadata)}  ${spec.replaceAll("\n", "\n  ")}\n`;
}

function requests(text: string): string {
  return POD.replace("{ cpu: 100m }", text);
}

function claim(name: string): string {
  const resources = "{ requests: { storage: 1Gi } }";
  return `---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: ${name} }\nspec: { accessModes: [ReadWriteOnce], resources: ${resources} }\n`;
}

function priorityClass(name: string, rest: string): string {
  return `---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: { name: ${name} }\n${rest}\n`;
}

function budget(name: string, spec: string): string {
  return `---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
}

function spread(constraint: string): string {
  return pod(
    `topologySpreadConstraints:\n  - { topologyKey: zone, labelSelector: {}, ${constraint} }`,
  );
}

function affinity(requirement: string): string {
  return pod(
    `affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [${requirement}] }] } } }`,
  );
}

describe("manifests that are refused", () => {
  it.each<[row: string, what: string, text: string, exitCode: number, error: string]>([
    ["MA3", "a unit nobody has", requests("{ cpu: 1K }"), 3, "E_INVALID_QUANTITY m.yaml:8"],
    ["MA3", "two points", requests("{ cpu: 1.5.2 }"), 3, "E_INVALID_QUANTITY m.yaml:8"],
    ["MA3", "a space", requests("{ memory: 1Gi x }"), 3, "E_INVALID_QUANTITY m.yaml:8"],
    ["MA3", "a full-width digit", requests("{ cpu: １ }"), 3, "E_INVALID_QUANTITY m.yaml:8"],
    ["MA3", "nothing", requests('{ cpu: "" }'), 3, "E_INVALID_QUANTITY m.yaml:8"],
    ["MA4", "eight exbibytes", requests("{ memory: 8Ei }"), 4, "E_LIMIT_QUANTITY m.yaml:8"],
    ["MA4", "an absurd exponent", requests("{ memory: 1e400 }"), 4, "E_LIMIT_QUANTITY m.yaml:8"],
    ["MA5", "a negative request", requests('{ cpu: "-1" }'), 3, "E_INVALID_VALUE m.yaml:8"],
    [
      "MA5",
      "a request above its limit",
      requests("{ cpu: 2 }, limits: { cpu: 1 }"),
      3,
      "E_INVALID_VALUE m.yaml:8",
    ],
    ["MA7", "an upper-case name", pod("nodeName: n", "Web"), 3, "E_INVALID_NAME m.yaml:3"],
    ["MA7", "a leading dash", pod("nodeName: n", "-web"), 3, "E_INVALID_NAME m.yaml:3"],
    ["MA7", "an emoji", pod("nodeName: n", "web🙂"), 3, "E_INVALID_NAME m.yaml:3"],
    ["MA7", "HTML", pod("nodeName: n", '"<b>"'), 3, "E_INVALID_NAME m.yaml:3"],
    [
      "MA8",
      "In without values",
      affinity("{ key: a, operator: In, values: [] }"),
      3,
      "E_INVALID_SELECTOR m.yaml:9",
    ],
    [
      "MA8",
      "an operator nobody has",
      affinity("{ key: a, operator: Near, values: [b] }"),
      3,
      "E_UNSUPPORTED_VALUE m.yaml:9",
    ],
    [
      "MA10",
      "maxSkew 0",
      spread("maxSkew: 0, whenUnsatisfiable: DoNotSchedule"),
      3,
      "E_INVALID_VALUE m.yaml:10",
    ],
    [
      "MA10",
      "minDomains with ScheduleAnyway",
      spread("maxSkew: 1, minDomains: 2, whenUnsatisfiable: ScheduleAnyway"),
      3,
      "E_INVALID_VALUE m.yaml:10",
    ],
    [
      "MA11",
      "two default priority classes",
      priorityClass("a", "value: 1\nglobalDefault: true") +
        priorityClass("b", "value: 2\nglobalDefault: true"),
      3,
      "E_TWO_DEFAULT_CLASSES m.yaml:12",
    ],
    [
      "MA11",
      "an unknown priority class",
      pod("priorityClassName: gold"),
      3,
      "E_UNKNOWN_PRIORITY_CLASS m.yaml:9",
    ],
    [
      "MA11",
      "a priority beyond 32 bits",
      priorityClass("a", "value: 4294967296"),
      3,
      "E_OUT_OF_RANGE m.yaml:5",
    ],
    [
      "MA12",
      "a budget with both bounds",
      budget("b", "{ minAvailable: 1, maxUnavailable: 1, selector: {} }"),
      3,
      "E_INVALID_VALUE m.yaml:5",
    ],
    ["MA14", "a text that is no YAML", `${POD}\t- x\n`, 3, "E_SYNTAX m.yaml:9"],
  ])("%s: %s", (_row, _what, text, exitCode, error) => {
    const outcome = read(text);
    expect(outcome).toMatchObject({ exitCode, errors: expect.arrayContaining([error]) });
  });

  it("show all their errors at once", () => {
    const outcome = read(`${requests("{ cpu: 1K }")}---\n${pod("priorityClassName: gold", "Web")}`);
    expect(outcome.errors).toEqual([
      "E_INVALID_QUANTITY m.yaml:8",
      "E_INVALID_NAME m.yaml:12",
      "E_UNKNOWN_PRIORITY_CLASS m.yaml:18",
    ]);
  });
});

const GANG = `apiVersion: scheduling.volcano.sh/v1beta1
kind: PodGroup
metadata: { name: g }
spec: { minMember: 100 }
`;

describe("manifests that are read, and say what is odd about them", () => {
  it.each<
    [row: string, what: string, text: string, code: string, message: RegExp, blocks: boolean]
  >([
    ["MA1", "an unknown kind", GANG.replace("PodGroup", "Q"), "UNSIMULATED_KIND", /kind Q /, true],
    [
      "MA1",
      "a harmless kind",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: m }\n",
      "UNSIMULATED_KIND",
      /kind ConfigMap \(v1\)/,
      false,
    ],
    [
      "MA2",
      "a field without effect",
      pod("dnsPolicy: Default"),
      "UNSIMULATED_FIELD",
      /dnsPolicy/,
      false,
    ],
    ["MA2", "a mistyped field", pod("nodeSelektor: {}"), "UNKNOWN_FIELD", /nodeSelektor/, true],
    [
      "MA2",
      "resource claims",
      pod("resourceClaims: [{ name: g, resourceClaimName: g }]"),
      "UNSIMULATED_RULE",
      /DynamicResources/,
      true,
    ],
    [
      "MA2",
      "a claim that nobody binds",
      `${pod("volumes: [{ name: v, persistentVolumeClaim: { claimName: v } }]")}${claim("v")}`,
      "NO_STORAGE",
      /^the pods of Pod default\/p wait for claim v: it names no storage class, no class is the default/,
      false,
    ],
    [
      "MA6",
      "a pod too large for every node",
      requests("{ cpu: 5 }"),
      "NEVER_FITS",
      /^Pod default\/p fits on no node, even an empty one: 0\/3 nodes are available: 3 Insufficient cpu\.$/,
      false,
    ],
    [
      "MA6",
      "a node that nobody has",
      pod("nodeSelector: { disk: ssd }"),
      "NEVER_FITS",
      /3 node\(s\) didn't match Pod's node affinity\/selector/,
      false,
    ],
    [
      "MA8",
      "Gt on a text: a term that matches nothing",
      affinity("{ key: kubernetes.io/hostname, operator: Gt, values: ['1'] }"),
      "NEVER_FITS",
      /didn't match Pod's node affinity/,
      false,
    ],
    [
      "MA12",
      "budgets that overlap",
      `${POD.replace("name: p }", "name: p, labels: { app: a } }")}${budget("b1", "{ minAvailable: 1, selector: { matchLabels: { app: a } } }")}${budget("b2", "{ minAvailable: 1, selector: {} }")}`,
      "E_OVERLAPPING_BUDGETS",
      /budgets b1, b2 overlap/,
      false,
    ],
    [
      "MA13",
      "an owner that is nowhere",
      POD.replace(
        "name: p }",
        "name: p, ownerReferences: [{ apiVersion: example.com/v1, kind: Robot, name: r, uid: u }] }",
      ),
      "E_MISSING_OWNER",
      /1 owner reference to a Robot that is not given; ignored/,
      false,
    ],
    ["MA17", "a gang larger than the cluster", GANG, "UNSIMULATED_KIND", /kind PodGroup /, true],
    [
      "C5",
      "a scheduler that nobody is",
      pod("schedulerName: mine"),
      "NO_SCHEDULER",
      /no scheduler here is called 'mine' \(known: default-scheduler\)/,
      false,
    ],
  ])("%s: %s", (_row, _what, text, code, message, blocks) => {
    const { errors, notes } = read(text);
    expect(errors).toEqual([]);
    const found = notes.filter((note) => note.code === code && message.test(note.message));
    expect(found.map((note) => note.changesScheduling)).toEqual([blocks]);
  });

  it("MA6: a pod that fits nowhere is no reason to stop", () => {
    const { prepared } = read(`${requests("{ cpu: 5 }")}---\n${pod("hostname: q", "q")}`);
    const result = runToEnd(prepared!);
    expect(result.counts).toMatchObject({ podsRunningAtEnd: 1, podsPendingAtEnd: 1 });
    expect(result.notes.filter(({ code }) => code === "NEVER_FITS").length).toBe(1);
  });

  it("C5: a pod that names an unknown scheduler stays pending and says so", () => {
    const { prepared } = read(pod("schedulerName: mine"));
    expect(runToEnd(prepared!).pendingAtEnd).toEqual([
      {
        pod: "default/p",
        message:
          "its schedulerName is mine, and no profile is called so (there is default-scheduler)",
      },
    ]);
  });

  it("a gated pod waits and says for what", () => {
    const { prepared } = read(pod("schedulingGates: [{ name: example.com/wait }]"));
    const result = runToEnd(prepared!);
    expect(result.pendingAtEnd.map(({ message }) => message)).toEqual([
      expect.stringMatching(/non-empty scheduling gates/),
    ]);
    expect(result.decisions.attemptsCount).toBe(0);
  });

  it("MA5: a limit without a request is one", () => {
    const { prepared } = read(POD.replace("requests: { cpu: 100m }", "limits: { cpu: 5 }"));
    expect(prepared!.notes.map(({ code }) => code)).toContain("NEVER_FITS");
  });

  it("MA4: half a nano is rounded away from zero, and counts as something", () => {
    const { errors, prepared } = read(requests("{ cpu: 0.5n }"));
    expect(errors).toEqual([]);
    expect(prepared!.registry.get(0).requests.milliCpu).toBe(1);
  });

  it("MA9: ten thousand labels and terms take no noticeable time", () => {
    const labels = Array.from({ length: 10_000 }, (_, k) => `l${k}: v`).join(", ");
    const terms = Array.from(
      { length: 10_000 },
      (_, k) => `{ key: a, operator: In, values: [v${k}] }`,
    ).join(", ");
    const text = affinity(terms).replace("name: p }", `name: p, labels: { ${labels} } }`);
    const { errors, notes } = read(text);
    expect(errors).toEqual([]);
    expect(notes.map(({ code }) => code)).toEqual(["NEVER_FITS"]);
  }, 10_000);

  it("MA13: owners in a circle are let go, and nothing is deleted for it", () => {
    const set = (name: string, owner: string): string =>
      `---\napiVersion: apps/v1\nkind: ReplicaSet\nmetadata: { name: ${name}, uid: ${name}, ownerReferences: [{ apiVersion: apps/v1, kind: ReplicaSet, name: ${owner}, uid: ${owner} }] }\nspec: { replicas: 1, selector: { matchLabels: { a: ${name} } }, template: { metadata: { labels: { a: ${name} } }, spec: { containers: [{ name: c, image: i }] } } }\n`;
    const { notes, prepared } = read(set("s1", "s2") + set("s2", "s1"));
    expect(notes.filter(({ code }) => code === "E_OWNER_CYCLE").length).toBe(2);
    const result = runToEnd(prepared!);
    expect(result.counts).toMatchObject({ podsRunningAtEnd: 2, podsTerminatingAtEnd: 0 });
  });

  it("MA17: a group named by a pod is dropped as the API server drops it while the gate is off", () => {
    const notes = read(pod("schedulingGroup: { podGroupName: g }")).notes;
    expect(notes).toMatchObject([
      { code: "UNSIMULATED_FIELD", message: expect.stringContaining("spec.schedulingGroup") },
    ]);
  });
});
