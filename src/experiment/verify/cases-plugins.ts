// Recorded cases about single plugins: filter, score, arguments, messages, and small decisions.
//
// Objects stand in these cases as upstream's own tests build them: no API defaulting, no validation.
// Expectations are partial: only what `expect` holds is compared.

import { compareText, Decoder } from "../../base/index.ts";
import {
  Code,
  CycleState,
  type FilterPlugin,
  formatCode,
  formatFitError,
  implementsPoint,
  NodeStatuses,
  type NodeRow,
  type Plugin,
  type PluginHandle,
  type PodInfo,
  type PreFilterPlugin,
  type PreScorePlugin,
  type RegistryEntry,
  type ScorePlugin,
  type Status,
  SUCCESS,
} from "../../scheduler/index.ts";
import {
  type CaseKinds,
  type CaseOutcome,
  compareValues,
  type Difference,
  type RecordedCase,
} from "./case-format.ts";
import { checkSmallDecision } from "./cases-decision.ts";
import { withGates } from "./feature-gates.ts";
import { RecordedWorld } from "./recorded-world.ts";

/** The checks of this file by kind. */
export const pluginCaseKinds: CaseKinds = new Map([
  ["filter", withGates(checkFilter)],
  ["score", withGates(checkScore)],
  ["config", withGates(checkArguments)],
  ["fit-error", withGates(checkFitError)],
  ["decision", withGates(checkSmallDecision)],
]);

interface RecordedStatus {
  readonly code: string;
  readonly reasons?: readonly string[];
}

/** A plugin on its own with the cluster of its case. */
interface PluginCase {
  readonly name: string;
  readonly world: RecordedWorld;
  readonly plugin: Plugin;
  readonly pod: PodInfo;
  readonly nodes: readonly NodeRow[];
}

/** The plugin of the case, ready to be asked; a text says why it cannot be. */
function preparePlugin(recorded: RecordedCase): PluginCase | string {
  const pluginName = String(recorded["plugin"]);
  const pending = recorded["pod"] ?? {};
  const objects = (recorded["objects"] ?? []) as readonly unknown[];
  const mutations = (recorded["mutations"] ?? []) as readonly { readonly pod: unknown }[];
  const world = new RecordedWorld(objects, [pending, ...mutations.map((each) => each.pod)], {
    defaulting: false,
  });
  const entry = world.plugins.find(pluginName);
  if (entry === undefined) return `plugin ${pluginName}`;
  const handle = { cache: world.cache, objects: world.objects };
  const plugin = createPlugin(entry, recorded["args"], handle);
  const pod = world.podInfo(world.decodePod(pending));
  const nodes = world.cache.refreshSnapshot();
  if (plugin.notSimulated?.(pod) !== undefined) return pluginName;
  return { name: String(recorded["name"]), world, plugin, pod, nodes };
}

function createPlugin(entry: RegistryEntry, args: unknown, handle: PluginHandle): Plugin {
  const source = new Decoder({ value: args ?? undefined });
  return entry.factory(entry.readArguments?.(source), handle);
}

function unsupported(...names: string[]): CaseOutcome {
  return { kind: "unsupported", names };
}

interface ExpectedFilter {
  readonly preFilter?: RecordedStatus;
  readonly preFilterNodes?: readonly string[];
  readonly nodes?: Readonly<Record<string, RecordedStatus>>;
}

interface Mutation {
  readonly op: "AddPod" | "RemovePod";
  readonly node: string;
  readonly pod: unknown;
}

function checkFilter(recorded: RecordedCase): CaseOutcome {
  const prepared = preparePlugin(recorded);
  if (typeof prepared === "string") return unsupported(prepared);
  const { name, world, plugin, pod, nodes } = prepared;
  const expect = (recorded["expect"] ?? {}) as ExpectedFilter;
  const differences: Difference[] = [];
  const state = new CycleState();
  const outcome = implementsPoint(plugin, "preFilter")
    ? (plugin as PreFilterPlugin).preFilter(state, pod, nodes)
    : { status: SUCCESS };
  if (expect.preFilter !== undefined) {
    const what = "preFilter";
    compareValues(
      differences,
      { case: name, what },
      inOrder(expect.preFilter),
      shown(outcome.status),
    );
  }
  if (expect.preFilterNodes !== undefined) {
    const left =
      outcome.nodeNames === undefined ? undefined : [...outcome.nodeNames].sort(compareText);
    const wanted = [...expect.preFilterNodes].sort(compareText);
    compareValues(differences, { case: name, what: "preFilterNodes" }, wanted, left);
  }
  for (const mutation of (recorded["mutations"] ?? []) as readonly Mutation[]) {
    mutate(prepared, state, mutation);
  }
  for (const [node, expected] of Object.entries(expect.nodes ?? {})) {
    const row = world.cache.findRow(node);
    const got = row === undefined ? undefined : (plugin as FilterPlugin).filter(state, pod, row);
    const place = { case: name, node, what: "filter" };
    compareValues(
      differences,
      place,
      inOrder(expected),
      got === undefined ? undefined : shown(got),
    );
  }
  return { kind: "checked", differences };
}

/** Puts a pod on a node (or takes it off) after PreFilter, as preemption and nominations do. */
function mutate({ world, plugin, pod }: PluginCase, state: CycleState, mutation: Mutation): void {
  const other = { ...world.podInfo(world.decodePod(mutation.pod)), nodeName: mutation.node };
  const row = world.cache.findRow(mutation.node);
  if (row === undefined) return;
  const { addPod, removePod } = plugin as PreFilterPlugin;
  if (mutation.op === "AddPod") {
    world.cache.addPod(other);
    addPod?.call(plugin, state, pod, other, row);
  } else {
    world.cache.removePod(other.uid);
    removePod?.call(plugin, state, pod, other, row);
  }
}

interface ExpectedScore {
  readonly preScore?: RecordedStatus;
  readonly raw?: Readonly<Record<string, number>>;
  readonly normalized?: Readonly<Record<string, number>>;
}

function checkScore(recorded: RecordedCase): CaseOutcome {
  const prepared = preparePlugin(recorded);
  if (typeof prepared === "string") return unsupported(prepared);
  const { name, world, plugin, pod } = prepared;
  const expect = (recorded["expect"] ?? {}) as ExpectedScore;
  const names = recorded["feasibleNodes"] as readonly string[] | undefined;
  const rows =
    names === undefined
      ? prepared.nodes
      : names.map((each) => world.cache.findRow(each) as NodeRow);
  const differences: Difference[] = [];
  const state = new CycleState();
  const preScored = implementsPoint(plugin, "preScore")
    ? (plugin as PreScorePlugin).preScore(state, pod, rows)
    : SUCCESS;
  if (expect.preScore !== undefined) {
    const what = "preScore";
    compareValues(differences, { case: name, what }, inOrder(expect.preScore), shown(preScored));
  }
  if (preScored.code === Code.Success) {
    const scorer = plugin as ScorePlugin;
    const scores = rows.map((row) => scorer.score(state, pod, row));
    comparePerNode(differences, prepared, "raw", expect.raw, rows, scores);
    scorer.normalizeScores?.(state, pod, rows, scores);
    comparePerNode(differences, prepared, "normalized", expect.normalized, rows, scores);
  } else if (expect.raw !== undefined) {
    compareValues(differences, { case: name, what: "raw" }, expect.raw, undefined);
  }
  return { kind: "checked", differences };
}

function comparePerNode(
  out: Difference[],
  { name, world }: PluginCase,
  what: string,
  expected: Readonly<Record<string, number>> | undefined,
  rows: readonly NodeRow[],
  scores: readonly number[],
): void {
  for (const [node, wanted] of Object.entries(expected ?? {})) {
    const position = rows.findIndex((row) => world.cache.nodeName(row) === node);
    compareValues(out, { case: name, node, what }, wanted, scores[position]);
  }
}

/** Compares the complaint about a plugin's arguments: its path and text. */
function checkArguments(recorded: RecordedCase): CaseOutcome {
  const name = String(recorded["name"]);
  const world = new RecordedWorld([], [], { defaulting: false });
  const entry = world.plugins.find(String(recorded["plugin"]));
  if (entry?.readArguments === undefined) {
    return unsupported(`arguments of ${String(recorded["plugin"])}`);
  }
  const source = new Decoder({ value: recorded["args"] ?? undefined });
  entry.readArguments(source);
  const problem = source.problems.find((each) => each.severity === "error");
  const got = problem === undefined ? undefined : `${problem.path ?? ""}: ${problem.message}`;
  const { error } = (recorded["expect"] ?? {}) as { readonly error?: string };
  const differences: Difference[] = [];
  compareValues(differences, { case: name, what: "error" }, error, got);
  return { kind: "checked", differences };
}

interface FitErrorInput {
  readonly numAllNodes: number;
  readonly diagnosis: {
    readonly NodeToStatus?: {
      readonly absentNodesStatus?: RecordedStatus;
      readonly nodeToStatus?: Readonly<Record<string, RecordedStatus>>;
    };
    readonly PreFilterMsg?: string;
    readonly PostFilterMsg?: string;
  };
}

function checkFitError(recorded: RecordedCase): CaseOutcome {
  const { diagnosis, numAllNodes } = recorded["input"] as FitErrorInput;
  const statuses = new NodeStatuses();
  const { absentNodesStatus, nodeToStatus } = diagnosis.NodeToStatus ?? {};
  if (absentNodesStatus !== undefined) statuses.absent = statusOf(absentNodesStatus);
  for (const [index, status] of Object.values(nodeToStatus ?? {}).entries()) {
    statuses.set((index + 1) as NodeRow, statusOf(status));
  }
  const got = formatFitError({
    allNodeCount: numAllNodes,
    statuses,
    preFilterMessage: diagnosis.PreFilterMsg ?? "",
    postFilterMessage: diagnosis.PostFilterMsg ?? "",
  });
  const { wantReasonMsg } = recorded["expect"] as { readonly wantReasonMsg?: string };
  const differences: Difference[] = [];
  const place = { case: String(recorded["name"]), what: "message" };
  compareValues(differences, place, wantReasonMsg, got);
  return { kind: "checked", differences };
}

/** A recorded status; its code does not matter for a message. */
function statusOf(recorded: RecordedStatus): Status {
  return { code: Code.Unschedulable, plugin: "", reasons: recorded.reasons ?? [] };
}

function shown(status: Status): RecordedStatus {
  return { code: formatCode(status.code), reasons: [...status.reasons] };
}

function inOrder(recorded: RecordedStatus): RecordedStatus {
  return { code: recorded.code, reasons: recorded.reasons ?? [] };
}
