// SchedulerCache: what one scheduler believes about nodes and the pods on them.
//
// Fed by the watch (or directly by recorded cases) and by the scheduler's own assumptions; plugins
// and evaluators read nothing else. Nodes are rows; the first two are scratch rows on which a
// hypothetical node can be built. The snapshot of upstream is the state at `refreshSnapshot`: nothing changes
// during a cycle, so only what upstream leaves stale on purpose is frozen there (list order, images).

import { AssertionError, assert, Int32Column } from "../../base/index.ts";
import type { HostPort, NodeObject, PodTemplate } from "../../cluster/index.ts";
import { createOperationCounts, type OperationCounts } from "../framework/operation-counts.ts";
import { podKey, type PodInfo } from "../framework/pod-info.ts";
import type { CacheObserver } from "./cache-observer.ts";
import { ExactSums } from "./exact-sums.ts";
import { FrozenImages } from "./frozen-images.ts";
import { HostPortSet } from "./host-ports.ts";
import { type ImageOnNode, ImageTable } from "./image-table.ts";
import { KeptMatches } from "./kept-matches.ts";
import { type MatchCounts, RecountedMatches } from "./match-counts.ts";
import { DRY_RUN_ROW, type NodeRow, SCRATCH_ROW } from "./node-row.ts";
import { NodeTree, zoneKeyOf } from "./node-tree.ts";
import { Nominator } from "./nominator.ts";
import { ResourceColumns } from "./resource-columns.ts";

export type { NodeRow } from "./node-row.ts";

/** How a cache is made. */
export interface SchedulerCacheOptions {
  /** Keep 64-bit sums too, for recorded amounts beyond 2^53. */
  readonly int64?: boolean;
  readonly nominator?: Nominator;
  /** Keep counts of the pods that selectors match, instead of counting anew at each decision. */
  readonly keepsMatches?: boolean;
}

/** A counted pod, and where it stands. */
interface CachedPod {
  pod: PodInfo;
  assumed: boolean;
  row: NodeRow;
  /** Its place in the list of the row's pods, and of those with pod affinity terms (-1: not there). */
  place: number;
  affinityPlace: number;
}

/** This scheduler's nodes and pods. */
export class SchedulerCache {
  readonly resources: ResourceColumns = new ResourceColumns();
  /** Present only in caches made with `int64`. */
  readonly exact: ExactSums | undefined;
  readonly nominator: Nominator;
  /** Pods that selectors match, node by node. */
  readonly matches: MatchCounts;
  /** The work of this cache's scheduler; whoever does it adds to it. */
  readonly operations: OperationCounts = createOperationCounts();
  private readonly names: string[] = [];
  private readonly objects: (NodeObject | undefined)[] = [];
  private readonly podLists: PodInfo[][] = [];
  private readonly affinityPodLists: PodInfo[][] = [];
  /** By row: no pod on it is of lower priority. Follows arrivals; departures are seen when the last one goes. */
  private readonly lowestPriorities: number[] = [];
  private readonly portSets: HostPortSet[] = [];
  private readonly frozenImages: FrozenImages[] = [];
  /** Version of each copy, again: read for many rows, whose copies lie far from each other. */
  private readonly imageVersions = new Int32Column();
  private readonly generations: number[] = [];
  private readonly freeRows: NodeRow[] = [];
  private readonly rowOfName = new Map<string, NodeRow>();
  private readonly podsByUid = new Map<PodInfo["uid"], CachedPod>();
  private readonly images = new ImageTable();
  private readonly tree = new NodeTree();
  private generation = 0;
  private refreshedGeneration = 0;
  private listIsStale = true;
  private listedNames: readonly string[] = [];
  private listed: NodeRow[] = [];
  /** By row: number of the last list that held it. */
  private readonly listedIn: number[] = [];
  private listNumber = 0;
  /** Names that came (above zero) or went since the list was made; those that did both are not in it. */
  private readonly comings = new Map<string, number>();
  /** Rows that changed since the last refresh, each once. */
  private readonly changedRows: NodeRow[] = [];
  private readonly isChanged: boolean[] = [];
  private readonly observers: CacheObserver[] = [];

  constructor(options: SchedulerCacheOptions = {}) {
    this.exact = options.int64 === true ? new ExactSums() : undefined;
    this.nominator = options.nominator ?? new Nominator();
    this.matches =
      options.keepsMatches === true ? new KeptMatches(this) : new RecountedMatches(this);
    for (const row of [SCRATCH_ROW, DRY_RUN_ROW]) {
      assert(this.pushRow("") === row, "scratch rows come first");
    }
  }

  /** Tells `observer` of every later change of nodes and pods; scratch rows are nobody's business. */
  observe(observer: CacheObserver): void {
    this.observers.push(observer);
  }

  // ---- nodes ------------------------------------------------------------------------------

  /** A node appeared (or an update of one that is unknown). Its pods may have come first. */
  addNode(node: NodeObject): NodeRow {
    const row = this.rowOfName.get(node.meta.name) ?? this.takeRow(node.meta.name);
    const known = this.objects[row];
    if (known !== undefined) return this.updateNode(node);
    this.tree.add(row, zoneKeyOf(node.meta.labels));
    this.listIsStale = true;
    this.noteComing(node.meta.name, 1);
    this.setNode(row, node);
    return row;
  }

  /** The node's object changed. Its place in the list stays until some node comes or goes. */
  updateNode(node: NodeObject): NodeRow {
    const row = this.rowOfName.get(node.meta.name);
    if (row === undefined || this.objects[row] === undefined) return this.addNode(node);
    this.tree.update(row, zoneKeyOf(node.meta.labels));
    this.setNode(row, node);
    return row;
  }

  /** The node is gone; pods still bound to it stay counted on a row that no list shows. */
  removeNode(name: string): void {
    const row = this.rowOfName.get(name);
    const known = row === undefined ? undefined : this.objects[row];
    if (row === undefined || known === undefined) return;
    this.removeImages(known);
    this.objects[row] = undefined;
    this.tree.remove(row);
    this.listIsStale = true;
    this.noteComing(name, -1);
    for (const observer of this.observers) observer.nodeChanged(row, known, undefined);
    this.touch(row);
    this.releaseIfEmpty(row);
  }

  // ---- pods -------------------------------------------------------------------------------

  /** An assigned pod was seen. It takes the place of its assumed twin (at the end of the list). */
  addPod(pod: PodInfo): void {
    const known = this.podsByUid.get(pod.uid);
    if (known === undefined) {
      this.count(pod, false);
      return;
    }
    if (isSameLoad(known.pod, pod)) {
      this.replace(known, pod);
      return;
    }
    this.uncount(known);
    this.podsByUid.delete(pod.uid);
    this.count(pod, false);
  }

  /** An assigned pod changed: removed and appended again, as upstream. */
  updatePod(pod: PodInfo): void {
    this.addPod(pod);
  }

  /** An assigned pod is gone (or finished). Unknown pods are ignored. */
  removePod(uid: PodInfo["uid"]): void {
    const known = this.podsByUid.get(uid);
    if (known === undefined) return;
    this.uncount(known);
    this.podsByUid.delete(uid);
  }

  /** The scheduler decided: count the pod on the node at once. Its nomination is dropped. */
  assume(pod: PodInfo, nodeName: string): PodInfo {
    if (this.podsByUid.has(pod.uid)) {
      throw new Error(`pod ${pod.uid}(${podKey(pod)}) is in the cache, so can't be assumed`);
    }
    const assumed: PodInfo = { ...pod, nodeName };
    this.count(assumed, true);
    this.nominator.delete(pod);
    return assumed;
  }

  /** The binding failed: an assumed pod no longer counts. */
  forget(uid: PodInfo["uid"]): void {
    const known = this.podsByUid.get(uid);
    if (known === undefined) return;
    if (!known.assumed) throw new Error(`pod ${podKey(known.pod)} is bound, so can't be forgotten`);
    this.removePod(uid);
  }

  isAssumed(uid: PodInfo["uid"]): boolean {
    return this.podsByUid.get(uid)?.assumed === true;
  }

  /** The pod as counted here (bound or assumed), or undefined. */
  findPod(uid: PodInfo["uid"]): PodInfo | undefined {
    return this.podsByUid.get(uid)?.pod;
  }

  // ---- snapshot ---------------------------------------------------------------------------

  /**
   * The node list of this cycle, in upstream's order. Rebuilt only after a node came or went; image
   * counts are taken anew only for nodes that changed since the last call.
   */
  refreshSnapshot(): readonly NodeRow[] {
    if (this.listIsStale) {
      this.listAnew();
    }
    const { changedRows, isChanged } = this;
    for (let at = 0; at < changedRows.length; at++) {
      const row = changedRows[at]!;
      isChanged[row] = false;
      this.freezeImages(row, this.objects[row]);
    }
    changedRows.length = 0;
    this.refreshedGeneration = this.generation;
    return this.listed;
  }

  /** The node list as of the last refresh. */
  get nodeList(): readonly NodeRow[] {
    return this.listed;
  }

  /** Whether the node list of the last refresh holds that row. */
  isListed(row: NodeRow): boolean {
    return this.listedIn[row] === this.listNumber;
  }

  /** Every row that stands for a name, scratch rows apart. */
  usedRows(): Iterable<NodeRow> {
    return this.rowOfName.values();
  }

  /** Rises with every change of anything; equal numbers mean an unchanged cache. */
  get currentGeneration(): number {
    return this.generation;
  }

  /** Generation at the last refresh. */
  get snapshotGeneration(): number {
    return this.refreshedGeneration;
  }

  /** Generation of the last change of that row. */
  generationOf(row: NodeRow): number {
    return this.generations[row]!;
  }

  /** Rows that exist, scratch rows and free ones included: all rows are below it. */
  get rowCount(): number {
    return this.names.length;
  }

  get nodeCount(): number {
    return this.listIsStale ? this.tree.size : this.listed.length;
  }

  get podCount(): number {
    return this.podsByUid.size;
  }

  // ---- reads by row -----------------------------------------------------------------------

  /** Row of a node that exists, or undefined. */
  findRow(name: string): NodeRow | undefined {
    const row = this.rowOfName.get(name);
    return row !== undefined && this.objects[row] !== undefined ? row : undefined;
  }

  nodeName(row: NodeRow): string {
    return this.names[row]!;
  }

  /** The Node object; only rows of existing nodes (and the scratch row after a copy) have one. */
  node(row: NodeRow): NodeObject {
    const node = this.objects[row];
    if (node === undefined) throw new Error(`row ${row} (${this.names[row]}) has no Node object`);
    return node;
  }

  /** Pods on the node in upstream's order: a removal puts the last one into the gap. */
  podsOn(row: NodeRow): readonly PodInfo[] {
    return this.podLists[row]!;
  }

  /** Pods on the node that have any pod affinity or anti-affinity term. */
  podsWithAffinityOn(row: NodeRow): readonly PodInfo[] {
    return this.affinityPodLists[row]!;
  }

  /** False only where no pod on the node is of lower priority than that. */
  mayHavePodsBelow(row: NodeRow, priority: number): boolean {
    return this.lowestPriorities[row]! < priority;
  }

  hasPortConflict(row: NodeRow, wanted: readonly HostPort[]): boolean {
    const used = this.portSets[row]!;
    return wanted.some((port) => used.conflicts(port));
  }

  /** Whether that very entry is among the ports in use on the node. */
  hasPort(row: NodeRow, entry: HostPort): boolean {
    return this.portSets[row]!.has(entry);
  }

  /** Whether any node has that image. */
  hasImage(imageName: string): boolean {
    return this.images.has(imageName);
  }

  /** An image on the node as of its last snapshot copy, or undefined. */
  imageOn(row: NodeRow, imageName: string): ImageOnNode | undefined {
    return this.frozenImages[row]!.find(this.images.numberOf(imageName));
  }

  /** What `imageOn` says of that image never exceeds this on any node; undefined when no node ever had it. */
  imageLimit(imageName: string): ImageOnNode | undefined {
    return this.images.limitAt(this.images.numberOf(imageName));
  }

  /** Whether the next refresh takes the images of that row anew, once the row is touched. */
  hasOldImages(row: NodeRow): boolean {
    return this.frozenImages[row]!.isOld(this.objects[row], this.images);
  }

  /** Rises whenever `imageOn` may answer otherwise for that row. */
  imagesVersionOf(row: NodeRow): number {
    return this.imageVersions.raw[row]!;
  }

  // ---- hypothetical nodes -----------------------------------------------------------------

  /** Makes a scratch row a copy of that node; changes to it leave the node alone. */
  copyToScratch(row: NodeRow, to: NodeRow = SCRATCH_ROW): NodeRow {
    this.resources.copyRow(row, to);
    this.exact?.copyRow(row, to);
    this.names[to] = this.names[row]!;
    this.objects[to] = this.objects[row];
    this.podLists[to] = [...this.podLists[row]!];
    this.affinityPodLists[to] = [...this.affinityPodLists[row]!];
    this.portSets[to] = this.portSets[row]!.clone();
    this.frozenImages[to]!.copy(this.frozenImages[row]!);
    return to;
  }

  /** Puts a pod on a scratch row. */
  addToScratch(pod: PodInfo, to: NodeRow = SCRATCH_ROW): void {
    this.podLists[to]!.push(pod);
    if (hasPodAffinityTerms(pod.template)) this.affinityPodLists[to]!.push(pod);
    this.addToRow(to, pod);
  }

  /** Takes a pod off a scratch row. */
  removeFromScratch(pod: PodInfo, from: NodeRow = SCRATCH_ROW): void {
    swapRemove(this.podLists[from]!, pod);
    if (hasPodAffinityTerms(pod.template)) swapRemove(this.affinityPodLists[from]!, pod);
    this.takeFromRow(from, pod);
  }

  // ---- inside -----------------------------------------------------------------------------

  private count(pod: PodInfo, assumed: boolean): void {
    const row = this.rowOfName.get(pod.nodeName) ?? this.takeRow(pod.nodeName);
    const known: CachedPod = { pod, assumed, row, place: -1, affinityPlace: -1 };
    this.podsByUid.set(pod.uid, known);
    this.list(known);
    this.addToRow(row, pod);
    this.matches.added(row, pod);
    for (const observer of this.observers) observer.podAdded(row, pod);
    this.touch(row);
  }

  private uncount(known: CachedPod): void {
    const { row, pod } = known;
    this.unlist(known);
    this.takeFromRow(row, pod);
    this.matches.removed(row, pod);
    for (const observer of this.observers) observer.podRemoved(row, pod);
    this.touch(row);
    this.releaseIfEmpty(row);
  }

  /** Another record of a pod that takes the same room: removed and appended, but nothing is summed. */
  private replace(known: CachedPod, pod: PodInfo): void {
    const { row, pod: before } = known;
    this.unlist(known);
    known.pod = pod;
    known.assumed = false;
    this.list(known);
    this.matches.removed(row, before);
    this.matches.added(row, pod);
    for (const observer of this.observers) {
      if (observer.podReplaced !== undefined) {
        observer.podReplaced(row, before, pod);
        continue;
      }
      observer.podRemoved(row, before);
      observer.podAdded(row, pod);
    }
    this.touch(row);
    this.touch(row);
  }

  /** Puts the pod at the end of the lists of its row. */
  private list(known: CachedPod): void {
    const { row, pod } = known;
    known.place = this.podLists[row]!.push(pod) - 1;
    if (pod.priority < this.lowestPriorities[row]!) this.lowestPriorities[row] = pod.priority;
    if (!hasPodAffinityTerms(pod.template)) return;
    known.affinityPlace = this.affinityPodLists[row]!.push(pod) - 1;
  }

  /** Takes the pod out of them; as upstream, the last one takes its place. */
  private unlist({ row, pod, place, affinityPlace }: CachedPod): void {
    const pods = this.podLists[row]!;
    if (pods[place] !== pod) {
      throw new Error(`pod ${podKey(pod)} is not on the node it should be on`);
    }
    const last = pods.pop()!;
    if (last !== pod) {
      pods[place] = last;
      this.podsByUid.get(last.uid)!.place = place;
    }
    if (pods.length === 0) this.lowestPriorities[row] = HIGHEST_PRIORITY;
    if (affinityPlace === -1) return;
    const affinityPods = this.affinityPodLists[row]!;
    const lastOfThem = affinityPods.pop()!;
    if (lastOfThem === pod) return;
    affinityPods[affinityPlace] = lastOfThem;
    this.podsByUid.get(lastOfThem.uid)!.affinityPlace = affinityPlace;
  }

  private addToRow(row: NodeRow, pod: PodInfo): void {
    this.resources.count(row, pod.template, 1);
    if (this.exact === undefined) {
      if (!this.resources.isExact(row)) {
        throw new AssertionError(`Requests on node ${this.names[row]} exceed 2^53`);
      }
    } else {
      this.exact.count(row, pod.template, 1);
    }
    for (const port of pod.template.hostPorts) this.portSets[row]!.add(port);
  }

  private takeFromRow(row: NodeRow, pod: PodInfo): void {
    this.resources.count(row, pod.template, -1);
    this.exact?.count(row, pod.template, -1);
    for (const port of pod.template.hostPorts) this.portSets[row]!.remove(port);
  }

  private setNode(row: NodeRow, node: NodeObject): void {
    const known = this.objects[row];
    if (known !== undefined) this.removeImages(known);
    this.objects[row] = node;
    this.resources.setAllocatable(row, node.allocatable);
    this.exact?.setAllocatable(row, node.allocatable);
    for (const image of node.images) {
      for (const name of image.names) this.images.add(name, image.sizeBytes, node.meta.name);
    }
    for (const observer of this.observers) observer.nodeChanged(row, known, node);
    this.touch(row);
  }

  private removeImages(node: NodeObject): void {
    for (const image of node.images) {
      for (const name of image.names) this.images.remove(name, node.meta.name);
    }
  }

  private freezeImages(row: NodeRow, node: NodeObject | undefined): void {
    const frozen = this.frozenImages[row]!;
    frozen.freeze(node, this.images);
    this.imageVersions.raw[row] = frozen.version;
  }

  private noteComing(name: string, by: 1 | -1): void {
    const count = (this.comings.get(name) ?? 0) + by;
    if (count === 0) this.comings.delete(name);
    else this.comings.set(name, count);
  }

  private listAnew(): void {
    const { names, listedIn } = this;
    // A node that went and came back between two refreshes keeps its old place, as upstream.
    if (this.comings.size === 0) {
      this.listed = this.listedNames.map((name) => this.rowOfName.get(name)!);
    } else {
      this.listed = this.tree.list();
      this.listedNames = this.listed.map((row) => names[row]!);
      this.comings.clear();
    }
    this.listNumber++;
    for (const row of this.listed) listedIn[row] = this.listNumber;
    this.listIsStale = false;
  }

  private touch(row: NodeRow): void {
    this.generation++;
    this.operations.journalEntries++;
    this.generations[row] = this.generation;
    if (this.isChanged[row] === true) return;
    this.isChanged[row] = true;
    this.changedRows.push(row);
  }

  private takeRow(name: string): NodeRow {
    const free = this.freeRows.pop();
    const row = free ?? this.pushRow(name);
    this.names[row] = name;
    this.rowOfName.set(name, row);
    return row;
  }

  private pushRow(name: string): NodeRow {
    const row = this.names.length as NodeRow;
    this.names.push(name);
    this.objects.push(undefined);
    this.podLists.push([]);
    this.affinityPodLists.push([]);
    this.lowestPriorities.push(HIGHEST_PRIORITY);
    this.portSets.push(new HostPortSet());
    this.frozenImages.push(new FrozenImages());
    this.imageVersions.push(0);
    this.listedIn.push(0);
    this.isChanged.push(false);
    this.generations.push(0);
    this.resources.pushRow();
    this.exact?.pushRow();
    return row;
  }

  private releaseIfEmpty(row: NodeRow): void {
    if (this.objects[row] !== undefined || this.podLists[row]!.length > 0) return;
    this.rowOfName.delete(this.names[row]!);
    this.resources.clearRequested(row);
    this.exact?.clearRequested(row);
    this.portSets[row] = new HostPortSet();
    this.freezeImages(row, undefined);
    this.freeRows.push(row);
  }
}

/** Of a node without pods: no pod can be of higher priority. */
const HIGHEST_PRIORITY = 2_147_483_647;

/** Whether the pod has a pod affinity or anti-affinity term of any sort. */
function hasPodAffinityTerms(template: PodTemplate): boolean {
  const { podAffinity, podAntiAffinity } = template;
  return (
    podAffinity.required.length > 0 ||
    podAffinity.preferred.length > 0 ||
    podAntiAffinity.required.length > 0 ||
    podAntiAffinity.preferred.length > 0
  );
}

/** Whether two records of a pod take the same room on the same node and mean the same to selectors. */
function isSameLoad(before: PodInfo, after: PodInfo): boolean {
  return (
    before.template === after.template &&
    before.nodeName === after.nodeName &&
    before.namespace === after.namespace
  );
}

/** Upstream's removal: the last element takes the removed one's place. */
function swapRemove(pods: PodInfo[], pod: PodInfo): void {
  const index = pods.findIndex((other) => other.uid === pod.uid);
  if (index < 0) throw new Error(`pod ${podKey(pod)} is not on the node it should be on`);
  const last = pods.pop()!;
  if (index < pods.length) pods[index] = last;
}
