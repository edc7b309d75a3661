// The commands `goals` and `goal`: every goal of the design measured, judged and printed.
//
// npm run bench -- goals              all of them, 1,000 and 5,000 nodes
// npm run bench -- goal P2            one; goals P2 F3 likewise
// Each measurement runs in a process of its own, so that none shapes what is compiled for another, and
// one that breaks leaves the rest; Ctrl-C prints what there is so far.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { describeMachine, formatMachine, type Machine } from "../harness/machine.ts";
import { type Finding, GOAL_IDS, type GoalId, type GoalSettings } from "./goal.ts";
import { measureAsChild, runMeasurement } from "./goal-process.ts";
import { formatFinding, formatMarkdown, inOrder, summarize } from "./goals-table.ts";
import { GOAL_TITLES, MEASUREMENTS } from "./registry.ts";
import { summarizeFullProfile } from "./verdict.ts";

const USAGE = `usage: npm run bench -- goals [GOAL...] [options]
  --sizes 1000,5000   nodes of the clusters
  --large             1000, 5000, 15000 and 100000 nodes, and the long runs
  --slices N          medians of so many slices (5)
  --slice-ms MS       of so much CPU (75)
  --warm-up-ms MS     CPU of each side before them (1500)
  --program FILE      the built command line (dist/cli/main.js): P10, P12, P13
  --data DIR          KubeSBS input (../shared/data/kubesbs): P12
  --peers DIR         installed peers (as bench -- peers): P6
  --json FILE         all findings
  --add               keep findings that FILE holds and this run does not measure
  --markdown FILE     the table; between its marks, where FILE has them
  --list              goals and what they are about
exit 1: a goal failed (evaluators disagree, a process broke). A bar that is missed is no failure.`;

/** Where a page takes the table. */
export const MARKS = ["<!-- goals -->", "<!-- /goals -->"] as const;

/** Runs the command; `args` are those after its name. */
export async function runGoalsCommand(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      sizes: { type: "string" },
      large: { type: "boolean", default: false },
      slices: { type: "string", default: "5" },
      "slice-ms": { type: "string", default: "75" },
      "warm-up-ms": { type: "string", default: "1500" },
      program: { type: "string", default: "dist/cli/main.js" },
      data: { type: "string", default: "../shared/data/kubesbs" },
      peers: { type: "string" },
      json: { type: "string" },
      add: { type: "boolean", default: false },
      markdown: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      "as-child": { type: "string" },
    },
  });
  const usual = values.large ? "1000,5000,15000,100000" : "1000,5000";
  const settings: GoalSettings = {
    sizes: (values.sizes ?? usual)
      .split(",")
      .map(Number)
      .sort((a, b) => a - b),
    isLarge: values.large,
    slices: Number(values.slices),
    sliceMs: Number(values["slice-ms"]),
    warmUpMs: Number(values["warm-up-ms"]),
    program: values.program,
    data: values.data,
    peers: values.peers,
  };
  const unknown = positionals.filter((name) => !GOAL_IDS.includes(name as GoalId));
  const isNumber = (value: number): boolean => Number.isInteger(value) && value > 0;
  if (values.help) console.log(USAGE);
  else if (values.list) {
    for (const id of GOAL_IDS) console.log(`${id.padEnd(3)} ${GOAL_TITLES[id]}`);
  } else if (unknown.length > 0) fail(`No goal is called ${unknown.join(" or ")}.`);
  else if (
    ![...settings.sizes, settings.slices, settings.sliceMs, settings.warmUpMs].every(isNumber)
  ) {
    fail("Sizes, slices, slice-ms and warm-up-ms are whole numbers above 0.");
  } else {
    const goals = wantedGoals(positionals as GoalId[]);
    if (values["as-child"] === undefined) await runAll(goals, settings, values);
    else await measureAsChild(values["as-child"], goals, settings);
  }
}

function fail(message: string): void {
  console.error(`${message}\n${USAGE}`);
  process.exitCode = 2;
}

/** The goals that were named, or all; P3 brings those that it sums up. */
export function wantedGoals(named: readonly GoalId[]): readonly GoalId[] {
  if (named.length === 0) return GOAL_IDS;
  return GOAL_IDS.filter(
    (id) => named.includes(id) || (named.includes("P3") && id.startsWith("F")),
  );
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

async function runAll(
  goals: readonly GoalId[],
  settings: GoalSettings,
  outputs: { readonly json?: string; readonly markdown?: string; readonly add: boolean },
): Promise<void> {
  const machine = describeMachine(4_000_000);
  console.log(formatMachine(machine));
  const findings: Finding[] = [];
  const note = (finding: Finding): void => {
    findings.push(finding);
    console.log(formatFinding(finding));
  };
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  for (const name of SIGNALS) process.once(name, onSignal);
  for (const { name, goals: serves } of MEASUREMENTS) {
    const asked = goals.filter((id) => serves.includes(id));
    if (asked.length === 0) continue;
    if (stop.signal.aborted) for (const goal of asked) note(stoppedFinding(goal, machine.load));
    else await runMeasurement({ name, goals: asked, settings, note, signal: stop.signal });
  }
  if (goals.includes("P3")) note(summarizeFullProfile(findings, machine.load));
  for (const name of SIGNALS) process.off(name, onSignal);
  console.log(`\n${summarize(findings, goals)}`);
  write(findings, goals, machine, outputs);
  if (stop.signal.aborted) process.exitCode = 130;
  else if (findings.some(({ status }) => status === "FAILED")) process.exitCode = 1;
}

function stoppedFinding(goal: GoalId, load: number): Finding {
  return { goal, part: "all", unit: "", status: "not measured", note: "stopped", load };
}

function write(
  findings: readonly Finding[],
  goals: readonly GoalId[],
  machine: Machine,
  { json, markdown, add }: { readonly json?: string; readonly markdown?: string; add: boolean },
): void {
  const before =
    add && json !== undefined && existsSync(json)
      ? (JSON.parse(readFileSync(json, "utf8")) as { findings: Finding[] }).findings
      : [];
  const all = inOrder(withFullProfile(addTo(before, findings), machine.load));
  if (json !== undefined) {
    const text = JSON.stringify({ machine, goals, findings: all }, null, 2);
    writeFileSync(json, `${text}\n`);
  }
  if (markdown === undefined) return;
  const old = existsSync(markdown) ? readFileSync(markdown, "utf8") : "";
  writeFileSync(
    markdown,
    intoMarks(old, `${commandText(goals)}; ${formatMachine(machine)}.\n\n${formatMarkdown(all)}`),
  );
}

/** P3 sums up the findings of all runs that are kept. */
function withFullProfile(findings: readonly Finding[], load: number): readonly Finding[] {
  if (!findings.some(({ goal }) => goal.startsWith("F"))) return findings;
  const others = findings.filter(({ goal }) => goal !== "P3");
  return [...others, summarizeFullProfile(others, load)];
}

function commandText(goals: readonly GoalId[]): string {
  const names = goals.length === GOAL_IDS.length ? "" : ` ${goals.join(" ")}`;
  return `Last run: \`npm run bench -- goals${names}\``;
}

/**
 * Findings of an earlier run stay where the new one has none about the same part of a goal; that nothing
 * of a goal could be measured is forgotten as soon as something was.
 */
export function addTo(before: readonly Finding[], now: readonly Finding[]): readonly Finding[] {
  const keyOf = ({ goal, part }: Finding): string => `${goal} ${part}`;
  const fresh = new Set(now.filter(({ note }) => note !== "stopped").map(keyOf));
  const measured = new Set(now.flatMap(({ goal, status }) => (status === "FAILED" ? [] : [goal])));
  const kept = before.filter(
    (finding) =>
      !fresh.has(keyOf(finding)) &&
      !(finding.status === "FAILED" && finding.part === "all" && measured.has(finding.goal)),
  );
  const keptKeys = new Set(kept.map(keyOf));
  return [...kept, ...now.filter((finding) => !keptKeys.has(keyOf(finding)))];
}

/** The page with the table between its marks; the table alone where there are none. */
export function intoMarks(page: string, table: string): string {
  const [begin, end] = MARKS;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) return `${table}\n`;
  return `${page.slice(0, from + begin.length)}\n\n${table}\n\n${page.slice(to)}`;
}
