// PodClasses: finds the class of a pod, and forgets what no longer holds.
//
// Classes hang on templates, static tables on what plugins read of a node's object. Everything is made
// again when look-ups changed (a Service, a selector, a namespace) or counters were forgotten.

import type { NodeObject, PodTemplate } from "../../../cluster/index.ts";
import type { CacheObserver } from "../../cache/cache-observer.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import type { ClusterObjects } from "../../framework/cluster-objects.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import type { FusedProfile } from "./fused-profile.ts";
import { ClassTerms, PodClass } from "./pod-class.ts";
import { isSameToPods, type PodCounters } from "./pod-counters.ts";
import { StaticTable } from "./static-table.ts";

interface ClassEntry {
  readonly template: PodTemplate;
  readonly fused: FusedProfile;
  readonly namespace: string;
  readonly owner: PodInfo["owner"];
  /** What plugins of the user's call the pod's class. */
  readonly key: string;
  readonly podClass: PodClass;
}

/** More static tables or classes than this are forgotten all at once. */
const TABLES_MAX = 256;
const CLASSES_MAX = 65_536;

/** Classes and static tables over one cache. */
export class PodClasses implements CacheObserver {
  private readonly cache: SchedulerCache;
  private readonly counters: PodCounters;
  private readonly objects: ClusterObjects;
  /** By template index, which is dense; each list is of few templates, namespaces and owners. */
  private classes: (ClassEntry[] | undefined)[] = [];
  private classCount = 0;
  private terms = new Map<string, ClassTerms>();
  private tables = new Map<string, StaticTable>();
  private readonly profileNumbers = new Map<FusedProfile, number>();
  private objectsVersion = -1;
  private countersEpoch = 0;

  constructor(cache: SchedulerCache, counters: PodCounters, objects: ClusterObjects) {
    this.cache = cache;
    this.counters = counters;
    this.objects = objects;
    cache.observe(this);
  }

  /** The class of the pod, up to date. */
  classOf(fused: FusedProfile, pod: PodInfo): PodClass {
    this.counters.prune();
    this.forgetStale();
    const { namespace, template, owner } = pod;
    let entries = this.classes[template.index];
    if (entries === undefined) {
      entries = [];
      this.classes[template.index] = entries;
    }
    const key = fused.keyOf(pod);
    for (let at = 0; at < entries.length; at++) {
      const entry = entries[at]!;
      if (entry.template !== template || entry.fused !== fused || entry.key !== key) continue;
      if (entry.namespace === namespace && isSameOwner(entry.owner, owner)) {
        entry.podClass.catchUp();
        return entry.podClass;
      }
    }
    const podClass = new PodClass(template, this.termsOf(fused, pod, key));
    podClass.catchUp();
    this.classCount++;
    entries.push({ template, fused, namespace, owner, key, podClass });
    return podClass;
  }

  podAdded(): void {
    // Classes do not depend on pods; their counters follow by themselves.
  }

  podRemoved(): void {
    // As above.
  }

  podReplaced(): void {
    // As above.
  }

  nodeChanged(row: NodeRow, before: NodeObject | undefined, after: NodeObject | undefined): void {
    const isSame = before !== undefined && after !== undefined && isSameToPods(before, after);
    for (const table of this.tables.values()) if (!isSame || table.isKeyed) table.forget(row);
  }

  private forgetStale(): void {
    const version = this.objects.version();
    const isCurrent = version === this.objectsVersion && this.counters.epoch === this.countersEpoch;
    const isFull = this.tables.size > TABLES_MAX || this.classCount > CLASSES_MAX;
    if (isCurrent && !isFull) return;
    this.objectsVersion = version;
    this.countersEpoch = this.counters.epoch;
    this.classes = [];
    this.classCount = 0;
    this.terms = new Map();
    if (this.tables.size > TABLES_MAX) this.tables = new Map();
  }

  private termsOf(fused: FusedProfile, pod: PodInfo, classKey: string): ClassTerms {
    const { counters, objects } = this;
    const { template, namespace, owner } = pod;
    const shape = counters.shapes.numberOf(template);
    const by = owner === undefined ? "" : `${owner.apiVersion} ${owner.kind} ${owner.name}`;
    const key = `${shape} ${this.numberOf(fused)} ${namespace} ${by} ${classKey}`;
    let terms = this.terms.get(key);
    if (terms === undefined) {
      const table = this.tableOf(fused, pod, classKey);
      terms = new ClassTerms(fused, table, pod, counters, objects);
      this.terms.set(key, terms);
    }
    return terms;
  }

  private tableOf(fused: FusedProfile, pod: PodInfo, classKey: string): StaticTable {
    const key = `${this.numberOf(fused)} ${classKey} ${staticKeyOf(pod.template)}`;
    let table = this.tables.get(key);
    if (table === undefined) {
      table = new StaticTable(key, this.cache, fused, pod, skippedStatics(fused, pod));
      this.tables.set(key, table);
    }
    return table;
  }

  private numberOf(fused: FusedProfile): number {
    const known = this.profileNumbers.get(fused);
    if (known !== undefined) return known;
    const number = this.profileNumbers.size;
    this.profileNumbers.set(fused, number);
    return number;
  }
}

function isSameOwner(a: PodInfo["owner"], b: PodInfo["owner"]): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return a.kind === b.kind && a.name === b.name && a.apiVersion === b.apiVersion;
}

/** Static filters that look at no node for such a pod; their PreFilter says so without looking either. */
function skippedStatics(fused: FusedProfile, pod: PodInfo): ReadonlySet<string> {
  const { nodeAffinity } = fused;
  const skipped = new Set<string>();
  if (nodeAffinity?.isIdleFor(pod) === true) skipped.add(nodeAffinity.name);
  if (pod.template.requiredNodeFeatures.length === 0) skipped.add("NodeDeclaredFeatures");
  return skipped;
}

/** Equal texts just when all static plugins treat the templates alike. */
function staticKeyOf(template: PodTemplate): string {
  const { nodeSelector, tolerations, requiredNodeFeatures, source } = template;
  const affinity = source.spec["affinity"] as { readonly nodeAffinity?: unknown } | undefined;
  return JSON.stringify([
    nodeSelector === undefined ? null : [...nodeSelector],
    affinity?.nodeAffinity ?? null,
    tolerations,
    requiredNodeFeatures,
  ]);
}
