// Claims about a dump of a living cluster: what runs goes on running where it is, owners that are
// missing are inferred and act, secrets reach no output, and the form of the file changes nothing.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dump as toYaml } from "js-yaml";
import { describe, expect, it } from "vitest";
import { decodeScenario, prepareRun, runToEnd, startRun } from "../../src/experiment/index.ts";
import type { DecisionRow, PodRow, RunResult } from "../../src/metrics/index.ts";
import { freshFolder, podsim } from "../cli/command-line.ts";
import { CANARY, dump } from "./dump.ts";

interface Outcome {
  readonly result: RunResult;
  readonly pods: PodRow[];
  readonly decisions: DecisionRow[];
}

function prepared(text: string, faults: readonly object[] = [], horizon = "1h") {
  const { scenario, document, problems } = decodeScenario(
    {
      apiVersion: "podsim.dev/v1",
      kind: "Scenario",
      metadata: { name: "dump" },
      run: { study: "terminating", horizon, seed: "1" },
      cluster: {},
      faults,
    },
    { hasOtherObjects: true },
  );
  expect(problems).toEqual([]);
  const bytes = new TextEncoder().encode(text);
  return prepareRun({
    scenario: scenario!,
    document: document!,
    extra: [{ name: "stdin", bytes }],
  });
}

function outcomeOf(prepare: ReturnType<typeof prepared>): Outcome {
  const pods: PodRow[] = [];
  const decisions: DecisionRow[] = [];
  const sinks = {
    pod: (row: PodRow): unknown => pods.push(row),
    decision: (row: DecisionRow): unknown => decisions.push(row),
  };
  const run = startRun(prepare, { sinks: sinks as never, check: "deep" });
  while (run.advance(10_000));
  return { result: run.finish(), pods, decisions };
}

const JSON_TEXT = JSON.stringify(dump(), undefined, 2);

describe("a dump of a living cluster", () => {
  it("goes on as it was: every pod where it is, none made again, only the waiting one is tried", () => {
    const { result, pods, decisions } = outcomeOf(prepared(JSON_TEXT));
    const places = pods.map(({ name, node, phase }) => [name, node, phase]);
    expect(places.sort()).toEqual([
      ["agent-x1", "n1", "Running"],
      ["agent-x2", "n2", "Running"],
      ["agent-x3", "n3", "Running"],
      ["cache-0", "n3", "Running"],
      ["huge", "", "Pending"],
      ["report-zz", "n3", "Succeeded"],
      ["web-5d9c7b6f4d-aaaaa", "n1", "Running"],
      ["web-5d9c7b6f4d-bbbbb", "n2", "Running"],
    ]);
    expect(new Set(decisions.map(({ pod }) => pod))).toEqual(new Set(["huge"]));
    expect(result.pendingAtEnd.map(({ pod }) => pod)).toEqual(["shop/huge"]);
    expect(result.counts).toMatchObject({ nodes: 3, podsRunningAtEnd: 6, podsPendingAtEnd: 1 });
    expect(result.departures).toEqual({
      evictedByTaintCount: 0,
      evictedByApiCount: 0,
      evictedByKubeletCount: 0,
      preemptedCount: 0,
      lostWithNodeCount: 0,
      deletedCount: 0,
    });
  });

  it("says which owners it made up, from how many pods, and what can never run", () => {
    const { notes } = prepared(JSON_TEXT);
    const inferred = notes.filter(({ code }) => code === "INFERRED_OWNER");
    expect(inferred.map(({ message, count }) => [message.split(" is not")[0], count])).toEqual([
      ["StatefulSet shop/cache", 1],
      ["DaemonSet shop/agent", 3],
      ["Job shop/report", 1],
    ]);
    expect(notes.filter(({ code }) => code === "NEVER_FITS")).toMatchObject([
      { message: expect.stringContaining("Pod shop/huge"), changesScheduling: false },
    ]);
    expect(notes.filter((note) => note.changesScheduling)).toEqual([]);
  });

  it("owners given and inferred bring pods back when a node dies", () => {
    const crash = { kind: "NodeCrash", node: "n3", at: "1m" };
    const { pods, result } = outcomeOf(prepared(JSON_TEXT, [crash], "30m"));
    // A StatefulSet waits for the old pod to be gone for certain, which a dead node cannot say.
    expect(pods.filter(({ name }) => name === "cache-0").map(({ node }) => node)).toEqual(["n3"]);
    const web = outcomeOf(prepared(JSON_TEXT, [{ ...crash, node: "n1" }], "30m"));
    const ready = web.pods.filter(
      ({ name, node }) => name.startsWith("web-5d9c7b6f4d-") && node !== "n1" && node !== "",
    );
    expect(ready.length).toBe(2);
    expect(result.counts.nodes).toBe(3);
    expect(web.result.workloads.find(({ name }) => name === "web")).toMatchObject({
      desiredCount: 2,
      readyAtEndCount: 2,
    });
  });

  it("an inferred DaemonSet wants the nodes that it has, no more", () => {
    const whole = dump();
    const items = whole.items.filter((item) => !JSON.stringify(item).includes('"name":"agent-x3"'));
    expect(items.length).toBe(whole.items.length - 1);
    const { pods } = outcomeOf(prepared(JSON.stringify({ ...whole, items })));
    const agents = pods.filter(({ name }) => name.startsWith("agent-"));
    expect(agents.map(({ name, node, phase }) => [name, node, phase]).sort()).toEqual([
      ["agent-x1", "n1", "Running"],
      ["agent-x2", "n2", "Running"],
    ]);
  });

  it("a rollout that was under way goes on with the outdated pods alone", () => {
    const text = JSON_TEXT.replace(
      /("name": "agent-x1"[\s\S]*?"controller-revision-hash": )"7c5b6d"/,
      '$1"older"',
    );
    expect(text).not.toBe(JSON_TEXT);
    const newer = JSON.parse(text) as { items: { metadata: Record<string, unknown> }[] };
    for (const { metadata } of newer.items)
      if (metadata["name"] === "agent-x2") metadata["creationTimestamp"] = "2026-03-09T08:00:00Z";
    const { pods } = outcomeOf(prepared(JSON.stringify(newer)));
    const running = pods.filter(
      ({ name, phase }) => name.startsWith("agent-") && phase === "Running",
    );
    expect(
      running.map(({ name, node }) => (name === `agent-x${node.slice(1)}` ? name : node)).sort(),
    ).toEqual(["agent-x2", "agent-x3", "n1"]);
  });

  it("is the same as YAML, as several documents, and in another order of keys", () => {
    const whole = dump();
    const yaml = toYaml(whole, { noRefs: true });
    const documents = whole.items.map((item) => toYaml(item, { noRefs: true })).join("---\n");
    const reversed = JSON.stringify(reverseKeys(whole));
    const [json, ...others] = [JSON_TEXT, yaml, documents, reversed].map((text) => {
      const { scenario: _, notes, ...result } = runToEnd(prepared(text));
      // Only the lines that notes point at belong to the text.
      const said = notes.map(({ message, ...note }) => ({
        ...note,
        message: message.replace(/stdin:\d+/, "stdin"),
      }));
      return JSON.stringify([result, said.map((note) => JSON.stringify(note)).sort()]);
    });
    expect(others.map((other) => other === json)).toEqual([true, true, true]);
  });

  it("leaves the same bytes when it is run again, and a hash that tells inputs apart", () => {
    const [first, second] = [prepared(JSON_TEXT), prepared(JSON_TEXT)];
    expect(JSON.stringify(runToEnd(first))).toBe(JSON.stringify(runToEnd(second)));
    expect(first.inputHash).toBe(second.inputHash);
    expect(prepared(JSON_TEXT.replace('"cpu": "5"', '"cpu": "6"')).inputHash).not.toBe(
      first.inputHash,
    );
  });

  it("keeps secrets out of every file and of everything printed, read from stdin", () => {
    const cwd = freshFolder({ "cluster.json": JSON_TEXT });
    const out = join(cwd, "out");
    const texts: [what: string, text: string][] = [];
    const commands = [
      ["run", "-f", "-", "--output-dir", "out", "-o", "json"],
      ["run", "cluster.json", "--output-dir", "again", "--check-deep", "--debug"],
      ["validate", "-f", "-", "-o", "json"],
      ["explain", "-f", "-", "huge"],
    ];
    for (const args of commands) {
      const { code, stdout, stderr } = podsim(args, { cwd, input: JSON_TEXT });
      expect([args, stderr, code]).toEqual([args, stderr, 0]);
      texts.push([`${args.join(" ")}: stdout`, stdout], [`${args.join(" ")}: stderr`, stderr]);
    }
    for (const folder of [out, join(cwd, "again")]) {
      const names = readdirSync(folder);
      expect(names).toEqual(
        expect.arrayContaining(["decisions.csv", "pods.csv", "run.json", "summary.json"]),
      );
      for (const name of names) texts.push([name, readFileSync(join(folder, name), "utf8")]);
    }
    expect(JSON_TEXT).toContain(CANARY);
    expect(texts.filter(([, text]) => text.includes(CANARY)).map(([what]) => what)).toEqual([]);
  });

  it("keeps secrets out of what the simulation itself holds", () => {
    const prepare = prepared(JSON_TEXT);
    const run = startRun(prepare);
    while (run.advance(10_000));
    expect(textsOfAll([prepare, run]).filter((text) => text.includes(CANARY))).toEqual([]);
  });
});

function reverseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reverseKeys(inner)]),
  );
}

// Every text that can be reached, except the positions that errors are shown from.
function textsOfAll(roots: readonly unknown[]): string[] {
  const seen = new Set<unknown>();
  const texts: string[] = [];
  const open = [...roots];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === "string") texts.push(value);
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (ArrayBuffer.isView(value)) continue;
    if (value.constructor?.name === "PositionedDocument") continue;
    if (value instanceof Map) open.push(...value.keys(), ...value.values());
    else if (value instanceof Set) open.push(...value);
    else open.push(...Object.keys(value), ...Object.values(value));
  }
  return texts;
}
