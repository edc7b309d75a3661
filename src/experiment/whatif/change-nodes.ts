// Changes of nodes: drain, cordon, lose, upgrade, another shape, more of them.
//
// Each becomes what scenarios know: edits, faults, objects that are applied. A shape is so from the
// start where no pod runs on the pool yet (or all pods are placed anew); else the nodes are exchanged.

import { type Duration, duration } from "../../base/index.ts";
import type { NodeObject } from "../../cluster/index.ts";
import { createdLike, withShape } from "../assembly/created-node.ts";
import type { EditStep, FaultSpec, NewShape, NodeRotation } from "../scenario/scenario.ts";
import { builtInShapes } from "../shapes/built-in-shapes.ts";
import { SHAPE_PROVIDERS, type ShapeProvider } from "../shapes/node-shape.ts";
import { poolNodeOf } from "../shapes/pool-shape.ts";
import type { Change, ChangeAction, NodePick, RotationPace } from "./change.ts";
import { ChangeRefused, hintOf } from "./change-words.ts";
import { type Draft, instantOf } from "./draft.ts";
import { nodesOfPicks, poolOf } from "./resolve-nodes.ts";

type Action<V extends ChangeAction["verb"]> = Extract<ChangeAction, { readonly verb: V }>;

/** What a change of nodes did, and to which. */
export interface NodeChangeDone {
  readonly taken: string;
  readonly nodes: readonly string[];
}

/** `drain`, `cordon`, `uncordon`. */
export function editNodes(
  draft: Draft,
  { text, atUs }: Change,
  action: Action<"drain" | "cordon" | "uncordon">,
): NodeChangeDone {
  const { verb } = action;
  const found = findNodes(draft, text, action.nodes);
  const nodes = namesOf(found);
  if (verb !== "drain" && atUs === undefined) {
    const members = new Set(found);
    draft.replaceObjects((object) =>
      object.kind === "Node" && members.has(object) ? marked(object, verb === "cordon") : object,
    );
    return { taken: `${verb} of ${countText(nodes)}, from the start`, nodes };
  }
  const base = { at: instantOf(atUs), path: [] };
  for (const node of nodes) {
    const edit: EditStep =
      verb === "drain"
        ? { ...base, kind: verb, node, timeout: durationOr(action.timeoutUs) }
        : { ...base, kind: verb, node };
    draft.edits.push(edit);
  }
  return { taken: `${verb} of ${countText(nodes)}`, nodes };
}

const CORDON_TAINT = "node.kubernetes.io/unschedulable";

/** The node with or without its cordon; whoever looks after the taint puts it on by itself. */
function marked(node: NodeObject, unschedulable: boolean): NodeObject {
  const taints = unschedulable
    ? node.taints
    : node.taints.filter(({ key }) => key !== CORDON_TAINT);
  return { ...node, unschedulable, taints };
}

/** `lose`: a zone outage, or crashes; without a span they stay down. */
export function loseNodes(
  draft: Draft,
  { text, atUs }: Change,
  action: Action<"lose">,
): NodeChangeDone {
  const nodes = findNodes(draft, text, action.nodes);
  const zones = action.nodes.flatMap((pick) => (pick.by === "zone" ? [pick] : []));
  const others = action.nodes.filter((pick) => pick.by !== "zone");
  const at = instantOf(atUs);
  const span = durationOr(action.forUs);
  const ofZones = new Set(findNodes(draft, text, zones));
  const faults: FaultSpec[] = [
    ...zones.map(
      ({ text: zone }): FaultSpec => ({ path: [], kind: "ZoneOutage", zone, at, duration: span }),
    ),
    ...findNodes(draft, text, others)
      .filter((node) => !ofZones.has(node))
      .map(
        ({ meta }): FaultSpec => ({
          ...{ path: [], kind: "NodeCrash", node: meta.name, at, repairAfter: span },
        }),
      ),
  ];
  draft.faults.push(...faults);
  const until = span === undefined ? "for good" : "for a time";
  return { taken: `${countText(namesOf(nodes))} lost ${until}`, nodes: namesOf(nodes) };
}

/** `upgrade`: every node is replaced by one like it. */
export function upgradeNodes(
  draft: Draft,
  { text, atUs }: Change,
  { nodes: picks, pace }: Action<"upgrade">,
): NodeChangeDone {
  const nodes = namesOf(findNodes(draft, text, picks));
  draft.edits.push(rotationOf(atUs, nodes, pace, undefined));
  return { taken: `${countText(nodes)} replaced, ${paceText(pace)}`, nodes };
}

/** `shape`: the nodes become another machine. */
export function reshapeNodes(
  draft: Draft,
  { text, atUs }: Change,
  action: Action<"shape">,
): NodeChangeDone {
  const found = findNodes(draft, text, action.nodes);
  const nodes = namesOf(found);
  const shape = shapeOf(text, action);
  for (const pick of action.nodes)
    if (pick.by === "pool") draft.repriced.set(pick.text, action.priceMicros);
  const what = `${countText(nodes)} as ${action.type?.text ?? "the given shape"}`;
  if (atUs === undefined && (draft.isRescheduled || !isInUse(draft, new Set(nodes)))) {
    const members = new Set(found);
    draft.replaceObjects((object) =>
      object.kind === "Node" && members.has(object) ? withShape(object, shape) : object,
    );
    return { taken: `${what}, from the start`, nodes };
  }
  draft.edits.push(rotationOf(atUs, nodes, action.pace, shape));
  return { taken: `${what}, exchanged ${paceText(action.pace)}`, nodes };
}

/** `add N pool=P`: copies of the pool's nodes in turn, so that their zones are dealt on. */
export function addNodes(
  draft: Draft,
  { text, atUs }: Change,
  { nodesCount, pool }: Action<"add">,
): NodeChangeDone {
  const members = findNodes(draft, text, [pool]);
  const known = new Set(namesOf(draft.nodes));
  const stem = pool.by === "pool" ? pool.text : "node";
  const added: NodeObject[] = [];
  for (let number = 0; added.length < nodesCount; number++) {
    const name = `${stem}-added-${number}`;
    const like = members[(members.length + added.length) % members.length]!;
    if (!known.has(name)) added.push(createdLike(like, name, undefined));
  }
  if (atUs === undefined) draft.initial = insertedNodes(draft.initial, added);
  else draft.applyAt(atUs, added);
  const nodes = namesOf(added);
  return { taken: `${nodesCount} more nodes of ${poolOf(members[0]!) ?? stem}`, nodes };
}

// Behind the nodes there are, so that the old ones keep their order; before the pods that need nodes.
function insertedNodes(initial: Draft["initial"], added: readonly NodeObject[]): Draft["initial"] {
  const last = initial.findLastIndex(({ kind }) => kind === "Node");
  return initial.toSpliced(last + 1, 0, ...added);
}

function findNodes(draft: Draft, text: string, picks: readonly NodePick[]): NodeObject[] {
  return nodesOfPicks(
    picks,
    draft.nodes,
    (pick, message, hint) => new ChangeRefused(text, pick, message, hint),
  );
}

function isInUse(draft: Draft, names: ReadonlySet<string>): boolean {
  return draft.initial.some((object) => object.kind === "Pod" && names.has(object.nodeName));
}

function rotationOf(
  atUs: number | undefined,
  nodes: readonly string[],
  pace: RotationPace,
  shape: NewShape | undefined,
): EditStep & NodeRotation {
  const { surge, maxUnavailable, timeoutUs, joinUs } = pace;
  return {
    ...{ at: instantOf(atUs), path: [], kind: "upgrade", nodes, pool: undefined },
    ...{ surge, maxUnavailable, timeout: durationOr(timeoutUs), join: duration(joinUs), shape },
  };
}

function shapeOf(text: string, { type, provider, amounts }: Action<"shape">): NewShape {
  if (type === undefined) return { allocatable: amounts, capacity: amounts, labels: new Map() };
  const providers: readonly ShapeProvider[] = SHAPE_PROVIDERS.filter(
    (name) => provider === undefined || name === provider,
  );
  const own = providers.find((name) => builtInShapes(name).some((one) => one.name === type.text));
  if (own === undefined) {
    const known = providers.flatMap((name) => builtInShapes(name).map((one) => one.name));
    const hint = `${hintOf(type.text, known, "type")} (podsim shapes lists them all)`;
    throw new ChangeRefused(text, type, `podsim knows no machine type '${type.text}'`, hint);
  }
  const machine = { provider: own, type: type.text };
  const node = poolNodeOf({ ...machine, cores: undefined, memory: undefined, maxPods: undefined });
  return {
    allocatable: new Map([...node.allocatable, ...amounts]),
    capacity: new Map([...node.capacity, ...amounts]),
    labels: node.labels,
  };
}

function paceText({ surge, maxUnavailable, joinUs }: RotationPace): string {
  const parts = [
    ...(surge > 0 ? [`${surge} at a time before the old ones go`] : []),
    ...(maxUnavailable > 0 ? [`${maxUnavailable} at a time after the old ones went`] : []),
  ];
  return `${parts.join(" and ")}; a new node takes ${joinUs / 1_000_000} s to register`;
}

function durationOr(us: number | undefined): Duration | undefined {
  return us === undefined ? undefined : duration(us);
}

function namesOf(nodes: readonly NodeObject[]): string[] {
  return nodes.map(({ meta }) => meta.name);
}

function countText(names: readonly string[]): string {
  return names.length === 1 ? `node ${names[0]}` : `${names.length} nodes`;
}
