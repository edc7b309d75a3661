// What the fields of a scenario say together: contradictions, unknown references, double names.
//
// It reads the raw document leniently, so that these problems come in one go with misspelt fields
// and wrong types: whatever is malformed is somebody else's complaint and is passed over here.

import {
  type Duration,
  formatDuration,
  nearest,
  type PositionedDocument,
  type Problem,
} from "../../base/index.ts";
import {
  EXPECTATION_FIELDS,
  EXPECTATION_SUBJECTS,
  type ExpectationField,
  type ExpectationSubject,
  type ExpectationUse,
  formOf,
  parseWanted,
} from "../expect/expectation-fields.ts";
import { findCycle } from "../../workload/index.ts";
import { SHAPE_PROVIDERS, type ShapeProvider } from "../shapes/node-shape.ts";
import { poolShapeProblem } from "../shapes/pool-shape.ts";
import { durationReader, quantityReader, readWatts, WARMUP_AUTO } from "./scenario-fields.ts";

/** What the rules must know beside the document. */
export interface RuleOptions {
  /** Kubernetes objects are given beside the scenario, so that unknown nodes may be among them. */
  readonly hasOtherObjects?: boolean;
  /** The most nodes of all pools together; NODES_MAX if left out. */
  readonly nodesMax?: number;
}

/** The most nodes of a cluster, unless the limit is raised. */
export const NODES_MAX = 1_000_000;

/** Horizon of a scenario that names neither a horizon nor `until`. */
export const DEFAULT_HORIZON: Duration = 3_600_000_000 as Duration;

/** Everything that the fields of a scenario say together and should not, in no particular order. */
export function findRuleProblems(
  document: PositionedDocument,
  options: RuleOptions = {},
): Problem[] {
  const rules = new Rules(document, options);
  rules.judgeRun();
  rules.judgePools();
  rules.judgePower();
  rules.judgeWorkload();
  rules.judgeSchedulers();
  rules.judgeFaults();
  rules.judgeExpectations();
  return rules.problems;
}

/** What one edit can be. */
const EDITS = [
  ...["scale", "setImage", "setEnv", "resize", "restart", "undo", "pause", "resume"],
  ...["suspend", "unsuspend"],
  ...["delete", "switchService", "label", "taint", "untaint", "cordon", "uncordon", "drain"],
  ...["set", "upgrade"],
];

type Path = readonly (string | number)[];

function fieldsFor(subject: ExpectationSubject, isMeant: (use: ExpectationUse) => boolean): string {
  const fields = [...EXPECTATION_FIELDS].filter(([, { uses }]) => {
    const use = uses[subject];
    return use !== undefined && isMeant(use);
  });
  return fields.map(([name]) => name).join(", ");
}

/** What the cluster is known to hold by name. */
interface KnownCluster {
  readonly pools: ReadonlyMap<string, number>;
  readonly nodes: ReadonlySet<string>;
  readonly zones: ReadonlySet<string>;
  /** False when files or other sources may hold more nodes. */
  readonly isComplete: boolean;
  /** True when every pool has a usable name. */
  readonly knowsPools: boolean;
}

class Rules {
  readonly problems: Problem[] = [];
  private readonly document: PositionedDocument;
  private readonly options: RuleOptions;
  private readonly horizon: Duration | undefined;

  constructor(document: PositionedDocument, options: RuleOptions) {
    this.document = document;
    this.options = options;
    const isDrained = this.get(["run", "until"]) === "drained";
    const isGiven = this.get(["run", "horizon"]) !== undefined;
    this.horizon = isGiven
      ? this.duration(["run", "horizon"])
      : isDrained
        ? undefined
        : DEFAULT_HORIZON;
  }

  judgeRun(): void {
    const isSteady = this.get(["run", "study"]) === "steady-state";
    if (isSteady && this.get(["run", "until"]) === "drained") {
      this.contradiction(["run", "until"], "a steady-state study never drains; give a horizon");
    }
    const isAuto = this.get(["run", "warmup"]) === WARMUP_AUTO;
    const warmup = isAuto ? undefined : this.duration(["run", "warmup"]);
    if (!isAuto && (warmup === undefined || warmup === 0)) return;
    if (!isSteady) {
      this.contradiction(
        ["run", "warmup"],
        "a terminating study measures from the start",
        "remove warmup, or write study: steady-state",
      );
    } else if (warmup !== undefined && this.horizon !== undefined && warmup >= this.horizon) {
      const lengths = `${formatDuration(warmup)} is not shorter than the horizon of ${formatDuration(this.horizon)}`;
      this.contradiction(["run", "warmup"], `the warm-up of ${lengths}`);
    }
  }

  judgePools(): void {
    const at: Path = ["cluster", "nodePools"];
    this.refuseDoubleNames(at, "node pool");
    let nodes = 0;
    for (const path of this.items(at)) {
      nodes += this.count([...path, "count"]) ?? 0;
      this.refuseDoubles([...path, "zones"], "zone");
      this.requireSome(path, ["allocatable", "shape"]);
      this.judgeShape([...path, "shape"]);
      this.judgeResources(path);
    }
    const nodesMax = this.options.nodesMax ?? NODES_MAX;
    if (nodes > nodesMax) {
      const message = `${nodes} nodes are more than the limit of ${nodesMax}`;
      this.add(at, "E_LIMIT_NODES", message);
    }
  }

  private judgeShape(path: Path): void {
    const shape = this.get(path);
    if (!isMap(shape)) return;
    const { provider, type, cores, memory } = shape;
    if (!SHAPE_PROVIDERS.some((name) => name === provider)) return; // the schema has said so
    const problem = poolShapeProblem({
      provider: provider as ShapeProvider,
      type: typeof type === "string" ? type : undefined,
      cores: typeof cores === "number" ? cores : undefined,
      memory: memory === undefined ? undefined : String(memory),
      maxPods: undefined,
    });
    if (problem !== undefined) this.contradiction(path, problem);
  }

  private judgeResources(pool: Path): void {
    const allocatable = this.get([...pool, "allocatable"]);
    if (!isMap(allocatable)) return;
    if (!Object.hasOwn(allocatable, "pods") && !this.has([...pool, "shape"])) {
      this.problems.push(
        this.document.problemAt([...pool, "allocatable"], {
          ...{ code: "W_NO_PODS", severity: "warning", what: "key" },
          message: "without allocatable pods no pod fits on these nodes",
          hint: 'add pods: "110"',
        }),
      );
    }
    for (const resource of Object.keys(allocatable)) {
      const path = [...pool, "capacity", resource];
      const capacity = quantityReader(resource)(this.get(path)).value;
      const usable = quantityReader(resource)(allocatable[resource]).value;
      if (capacity === undefined || usable === undefined) continue;
      if (usable.milliValue() > capacity.milliValue()) {
        this.contradiction(
          path,
          `the capacity ${this.get(path)} is less than the allocatable ${allocatable[resource]}`,
        );
      }
    }
  }

  judgeWorkload(): void {
    for (const path of this.items(["workload", "manifests"])) {
      this.judgeTime([...path, "at"]);
      this.requireSome(path, ["files", "objects"]);
    }
    this.judgeSteps(["workload", "manifests"]);
    this.refuseDoubleNames(["workload", "generators"], "generator");
    for (const path of this.items(["workload", "generators"])) this.judgeGenerator(path);
    for (const path of this.items(["workload", "edits"])) {
      this.judgeTime([...path, "at"]);
      if (this.has([...path, "label"])) this.requireSome([...path, "label"], ["labels", "remove"]);
      if (this.has([...path, "resize"]))
        this.requireSome([...path, "resize"], ["requests", "limits"]);
      this.requireOne(path, EDITS);
      this.judgeUpgrade([...path, "upgrade"]);
    }
  }

  private judgeUpgrade(path: Path): void {
    if (!isMap(this.get(path))) return;
    this.requireOne(path, ["pool", "nodes"]);
    this.refuseEmpty([...path, "nodes"]);
    const surge = this.count([...path, "surge"]) ?? 1;
    if (surge === 0 && (this.count([...path, "maxUnavailable"]) ?? 0) === 0)
      this.contradiction(path, "without surge and maxUnavailable no node could ever be replaced");
  }

  private judgeGenerator(path: Path): void {
    this.requireOne(path, ["pod", "mix"]);
    this.refuseEmpty([...path, "mix"]);
    const arrivals = [...path, "arrivals"];
    const process = this.get([...arrivals, "process"]);
    if (process === "poisson" || process === "constant") {
      this.requireOne(arrivals, ["rate", "interval"]);
    }
    this.judgeSpan(arrivals, "from", "until");
    this.judgeTime([...arrivals, "from"]);
    this.judgePrefill(path);
    const isEndless = !this.has([...arrivals, "count"]) && !this.has([...arrivals, "until"]);
    if (
      isEndless &&
      isMap(this.get(arrivals)) &&
      this.horizon === undefined &&
      !this.has(["run", "horizon"])
    ) {
      this.contradiction(
        arrivals,
        "arrivals without an end never drain",
        "give count or until here, or a horizon under run",
      );
    }
  }

  private judgePrefill(path: Path): void {
    const prefill: Path = [...path, "prefill"];
    if (!this.has(prefill)) return;
    if (!this.has([...path, "duration"]))
      this.contradiction(
        prefill,
        "what is left of a run is drawn from `duration`, which is missing",
      );
    const from = this.duration([...path, "arrivals", "from"]);
    if (from !== undefined && from > 0)
      this.contradiction(prefill, "pods are there at the start, but arrivals begin later");
  }

  judgePower(): void {
    this.refuseDoubleNames(["prices", "shapes"], "shape");
    for (const path of [
      ...this.items(["cluster", "nodePools"]),
      ...this.items(["prices", "shapes"]),
    ]) {
      const watts = (field: string): number | undefined =>
        readWatts(this.get([...path, "power", field])).value;
      const [idle, full] = [watts("idleWatts"), watts("fullWatts")];
      if (idle === undefined || full === undefined || full >= idle) continue;
      this.contradiction(
        [...path, "power", "fullWatts"],
        "a busy machine draws less than an idle one",
      );
    }
  }

  judgeSchedulers(): void {
    this.refuseDoubleNames(["schedulers"], "scheduler");
    for (const path of this.items(["schedulers"])) {
      const given = ["config", "policy", "module"].filter((key) => this.has([...path, key]));
      if (given.length > 1) {
        this.contradiction(
          [...path, given[1]!],
          `only one of ${given.join(" and ")} can be given`,
          undefined,
          "key",
        );
      }
    }
    this.judgeSideBySide();
  }

  /** Either all schedulers of a list say which pods they take, or none does. */
  private judgeSideBySide(): void {
    const schedulers = this.items(["schedulers"]);
    const silent = schedulers.filter((path) => !this.has([...path, "schedulerName"]));
    if (silent.length === 0 || silent.length === schedulers.length) return;
    for (const path of silent) {
      this.contradiction(
        path,
        "others of the list name the pods they take, this scheduler does not",
        "give each a schedulerName, or none of them",
      );
    }
  }

  judgeFaults(): void {
    const faults = this.items(["faults"]);
    if (faults.length === 0) return;
    const cluster = this.collectCluster();
    const hasPools = this.items(["cluster", "nodePools"]).length > 0;
    if (cluster.isComplete && cluster.nodes.size === 0 && !hasPools) {
      this.contradiction(
        ["faults"],
        "there are faults but no nodes",
        "add cluster.nodePools",
        "key",
      );
      return;
    }
    for (const path of faults) {
      const kind = this.get([...path, "kind"]);
      this.judgeTime([...path, "at"]);
      this.judgeTime([...path, "from"]);
      this.judgeSpan(path, "from", "until");
      this.judgeNode([...path, "node"], cluster);
      if (this.has([...path, "zone"]) && cluster.isComplete) {
        this.judgeReference([...path, "zone"], "zone", [...cluster.zones]);
      }
      if (kind === "NetworkPartition") this.judgePartition(path);
      if (kind === "NodeFailures" && cluster.knowsPools) {
        this.judgeReference([...path, "pool"], "node pool", [...cluster.pools.keys()]);
      }
    }
  }

  judgeExpectations(): void {
    for (const path of this.items(["expect"])) {
      this.judgeTime([...path, "at"]);
      this.requireOne(path, [...EXPECTATION_SUBJECTS.keys()]);
      const subjects = [...EXPECTATION_SUBJECTS.keys()].filter((key) => this.has([...path, key]));
      const [subject] = subjects;
      if (subject === undefined || subjects.length > 1) continue;
      let facts = 0;
      for (const [name, field] of EXPECTATION_FIELDS) {
        if (!this.has([...path, name])) continue;
        const use = field.uses[subject];
        if (use === "fact" || use === "map") facts += 1;
        this.judgeExpected([...path, name], subject, field);
      }
      if (facts > 0) continue;
      const known = fieldsFor(subject, (use) => use !== "only");
      this.add(path, "E_MISSING_FIELD", `nothing is expected of it: write one of ${known}`);
    }
  }

  private judgeExpected(path: Path, subject: ExpectationSubject, field: ExpectationField): void {
    const name = String(path.at(-1));
    const use = field.uses[subject];
    if (use === undefined) {
      const known = fieldsFor(subject, () => true);
      this.contradiction(path, `'${name}' says nothing of '${subject}'`, `use ${known}`, "key");
    } else if (use === "map" && !isMap(this.get(path))) {
      const example = `${name}: { ${name === "status" ? "readyReplicas: 3" : 'Ready: "True"'} }`;
      this.add(path, "E_TYPE", `expected a map, such as ${example}`);
    } else if (use !== "map" && isMap(this.get(path))) {
      this.add(path, "E_TYPE", `expected one value of '${subject}', found a map`);
    } else if (field.otherForms !== undefined) {
      const wanted = parseWanted(this.get(path), formOf(field, subject));
      const isShapely = typeof parseWanted(this.get(path), "any") !== "string";
      if (typeof wanted === "string" && isShapely) this.add(path, "E_EXPECTED", wanted);
    }
  }

  private judgePartition(path: Path): void {
    const named = ["node", "zone"].filter((key) => this.has([...path, key]));
    if (named.length === 1) return;
    const what = named.length === 0 ? "neither a node nor a zone" : "both a node and a zone";
    this.contradiction(path, `the partition names ${what}`, "name one of node, zone");
  }

  private judgeNode(path: Path, cluster: KnownCluster): void {
    const node = this.get(path);
    if (typeof node !== "string" || cluster.nodes.has(node)) return;
    const [, pool, ordinal] = /^(.*)-(0|[1-9][0-9]*)$/.exec(node) ?? [];
    const count = pool === undefined ? undefined : cluster.pools.get(pool);
    if (count !== undefined && Number(ordinal) < count) return;
    if (count !== undefined) {
      const range = `the pool '${pool}' has ${pool}-0 to ${pool}-${count - 1}`;
      this.add(path, "E_UNKNOWN_REFERENCE", `there is no node '${node}': ${range}`);
    } else if (cluster.isComplete) {
      const known = [...cluster.pools].map(([name, n]) =>
        n === 1 ? `${name}-0` : `${name}-0 to ${name}-${n - 1}`,
      );
      this.unknown(path, "node", node, [...known, ...cluster.nodes]);
    }
  }

  private collectCluster(): KnownCluster {
    const pools = new Map<string, number>();
    const zones = new Set<string>();
    const nodes = new Set<string>();
    for (const path of this.items(["cluster", "nodePools"])) {
      const name = this.get([...path, "name"]);
      if (typeof name === "string")
        pools.set(name, this.count([...path, "count"]) ?? Number.MAX_SAFE_INTEGER);
      for (const zone of this.items([...path, "zones"])) zones.add(String(this.get(zone)));
    }
    const steps = this.items(["workload", "manifests"]);
    const lists = [["cluster", "objects"], ...steps.map((path) => [...path, "objects"])];
    for (const path of lists.flatMap((list) => this.items(list))) {
      if (this.get([...path, "kind"]) !== "Node") continue;
      nodes.add(String(this.get([...path, "metadata", "name"])));
      const zone = this.get([...path, "metadata", "labels", "topology.kubernetes.io/zone"]);
      if (typeof zone === "string") zones.add(zone);
    }
    const hasFiles =
      this.items(["cluster", "manifests"]).length > 0 ||
      this.items(["workload", "traces"]).length > 0 ||
      steps.some((path) => this.items([...path, "files"]).length > 0);
    const knowsPools = pools.size === this.items(["cluster", "nodePools"]).length;
    const isComplete = knowsPools && !hasFiles && this.options.hasOtherObjects !== true;
    return { pools, zones, nodes, isComplete, knowsPools };
  }

  private judgeReference(path: Path, noun: string, known: readonly string[]): void {
    const name = this.get(path);
    if (typeof name === "string" && !known.includes(name)) this.unknown(path, noun, name, known);
  }

  private unknown(path: Path, noun: string, name: string, known: readonly string[]): void {
    const near = nearest(name, known);
    const list =
      known.length === 0 ? `there are no ${noun}s` : `known are ${known.slice(0, 20).join(", ")}`;
    this.add(
      path,
      "E_UNKNOWN_REFERENCE",
      `there is no ${noun} '${name}': ${list}`,
      near === undefined ? undefined : `did you mean '${near}'?`,
    );
  }

  private judgeTime(path: Path): void {
    const at = this.duration(path);
    if (at === undefined || this.horizon === undefined || at <= this.horizon) return;
    this.problems.push(
      this.document.problemAt(path, {
        ...{ code: "W_NEVER_HAPPENS", severity: "warning" },
        message: `${formatDuration(at)} comes after the horizon of ${formatDuration(this.horizon)}, so this never happens`,
      }),
    );
  }

  private judgeSpan(path: Path, fromKey: string, untilKey: string): void {
    const from = this.duration([...path, fromKey]) ?? 0;
    const until = this.duration([...path, untilKey]);
    if (until === undefined || until > from) return;
    const texts = `${untilKey} ${formatDuration(until)} is not after ${fromKey} ${formatDuration(from as Duration)}`;
    this.contradiction([...path, untilKey], texts);
  }

  private requireOne(path: Path, keys: readonly string[]): void {
    if (!isMap(this.get(path))) return;
    const given = keys.filter((key) => this.has([...path, key]));
    if (given.length === 0) {
      this.add(path, "E_MISSING_FIELD", `one of ${keys.join(", ")} is required but missing`);
    } else if (given.length > 1) {
      const message = `only one of ${given.join(" and ")} can be given`;
      this.contradiction([...path, given[1]!], message, undefined, "key");
    }
  }

  private requireSome(path: Path, keys: readonly string[]): void {
    if (!isMap(this.get(path)) || keys.some((key) => this.has([...path, key]))) return;
    this.add(path, "E_MISSING_FIELD", `${keys.join(" or ")} is required but missing`);
  }

  private refuseEmpty(path: Path): void {
    const list = this.get(path);
    if (Array.isArray(list) && list.length === 0) this.add(path, "E_VALUE", "must not be empty");
  }

  /** Steps may wait for steps with a name, and not for themselves by any way round. */
  private judgeSteps(list: Path): void {
    this.refuseDoubleNames(list, "step");
    const waits = new Map<string, readonly string[]>();
    for (const path of this.items(list)) {
      const name = this.get([...path, "name"]);
      if (typeof name !== "string") continue;
      const after = this.items([...path, "after"]).map((item) => this.get(item));
      waits.set(
        name,
        after.filter((other) => typeof other === "string"),
      );
    }
    const known = [...waits.keys()];
    for (const path of this.items(list))
      for (const item of this.items([...path, "after"])) this.judgeReference(item, "step", known);
    const cycle = findCycle(waits);
    if (cycle === undefined) return;
    const place = this.items(list).find((path) => this.get([...path, "name"]) === cycle[0])!;
    this.contradiction([...place, "after"], `steps wait for each other: ${cycle.join(" after ")}`);
  }

  private refuseDoubleNames(path: Path, noun: string): void {
    this.refuseDoubleValues(
      this.items(path).map((item) => [...item, "name"]),
      noun,
    );
  }

  private refuseDoubles(path: Path, noun: string): void {
    this.refuseDoubleValues(this.items(path), noun);
  }

  private refuseDoubleValues(paths: readonly Path[], noun: string): void {
    const first = new Map<string, Path>();
    for (const path of paths) {
      const name = this.get(path);
      if (typeof name !== "string") continue;
      const known = first.get(name);
      if (known === undefined) {
        first.set(name, path);
        continue;
      }
      const line = this.document.positionOf(known, "value")?.line;
      const where = line === undefined ? "" : ` (first on line ${line})`;
      this.add(path, "E_DUPLICATE_NAME", `the ${noun} '${name}' stands twice${where}`);
    }
  }

  private contradiction(path: Path, message: string, hint?: string, what?: "key" | "value"): void {
    this.add(path, "E_CONTRADICTION", message, hint, what);
  }

  private add(
    path: Path,
    code: string,
    message: string,
    hint?: string,
    what?: "key" | "value",
  ): void {
    this.problems.push(
      this.document.problemAt(path, {
        ...{ code, message },
        ...(hint !== undefined && { hint }),
        ...(what !== undefined && { what }),
      }),
    );
  }

  private has(path: Path): boolean {
    return this.get(path) !== undefined;
  }

  private get(path: Path): unknown {
    let value = this.document.value;
    for (const step of path) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, step))
        return undefined;
      value = (value as Record<string | number, unknown>)[step];
    }
    return value;
  }

  private items(path: Path): Path[] {
    const list = this.get(path);
    return Array.isArray(list) ? list.map((_, index) => [...path, index]) : [];
  }

  private duration(path: Path): Duration | undefined {
    const value = this.get(path);
    return value === undefined ? undefined : durationReader()(value).value;
  }

  private count(path: Path): number | undefined {
    const value = this.get(path);
    return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
