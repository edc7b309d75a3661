// Recorded cases about the queue: its operations, its order, its gates, and the queueing hints.
//
// `queue` replays operations; `hint` and `hints` ask plugins about events; `less` and `preenqueue`
// are single answers. Cases of gates that 1.36 has off count apart.

import { compareText } from "../../base/index.ts";
import {
  Action,
  type ClusterEvent,
  createClusterEvent,
  type EventResource,
  type EventSubject,
  formatCode,
  isEventCovered,
  type PodInfo,
  type Profile,
  type QueueingHint,
} from "../../scheduler/index.ts";
import {
  type CaseKinds,
  type CaseOutcome,
  compareValues,
  type Difference,
  type RecordedCase,
} from "./case-format.ts";
import { withGates } from "./feature-gates.ts";
import { replayQueueCase } from "./queue-replay.ts";
import { RecordedWorld } from "./recorded-world.ts";

interface EventArgument {
  readonly resource: string;
  readonly action: string;
}

/** The plugins whose hints a `hints` case lists: one that is missing there does not subscribe. */
const HINTS_RECORDED: readonly string[] = [
  "NodeUnschedulable",
  "TaintToleration",
  "NodeAffinity",
  "NodePorts",
  "NodeResourcesFit",
  "PodTopologySpread",
  "InterPodAffinity",
];

const ACTIONS: Readonly<Record<string, number>> = Action;

/** The checks of this file by case kind. */
export const queueCaseKinds: CaseKinds = new Map([
  ["queue", (recorded: RecordedCase) => checked(replayQueueCase(recorded))],
  ["hint", withGates(checkHint)],
  ["hints", withGates(checkHints)],
  ["less", withGates(checkLess)],
  ["preenqueue", withGates(checkPreEnqueue)],
]);

function checked(differences: readonly Difference[]): CaseOutcome {
  return { kind: "checked", differences };
}

// --- Hints ------------------------------------------------------------------------------------------

function checkHint(recorded: RecordedCase): CaseOutcome {
  const plugin = String(recorded["plugin"]);
  const expect = recorded["expect"] as { readonly hint?: string; readonly error?: string };
  const asked = askHints(recorded, false);
  const unsupported = unsimulated(asked.profile, asked.pod, (name) => name === plugin);
  if (unsupported.length > 0) return { kind: "unsupported", names: unsupported };
  const differences: Difference[] = [];
  const place = { case: String(recorded["name"]), plugin, what: "hint" };
  const got = asked.verdicts.get(plugin);
  // An event that the plugin does not subscribe to is never asked about: it leaves the pod alone.
  compareValues(differences, place, expect.hint ?? "Queue", hintText(got ?? "Skip"));
  return checked(differences);
}

function checkHints(recorded: RecordedCase): CaseOutcome {
  const expect = recorded["expect"] as { readonly hints: Readonly<Record<string, string>> };
  const asked = askHints(recorded, true);
  const unsupported = unsimulated(asked.profile, asked.pod, (name) => name in expect.hints);
  if (unsupported.length > 0) return { kind: "unsupported", names: unsupported };
  const differences: Difference[] = [];
  for (const plugin of new Set([...HINTS_RECORDED, ...Object.keys(expect.hints)])) {
    const place = { case: String(recorded["name"]), plugin, what: "hint" };
    const got = asked.verdicts.get(plugin);
    compareValues(differences, place, expect.hints[plugin], got && hintText(got));
  }
  return checked(differences);
}

interface AskedHints {
  readonly profile: Profile;
  readonly pod: PodInfo;
  readonly verdicts: ReadonlyMap<string, QueueingHint>;
}

function askHints(recorded: RecordedCase, onlyFunctions: boolean): AskedHints {
  const world = new RecordedWorld(objectsOf(recorded), [recorded["pod"]], { defaulting: false });
  const profile = profileOf(world, recorded);
  const pod = podOf(world, recorded["pod"]);
  const { resource, action } = recorded["event"] as EventArgument;
  const kind = resource.slice(resource.indexOf("/") + 1) as EventResource;
  const event = createClusterEvent(kind, ACTIONS[action] ?? 0);
  const subject = subjectOf(world, kind, recorded["old"], recorded["new"]);
  return { profile, pod, verdicts: verdictsOf(profile, pod, event, subject, onlyFunctions) };
}

/** The plugins that subscribe to the event with their answers; `hints` cases list only functions. */
function verdictsOf(
  profile: Profile,
  pod: PodInfo,
  event: ClusterEvent,
  subject: EventSubject,
  onlyFunctions: boolean,
): ReadonlyMap<string, QueueingHint> {
  const verdicts = new Map<string, QueueingHint>();
  for (const plugin of profile.plugins) {
    const { name } = plugin;
    for (const { resource, actions, hint } of plugin.eventsToRegister?.() ?? []) {
      if (!isEventCovered(resource, actions, event)) continue;
      if (hint === undefined && onlyFunctions) continue;
      const verdict = hint === undefined ? "Queue" : hint(pod, subject);
      if (verdicts.get(name) !== "Queue") verdicts.set(name, verdict);
    }
  }
  return verdicts;
}

function subjectOf(
  world: RecordedWorld,
  kind: EventResource,
  before: unknown,
  after: unknown,
): EventSubject {
  const decode = (source: unknown, isNew: boolean): EventSubject => {
    if (source === undefined || source === null) return {};
    if (kind === "Node") {
      const node = world.decodeNode({ apiVersion: "v1", kind: "Node", ...(source as object) });
      return isNew ? { newNode: node } : { oldNode: node };
    }
    if (kind === "Pod" || kind === "AssignedPod" || kind === "UnschedulablePod") {
      const pod = podOf(world, source);
      return isNew ? { newPod: pod } : { oldPod: pod };
    }
    const object = world.decode(source);
    return isNew ? { newObject: object } : { oldObject: object };
  };
  return { ...decode(before, false), ...decode(after, true) };
}

/** The pod with exactly the uid it was given: hints ask whether two pods are the same. */
function podOf(world: RecordedWorld, source: unknown): PodInfo {
  const pod = world.podInfo(world.decodePod(source));
  const given = (source as { metadata?: { uid?: string } }).metadata?.uid;
  return { ...pod, uid: given ?? "" };
}

function profileOf(world: RecordedWorld, recorded: RecordedCase): Profile {
  const plugin = recorded["plugin"];
  const args = recorded["args"];
  const pod = recorded["pod"] as { spec?: { schedulerName?: string } };
  const schedulerName = pod?.spec?.schedulerName ?? "";
  const pluginConfig = plugin === undefined || !args ? [] : [{ name: plugin, args }];
  const configuration = world.readConfiguration({
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    profiles: [{ schedulerName: schedulerName || "default-scheduler", pluginConfig }],
  });
  const [profile] = world.createProfiles(configuration);
  // Cases without defaulting leave spec.schedulerName empty.
  return schedulerName === "" ? { ...profile!, schedulerName: "" } : profile!;
}

function hintText(hint: QueueingHint): string {
  return hint === "Queue" ? "Queue" : "QueueSkip";
}

function unsimulated(
  profile: Profile,
  pod: PodInfo,
  isConcerned: (plugin: string) => boolean,
): string[] {
  return profile.plugins
    .filter((plugin) => isConcerned(plugin.name) && plugin.notSimulated?.(pod) !== undefined)
    .map(({ name }) => name);
}

function objectsOf(recorded: RecordedCase): readonly unknown[] {
  return (recorded["objects"] ?? []) as readonly unknown[];
}

// --- Order and gates --------------------------------------------------------------------------------

interface SortableArgument {
  readonly pod: unknown;
  readonly timestamp: string;
}

function checkLess(recorded: RecordedCase): CaseOutcome {
  const world = new RecordedWorld([], [], { defaulting: false });
  const { queueSort } = profileOf(world, recorded);
  const first = recorded["a"] as SortableArgument;
  const second = recorded["b"] as SortableArgument;
  const isEarlier = compareText(sortableTime(first.timestamp), sortableTime(second.timestamp));
  const a = { pod: podOf(world, first.pod), timestampUs: isEarlier };
  const b = { pod: podOf(world, second.pod), timestampUs: 0 };
  const differences: Difference[] = [];
  const { less } = recorded["expect"] as { readonly less: boolean };
  const place = { case: String(recorded["name"]), what: "less" };
  compareValues(differences, place, less, queueSort.less(a, b));
  return checked(differences);
}

/** RFC 3339 in UTC with its fraction filled up, so that text order is time order. */
function sortableTime(timestamp: string): string {
  const [seconds = "", fraction = ""] = timestamp.replace("Z", "").split(".");
  return `${seconds}.${fraction.padEnd(9, "0")}`;
}

function checkPreEnqueue(recorded: RecordedCase): CaseOutcome {
  const plugin = String(recorded["plugin"]);
  const world = new RecordedWorld(objectsOf(recorded), [recorded["pod"]], { defaulting: false });
  const pod = podOf(world, recorded["pod"]);
  const profile = profileOf(world, recorded);
  const asked = profile.preEnqueuePlugins.find(({ name }) => name === plugin);
  const unsupported = unsimulated(profile, pod, (name) => name === plugin);
  if (asked === undefined || unsupported.length > 0)
    return { kind: "unsupported", names: [plugin] };
  const status = asked.preEnqueue(pod);
  const expect = recorded["expect"] as {
    readonly code: string;
    readonly reasons?: readonly string[];
  };
  const differences: Difference[] = [];
  const place = { case: String(recorded["name"]), plugin };
  compareValues(differences, { ...place, what: "code" }, expect.code, formatCode(status.code));
  compareValues(differences, { ...place, what: "reasons" }, expect.reasons ?? [], status.reasons);
  return checked(differences);
}
