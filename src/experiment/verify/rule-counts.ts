// Which rules the recorded cases show, and in how many that agree: the proof behind docs/fidelity.md.
//
// A rule is what can be told apart from outside: a plugin at one extension point with one reason (names
// in it left out), with scores, with a skip. A case counts once for each rule it shows, and only if
// it was compared as a whole and nothing differed.

import { compareText } from "../../base/index.ts";
import { parseCaseLines, type RecordedCase, type VerifyReport } from "./case-format.ts";
import { verifyCases } from "./cases.ts";
import { verifyDecisions } from "./decisions.ts";

/** One rule with the number of recorded cases that agree on it. */
export interface RuleCount {
  readonly plugin: string;
  /** Extension point as upstream calls it, or "QueueingHint". */
  readonly point: string;
  readonly rule: string;
  readonly count: number;
}

/** Counts rules in recorded decisions and hint cases (JSON Lines); other kinds show none. */
export function countRules(files: ReadonlyMap<string, Iterable<string>>): RuleCount[] {
  const counts = new Map<string, RuleCount>();
  for (const [file, lines] of files) {
    for (const recorded of parseCaseLines(lines, file)) {
      const rules = rulesShown(recorded);
      if (rules.size === 0 || !agrees(recorded, file)) continue;
      for (const key of rules) {
        const [plugin = "", point = "", rule = ""] = key.split("\t");
        const count = 1 + (counts.get(key)?.count ?? 0);
        counts.set(key, { plugin, point, rule, count });
      }
    }
  }
  return [...counts.values()].sort(
    (a, b) =>
      compareText(a.plugin, b.plugin) ||
      POINTS.indexOf(a.point) - POINTS.indexOf(b.point) ||
      compareText(a.rule, b.rule),
  );
}

const POINTS: readonly string[] = [
  "PreEnqueue",
  "PreFilter",
  "Filter",
  "PostFilter",
  "PreScore",
  "Score",
  "QueueingHint",
];

// Compared alone, so that the report is that of the one case.
function agrees(recorded: RecordedCase, file: string): boolean {
  const line = [JSON.stringify(recorded)];
  const report: VerifyReport =
    recorded["kind"] === undefined ? verifyDecisions(line, file) : verifyCases(line, file);
  return report.checked === 1 && report.differ === 0;
}

/** "plugin, point, rule" with tabs between. */
function rulesShown({ kind, expect }: RecordedCase): ReadonlySet<string> {
  const rules = new Set<string>();
  const expected = recordOf(expect);
  const add = (plugin: unknown, point: string, rule: string): void => {
    if (typeof plugin === "string" && plugin !== "") rules.add(`${plugin}\t${point}\t${rule}`);
  };
  if (kind === "hints") {
    for (const [plugin, hint] of Object.entries(recordOf(expected["hints"])))
      add(plugin, "QueueingHint", String(hint));
    return rules;
  }
  if (kind !== undefined) return rules;
  addVerdict(add, "PreEnqueue", recordOf(expected["preEnqueue"]));
  addPreFilter(add, expected);
  for (const node of Object.values(recordOf(expected["nodes"]))) addNode(add, recordOf(node));
  for (const plugin of textsOf(expected["skipScore"])) add(plugin, "PreScore", "Skip");
  const preemption = recordOf(expected["preemption"]);
  if (preemption["plugin"] !== undefined || preemption["code"] !== undefined)
    addPreemption(add, preemption);
  return rules;
}

type Add = (plugin: unknown, point: string, rule: string) => void;

function addVerdict(add: Add, point: string, verdict: RecordedCase): void {
  for (const reason of textsOf(verdict["reasons"])) add(verdict["plugin"], point, general(reason));
}

function addPreFilter(add: Add, expected: RecordedCase): void {
  const preFilter = recordOf(expected["preFilter"]);
  addVerdict(add, "PreFilter", preFilter);
  if (preFilter["nodes"] !== undefined)
    add("NodeAffinity", "PreFilter", "narrows the search to named nodes");
  for (const plugin of textsOf(expected["skipFilter"])) add(plugin, "PreFilter", "Skip");
}

function addNode(add: Add, node: RecordedCase): void {
  if (node["fits"] === false) {
    addVerdict(add, "Filter", node);
    return;
  }
  for (const plugin of Object.keys(recordOf(node["scores"])))
    add(plugin, "Score", "raw, normalized and weighted");
}

function addPreemption(add: Add, preemption: RecordedCase): void {
  const plugin = "DefaultPreemption";
  if (Object.keys(recordOf(preemption["candidates"])).length > 0)
    add(plugin, "PostFilter", "candidates, victims, budgets and the choice");
  for (const node of Object.values(recordOf(preemption["rejected"]))) {
    for (const reason of textsOf(recordOf(node)["reasons"]))
      add(plugin, "PostFilter", `tried in vain: ${general(reason)}`);
  }
  const message = String(preemption["message"] ?? "");
  const ineligible = /not eligible due to [^.]*/.exec(message)?.[0];
  if (ineligible !== undefined) add(plugin, "PostFilter", ineligible);
}

/** The reason without the names in it. */
function general(reason: string): string {
  const resource = /^Insufficient (.*)$/.exec(reason)?.[1];
  if (resource !== undefined && !NATIVE.includes(resource))
    return resource.startsWith("hugepages-")
      ? "Insufficient hugepages"
      : "Insufficient extended resource";
  return reason
    .replaceAll(/"[^"]*"/g, '"..."')
    .replaceAll(/\[[^\]]*\]/g, "[...]")
    .replaceAll(/PVC \S+ was not created for pod \S+/g, "PVC ... was not created for pod ...");
}

const NATIVE: readonly string[] = ["cpu", "memory", "ephemeral-storage"];

function recordOf(value: unknown): RecordedCase {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as RecordedCase)
    : {};
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}
