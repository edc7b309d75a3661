// A second opinion on placements: recomputes from what the API committed whether each bind was allowed.
//
// Shares no code with the scheduler: requests, selectors and tolerations are read again from the pods'
// own spec, usage is added up from binds and ends. It checks what must hold at the instant of a bind
// whatever the policy: cpu, memory, ephemeral storage, pod count, extended resources, host ports,
// node selector, required node affinity, taints and cordons. What several pods ask of each other
// (affinity, spreading) is not its business.
import type {
  ApiServer,
  NodeIndex,
  NodeObject,
  PodChange,
  PodIndex,
} from "../../src/cluster/index.ts";

/** Amounts in thousandths, so that "100m" is a whole number for every resource. */
type Amounts = Map<string, number>;

interface Demand {
  readonly amounts: Amounts;
  readonly ports: readonly string[];
  readonly spec: Spec;
}

interface Held extends Demand {
  readonly node: NodeIndex;
}

/** Observes one run from before its first event; `faults` are sentences, empty if all was well. */
export class FeasibilityChecker {
  readonly faults: string[] = [];
  bindCount = 0;
  private readonly api: ApiServer;
  private readonly held = new Map<number, Held>();
  private readonly used = new Map<NodeIndex, Amounts>();
  private readonly ports = new Map<NodeIndex, Map<string, number>>();
  private readonly demands = new Map<object, Demand>();

  /** Pods that are on nodes already count as they are: nobody decided about them here. */
  constructor(api: ApiServer) {
    this.api = api;
    api.pods.forEach((pod) => {
      const node = api.pods.node(pod);
      if (node >= 0 && !isFinished(api.pods.phase(pod)))
        this.take(api.pods.uid(pod), node, this.demandOf(api.pods.template(pod).source));
    });
    api.observe({ onPod: (change) => this.onPod(change) });
  }

  /** A node that would take this pod now, as far as this checker sees; undefined if there is none. */
  findRoomFor(pod: PodIndex): string | undefined {
    const demand = this.demandOf(this.api.pods.template(pod).source);
    for (const node of this.api.nodes.collectExisting()) {
      if (this.objections(node, demand).length === 0) return this.api.nodes.name(node);
    }
    return undefined;
  }

  private onPod(change: PodChange): void {
    const isGone = change.kind === "Deleted" || isFinished(change.phaseAfter);
    if (isGone) this.release(change.uid);
    else if (change.nodeAfter >= 0 && !this.held.has(change.uid)) {
      const demand = this.demandOf(change.templateAfter.source);
      // A pod that is made with a node has its place from its maker, not from a scheduler.
      if (change.kind !== "Added") this.judge(change.pod, change.nodeAfter, demand);
      this.take(change.uid, change.nodeAfter, demand);
    }
  }

  private judge(pod: PodIndex, node: NodeIndex, demand: Demand): void {
    this.bindCount += 1;
    const { pods, nodes } = this.api;
    for (const what of this.objections(node, demand))
      this.faults.push(`${pods.namespace(pod)}/${pods.name(pod)} on ${nodes.name(node)}: ${what}`);
  }

  private objections(node: NodeIndex, demand: Demand): string[] {
    const found: string[] = [];
    const say = (what: string): void => {
      found.push(what);
    };
    const facts = this.api.nodes.facts(node);
    const used = this.used.get(node) ?? new Map<string, number>();
    const allocatable = allocatableOf(facts);
    for (const [resource, amount] of demand.amounts) {
      const free = (allocatable.get(resource) ?? 0) - (used.get(resource) ?? 0);
      if (amount > free && amount > 0) say(`${resource}: asks ${amount}, free ${free}`);
    }
    const taken = this.ports.get(node);
    for (const port of demand.ports)
      if ((taken?.get(port) ?? 0) > 0) say(`host port ${port} is taken`);
    const labels = facts.meta.labels;
    for (const [key, value] of Object.entries(demand.spec.nodeSelector ?? {}))
      if (labels.get(key) !== value) say(`node selector ${key}=${value}`);
    const terms =
      demand.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
        ?.nodeSelectorTerms;
    if (terms !== undefined && !terms.some((term) => matchesTerm(term, facts)))
      say("no required node affinity term matches");
    for (const taint of facts.taints)
      if (taint.effect !== "PreferNoSchedule" && !tolerates(demand.spec, taint))
        say(`taint ${taint.key}:${taint.effect}`);
    const cordon = { key: "node.kubernetes.io/unschedulable", value: "", effect: "NoSchedule" };
    if (facts.unschedulable && !tolerates(demand.spec, cordon)) say("the node is cordoned");
    return found;
  }

  private take(uid: number, node: NodeIndex, demand: Demand): void {
    this.held.set(uid, { ...demand, node });
    this.add(node, demand, 1);
  }

  private release(uid: number): void {
    const held = this.held.get(uid);
    if (held === undefined) return;
    this.held.delete(uid);
    this.add(held.node, held, -1);
  }

  private add(node: NodeIndex, demand: Demand, sign: number): void {
    const used = this.used.get(node) ?? new Map<string, number>();
    this.used.set(node, used);
    for (const [resource, amount] of demand.amounts)
      used.set(resource, (used.get(resource) ?? 0) + sign * amount);
    const ports = this.ports.get(node) ?? new Map<string, number>();
    this.ports.set(node, ports);
    for (const port of demand.ports) ports.set(port, (ports.get(port) ?? 0) + sign);
  }

  private demandOf(source: object): Demand {
    const known = this.demands.get(source);
    if (known !== undefined) return known;
    const spec = (source as { spec: Spec }).spec;
    const demand = { spec, amounts: requestsOf(spec), ports: hostPortsOf(spec) };
    this.demands.set(source, demand);
    return demand;
  }
}

type Container = {
  readonly restartPolicy?: string;
  readonly resources?: { requests?: Quantities; limits?: Quantities };
  readonly ports?: readonly {
    hostPort?: number;
    containerPort?: number;
    protocol?: string;
    hostIP?: string;
  }[];
};
type Quantities = Readonly<Record<string, string | number>>;
type Requirement = { key: string; operator: string; values?: readonly string[] };
type Term = {
  matchExpressions?: readonly Requirement[];
  matchFields?: readonly Requirement[];
};
type Toleration = { key?: string; operator?: string; value?: string; effect?: string };
type Spec = {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly overhead?: Quantities;
  readonly hostNetwork?: boolean;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Toleration[];
  readonly affinity?: {
    nodeAffinity?: {
      requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms: readonly Term[] };
    };
  };
};

function isFinished(phase: number): boolean {
  const succeeded = 2;
  const failed = 3;
  return phase === succeeded || phase === failed;
}

function allocatableOf(facts: NodeObject): Amounts {
  const { milliCpu, memoryBytes, ephemeralStorageBytes, pods, scalars } = facts.allocatable;
  return new Map([
    ["cpu", milliCpu],
    ["memory", memoryBytes * 1000],
    ["ephemeral-storage", ephemeralStorageBytes * 1000],
    ["pods", pods * 1000],
    ...[...scalars].map(([name, amount]): [string, number] => [name, amount * 1000]),
  ]);
}

// Sidecars run beside everything after them; other init containers run one at a time.
function requestsOf(spec: Spec): Amounts {
  const total: Amounts = new Map([["pods", 1000]]);
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = requestsOfContainer(container);
    if (container.restartPolicy === "Always") addTo(sidecars, own);
    const together = new Map(sidecars);
    if (container.restartPolicy !== "Always") addTo(together, own);
    for (const [name, amount] of together) peak.set(name, Math.max(peak.get(name) ?? 0, amount));
  }
  for (const container of spec.containers) addTo(total, requestsOfContainer(container));
  addTo(total, sidecars);
  for (const [name, amount] of peak) total.set(name, Math.max(total.get(name) ?? 0, amount));
  addTo(total, new Map(Object.entries(spec.overhead ?? {}).map(([k, v]) => [k, thousandths(v)])));
  return total;
}

function requestsOfContainer({ resources }: Container): Amounts {
  const all = { ...resources?.limits, ...resources?.requests };
  return new Map(Object.entries(all).map(([name, text]) => [name, thousandths(text)]));
}

function addTo(total: Amounts, more: Amounts): void {
  for (const [name, amount] of more) total.set(name, (total.get(name) ?? 0) + amount);
}

const FACTORS: Readonly<Record<string, number>> = {
  m: 1,
  "": 1e3,
  k: 1e6,
  M: 1e9,
  G: 1e12,
  T: 1e15,
  Ki: 1000 * 2 ** 10,
  Mi: 1000 * 2 ** 20,
  Gi: 1000 * 2 ** 30,
  Ti: 1000 * 2 ** 40,
};

function thousandths(text: string | number): number {
  const [, digits, suffix] = /^([0-9.]+)([A-Za-z]*)$/.exec(String(text)) ?? [];
  const factor = FACTORS[suffix ?? "?"];
  if (digits === undefined || factor === undefined) throw new Error(`cannot read quantity ${text}`);
  return Math.ceil(Number(digits) * factor);
}

function hostPortsOf(spec: Spec): string[] {
  return spec.containers.flatMap((container) =>
    (container.ports ?? []).flatMap((port) => {
      const number = port.hostPort ?? (spec.hostNetwork === true ? port.containerPort : undefined);
      return number === undefined
        ? []
        : [`${port.protocol ?? "TCP"} ${port.hostIP ?? ""} ${number}`];
    }),
  );
}

function matchesTerm(term: Term, node: NodeObject): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return false;
  return (
    expressions.every((each) => meets(each, node.meta.labels.get(each.key))) &&
    fields.every((each) => each.key === "metadata.name" && meets(each, node.meta.name))
  );
}

function meets({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return value !== undefined && Number(value) > Number(values[0]);
    case "Lt":
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      throw new Error(`unknown operator ${operator}`);
  }
}

function tolerates(spec: Spec, taint: { key: string; value: string; effect: string }): boolean {
  return (spec.tolerations ?? []).some(
    ({ key, operator = "Equal", value = "", effect }) =>
      (effect === undefined || effect === "" || effect === taint.effect) &&
      (key === undefined || key === "" ? operator === "Exists" : key === taint.key) &&
      (operator === "Exists" || value === taint.value),
  );
}
