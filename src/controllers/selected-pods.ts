// Which pods each Service selects, kept from the watch.
//
// A pod's labels come with its template, and few templates make many pods, so which Services select
// a template is worked out once; a pod then costs one look-up per change. Nothing is kept while no
// Service with a selector exists.

import type {
  PodChange,
  PodIndex,
  PodTable,
  PodTemplate,
  ServiceObject,
  Uid,
} from "../cluster/index.ts";

/** A Service as the index knows it. */
interface KnownService {
  readonly namespace: string;
  readonly selector: ReadonlyMap<string, string>;
  /** In the order in which the watch showed them. */
  readonly pods: Set<PodIndex>;
}

/** Pods by Service. */
export class ServiceMembers {
  private readonly pods: PodTable;
  private readonly services = new Map<Uid, KnownService>();
  private readonly byTemplate = new Map<string, Map<PodTemplate, readonly Uid[]>>();

  constructor(pods: PodTable) {
    this.pods = pods;
  }

  /** True while there is no Service that selects pods. */
  get isEmpty(): boolean {
    return this.services.size === 0;
  }

  /** Takes a Service up, or its changed selector; a Service without a selector selects nothing. */
  setService(uid: Uid, namespace: string, service: ServiceObject): void {
    this.byTemplate.delete(namespace);
    this.services.delete(uid);
    const { selector, type } = service;
    if (selector === undefined || type === "ExternalName") return;
    const known: KnownService = { namespace, selector, pods: new Set() };
    this.services.set(uid, known);
    this.pods.forEach((pod) => {
      if (this.pods.namespace(pod) !== namespace) return;
      if (isSelected(known.selector, this.pods.template(pod))) known.pods.add(pod);
    });
  }

  removeService(uid: Uid): void {
    const known = this.services.get(uid);
    if (known === undefined) return;
    this.services.delete(uid);
    this.byTemplate.delete(known.namespace);
  }

  /** Follows a change; gives the Services that selected the pod before or after it. */
  follow(change: PodChange): readonly Uid[] {
    const namespace = this.pods.namespace(change.pod);
    const now = this.selecting(namespace, change.templateAfter);
    const before =
      change.templateBefore === change.templateAfter
        ? now
        : this.selecting(namespace, change.templateBefore);
    if (change.kind === "Deleted") {
      for (const uid of now) this.services.get(uid)?.pods.delete(change.pod);
      return now;
    }
    if (before !== now) {
      for (const uid of before) this.services.get(uid)?.pods.delete(change.pod);
    }
    for (const uid of now) this.services.get(uid)?.pods.add(change.pod);
    return before === now ? now : [...new Set([...before, ...now])];
  }

  /** The pods that a Service selects. */
  podsOf(uid: Uid): Iterable<PodIndex> {
    return this.services.get(uid)?.pods ?? [];
  }

  private selecting(namespace: string, template: PodTemplate): readonly Uid[] {
    let known = this.byTemplate.get(namespace);
    if (known === undefined) {
      known = new Map();
      this.byTemplate.set(namespace, known);
    }
    let uids = known.get(template);
    if (uids === undefined) {
      uids = [...this.services]
        .filter(([, service]) => service.namespace === namespace)
        .filter(([, { selector }]) => isSelected(selector, template))
        .map(([uid]) => uid);
      known.set(template, uids);
    }
    return uids;
  }
}

function isSelected(selector: ReadonlyMap<string, string>, { labels }: PodTemplate): boolean {
  for (const [key, value] of selector) if (labels.get(key) !== value) return false;
  return true;
}
