// Which pods each selector selects, kept from the watch: those of Services, and of what autoscalers
// look at.
//
// A pod's labels come with its template, and few templates make many pods, so which selectors take
// a template in is worked out once; a pod then costs one look-up per change. Nothing is kept while
// there is no selector.

import type { Labels, PodChange, PodIndex, PodTable, PodTemplate, Uid } from "../cluster/index.ts";

/** What a selector takes in. */
export type Selects = (labels: Labels) => boolean;

/** A selector as the index knows it. */
interface KnownSelector {
  readonly namespace: string;
  readonly selects: Selects;
  /** In the order in which the watch showed them. */
  readonly pods: Set<PodIndex>;
}

/** Pods by selector; a selector goes by the uid of the object it belongs to. */
export class SelectedPods {
  private readonly pods: PodTable;
  private readonly selectors = new Map<Uid, KnownSelector>();
  private readonly byTemplate = new Map<string, Map<PodTemplate, readonly Uid[]>>();

  constructor(pods: PodTable) {
    this.pods = pods;
  }

  /** True while there is no selector. */
  get isEmpty(): boolean {
    return this.selectors.size === 0;
  }

  /** Takes a selector up, or the changed one of the same object. */
  set(uid: Uid, namespace: string, selects: Selects): void {
    this.remove(uid);
    const known: KnownSelector = { namespace, selects, pods: new Set() };
    this.selectors.set(uid, known);
    this.byTemplate.delete(namespace);
    this.pods.forEach((pod) => {
      if (this.pods.namespace(pod) !== namespace) return;
      if (selects(this.pods.template(pod).labels)) known.pods.add(pod);
    });
  }

  /** Forgets a selector. */
  remove(uid: Uid): void {
    const known = this.selectors.get(uid);
    if (known === undefined) return;
    this.selectors.delete(uid);
    this.byTemplate.delete(known.namespace);
  }

  /** Follows a change; gives the objects whose selectors took the pod in before or after it. */
  follow(change: PodChange): readonly Uid[] {
    const namespace = this.pods.namespace(change.pod);
    const now = this.selecting(namespace, change.templateAfter);
    const before =
      change.templateBefore === change.templateAfter
        ? now
        : this.selecting(namespace, change.templateBefore);
    if (change.kind === "Deleted") {
      for (const uid of now) this.selectors.get(uid)?.pods.delete(change.pod);
      return now;
    }
    if (before !== now) {
      for (const uid of before) this.selectors.get(uid)?.pods.delete(change.pod);
    }
    for (const uid of now) this.selectors.get(uid)?.pods.add(change.pod);
    return before === now ? now : [...new Set([...before, ...now])];
  }

  /** The pods that an object's selector takes in. */
  podsOf(uid: Uid): Iterable<PodIndex> {
    return this.selectors.get(uid)?.pods ?? [];
  }

  private selecting(namespace: string, template: PodTemplate): readonly Uid[] {
    let known = this.byTemplate.get(namespace);
    if (known === undefined) {
      known = new Map();
      this.byTemplate.set(namespace, known);
    }
    let uids = known.get(template);
    if (uids === undefined) {
      uids = [...this.selectors]
        .filter(([, selector]) => selector.namespace === namespace)
        .filter(([, { selects }]) => selects(template.labels))
        .map(([uid]) => uid);
      known.set(template, uids);
    }
    return uids;
  }
}

/** The selector of an equality map, such as a Service's; an empty one selects everything. */
export function selectsAll(wanted: ReadonlyMap<string, string>): Selects {
  return (labels) => {
    for (const [key, value] of wanted) if (labels.get(key) !== value) return false;
    return true;
  };
}
