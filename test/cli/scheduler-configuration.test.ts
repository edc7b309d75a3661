// Claims about a KubeSchedulerConfiguration given with -s: what is wrong is shown at its place with
// exit 3, what is right decides, several profiles share one scheduler.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshFolder, podsim, SMALL, startPodsim } from "./command-line.ts";

const HEAD = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n";

function runWith(body: string, head: string = HEAD): ReturnType<typeof podsim> {
  const folder = freshFolder({ "small.yaml": SMALL, "config.yaml": `${head}${body}` });
  return podsim(["run", "small.yaml", "-s", "config.yaml", "-o", "name"], { cwd: folder });
}

describe("what is wrong is refused at line and column", () => {
  it.each<[row: string, body: string, places: readonly RegExp[]]>([
    [
      "C1 unknown plugin, misspelt extension point, plugin enabled twice",
      `profiles:
  - plugins:
      filter: { enabled: [{ name: NodeResourceFit }] }
      skore: {}
      score: { enabled: [{ name: ImageLocality }, { name: ImageLocality }] }
`,
      [
        /^config\.yaml:5:35: error\[E_UNKNOWN_PLUGIN\]: .*'NodeResourceFit'/m,
        /^config\.yaml:6:7: error\[E_UNKNOWN_FIELD\]: profiles\[0\]\.plugins\.skore/m,
        /^config\.yaml:7:59: error\[E_DUPLICATE\]: .*ImageLocality is enabled twice/m,
      ],
    ],
    [
      "C2 weights below 0 and beyond 32 bits",
      `profiles:
  - plugins:
      score:
        enabled:
          - { name: ImageLocality, weight: -1 }
          - { name: NodeAffinity, weight: 2147483648 }
`,
      [
        /^config\.yaml:7:44: error\[E_RANGE\]: .*-1/m,
        /^config\.yaml:8:43: error\[E_RANGE\]: .*2147483648/m,
      ],
    ],
    ["C3 above 100", "percentageOfNodesToScore: 101\n", [/^config\.yaml:3:27: error\[E_RANGE\]/m]],
    ["C3 below 0", "percentageOfNodesToScore: -1\n", [/^config\.yaml:3:27: error\[E_RANGE\]/m]],
    [
      "C4 initial back-off above the maximum",
      "podInitialBackoffSeconds: 20\npodMaxBackoffSeconds: 10\n",
      [/^config\.yaml:4:23: error\[E_RANGE\]: .*10 is below podInitialBackoffSeconds \(20\)/m],
    ],
    [
      "C4 back-off of 0 and below",
      "podInitialBackoffSeconds: 0\npodMaxBackoffSeconds: -5\n",
      [/^config\.yaml:3:27: error\[E_RANGE\]/m, /^config\.yaml:4:23: error\[E_RANGE\]/m],
    ],
    [
      "C5 two profiles with one name",
      "profiles:\n  - schedulerName: one\n  - schedulerName: one\n",
      [/^config\.yaml:5:20: error\[E_DUPLICATE\]: .*two profiles are named 'one'/m],
    ],
    [
      "C8 arguments of the wrong type",
      `profiles:
  - pluginConfig:
      - name: NodeResourcesFit
        args: { scoringStrategy: { type: 7, resources: cpu } }
      - { name: InterPodAffinity, args: { hardPodAffinityWeight: lots } }
`,
      [
        /^config\.yaml:6:42: error\[E_TYPE\]: profiles\[0\]\.pluginConfig\[0\]\.args\.scoringStrategy\.type: expected text/m,
        /^config\.yaml:6:56: error\[E_TYPE\]: .*scoringStrategy\.resources: expected a list/m,
        /^config\.yaml:7:66: error\[E_TYPE\]: .*hardPodAffinityWeight: expected a whole number/m,
      ],
    ],
  ])("%s", (_row, body, places) => {
    const { code, stderr } = runWith(body);
    for (const place of places) expect(stderr).toMatch(place);
    expect(stderr.match(/error\[/g)).toHaveLength(places.length);
    expect(code).toBe(3);
  });

  it.each([
    [
      "kubescheduler.config.k8s.io/v1beta3",
      /^config\.yaml:1:13: error\[.*v1beta3 is not read any more/,
    ],
    ["kubescheduler.config.k8s.io/v1alpha1", /^config\.yaml:1:13: error\[.*v1alpha1/],
    ["v1", /^config\.yaml:1:13: error\[.*'v1' is not a scheduler configuration/],
  ])("C6 the API version %s is refused by name", (version, text) => {
    const { code, stderr } = runWith(
      "",
      `apiVersion: ${version}\nkind: KubeSchedulerConfiguration\n`,
    );
    expect(stderr).toMatch(text);
    expect(code).toBe(3);
  });
});

describe("what is right decides", () => {
  it("C2 a weight of 0 is a weight of 1, C3 a percentage of 0 means adaptive", () => {
    const fingerprint = (body: string): string | undefined =>
      /fingerprint (\w+)/.exec(runWith(body).stderr)?.[1];
    const weighted = (weight: number): string =>
      `profiles:\n  - plugins: { score: { disabled: [{ name: "*" }], enabled: [{ name: NodeResourcesBalancedAllocation, weight: ${weight} }] } }\n`;
    const plain = fingerprint("");
    expect(plain).toBeDefined();
    expect(fingerprint("percentageOfNodesToScore: 0\n")).toBe(plain);
    expect(fingerprint(weighted(0))).toBe(fingerprint(weighted(1)));
  });

  it("C5 pods of every profile are scheduled by it; one that names none is never picked up", () => {
    const packing = `profiles:
  - schedulerName: default-scheduler
  - schedulerName: packing
    pluginConfig:
      - name: NodeResourcesFit
        args: { scoringStrategy: { type: MostAllocated, resources: [{ name: cpu, weight: 1 }] } }
`;
    const folder = freshFolder({ "objects.json": objects(), "config.yaml": `${HEAD}${packing}` });
    const args = ["objects.json", "-s", "config.yaml", "--output-dir", "out", "-o", "json"];
    const { code, stdout, stderr } = podsim(["run", ...args], { cwd: folder });
    expect(code, stderr).toBe(0);
    const result = JSON.parse(stdout);
    expect(result.counts).toMatchObject({ podsCreated: 9, podsBound: 8 });
    expect(result.notes).toMatchObject([{ code: "NO_SCHEDULER", count: 1 }]);
    expect(result.notes[0].message).toMatch(/'nobody' \(known: default-scheduler, packing\)/);
    expect(result.pendingAtEnd).toHaveLength(1);
    expect(result.pendingAtEnd[0]).toMatchObject({ pod: "default/lost" });
    // Packing fills one node; the default profile spreads over all.
    const nodesOf = (kind: string): Set<string> =>
      new Set(
        readFileSync(join(folder, "out/pods.csv"), "utf8")
          .split("\n")
          .filter((line) => line.includes(`${kind}-`))
          .map((line) => /"node-[abcd]"/.exec(line)?.[0] ?? line),
      );
    expect(nodesOf("packing").size).toBe(1);
    expect(nodesOf("spread").size).toBeGreaterThan(1);
    const lost = podsim(["explain", "out", "lost"], { cwd: folder });
    expect(lost.stdout.replace(/\s+/g, " ")).toMatch(
      /schedulerName is nobody, and no profile is called so/,
    );
  });
});

describe("C7 extenders", () => {
  it("are never contacted, and stop the run unless that is permitted", async () => {
    let requests = 0;
    const server = createServer((_request, response) => {
      requests++;
      response.end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const config = `${HEAD}extenders:\n  - { urlPrefix: "http://127.0.0.1:${port}/x", filterVerb: filter, weight: 1 }\n`;
    const folder = freshFolder({ "small.yaml": SMALL, "config.yaml": config });
    const args = ["run", "small.yaml", "-s", "config.yaml", "-o", "json"];
    const refused = await startPodsim(args, { cwd: folder }).end;
    expect(refused.code).toBe(3);
    expect(JSON.parse(refused.stdout).problems[0].message).toMatch(/extender .* is never called/);
    const permitted = await startPodsim([...args, "--allow-unsimulated"], { cwd: folder }).end;
    expect(permitted.code).toBe(0);
    expect(JSON.parse(permitted.stdout).notes).toMatchObject([{ code: "SCHEDULER" }]);
    expect(requests).toBe(0);
    server.close();
  });
});

function objects(): string {
  const nodes = ["node-a", "node-b", "node-c", "node-d"].map((name) => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name },
    status: {
      allocatable: { cpu: "8", memory: "16Gi", pods: "110" },
      conditions: [{ type: "Ready", status: "True" }],
    },
  }));
  const pod = (name: string, schedulerName: string): object => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      schedulerName,
      containers: [
        { name: "c", image: "i:1", resources: { requests: { cpu: "1", memory: "2Gi" } } },
      ],
    },
  });
  const pods = [0, 1, 2, 3].flatMap((k) => [
    pod(`packing-${k}`, "packing"),
    pod(`spread-${k}`, "default-scheduler"),
  ]);
  const items = [...nodes, ...pods, pod("lost", "nobody")];
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}
