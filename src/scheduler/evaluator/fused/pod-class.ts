// PodClass: everything the fused pass needs of a pod, worked out once for all pods that are like it.
//
// Pods of one template, namespace and controller are alike to every plugin, until a Service, a
// namespace or a workload's selector changes. The class holds numbers, counters and domains instead of
// selectors and label maps; what changes from cycle to cycle is not in it.

import type {
  LabelSelector,
  Labels,
  PodTemplate,
  ResourceList,
  TopologySpreadConstraint,
} from "../../../cluster/index.ts";
import { isExtendedResource, NO_LABELS } from "../../../cluster/index.ts";
import type { ClusterObjects } from "../../framework/cluster-objects.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import { type ResolvedTerm, termMatches, unrollTerm } from "../../plugins/affinity-terms.ts";
import type { NodeResourcesFitArguments } from "../../plugins/node-resources-fit.ts";
import { constraintsOf, HOSTNAME_KEY } from "../../plugins/spread-constraints.ts";
import type { FusedProfile } from "./fused-profile.ts";
import type { KnownPreFiltering } from "./known-pre-filtering.ts";
import type { NodeDomains } from "./node-domains.ts";
import type { PodCounter } from "./pod-counter.ts";
import type { OwnedTerm, PodCounters } from "./pod-counters.ts";
import type { StaticTable } from "./static-table.ts";

/** A spreading constraint with its counter. */
export interface CountedConstraint {
  readonly domains: NodeDomains;
  readonly counter: PodCounter;
  readonly isHostname: boolean;
  readonly maxSkew: number;
  readonly minDomains: number;
  /** 1 when the selector matches the pod itself. */
  readonly self: number;
  /** The policies leave nodes out that do not match the pod's affinity, or whose taints it does not tolerate. */
  readonly needsAffinity: boolean;
  readonly needsToleration: boolean;
}

/** Pods that a term means (or that own it), by domain. */
export interface CountedTerm {
  readonly domains: NodeDomains;
  readonly counter: PodCounter;
  /** What each of them adds to the raw score; 0 for required terms. */
  readonly weight: number;
}

/** What pods of one shape, namespace and owner share under one profile, whatever they ask for. */
export class ClassTerms {
  readonly fused: FusedProfile;
  readonly statics: StaticTable;
  readonly hardSpread: readonly CountedConstraint[];
  readonly softSpread: readonly CountedConstraint[];
  readonly requiresAllLabels: boolean;
  readonly affinity: readonly CountedTerm[];
  readonly meansItself: boolean;
  readonly anti: readonly CountedTerm[];
  readonly preferred: readonly CountedTerm[];
  readonly existingAnti: CountedTerm[] = [];
  readonly existingPreferred: CountedTerm[] = [];
  /** What PreFilter says of such pods, as far as it was asked. */
  readonly preFilterings: (KnownPreFiltering | undefined)[] = [];
  /** What an index keeps for all of them; nobody else reads it. */
  memory: object | undefined;
  private readonly counters: PodCounters;
  private readonly namespaceLabels: Labels;
  private readonly sample: PodInfo;
  private compared = 0;

  constructor(
    fused: FusedProfile,
    statics: StaticTable,
    pod: PodInfo,
    counters: PodCounters,
    objects: ClusterObjects,
  ) {
    this.fused = fused;
    this.statics = statics;
    this.counters = counters;
    this.sample = pod;
    this.namespaceLabels = objects.findNamespace(pod.namespace)?.meta.labels ?? NO_LABELS;
    const { spread } = fused;
    const constraints = (kind: TopologySpreadConstraint["whenUnsatisfiable"]) =>
      spread === undefined
        ? []
        : constraintsOf(pod, kind, spread.args, objects).map((each) => this.constraint(each));
    this.hardSpread = constraints("DoNotSchedule");
    this.softSpread = constraints("ScheduleAnyway");
    const hasOwn = pod.template.topologySpreadConstraints.length > 0;
    this.requiresAllLabels = hasOwn || spread?.args.defaultingType === "List";
    const { podAffinity, podAntiAffinity } = pod.template;
    const unroll = (term: ResolvedTerm["term"]) => unrollTerm(term, pod.namespace, objects);
    const required = podAffinity.required.map(unroll);
    const all = required.length === 0 ? undefined : counters.termCounter(required);
    this.affinity = required.map(({ term }) => this.counted(term.topologyKey, all!, 0));
    this.meansItself = required.every((term) => termMatches(term, pod, NO_LABELS));
    this.anti = podAntiAffinity.required.map((term) => this.ownTerm(unroll(term), 0));
    this.preferred = [
      ...podAffinity.preferred.map(({ weight, term }) => this.ownTerm(unroll(term), weight)),
      ...podAntiAffinity.preferred.map(({ weight, term }) => this.ownTerm(unroll(term), -weight)),
    ];
  }

  /** Takes in the terms that pods have come to own since the last cycle. */
  catchUp(): void {
    const { ownedTerms } = this.counters;
    for (; this.compared < ownedTerms.length; this.compared++) {
      this.compare(ownedTerms[this.compared]!);
    }
  }

  /** The domains of that label. */
  domainsOf(key: string): NodeDomains {
    return this.counters.domainsOf(key);
  }

  private compare({ kind, weight, resolved, owners }: OwnedTerm): void {
    if (!termMatches(resolved, this.sample, this.namespaceLabels)) return;
    const { topologyKey } = resolved.term;
    if (kind === "required-anti") {
      this.existingAnti.push(this.counted(topologyKey, owners, 0));
      return;
    }
    const hardWeight = this.fused.podAffinity?.args.hardPodAffinityWeight ?? 0;
    const worth = kind === "required-affinity" ? hardWeight : weight;
    // A preference of weight 0 still makes an entry: the plugin is then not skipped.
    if (kind === "required-affinity" && hardWeight <= 0) return;
    this.existingPreferred.push(this.counted(topologyKey, owners, worth));
  }

  private constraint(each: TopologySpreadConstraint): CountedConstraint {
    const { template, namespace } = this.sample;
    return {
      domains: this.counters.domainsOf(each.topologyKey),
      counter: this.counters.spreadCounter(namespace, each.selector),
      isHostname: each.topologyKey === HOSTNAME_KEY,
      maxSkew: each.maxSkew,
      minDomains: each.minDomains,
      self: matchesSelf(each.selector, template.labels),
      needsAffinity:
        each.nodeAffinityPolicy === "Honor" && template.requiredNodeAffinity !== undefined,
      needsToleration: each.nodeTaintsPolicy === "Honor",
    };
  }

  private ownTerm(resolved: ResolvedTerm, weight: number): CountedTerm {
    const counter = this.counters.termCounter([resolved]);
    return this.counted(resolved.term.topologyKey, counter, weight);
  }

  private counted(topologyKey: string, counter: PodCounter, weight: number): CountedTerm {
    return { domains: this.counters.domainsOf(topologyKey), counter, weight };
  }
}

/** One kind of pod under one profile. */
export class PodClass {
  readonly fused: FusedProfile;
  readonly template: PodTemplate;
  readonly terms: ClassTerms;
  readonly statics: StaticTable;
  /** Scalars that must fit, as name and amount. */
  readonly scalars: readonly (readonly [string, number])[];
  readonly hardSpread: readonly CountedConstraint[];
  readonly softSpread: readonly CountedConstraint[];
  /** Nodes that lack a topology label of a soft constraint are left out of scoring. */
  readonly requiresAllLabels: boolean;
  /** Topologies of the required affinity terms, and the pods that all of those mean. */
  readonly affinity: readonly CountedTerm[];
  /** All of its own required affinity terms mean the pod itself. */
  readonly meansItself: boolean;
  readonly anti: readonly CountedTerm[];
  readonly preferred: readonly CountedTerm[];
  readonly hasOwnPreferences: boolean;
  /** Required anti-affinity of existing pods that means this one; grows with the terms that are owned. */
  readonly existingAnti: readonly CountedTerm[];
  /** Preferences (and required affinity) of existing pods that mean this one. */
  readonly existingPreferred: readonly CountedTerm[];
  /** What an index keeps for the class; nobody else reads it. */
  memory: object | undefined;

  constructor(template: PodTemplate, terms: ClassTerms) {
    this.fused = terms.fused;
    this.template = template;
    this.terms = terms;
    this.statics = terms.statics;
    this.scalars = scalarsOf(template.requests, terms.fused.fit?.args);
    this.hardSpread = terms.hardSpread;
    this.softSpread = terms.softSpread;
    this.requiresAllLabels = terms.requiresAllLabels;
    this.affinity = terms.affinity;
    this.meansItself = terms.meansItself;
    this.anti = terms.anti;
    this.preferred = terms.preferred;
    this.hasOwnPreferences = terms.preferred.length > 0;
    this.existingAnti = terms.existingAnti;
    this.existingPreferred = terms.existingPreferred;
  }

  /** Takes in the terms that pods have come to own since the last cycle. */
  catchUp(): void {
    this.terms.catchUp();
  }

  /** How many values of that label the nodes have. */
  valuesOf(key: string): number {
    return this.terms.domainsOf(key).used;
  }

  /** Whether no two nodes share a value of that label. */
  isUnique(key: string): boolean {
    return this.terms.domainsOf(key).isUnique;
  }
}

const NO_SCALARS: readonly (readonly [string, number])[] = [];

function matchesSelf(selector: LabelSelector, labels: Labels): number {
  return selector.matches(labels) ? 1 : 0;
}

function scalarsOf(
  { scalars }: ResourceList,
  args: NodeResourcesFitArguments | undefined,
): readonly (readonly [string, number])[] {
  if (scalars.size === 0) return NO_SCALARS;
  const isIgnored = (name: string): boolean => {
    const group = name.slice(0, name.indexOf("/"));
    const isNamed =
      args?.ignoredResources.has(name) === true || args?.ignoredResourceGroups.has(group) === true;
    return isNamed && isExtendedResource(name);
  };
  return [...scalars].filter(([name, amount]) => amount !== 0 && !isIgnored(name));
}
