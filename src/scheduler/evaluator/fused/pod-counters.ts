// PodCounters: the counts of pods by label selector and affinity term, kept with every change.
//
// Spreading and pod affinity ask at each decision how many pods of some kind stand where; the plain
// plugins look at every pod. Here a question that is asked for the first time is counted once over all
// pods and followed from then on; which counters a pod belongs to is worked out once per shape and
// namespace. Terms that pods own are found when the first such pod comes.

import { compareText, Uint8Column } from "../../../base/index.ts";
import {
  areEqualLabels,
  type AffinityTerm,
  type LabelSelector,
  NO_LABELS,
  type NodeObject,
  type PodTemplate,
} from "../../../cluster/index.ts";
import type { CacheObserver } from "../../cache/cache-observer.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import { type ResolvedTerm, resolveTerm } from "../../plugins/affinity-terms.ts";
import { NodeDomains } from "./node-domains.ts";
import { PodCounter } from "./pod-counter.ts";
import { PodShapes } from "./pod-shapes.ts";
import { RowLog } from "./row-log.ts";

/** What an existing pod's term does to pods that it means. */
export type TermKind = "required-affinity" | "required-anti" | "preferred";

/** A term that pods in the cache own, with where they stand. */
export interface OwnedTerm {
  readonly kind: TermKind;
  /** Of preferred terms; below zero for anti-affinity. */
  readonly weight: number;
  readonly resolved: ResolvedTerm;
  readonly owners: PodCounter;
}

interface KnownCounter {
  readonly counter: PodCounter;
  readonly matches: (template: PodTemplate, namespace: string) => boolean;
  readonly countsDeleting: boolean;
}

/** The pods of one shape in one namespace, and what they count for. */
interface Tally {
  /** Stands for all of the shape. */
  readonly template: PodTemplate;
  readonly namespace: string;
  readonly living: RowLog;
  readonly deleting: RowLog;
  podCount: number;
  /** Its place among the tallies that have pods; -1 when it has none. */
  place: number;
  readonly always: PodCounter[];
  readonly unlessDeleting: PodCounter[];
  /** How many of the known counters have been compared with the template. */
  compared: number;
}

/** More counters than this are forgotten all at once; the limit doubles when that was too early. */
const COUNTERS_MAX = 8192;

/** Counters that follow one cache. */
export class PodCounters implements CacheObserver {
  /** 1 for rows that have a node. */
  readonly hasNode: Uint8Column = new Uint8Column();
  /** Terms of pods in the cache; only ever appended to, until everything is forgotten. */
  ownedTerms: OwnedTerm[] = [];
  /** Rises when counters were forgotten: what holds one must ask again. */
  epoch = 0;
  /** Rises when labels, taints, or the like of some node changed, or a node came or went. */
  nodeEpoch = 0;
  private readonly cache: SchedulerCache;
  private readonly domains = new Map<string, NodeDomains>();
  private known: KnownCounter[] = [];
  private byKey = new Map<string, PodCounter>();
  private ownedByKey = new Map<string, OwnedTerm>();
  /** Templates that count alike. */
  readonly shapes: PodShapes = new PodShapes();
  /** By shape; each list is of one or few namespaces. */
  private tallies: (Tally[] | undefined)[] = [];
  /** Those with pods, in no particular order. */
  private peopled: Tally[] = [];
  private limit = COUNTERS_MAX;
  private asked = 0;

  constructor(cache: SchedulerCache) {
    this.cache = cache;
    for (const row of cache.usedRows()) {
      this.hasNode.grow(row + 1);
      this.hasNode.raw[row] = cache.findRow(cache.nodeName(row)) === undefined ? 0 : 1;
    }
    this.countAll();
    cache.observe(this);
  }

  // ---- questions ----------------------------------------------------------------------------

  /** The domains of a topology key. */
  domainsOf(key: string): NodeDomains {
    const known = this.domains.get(key);
    if (known !== undefined) return known;
    const made = new NodeDomains(key);
    for (const row of this.cache.usedRows()) {
      if (this.hasNode.raw[row] === 1) made.place(row, this.cache.node(row).meta.labels);
    }
    this.domains.set(key, made);
    return made;
  }

  /** Pods of the namespace that the selector matches and that are not terminating (spreading). */
  spreadCounter(namespace: string, selector: LabelSelector): PodCounter {
    const isEmpty = selector.isEverything || selector.isNothing;
    return this.counter(`spread ${namespace} ${isEmpty ? "-" : selector.key}`, false, () => {
      if (isEmpty) return () => false;
      return (template, other) => other === namespace && selector.matches(template.labels);
    });
  }

  /** Pods that all of these terms of an incoming pod mean, terminating ones included. */
  termCounter(terms: readonly ResolvedTerm[]): PodCounter {
    const key = terms.map(keyOfIncoming).join(" & ");
    return this.counter(`terms ${key}`, true, () => {
      return (template, namespace) => terms.every((term) => isMeant(term, template, namespace));
    });
  }

  /** Called once in a while, between decisions: forgets everything when there is too much of it. */
  prune(): void {
    this.asked++;
    if (this.known.length + this.ownedTerms.length <= this.limit) return;
    if (this.asked < this.limit) this.limit *= 2;
    this.asked = 0;
    this.epoch++;
    this.known = [];
    this.byKey = new Map();
    this.countAll();
  }

  // ---- changes ------------------------------------------------------------------------------

  podAdded(row: NodeRow, pod: PodInfo): void {
    this.change(row, pod, 1);
  }

  podRemoved(row: NodeRow, pod: PodInfo): void {
    this.change(row, pod, -1);
  }

  podReplaced(row: NodeRow, before: PodInfo, after: PodInfo): void {
    if (before.deleting === after.deleting) return;
    const tally = this.tallyOf(after);
    const by = after.deleting ? -1 : 1;
    tally.living.note(row, by);
    tally.deleting.note(row, -by as 1 | -1);
    changeAll(tally.unlessDeleting, row, by);
  }

  nodeChanged(row: NodeRow, before: NodeObject | undefined, after: NodeObject | undefined): void {
    this.hasNode.grow(row + 1);
    this.hasNode.raw[row] = after === undefined ? 0 : 1;
    if (before !== undefined && after !== undefined && isSameToPods(before, after)) return;
    this.nodeEpoch++;
    const counters = this.countersOn(row);
    for (const domains of this.domains.values()) {
      const from = domains.place(row, after?.meta.labels);
      const to = domains.domainOf.raw[row]!;
      if (from === to) continue;
      for (const counter of counters) counter.moved(row, domains, from, to);
    }
  }

  // ---- inside -------------------------------------------------------------------------------

  private change(row: NodeRow, pod: PodInfo, by: 1 | -1): void {
    const tally = this.tallyOf(pod);
    const { always, unlessDeleting } = tally;
    if (pod.deleting) tally.deleting.note(row, by);
    else tally.living.note(row, by);
    tally.podCount += by;
    if (tally.podCount === (by === 1 ? 1 : 0)) this.people(tally);
    for (let at = 0; at < always.length; at++) always[at]!.change(row, by);
    if (!pod.deleting) changeAll(unlessDeleting, row, by);
  }

  /** Every counter that counts a pod on the row, once. */
  private countersOn(row: NodeRow): ReadonlySet<PodCounter> {
    const counters = new Set<PodCounter>();
    for (const pod of this.cache.podsOn(row)) {
      const { always, unlessDeleting } = this.tallyOf(pod);
      for (const counter of always) counters.add(counter);
      for (const counter of unlessDeleting) counters.add(counter);
    }
    return counters;
  }

  /** The tally got its first pod or lost its last. */
  private people(tally: Tally): void {
    const { peopled } = this;
    if (tally.podCount > 0) {
      tally.place = peopled.length;
      peopled.push(tally);
      return;
    }
    const last = peopled.pop()!;
    if (last !== tally) {
      peopled[tally.place] = last;
      last.place = tally.place;
    }
    tally.place = -1;
  }

  private tallyOf({ template, namespace }: PodInfo): Tally {
    const shape = this.shapes.numberOf(template);
    let tallies = this.tallies[shape];
    if (tallies === undefined) {
      tallies = [];
      this.tallies[shape] = tallies;
    }
    let tally: Tally | undefined;
    for (let at = 0; at < tallies.length; at++) {
      const each = tallies[at]!;
      if (each.namespace === namespace) tally = each;
    }
    if (tally === undefined) {
      const owned = this.ownedBy(template, namespace).map(({ owners }) => owners);
      tally = {
        ...{ template, namespace, always: owned, unlessDeleting: [], compared: 0 },
        ...{ living: new RowLog(), deleting: new RowLog(), podCount: 0, place: -1 },
      };
      tallies.push(tally);
    }
    for (; tally.compared < this.known.length; tally.compared++) {
      const { counter, matches, countsDeleting } = this.known[tally.compared]!;
      if (!matches(template, namespace)) continue;
      if (countsDeleting) tally.always.push(counter);
      else tally.unlessDeleting.push(counter);
    }
    return tally;
  }

  private counter(
    key: string,
    countsDeleting: boolean,
    createMatcher: () => KnownCounter["matches"],
  ): PodCounter {
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const counter = new PodCounter();
    const matches = createMatcher();
    for (const tally of this.peopled) {
      if (!matches(tally.template, tally.namespace)) continue;
      tally.living.addTo(counter);
      if (countsDeleting) tally.deleting.addTo(counter);
    }
    this.known.push({ counter, matches, countsDeleting });
    this.byKey.set(key, counter);
    return counter;
  }

  /** The terms of a template; an entry each time that a term is listed. */
  private ownedBy({ podAffinity, podAntiAffinity }: PodTemplate, namespace: string): OwnedTerm[] {
    const own = (kind: TermKind, weight: number, term: AffinityTerm): OwnedTerm =>
      this.ownedTerm(kind, weight, resolveTerm(term, namespace));
    return [
      ...podAffinity.required.map((term) => own("required-affinity", 0, term)),
      ...podAntiAffinity.required.map((term) => own("required-anti", 0, term)),
      ...podAffinity.preferred.map(({ weight, term }) => own("preferred", weight, term)),
      ...podAntiAffinity.preferred.map(({ weight, term }) => own("preferred", -weight, term)),
    ];
  }

  private ownedTerm(kind: TermKind, weight: number, resolved: ResolvedTerm): OwnedTerm {
    const { term, namespaces } = resolved;
    const key = [
      ...[kind, weight, term.topologyKey, [...namespaces].sort(compareText).join(",")],
      ...[selectorKey(term.namespaceSelector), selectorKey(term.labelSelector)],
    ].join(" ");
    const known = this.ownedByKey.get(key);
    if (known !== undefined) return known;
    const made: OwnedTerm = { kind, weight, resolved, owners: new PodCounter() };
    this.ownedTerms.push(made);
    this.ownedByKey.set(key, made);
    return made;
  }

  private countAll(): void {
    this.ownedTerms = [];
    this.ownedByKey = new Map();
    this.tallies = [];
    this.peopled = [];
    for (const row of this.cache.usedRows()) {
      for (const pod of this.cache.podsOn(row)) this.change(row, pod, 1);
    }
  }
}

function changeAll(counters: readonly PodCounter[], row: NodeRow, by: 1 | -1): void {
  for (let at = 0; at < counters.length; at++) counters[at]!.change(row, by);
}

/** Whether a term of an incoming pod means a pod: its namespaceSelector is shown no labels (P13). */
function isMeant(
  { term, namespaces }: ResolvedTerm,
  template: PodTemplate,
  namespace: string,
): boolean {
  const isNamespaceMeant = namespaces.has(namespace) || term.namespaceSelector.matches(NO_LABELS);
  return isNamespaceMeant && term.labelSelector.matches(template.labels);
}

function keyOfIncoming({ term, namespaces }: ResolvedTerm): string {
  const isAnywhere = term.namespaceSelector.matches(NO_LABELS);
  const where = isAnywhere ? "*" : [...namespaces].sort(compareText).join(",");
  return `${where} ${selectorKey(term.labelSelector)}`;
}

/** Selectors of nothing and of everything print alike. */
function selectorKey(selector: LabelSelector): string {
  return selector.isEverything ? "<everything>" : selector.key;
}

/** Whether nothing changed that static rules or topologies look at. */
export function isSameToPods(before: NodeObject, after: NodeObject): boolean {
  return (
    before.unschedulable === after.unschedulable &&
    areSameTaints(before, after) &&
    areSameTexts(before.declaredFeatures, after.declaredFeatures) &&
    areEqualLabels(before.meta.labels, after.meta.labels)
  );
}

function areSameTaints({ taints: a }: NodeObject, { taints: b }: NodeObject): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  return a.every(({ key, value, effect }, at) => {
    const other = b[at]!;
    return key === other.key && value === other.value && effect === other.effect;
  });
}

function areSameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((text, at) => text === b[at]));
}
