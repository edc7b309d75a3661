// `podsim plan --require` and `--removable`: every format, the same bytes for any number of threads, exit
// codes, and the wrong ways to ask.

import { describe, expect, it } from "vitest";
import { freshFolder, podsim, SMALL } from "./command-line.ts";

const SHOP = `apiVersion: podsim.dev/v1
kind: Scenario
metadata: { name: shop }
run: { study: terminating, until: drained }
cluster:
  nodePools:
    - { name: n, count: 2, zones: [a, b], allocatable: { cpu: "4", pods: "50" }, pricePerHour: 0.1 }
    - { name: big, count: 1, allocatable: { cpu: "16", pods: "50" }, pricePerHour: 0.35 }
  objects:
    - apiVersion: apps/v1
      kind: Deployment
      metadata: { name: web }
      spec:
        replicas: 21
        selector: { matchLabels: { app: web } }
        template:
          metadata: { labels: { app: web } }
          spec: { containers: [{ name: c, image: "web:1", resources: { requests: { cpu: "1" } } }] }
`;
const cwd = freshFolder({ "shop.yaml": SHOP, "small.yaml": SMALL });
const plan = (...args: string[]) => podsim(["plan", ...args], { cwd });
const GATE = ["shop.yaml", "--require", "unschedulable=0"];

describe("podsim plan --require", () => {
  it("answers, says what decided it, and shows every point", () => {
    const { code, stdout } = plan(...GATE, "--pool", "n", "--lose", "zone:1");
    expect(code).toBe(0);
    // 21 pods: 16 on the big node, 5 on two of the small ones; the larger zone of four has two.
    expect(stdout).toMatch(
      /^ANSWER {4}n 4: 5 nodes, 2 more than given, 0\.75\/h \(\+0\.20\); smallest/,
    );
    expect(stdout).toMatch(/\nWORST {5}zone a lost: unschedulable 0, one run\n/);
    expect(stdout).toMatch(
      /\nNEXT ONE {2}n 3, zone a lost: misses unschedulable=0: 1, one run; 1 pods/,
    );
    expect(stdout).toMatch(/\nn 4 +5 +0\.75 +meets /);
  });

  it("finds the cheapest mix, with the same bytes for one and two threads", () => {
    const one = plan(...GATE, "-o", "json", "--workers", "1");
    const two = plan(...GATE, "-o", "json", "--workers", "2");
    expect([one.code, two.code]).toEqual([0, 0]);
    expect(two.stdout).toBe(one.stdout);
    const record: unknown = JSON.parse(one.stdout);
    expect(record).toMatchObject({
      schemaVersion: "podsim.dev/plan/v1",
      answer: { counts: [2, 1], costPerHourMicros: 550_000 },
      untriedCount: 0,
    });
  });

  it("has rows, a page and a name", () => {
    const rows = plan(...GATE, "--pool", "n", "-o", "csv").stdout.split("\n");
    expect(rows[0]).toMatch(/^point,nodes,costPerHourMicros,state,loss,requirement/);
    expect(rows).toContainEqual(expect.stringMatching(/^"n 2",3,550000,"met","none"/));
    expect(plan(...GATE, "--pool", "n", "-o", "markdown").stdout).toContain(
      "| n 2 | 3 | 0.55 | meets |",
    );
    expect(plan(...GATE, "--pool", "n", "-o", "name").stdout).toBe("n 2\n");
  });

  it("exits 1 where nothing does", () => {
    const none = plan("shop.yaml", "--require", "running>100", "--pool", "n", "--max", "8");
    expect([none.code, none.stdout.split("\n")[0]]).toEqual([
      1,
      "ANSWER    none: nothing up to n 8 meets running>100",
    ]);
  });

  it.each([
    [["shop.yaml"], 2, "no question"],
    [["--require", "unschedulable=0"], 2, "no cluster"],
    [["shop.yaml", "--require", "nonsense<1"], 2, "is no measure"],
    [[...GATE, "--lose", "rack"], 2, "is no loss"],
    [[...GATE, "--lose-at", "soon"], 2, "no duration"],
    [[...GATE, "-n", "10"], 2, "needs something that varies"],
    [[...GATE, "--vary", "weather"], 2, "there are arrivals"],
    [
      ["small.yaml", "--require", "unschedulable=0", "--vary", "arrivals", "-n", "3"],
      2,
      "fewer than 5",
    ],
    [[...GATE, "--confidence", "200%"], 2, "confidence"],
    [[...GATE, "--removable"], 2, "exclude each other"],
    [[...GATE, "--pool", "m"], 3, "there is no node pool 'm'"],
    [[...GATE, "--add", "m5.lage"], 3, "did you mean m5.large?"],
  ] as const)("%j is refused with %i: %s", (args, exit, words) => {
    const { code, stderr } = plan(...args);
    expect([code, stderr]).toEqual([exit, expect.stringContaining(words)]);
  });
});
