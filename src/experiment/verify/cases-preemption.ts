// Recorded cases about preemption: PostFilter alone, dry runs, the choice of a node, and all of it.
//
// The profile of a case names its filters, upstream's stand-ins for tests among them. Expectations
// are partial: only what `expect` holds is compared.

import { compareText, Decoder, InputError } from "../../base/index.ts";
import {
  candidatesWanted,
  Code,
  CycleState,
  type DefaultPreemption,
  errorStatus,
  type FilterLists,
  type FilterPlugin,
  formatCode,
  type NodeRow,
  NodeStatuses,
  type Plugin,
  type PodInfo,
  type PreemptionCandidate,
  type PreFilterPlugin,
  runPreFilters,
  type Status,
  SUCCESS,
  unschedulable,
} from "../../scheduler/index.ts";
import {
  type CaseKinds,
  type CaseOutcome,
  compareValues,
  type Difference,
  objectList,
  type RecordedCase,
} from "./case-format.ts";
import { withGates } from "./feature-gates.ts";
import { RecordedWorld } from "./recorded-world.ts";

/** The checks of this file by kind. */
export const preemptionCaseKinds: CaseKinds = new Map([
  ["preemption", withGates(checkPostFilter)],
  ["preemption-dryrun", withGates(checkDryRun)],
  ["preemption-select", withGates(checkSelect)],
  ["preemption-full", withGates(checkFull)],
]);

/** The cluster of a case, its filters, and the plugin itself. */
interface PreemptionCase {
  readonly name: string;
  readonly world: RecordedWorld;
  readonly filters: FilterLists;
  readonly plugin: DefaultPreemption;
  readonly fake: FakeFilter;
  readonly nodes: readonly NodeRow[];
}

function prepare(recorded: RecordedCase, pending: readonly unknown[]): PreemptionCase {
  const world = new RecordedWorld(objectList(recorded, "objects"), pending, { defaulting: false });
  const nodes = world.cache.refreshSnapshot();
  const fake = new FakeFilter(String(recorded["fakeFilter"] ?? "Success"));
  const args = (recorded["args"] ?? {}) as Readonly<Record<string, unknown>>;
  const made = new Map<string, Plugin>();
  const make = (name: string): Plugin => {
    const known = made.get(name) ?? createPlugin(world, fake, name, args[name]);
    made.set(name, known);
    return known;
  };
  const profile = (recorded["profile"] ?? {}) as Readonly<Record<string, readonly string[]>>;
  const at = (point: string): Plugin[] =>
    (profile[point] ?? []).map((entry) => make(entry.split(":")[0] ?? ""));
  const filters: FilterLists = {
    preFilterPlugins: at("preFilter") as PreFilterPlugin[],
    filterPlugins: at("filter") as FilterPlugin[],
  };
  const plugin = make("DefaultPreemption") as DefaultPreemption;
  return { name: String(recorded["name"]), world, filters, plugin, fake, nodes };
}

/** The state after PreFilter, and the pod it was asked about. */
function begin(prepared: PreemptionCase, source: unknown): { state: CycleState; pod: PodInfo } {
  const { world, filters, nodes } = prepared;
  const pod = world.podInfo(world.decodePod(source));
  const state = new CycleState();
  runPreFilters(filters, state, pod, nodes);
  return { state, pod };
}

interface RecordedStatus {
  readonly code: string;
  readonly reasons?: readonly string[];
}

function checkPostFilter(recorded: RecordedCase): CaseOutcome {
  const prepared = prepare(recorded, [recorded["pod"]]);
  const { name, world, plugin, filters } = prepared;
  const { state, pod } = begin(prepared, recorded["pod"]);
  const statuses = new NodeStatuses();
  const given = (recorded["filteredNodesStatuses"] ?? {}) as Record<string, RecordedStatus>;
  for (const [node, status] of Object.entries(given)) {
    const row = world.cache.findRow(node);
    if (row !== undefined) statuses.set(row, statusOf(status));
  }
  const outcome = plugin.postFilter(state, pod, statuses, filters);
  const expect = recorded["expect"] as {
    readonly nominated?: string;
    readonly status?: RecordedStatus;
    readonly result?: string;
  };
  const differences: Difference[] = [];
  const check = (what: string, expected: unknown, got: unknown): void => {
    if (expected !== undefined) compareValues(differences, { case: name, what }, expected, got);
  };
  check("nominated", expect.nominated, outcome.nominate ?? "");
  check("status.code", expect.status?.code, formatCode(outcome.status.code));
  check("status.reasons", expect.status?.reasons, outcome.status.reasons);
  check("result", expect.result, outcome.nominate === undefined ? "none" : "nomination");
  return { kind: "checked", differences };
}

interface RecordedCandidate {
  readonly node: string;
  readonly victims?: readonly string[];
  readonly numPDBViolations?: number;
}

interface ExpectedDryRun {
  readonly candidates?: readonly { pod: string; nodes: readonly RecordedCandidate[] }[];
  readonly filterCalls?: readonly number[];
}

function checkDryRun(recorded: RecordedCase): CaseOutcome {
  const pods = objectList(recorded, "pods");
  const prepared = prepare(recorded, pods);
  const { name, fake, nodes, plugin } = prepared;
  const expect = (recorded["expect"] ?? {}) as ExpectedDryRun;
  const isPartial = candidatesWanted(nodes.length, plugin.limits) < nodes.length;
  const differences: Difference[] = [];
  for (const [index, source] of pods.entries()) {
    const { state, pod } = begin(prepared, source);
    fake.calls = 0;
    const found = search(prepared, state, pod).map(shownCandidate);
    const recordedNodes = expect.candidates?.[index]?.nodes;
    const wanted = recordedNodes?.map(normal).sort(byNode);
    // Where a part of the nodes is enough, which part is random: each must be one of all.
    const names = new Set(wanted?.map(({ node }) => node));
    const got = isPartial ? found.filter(({ node }) => names.has(node)) : found;
    const what = `candidates of ${pod.name}`;
    if (wanted !== undefined) {
      compareValues(differences, { case: name, what }, wanted, got.sort(byNode));
    }
    const calls = expect.filterCalls?.[index];
    if (calls === undefined || isPartial) continue;
    compareValues(differences, { case: name, what: "filterCalls" }, calls, fake.calls);
  }
  return { kind: "checked", differences };
}

function checkSelect(recorded: RecordedCase): CaseOutcome {
  const prepared = prepare(recorded, [recorded["pod"]]);
  const { name, nodes, plugin, filters } = prepared;
  const { state, pod } = begin(prepared, recorded["pod"]);
  const found = plugin.search(state, pod, filters, nodes, nodes.length);
  const acceptable = found.acceptable.map((each) => each.nodeName);
  const { anyOf = [] } = recorded["expect"] as { readonly anyOf?: readonly string[] };
  const differences: Difference[] = [];
  const isRight = acceptable.length > 0 && acceptable.every((node) => anyOf.includes(node));
  if (!isRight) compareValues(differences, { case: name, what: "anyOf" }, anyOf, acceptable);
  return { kind: "checked", differences };
}

function checkFull(recorded: RecordedCase): CaseOutcome {
  if (objectList(recorded, "extenders").length > 0) {
    return { kind: "unsupported", names: ["extenders"] };
  }
  const prepared = prepare(recorded, [recorded["pod"]]);
  const { name, plugin, filters } = prepared;
  const { state, pod } = begin(prepared, recorded["pod"]);
  const statuses = new NodeStatuses();
  statuses.absent = unschedulable("");
  const { nominate, preemption } = plugin.postFilter(state, pod, statuses, filters);
  const victims = (preemption?.chosen?.victims ?? []).filter(({ deleting }) => !deleting);
  const expect = recorded["expect"] as {
    readonly nominated?: string;
    readonly deleted?: readonly string[];
  };
  const differences: Difference[] = [];
  const check = (what: string, expected: unknown, got: unknown): void =>
    compareValues(differences, { case: name, what }, expected, got);
  check("nominated", expect.nominated ?? "", nominate ?? "");
  check("deleted", [...(expect.deleted ?? [])].sort(compareText), namesOf(victims));
  return { kind: "checked", differences };
}

function search(
  { plugin, filters, nodes }: PreemptionCase,
  state: CycleState,
  pod: PodInfo,
): readonly PreemptionCandidate[] {
  const found = plugin.search(state, pod, filters, nodes, nodes.length);
  return found.candidates;
}

function shownCandidate(candidate: PreemptionCandidate): Required<RecordedCandidate> {
  const { nodeName, victims, budgetViolations } = candidate;
  return { node: nodeName, victims: namesOf(victims), numPDBViolations: budgetViolations };
}

function normal({ node, victims, numPDBViolations }: RecordedCandidate): RecordedCandidate {
  const names = [...(victims ?? [])].sort(compareText);
  return { node, victims: names, numPDBViolations: numPDBViolations ?? 0 };
}

function byNode(a: RecordedCandidate, b: RecordedCandidate): number {
  return compareText(a.node, b.node);
}

function namesOf(pods: readonly PodInfo[]): string[] {
  return pods.map(({ name }) => name).sort(compareText);
}

const CODES: ReadonlyMap<string, Code> = new Map(
  Object.values(Code).map((code): [string, Code] => [formatCode(code), code]),
);

function statusOf({ code, reasons = [] }: RecordedStatus): Status {
  return { code: CODES.get(code) ?? Code.Error, plugin: "", reasons };
}

// --- Upstream's plugins for tests -----------------------------------------------------------------

function createPlugin(world: RecordedWorld, fake: FakeFilter, name: string, args: unknown): Plugin {
  const { cache } = world;
  switch (name) {
    case "FakeFilter":
      return fake;
    case "test-plugin":
      return new FailingExtensions(world);
    case "TrueFilter":
      return filter(name, () => true);
    case "FalseFilter":
      return filter(name, () => false);
    case "MatchFilter":
      return filter(name, (pod, row) => cache.nodeName(row) === pod.name);
    case "NoPodsFilter":
      return filter(name, (_pod, row) => cache.podsOn(row).length === 0);
    default:
  }
  const entry = world.plugins.find(name);
  if (entry === undefined) {
    const message = `no plugin is named '${name}'`;
    throw new InputError([{ code: "E_RECORDED_CASE", severity: "error", message }]);
  }
  const handle = { cache, objects: world.objects };
  return entry.factory(entry.readArguments?.(new Decoder({ value: args ?? undefined })), handle);
}

function filter(name: string, passes: (pod: PodInfo, row: NodeRow) => boolean): FilterPlugin {
  const refusal = unschedulable(name, "Nodes failed the fake plugin");
  return { name, filter: (_state, pod, row) => (passes(pod, row) ? SUCCESS : refusal) };
}

/** Answers the same on every node and counts how often it is asked. */
class FakeFilter implements FilterPlugin {
  readonly name = "FakeFilter";
  calls = 0;
  private readonly answer: Status;

  constructor(code: string) {
    this.answer = statusOf({ code });
  }

  filter(): Status {
    this.calls++;
    return this.answer;
  }
}

/** Refuses to have pods put on or taken off nodes labelled error=true. */
class FailingExtensions implements PreFilterPlugin {
  readonly name = "test-plugin";
  private readonly world: RecordedWorld;

  constructor(world: RecordedWorld) {
    this.world = world;
  }

  preFilter(): { status: Status } {
    return { status: SUCCESS };
  }

  addPod(_state: CycleState, pod: PodInfo, _other: PodInfo, row: NodeRow): Status | undefined {
    return this.failure("add", pod, row);
  }

  removePod(_state: CycleState, pod: PodInfo, _other: PodInfo, row: NodeRow): Status | undefined {
    return this.failure("remove", pod, row);
  }

  private failure(what: string, pod: PodInfo, row: NodeRow): Status | undefined {
    if (this.world.cache.node(row).meta.labels.get("error") !== "true") return undefined;
    return errorStatus(this.name, `failed to ${what} pod: ${pod.name}`);
  }
}
