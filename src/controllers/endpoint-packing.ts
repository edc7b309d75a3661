// How the endpoints of a Service are dealt out to its EndpointSlices: a pure function.
//
// Slices stay as they are where they can: an endpoint keeps its slice, what is new fills slices that
// are written anyway (fullest first), then one that was not touched and has room, then new slices.
// Slices are never merged or balanced, as upstream does not.

import { compareText } from "../base/index.ts";

/** One pod behind a Service. Flags as the API has them. */
export interface Endpoint {
  readonly podUid: number;
  readonly podName: string;
  /** "" while the pod's address is not known in the simulation. */
  readonly address: string;
  readonly nodeName: string;
  readonly zone: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** Topology hints; "" without. */
  readonly zoneHint: string;
  readonly nodeHint: string;
}

/** A port that the endpoints of a slice share. */
export interface EndpointPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
}

/** What an EndpointSlice holds. */
export interface EndpointSliceContent {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** An existing slice by some key of the caller. */
export interface ExistingSlice<K> {
  readonly key: K;
  readonly content: EndpointSliceContent;
}

/** Wanted endpoints that share their ports. */
export interface WantedEndpoints {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** What is to be written. */
export interface SliceWrites<K> {
  readonly create: readonly EndpointSliceContent[];
  readonly update: readonly ExistingSlice<K>[];
  readonly remove: readonly K[];
}

/** Upstream's `--max-endpoints-per-slice`. */
const ENDPOINTS_PER_SLICE = 100;

/** One text for one list of ports, whatever its order. */
export function portsKey(ports: readonly EndpointPort[]): string {
  const texts = ports.map(({ name, port, protocol }) => `${name}/${port}/${protocol}`);
  return texts.sort(compareText).join(",");
}

/**
 * The writes that bring the existing slices to what is wanted. A Service without endpoints keeps one
 * empty slice. A slice that would go while another comes is rewritten instead.
 */
export function packEndpoints<K>(
  wanted: readonly WantedEndpoints[],
  existing: readonly ExistingSlice<K>[],
  perSlice: number = ENDPOINTS_PER_SLICE,
): SliceWrites<K> {
  const byPorts = new Map<string, ExistingSlice<K>[]>();
  for (const slice of existing) {
    const key = portsKey(slice.content.ports);
    byPorts.set(key, [...(byPorts.get(key) ?? []), slice]);
  }
  const create: EndpointSliceContent[] = [];
  const update: ExistingSlice<K>[] = [];
  let remove: K[] = [];
  for (const group of wanted) {
    const key = portsKey(group.ports);
    const writes = packGroup(group, byPorts.get(key) ?? [], perSlice);
    byPorts.delete(key);
    create.push(...writes.create);
    update.push(...writes.update);
    remove.push(...writes.remove);
  }
  for (const slices of byPorts.values()) remove.push(...slices.map(({ key }) => key));
  if (remove.length === existing.length && create.length === 0) {
    const only = existing[0];
    if (existing.length === 1 && only !== undefined && isPlaceholder(only.content)) remove = [];
    else create.push({ ports: [], endpoints: [] });
  }
  reuse(create, update, remove);
  return { create, update, remove };
}

function isPlaceholder({ ports, endpoints }: EndpointSliceContent): boolean {
  return ports.length === 0 && endpoints.length === 0;
}

/**
 * The same when only some pods changed: those with an endpoint are wanted so, the others are gone, and
 * nothing else is looked at. All existing slices have these ports. Undefined where nothing would be
 * left, which is for `packEndpoints` to settle.
 */
export function packChanges<K>(
  ports: readonly EndpointPort[],
  changed: ReadonlyMap<number, Endpoint | undefined>,
  existing: readonly ExistingSlice<K>[],
  perSlice: number = ENDPOINTS_PER_SLICE,
): SliceWrites<K> | undefined {
  const rest = new Map(changed);
  const drafts = existing.map((slice) => draftOf(slice, changed, rest, true));
  const wanted = [...rest.values()].filter((endpoint) => endpoint !== undefined);
  const { create, update, remove } = distribute(ports, drafts, wanted, perSlice);
  if (remove.length === existing.length && create.length === 0) return undefined;
  const [made, rewritten, gone] = [[...create], [...update], [...remove]];
  reuse(made, rewritten, gone);
  return { create: made, update: rewritten, remove: gone };
}

/** A slice that would go while another comes is rewritten instead. */
function reuse<K>(create: EndpointSliceContent[], update: ExistingSlice<K>[], remove: K[]): void {
  while (create.length > 0 && remove.length > 0) {
    update.push({ key: remove.shift() as K, content: create.shift() as EndpointSliceContent });
  }
}

/** A slice while it is being packed. */
interface Draft<K> {
  readonly key: K;
  endpoints: readonly Endpoint[];
  readonly isChanged: boolean;
}

function packGroup<K>(
  { ports, endpoints }: WantedEndpoints,
  existing: readonly ExistingSlice<K>[],
  perSlice: number,
): SliceWrites<K> {
  const wanted = new Map(endpoints.map((endpoint) => [endpoint.podUid, endpoint]));
  const rest = new Map(wanted);
  const drafts = existing.map((slice) => draftOf(slice, wanted, rest, false));
  return distribute(ports, drafts, [...rest.values()], perSlice);
}

/**
 * What of a slice stays. Pods that `wanted` does not name are gone, or as they were (`othersStay`);
 * those that have their place are taken out of `rest`.
 */
function draftOf<K>(
  { key, content }: ExistingSlice<K>,
  wanted: ReadonlyMap<number, Endpoint | undefined>,
  rest: Map<number, Endpoint | undefined>,
  othersStay: boolean,
): Draft<K> {
  const { endpoints } = content;
  if (othersStay && !holdsAny(content, wanted)) return { key, endpoints, isChanged: false };
  const kept: Endpoint[] = [];
  let isChanged = false;
  for (const before of endpoints) {
    const { podUid } = before;
    const now = othersStay && !wanted.has(podUid) ? before : wanted.get(podUid);
    rest.delete(podUid);
    if (now === undefined) continue;
    kept.push(now);
    isChanged ||= now !== before && !isSameEndpoint(before, now);
  }
  return { key, endpoints: kept, isChanged: isChanged || kept.length < endpoints.length };
}

/** Pods of a slice's content, made when first asked for: most slices stay as they are from sync to sync. */
const podsOfContent = new WeakMap<EndpointSliceContent, ReadonlySet<number>>();

function holdsAny(content: EndpointSliceContent, pods: ReadonlyMap<number, unknown>): boolean {
  let held = podsOfContent.get(content);
  if (held === undefined) {
    held = new Set(content.endpoints.map(({ podUid }) => podUid));
    podsOfContent.set(content, held);
  }
  for (const pod of pods.keys()) if (held.has(pod)) return true;
  return false;
}

/** Finds places for the endpoints that have none, oldest pods first. */
function distribute<K>(
  ports: readonly EndpointPort[],
  drafts: readonly Draft<K>[],
  rest: readonly Endpoint[],
  perSlice: number,
): SliceWrites<K> {
  const remove = drafts.filter(({ endpoints }) => endpoints.length === 0).map(({ key }) => key);
  const filled = drafts.filter(({ endpoints }) => endpoints.length > 0);
  const written = filled.filter(({ isChanged }) => isChanged);
  const untouched = filled.filter(({ isChanged }) => !isChanged);
  const left = [...rest].sort((a, b) => a.podUid - b.podUid);
  const fullestFirst = [...written].sort((a, b) => b.endpoints.length - a.endpoints.length);
  for (const draft of fullestFirst) fill(draft, left, perSlice);
  if (left.length > 0 && left.length < perSlice) {
    const roomy = tightestFit(untouched, left.length, perSlice);
    if (roomy !== undefined) {
      fill(roomy, left, perSlice);
      written.push(roomy);
    }
  }
  const create: EndpointSliceContent[] = [];
  while (left.length > 0) create.push({ ports, endpoints: left.splice(0, perSlice) });
  const update = written.map(({ key, endpoints }) => ({ key, content: { ports, endpoints } }));
  return { create, update, remove };
}

function fill<K>(draft: Draft<K>, left: Endpoint[], perSlice: number): void {
  const room = perSlice - draft.endpoints.length;
  if (room > 0 && left.length > 0) {
    draft.endpoints = [...draft.endpoints, ...left.splice(0, room)];
  }
}

/** The slice that the endpoints would fill best without overflowing it. */
function tightestFit<K>(
  slices: readonly Draft<K>[],
  count: number,
  perSlice: number,
): Draft<K> | undefined {
  let best: Draft<K> | undefined;
  let bestRoom = perSlice;
  for (const slice of slices) {
    const room = perSlice - slice.endpoints.length - count;
    if (room < 0 || room >= bestRoom) continue;
    best = slice;
    bestRoom = room;
  }
  return best;
}

function isSameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return (
    a.address === b.address &&
    a.nodeName === b.nodeName &&
    a.zone === b.zone &&
    a.ready === b.ready &&
    a.serving === b.serving &&
    a.terminating === b.terminating &&
    a.zoneHint === b.zoneHint &&
    a.nodeHint === b.nodeHint
  );
}
