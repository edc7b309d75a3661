// Neighbours: which pods a pod's spreading and affinity rules mean, domain by domain.
//
// The filters only count; an explanation wants names. Each list is worked out once per domain, since
// thousands of nodes share a zone.

import { compareText } from "../../base/index.ts";
import {
  type LabelSelector,
  type Labels,
  NO_LABELS,
  type PodTemplate,
  type TopologySpreadConstraint,
} from "../../cluster/index.ts";
import {
  type AffinityCounts,
  hasAllTopologyKeys,
  isNodeIncluded,
  type NodeRow,
  podKey,
  type PodInfo,
  ownedTermMatches,
  type ResolvedTerm,
  type SchedulerCache,
  termMatches,
} from "../../scheduler/index.ts";

/** A pod whose own anti-affinity keeps the pod out of one domain. */
interface Repelling {
  readonly pod: PodInfo;
  readonly topologyKey: string;
  readonly domain: string;
}

/** The nodes of each domain, in list order. */
export class DomainRows {
  private readonly cache: SchedulerCache;
  /** One row stands for itself: each name of a node is a domain too. */
  private readonly rows = new Map<string, Map<string, NodeRow | NodeRow[]>>();

  constructor(cache: SchedulerCache) {
    this.cache = cache;
  }

  in(topologyKey: string, domain: string): readonly NodeRow[] {
    const rows = this.rowsOf(topologyKey).get(domain);
    if (rows === undefined) return NO_ROWS;
    return typeof rows === "number" ? [rows] : rows;
  }

  private rowsOf(topologyKey: string): ReadonlyMap<string, NodeRow | readonly NodeRow[]> {
    let byDomain = this.rows.get(topologyKey);
    if (byDomain === undefined) {
      byDomain = new Map();
      this.rows.set(topologyKey, byDomain);
      const { cache } = this;
      const { nodeList } = cache;
      for (let at = 0; at < nodeList.length; at++) {
        const row = nodeList[at]!;
        const domain = cache.node(row).meta.labels.get(topologyKey);
        if (domain === undefined) continue;
        const known = byDomain.get(domain);
        if (known === undefined) byDomain.set(domain, row);
        else if (typeof known === "number") byDomain.set(domain, [known, row]);
        else known.push(row);
      }
    }
    return byDomain;
  }
}

const NO_ROWS: readonly NodeRow[] = [];

/** Lists of pods by domain for one incoming pod. */
export class Neighbours {
  private readonly cache: SchedulerCache;
  private readonly pod: PodInfo;
  private readonly domains: DomainRows;
  private readonly lists = new Map<string, readonly PodInfo[]>();
  private keys: ReadonlySet<string> | undefined;
  private repelling: readonly Repelling[] | undefined;

  constructor(cache: SchedulerCache, pod: PodInfo, domains: DomainRows) {
    this.cache = cache;
    this.pod = pod;
    this.domains = domains;
  }

  /** Pods that the constraint counts in a domain, the least important first. */
  spreadOver(
    constraints: readonly TopologySpreadConstraint[],
    index: number,
    domain: string,
  ): readonly PodInfo[] {
    const constraint = constraints[index]!;
    const { topologyKey, selector } = constraint;
    return this.listed(`spread ${index} ${domain}`, () => {
      if (selector.isEverything) return [];
      const { cache, pod } = this;
      const matching = cache.matches.matching(pod.namespace, selector);
      const selected = new Map<PodTemplate, boolean>();
      const found: PodInfo[] = [];
      const rows = this.domains.in(topologyKey, domain);
      for (let place = 0; place < rows.length; place++) {
        const row = rows[place]!;
        if (matching.on(row) === 0) continue;
        const node = cache.node(row);
        if (!hasAllTopologyKeys(node, constraints) || !isNodeIncluded(constraint, pod, node))
          continue;
        const others = cache.podsOn(row);
        for (let at = 0; at < others.length; at++) {
          const other = others[at]!;
          if (other.deleting || other.namespace !== pod.namespace) continue;
          const { template } = other;
          if (selected.get(template) ?? selects(selector, template, selected)) found.push(other);
        }
      }
      return leastImportantFirst(found);
    });
  }

  /** Pods in a domain that one of the pod's own anti-affinity terms means. */
  meantBy(resolved: ResolvedTerm, index: number, domain: string): readonly PodInfo[] {
    return this.listed(`anti ${index} ${domain}`, () => {
      const { labelSelector, topologyKey } = resolved.term;
      const selected = new Map<PodTemplate, boolean>();
      const found: PodInfo[] = [];
      const rows = this.domains.in(topologyKey, domain);
      for (let place = 0; place < rows.length; place++) {
        const others = this.cache.podsOn(rows[place]!);
        for (let at = 0; at < others.length; at++) {
          const other = others[at]!;
          const { template } = other;
          const isSelected = selected.get(template) ?? selects(labelSelector, template, selected);
          if (isSelected && termMatches(resolved, other, NO_LABELS)) found.push(other);
        }
      }
      return found;
    });
  }

  /** Pods whose own anti-affinity keeps the pod off a node with these labels. */
  repelledBy({ namespaceLabels }: AffinityCounts, labels: Labels): readonly PodInfo[] {
    this.repelling ??= this.findRepelling(namespaceLabels);
    const found = this.repelling.filter(
      ({ topologyKey, domain }) => labels.get(topologyKey) === domain,
    );
    return [...new Set(found.map(({ pod }) => pod))];
  }

  /** Labels that some required affinity or anti-affinity goes by: the pod's or anybody's. */
  get topologyKeys(): ReadonlySet<string> {
    this.keys ??= this.findTopologyKeys();
    return this.keys;
  }

  private findTopologyKeys(): ReadonlySet<string> {
    const { podAffinity, podAntiAffinity } = this.pod.template;
    const own = [...podAffinity.required, ...podAntiAffinity.required];
    const keys = new Set(own.map(({ topologyKey }) => topologyKey));
    const { cache } = this;
    const { nodeList } = cache;
    for (let place = 0; place < nodeList.length; place++) {
      const others = cache.podsWithAffinityOn(nodeList[place]!);
      for (let at = 0; at < others.length; at++) {
        for (const { topologyKey } of others[at]!.template.podAntiAffinity.required)
          keys.add(topologyKey);
      }
    }
    return keys;
  }

  private findRepelling(namespaceLabels: Labels): Repelling[] {
    const found: Repelling[] = [];
    const { cache, pod } = this;
    const { nodeList } = cache;
    for (let place = 0; place < nodeList.length; place++) {
      const row = nodeList[place]!;
      const others = cache.podsWithAffinityOn(row);
      if (others.length === 0) continue;
      const { labels } = cache.node(row).meta;
      for (let at = 0; at < others.length; at++) {
        const other = others[at]!;
        for (const term of other.template.podAntiAffinity.required) {
          const domain = labels.get(term.topologyKey);
          if (domain === undefined) continue;
          if (!ownedTermMatches(term, other.namespace, pod, namespaceLabels)) continue;
          found.push({ pod: other, topologyKey: term.topologyKey, domain });
        }
      }
    }
    return found;
  }

  private listed(key: string, find: () => PodInfo[]): readonly PodInfo[] {
    const known = this.lists.get(key);
    if (known !== undefined) return known;
    const found = find();
    this.lists.set(key, found);
    return found;
  }
}

/** All pods of a template are selected alike: the answer is kept for the others. */
function selects(
  selector: LabelSelector,
  template: PodTemplate,
  selected: Map<PodTemplate, boolean>,
): boolean {
  const isSelected = selector.matches(template.labels);
  selected.set(template, isSelected);
  return isSelected;
}

/** By priority, then by name. */
function leastImportantFirst(pods: readonly PodInfo[]): PodInfo[] {
  const named = pods.map((pod) => ({ pod, key: podKey(pod) }));
  named.sort((a, b) => a.pod.priority - b.pod.priority || compareText(a.key, b.key));
  return named.map(({ pod }) => pod);
}
