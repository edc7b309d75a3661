// `podsim whatif`: the answer in every format, its exit codes, wrong questions, and Ctrl-C.

import { describe, expect, it } from "vitest";
import { CHANGE_FORMS } from "../../src/experiment/whatif/parse-change.ts";
import { freshFolder, podsim, SMALL, startPodsim } from "./command-line.ts";

const WEB = `workload:
  manifests:
    - objects:
        - apiVersion: apps/v1
          kind: Deployment
          metadata: { name: web }
          spec:
            replicas: 4
            selector: { matchLabels: { app: web } }
            template:
              metadata: { labels: { app: web } }
              spec:
                containers:
                  - { name: main, image: "web:1", resources: { requests: { cpu: "1" } } }
        - apiVersion: policy/v1
          kind: PodDisruptionBudget
          metadata: { name: web }
          spec: { minAvailable: 4, selector: { matchLabels: { app: web } } }
  generators:
`;
const SCENARIO = SMALL.replace("workload:\n  generators:\n", WEB).replace(/faults:(?:.|\n)*/, "");
const FILES = { "s.yaml": SCENARIO };
const whatif = (...args: string[]) =>
  podsim(["whatif", "s.yaml", ...args], { cwd: freshFolder(FILES) });
const DRAIN = ["--do", "drain n-1 at 2m"];
const FREED = [...DRAIN, "--do", "set pdb/web minAvailable=3"];

describe("podsim whatif", () => {
  it("reads the price list that it is given", () => {
    const { code, stderr } = whatif(...DRAIN, "--prices", "none.csv");
    expect([code, stderr]).toEqual([3, expect.stringContaining("none.csv")]);
  });

  it("answers in words, with every pod, workload and budget it touches", () => {
    const { code, stdout } = whatif(...DRAIN);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^WHATIF {3}drain n-1 at 2m \(drain of node n-1\)\n/);
    expect(stdout).toMatch(/\nON {7}small, seed 1, 5m0s\n/);
    expect(stdout).toMatch(
      /\nBLOCKED {2}1 eviction was held up by budgets, the longest 2m55.1s; 1 never came/,
    );
    expect(stdout).toMatch(
      /\ndefault\/web +n-1 +web-.* needs 4 healthy pods and has 4 currently\n/,
    );
    const freed = whatif(...FREED).stdout;
    expect(freed).toMatch(/\nANSWER {3}\d pods? moves?/);
    expect(freed).toMatch(
      /\ndefault\/web-\S+ +moved +n-1 +n-\d .* evicted-by-api by 'drain n-1 at/,
    );
    expect(freed).toMatch(/\ndefault\/Deployment\/web +4 -> 4 +4 -> 4 +4 -> 3 /);
  });

  it("has a record for programs, rows for tables, names for scripts", () => {
    const record = JSON.parse(whatif(...FREED, "-o", "json").stdout) as {
      readonly pods: readonly { readonly namespace: string; readonly pod: string }[];
    };
    expect(record).toMatchObject({
      schemaVersion: "podsim.dev/whatif/v1",
      changes: [{ text: "drain n-1 at 2m", atUs: 120_000_000 }, { atUs: null }],
      end: { atUs: 300_000_000, isWhole: true },
      study: null,
    });
    expect(record.pods.length).toBeGreaterThan(0);
    const names = whatif(...FREED, "-o", "name")
      .stdout.trimEnd()
      .split("\n");
    expect(names).toEqual(record.pods.map(({ namespace, pod }) => `${namespace}/${pod}`));
    const csv = whatif(...FREED, "-o", "csv")
      .stdout.trimEnd()
      .split("\n");
    expect(csv[0]).toMatch(/^namespace,pod,workload,outcome,from,to,/);
    expect(csv).toHaveLength(record.pods.length + 1);
    expect(whatif(...FREED, "-o", "yaml").stdout).toContain("outcome: moved\n");
    expect(whatif(...FREED, "-o", "markdown").stdout).toContain("| pod | outcome | from | to |");
  });

  it("exits 1 if something is touched, only when asked to", () => {
    expect(whatif(...FREED).code).toBe(0);
    expect(whatif(...FREED, "--exit-code").code).toBe(1);
    const same = whatif("--do", "weight NodeResourcesFit=1", "--exit-code");
    expect([same.code, same.stdout.includes("nothing is different")]).toEqual([0, true]);
  });

  it("exits 1 if a gate fails under the change", () => {
    const { code, stdout } = whatif(...FREED, "--threshold", "evictions=0");
    expect([code, /\nFAILED {3}evictions=0 +0 +\d\n/.test(stdout)]).toEqual([1, true]);
    expect(whatif(...FREED, "--threshold", "evictions<9").code).toBe(0);
  });

  it("gives intervals over replications, the same bytes each time", () => {
    const args = [...FREED, "--vary", "arrivals,lifetimes", "-n", "5"];
    const { code, stdout } = whatif(...args);
    expect(code).toBe(0);
    expect(stdout).toContain("pods by outcome over 5 replications");
    expect(stdout).toMatch(/COMPARE {2}change against baseline on small/);
    expect(whatif(...args).stdout).toBe(stdout);
  });

  it("reads objects from stdin and places them anew if asked", () => {
    const pods = ["a", "b"].map((name) => ({
      ...{ apiVersion: "v1", kind: "Pod", metadata: { name, uid: name } },
      spec: {
        nodeName: "n-0",
        containers: [{ name: "c", image: "c:1", resources: { requests: { cpu: "1" } } }],
      },
      status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
    }));
    const nodes = ["n-0", "n-1"].map((name) => ({
      ...{ apiVersion: "v1", kind: "Node", metadata: { name, uid: name } },
      status: { allocatable: { cpu: "4", memory: "8Gi", pods: "10" } },
    }));
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: [...nodes, ...pods] });
    const args = ["whatif", "-", "--reschedule", "--do", "cordon n-1", "-o", "json"];
    const { code, stdout, stderr } = podsim(args, { input });
    expect(code).toBe(0);
    expect(stderr).toContain("2 pods that have a node were placed anew under both");
    expect(JSON.parse(stdout)).toMatchObject({ rescheduled: true, counts: { moved: 1 } });
  });

  it("takes a scheduler's configuration from a file", () => {
    const config = `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles: [{ plugins: { multiPoint: { disabled: [{ name: "PodTopologySpread" }] } } }]
`;
    const cwd = freshFolder({ ...FILES, "sched.yaml": config });
    const args = ["whatif", "s.yaml", "--do", "config sched.yaml"];
    expect(podsim(args, { cwd }).stdout).toContain("(the scheduler is configured by sched.yaml)");
    expect(whatif("--do", "config none.yaml").code).toBe(3);
  });

  it("refuses what cannot be asked, with the word that is wrong", () => {
    const { code, stderr, stdout } = whatif("--do", "drian n-1", "--do", "lose");
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toContain("--do 1:1:1: error[E_CHANGE]: 'drian' is no change\n");
    expect(stderr).toContain("hint: did you mean 'drain'?");
    expect(stderr).toContain("--do 2:1:5: error[E_CHANGE]: expected what is lost");
    expect(whatif("--do", "drain n-7").stderr).toMatch(/n-7\n {6}\| {7}\^\^\^\nhint: did you mean/);
    expect(JSON.parse(whatif("--do", "drian", "-o", "json").stdout)).toMatchObject({
      problems: [{ code: "E_CHANGE", column: 1 }],
    });
    expect(whatif().code).toBe(2);
    expect(podsim(["whatif", "--do", "drain n-1"]).code).toBe(2);
    expect(whatif(...DRAIN, "-n", "5").stderr).toContain("-n needs something that varies");
    expect(whatif(...DRAIN, "--vary", "moods").code).toBe(2);
  });

  it("lists every change in its help as the grammar has it", () => {
    const help = podsim(["whatif", "--help"]).stdout;
    const [, list = ""] = help.split(/\nChanges [^\n]*\n/);
    const forms = list.split("\n").flatMap((line) => (/^ {2}\w/.test(line) ? [line.trim()] : []));
    expect(forms).toEqual(CHANGE_FORMS.map(({ form }) => form));
  });

  it("stopped by Ctrl-C leaves what both runs have come to, marked", async () => {
    const args = ["whatif", "s.yaml", ...FREED, "--for", "99999h", "-o", "json"];
    const { child, end } = startPodsim(args, { cwd: freshFolder(FILES) });
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    child.kill("SIGINT");
    const { code, stdout, stderr } = await end;
    expect(code).toBe(130);
    expect(stderr).toContain("stopped: these are partial results");
    expect(JSON.parse(stdout)).toMatchObject({ end: { isWhole: false }, study: null });
  });
});
