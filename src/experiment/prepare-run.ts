// Preparation: everything that can be wrong with a run's inputs is found here, before time begins.
//
// Reads manifests, traces and the scheduler, checks that they fit together, and hashes the inputs. A
// prepared run can be started any number of times; each start is a world of its own.

import {
  documentOfValue,
  formatPath,
  hasErrors,
  InputError,
  type Law,
  lawFromSpec,
  type Problem,
  sha256Hex,
  sortProblems,
} from "../base/index.ts";
import {
  type ApiObject,
  ManifestReader,
  type PodTemplate,
  PodTemplateRegistry,
} from "../cluster/index.ts";
import type { ProfileConfiguration } from "../scheduler/index.ts";
import { parseThreshold, type ResultNote, type Threshold } from "../metrics/index.ts";
import { spanOf, TRACE_FORMATS, type Trace, type TraceFile } from "../workload/index.ts";
import { noteHopelessClaims } from "./assembly/claim-prospects.ts";
import { type ClusterInput, readClusterInput } from "./assembly/cluster-input.ts";
import {
  noteHopelessPods,
  noteUnsimulatedRules,
  type PodSource,
  podSourcesOf,
} from "./assembly/pod-prospects.ts";
import {
  NoteBook,
  noteManifests,
  noteReplications,
  noteUserCode,
  noteWarnings,
} from "./assembly/notes.ts";

import { NODE_POOL_LABEL } from "./assembly/node-pools.ts";
import { runLawProblems } from "./assembly/run-laws.ts";
import { schedulersOfScenario } from "./assembly/scheduler-choice.ts";
import { type InputBytes, type RunInput, withPaths } from "./run-input.ts";
import type { RunScheduler } from "./run-scheduler.ts";
import type {
  EmbeddedObject,
  FaultSpec,
  GeneratorPlan,
  LawDescription,
  Scenario,
  TracePlan,
} from "./scenario/scenario.ts";
import { scenarioHash } from "./scenario/scenario-hash.ts";

/** A generator with its laws and templates made. */
export interface PreparedGenerator {
  readonly plan: GeneratorPlan;
  readonly gapSeconds: Law;
  readonly durationSeconds: Law | undefined;
  readonly kinds: readonly { readonly weight: number; readonly template: PodTemplate }[];
}

/** A trace with its templates compiled; `templates[i]` belongs to the trace's template i. */
export interface PreparedTrace {
  readonly plan: TracePlan;
  readonly trace: Trace;
  readonly templates: readonly PodTemplate[];
}

/** A run whose inputs are known to be good. */
export interface PreparedRun {
  readonly name: string;
  /** SHA-256 over everything that decides the outcome. */
  readonly inputHash: string;
  /** Each input with its hash, for the manifest of results. */
  readonly inputs: readonly { readonly name: string; readonly sha256: string }[];
  readonly scenario: Scenario;
  readonly registry: PodTemplateRegistry;
  readonly cluster: ClusterInput;
  readonly generators: readonly PreparedGenerator[];
  readonly traces: readonly PreparedTrace[];
  /** All that work in this run, at least one. */
  readonly schedulers: readonly RunScheduler[];
  readonly thresholds: readonly Threshold[];
  /** Measures that somebody asks for by name, or by the first part of one. */
  readonly measures: ReadonlySet<string>;
  readonly notes: readonly ResultNote[];
  /** A pod that will exist under this name, for examples; undefined where names are generated. */
  readonly examplePod: string | undefined;
  /** Laws of faults by position in the scenario's list. */
  readonly faultLaws: ReadonlyMap<FaultSpec, { readonly upTime: Law; readonly repairTime: Law }>;
}

/** Checks and prepares; throws an InputError that holds every problem. */
export function prepareRun(input: RunInput): PreparedRun {
  const preparation = new Preparation(input);
  const prepared = preparation.prepare();
  if (hasErrors(preparation.problems))
    throw new InputError(sortProblems(withPaths(preparation.problems, input.paths)));
  return prepared;
}

class Preparation {
  readonly problems: Problem[] = [];
  private readonly input: RunInput;
  private readonly registry = new PodTemplateRegistry();
  private readonly notes = new NoteBook();

  constructor(input: RunInput) {
    this.input = input;
  }

  prepare(): PreparedRun {
    const { scenario } = this.input;
    const traces = scenario.workload.traces.map((plan) => this.prepareTrace(plan));
    const traceNodes = traces.flatMap((trace) => trace.nodes);
    const cluster = readClusterInput(this.input, this.registry, traceNodes);
    this.problems.push(...cluster.problems);
    for (const set of cluster.sets) {
      noteManifests(this.notes, set);
      this.problems.push(...runLawProblems(set));
    }
    const preparedTraces = traces.map((trace, at) =>
      this.compileTrace(scenario.workload.traces[at]!, trace),
    );
    const generators = scenario.workload.generators.map((plan) => this.prepareGenerator(plan));
    const { evaluator } = this.input;
    const found = this.findSchedulers();
    const schedulers =
      evaluator === undefined ? found : found.map((scheduler) => ({ ...scheduler, evaluator }));
    for (const trace of traces) this.noteTrace(trace, profilesOf(schedulers));
    noteWarnings(this.notes, [...(this.input.warnings ?? []), ...cluster.textProblems]);
    noteReplications(this.notes, scenario);
    for (const scheduler of schedulers) {
      for (const note of scheduler.notes ?? []) this.notes.add("SCHEDULER", note, true);
      noteUserCode(this.notes, scheduler);
    }
    this.checkFaults(cluster);
    this.judgePods(cluster, generators, preparedTraces, schedulers);
    this.registry.forgetTexts();
    const { inputs, inputHash } = this.hashInputs(schedulers);
    const thresholds = this.parseThresholds();
    return {
      name: scenario.metadata.name,
      inputHash,
      inputs,
      scenario,
      registry: this.registry,
      cluster,
      generators,
      traces: preparedTraces,
      schedulers,
      thresholds,
      measures: new Set([
        ...scenario.measures,
        ...(this.input.measures ?? []),
        ...thresholds.map(({ measure }) => measure),
      ]),
      notes: this.notes.list(),
      examplePod: examplePodOf(cluster, generators, preparedTraces),
      faultLaws: this.faultLaws(),
    };
  }

  private findSchedulers(): readonly RunScheduler[] {
    const { scheduler } = this.input;
    if (scheduler === undefined) return schedulersOfScenario(this.input, this.problems);
    if ("name" in scheduler) return [scheduler];
    const names = scheduler.map(({ name }) => name);
    const twice = names.find((name, at) => names.indexOf(name) < at);
    if (names.length === 0) this.fail(["schedulers"], "E_SCHEDULERS", "a run needs a scheduler");
    if (twice !== undefined) {
      const message = `two schedulers are called '${twice}': results could not tell them apart`;
      this.fail(["schedulers"], "E_SCHEDULERS", message);
    }
    return scheduler;
  }

  private judgePods(
    cluster: ClusterInput,
    generators: readonly PreparedGenerator[],
    traces: readonly PreparedTrace[],
    schedulers: readonly RunScheduler[],
  ): void {
    const isOther = schedulers.some((scheduler) => scheduler.startInstead !== undefined);
    if (isOther || hasErrors(this.problems)) return;
    const profiles = profilesOf(schedulers);
    const objects = [...cluster.initial, ...cluster.steps.flatMap((step) => step.objects)];
    const sources = [
      ...podSourcesOf(objects, this.registry),
      ...generators.flatMap(({ plan, kinds }) =>
        kinds.map(({ template }) => ({
          what: `a pod of ${plan.name}`,
          template,
          namespace: plan.namespace,
          podCount: 1,
        })),
      ),
      ...traces.flatMap(podSourcesOfTrace),
    ];
    const nodes = objects.filter((object) => object.kind === "Node");

    noteHopelessPods(this.notes, sources, nodes, profiles);
    noteUnsimulatedRules(this.notes, sources, objects, profiles);
    noteHopelessClaims(this.notes, sources, objects);
  }

  // What a plugin simulates is no matter where every profile has that plugin.
  private noteTrace(trace: Trace, profiles: readonly ProfileConfiguration[]): void {
    for (const { simulatedBy, ...note } of trace.notes) {
      const isSimulated =
        simulatedBy !== undefined &&
        profiles.every(({ plugins }) => plugins.filter.some(({ name }) => name === simulatedBy));
      if (!isSimulated) this.notes.addAll([note]);
    }
  }

  private prepareTrace(plan: TracePlan): Trace {
    const format = TRACE_FORMATS.get(plan.format);
    const files = plan.files.flatMap((reference) => {
      const file = this.input.files?.get(reference.file);
      if (file !== undefined) return [traceFileOf(file)];
      this.fail(
        reference.path,
        "E_NO_FILE",
        `the file ${JSON.stringify(reference.file)} was not given to the run`,
      );
      return [];
    });
    if (format === undefined) {
      const known = [...TRACE_FORMATS.keys()].join(", ");
      this.fail(
        plan.path,
        "E_UNKNOWN_FORMAT",
        `'${plan.format}' is no trace format: known are ${known}`,
      );
      return EMPTY_TRACE;
    }
    const trace = format.read(files);
    this.problems.push(...trace.problems);
    return trace;
  }

  private compileTrace(plan: TracePlan, trace: Trace): PreparedTrace {
    const { resample } = plan;
    if (resample !== undefined && spanOf(trace.pods, resample.align) < 2) {
      const message = `the trace is shorter than two ${resample.align}s: users cannot be moved`;
      this.fail([...plan.path, "resample", "align"], "E_CONTRADICTION", message);
    }
    return {
      plan,
      trace,
      templates: trace.templates.map((value) =>
        this.compile(documentOfValue(value, "trace"), value),
      ),
    };
  }

  private prepareGenerator(plan: GeneratorPlan): PreparedGenerator {
    return {
      plan,
      gapSeconds: this.law(plan.gapSeconds, plan.path),
      durationSeconds:
        plan.durationSeconds === undefined ? undefined : this.law(plan.durationSeconds, plan.path),
      kinds: plan.mix.map(({ weight, pod }) => ({ weight, template: this.compileEmbedded(pod) })),
    };
  }

  private compileEmbedded(pod: EmbeddedObject): PodTemplate {
    const document = this.input.document ?? documentOfValue(undefined, "scenario");
    return this.compile(document.part(pod.path, pod.value), pod.value);
  }

  // A template is read as a whole Pod, so that it meets every rule that a manifest meets.
  private compile(place: ReturnType<typeof documentOfValue>, value: object): PodTemplate {
    const parts = value as { metadata?: object; spec?: object };
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...parts.metadata, name: "template" },
      spec: parts.spec,
    };
    const reader = new ManifestReader({
      registry: this.registry,
      inferOwners: false,
      checkReferences: false,
    });
    reader.add(place.part([], pod));
    const set = reader.finish();
    this.problems.push(...set.problems, ...runLawProblems(set));
    noteManifests(this.notes, set);
    const object = set.objects[0]?.object;
    if (object?.kind === "Pod") return object.template;
    return this.registry.intern({ metadata: {}, spec: { containers: [] } });
  }

  private law(description: LawDescription, path: readonly (string | number)[]): Law {
    const reading = lawFromSpec(description);
    if ("law" in reading && reading.law !== undefined) return reading.law;
    for (const fault of "faults" in reading ? reading.faults : []) {
      this.fail(path, "E_LAW", `${formatPath(fault.path)}: ${fault.message}`);
    }
    return NEVER;
  }

  private faultLaws(): PreparedRun["faultLaws"] {
    const laws = new Map<FaultSpec, { upTime: Law; repairTime: Law }>();
    for (const fault of this.input.scenario.faults) {
      if (fault.kind !== "NodeFailures") continue;
      laws.set(fault, {
        upTime: this.law(fault.upTimeSeconds, fault.path),
        repairTime: this.law(fault.repairTimeSeconds, fault.path),
      });
    }
    return laws;
  }

  // Names that only the whole input knows: nodes may come from pools, manifests, dumps and traces.
  private checkFaults(cluster: ClusterInput): void {
    const objects = [...cluster.initial, ...cluster.steps.flatMap((step) => step.objects)];
    const nodes = objects.filter(
      (object): object is ApiObject & { kind: "Node" } => object.kind === "Node",
    );
    const names = new Set(nodes.map((node) => node.meta.name));
    const zones = new Set(
      nodes.map((node) => node.meta.labels.get("topology.kubernetes.io/zone") ?? ""),
    );
    const pools = new Set(nodes.map((node) => node.meta.labels.get(NODE_POOL_LABEL) ?? ""));
    for (const fault of this.input.scenario.faults) {
      if ("node" in fault && fault.node !== undefined && !names.has(fault.node))
        this.unknown(fault, "node", fault.node, names);
      if ("zone" in fault && fault.zone !== undefined && !zones.has(fault.zone))
        this.unknown(fault, "zone", fault.zone, zones);
      if (fault.kind === "NodeFailures" && !pools.has(fault.pool))
        this.unknown(fault, "pool", fault.pool, pools);
    }
  }

  private unknown(fault: FaultSpec, field: string, name: string, known: ReadonlySet<string>): void {
    const shown = [...known].filter((text) => text !== "").slice(0, 10);
    const more = known.size > shown.length ? ", ..." : "";
    const list = shown.length === 0 ? "there is none" : `known are ${shown.join(", ")}${more}`;
    this.fail(
      [...fault.path, field],
      "E_UNKNOWN_REFERENCE",
      `no ${field} is called '${name}': ${list}`,
    );
  }

  private parseThresholds(): Threshold[] {
    const parsed: Threshold[] = [];
    for (const expression of [
      ...this.input.scenario.thresholds,
      ...(this.input.thresholds ?? []),
    ]) {
      const threshold = parseThreshold(expression);
      if (typeof threshold !== "string") parsed.push(threshold);
      else this.fail(["thresholds"], "E_THRESHOLD", threshold);
    }
    return parsed;
  }

  private hashInputs(
    schedulers: readonly RunScheduler[],
  ): Pick<PreparedRun, "inputs" | "inputHash"> {
    const files = [...(this.input.files?.values() ?? []), ...(this.input.extra ?? [])];
    const inputs = [
      { name: "scenario", sha256: scenarioHash(this.input.scenario) },
      ...files.map((file) => ({ name: file.name, sha256: sha256Hex(file.bytes) })),
      ...schedulers.flatMap((scheduler) => [
        { name: `scheduler ${scheduler.name}`, sha256: sha256Hex(schedulerText(scheduler)) },
        ...(scheduler.modules ?? []).map((module) => ({
          name: `module ${module.name}`,
          sha256: sha256Hex(module.bytes),
        })),
      ]),
      { name: "thresholds", sha256: sha256Hex(JSON.stringify(this.input.thresholds ?? [])) },
    ];
    return {
      inputs,
      inputHash: sha256Hex(inputs.map((part) => `${part.name}\n${part.sha256}\n`).join("")),
    };
  }

  private fail(path: readonly (string | number)[], code: string, message: string): void {
    const document = this.input.document ?? documentOfValue(undefined, "scenario");
    this.problems.push(document.problemAt(path, { code, message }));
  }
}

function examplePodOf(
  cluster: ClusterInput,
  generators: readonly PreparedGenerator[],
  traces: readonly PreparedTrace[],
): string | undefined {
  const objects = cluster.steps.flatMap((step) => step.objects);
  const pod = objects.find((object) => object.kind === "Pod" && object.meta.name !== "");
  if (pod !== undefined) return `${pod.meta.namespace}/${pod.meta.name}`;
  const [generator] = generators;
  if (generator !== undefined) return `${generator.plan.namespace}/${generator.plan.name}-0`;
  // Resampled pods may be others, under other names.
  const [trace] = traces;
  const traced = trace?.plan.resample === undefined ? trace?.trace.pods.at(0) : undefined;
  return traced === undefined ? undefined : `${traced.namespace}/${traced.name}`;
}

// One source per template, called by the first pod that has it.
function podSourcesOfTrace({ trace, templates }: PreparedTrace): PodSource[] {
  const firsts = new Map<number, { what: string; namespace: string; count: number }>();
  for (const { namespace, name, template } of trace.pods) {
    const first = firsts.get(template);
    if (first !== undefined) first.count += 1;
    else firsts.set(template, { what: `Pod ${namespace}/${name}`, namespace, count: 1 });
  }
  return [...firsts].map(([position, { what, namespace, count }]) => ({
    what: count === 1 ? what : `${what} and its like`,
    template: templates[position]!,
    namespace,
    podCount: count,
  }));
}

const PIECE_BYTES = 1024 * 1024;

// A large table is decoded piece by piece: a text has a largest length, and need not be held.
function traceFileOf({ name, bytes }: InputBytes): TraceFile {
  return {
    name,
    get text() {
      return new TextDecoder().decode(bytes);
    },
    *pieces() {
      const decoder = new TextDecoder();
      for (let at = 0; at < bytes.length; at += PIECE_BYTES)
        yield decoder.decode(bytes.subarray(at, at + PIECE_BYTES), { stream: true });
      yield decoder.decode();
    },
  };
}

const EMPTY_TRACE: Trace = {
  format: "",
  nodes: [],
  templates: [],
  pods: [],
  notes: [],
  problems: [],
};

// Stands in for a law that could not be read; a run with that problem is never started.
const NEVER: Law = lawOrThrow();

function lawOrThrow(): Law {
  const reading = lawFromSpec({ law: "constant", value: 1 });
  if ("law" in reading && reading.law !== undefined) return reading.law;
  throw new Error("the constant law is part of the catalogue");
}

// Replicas share their profiles: each name counts once.
function profilesOf(schedulers: readonly RunScheduler[]): readonly ProfileConfiguration[] {
  const byName = new Map<string, ProfileConfiguration>();
  for (const { configuration } of schedulers) {
    for (const profile of configuration.profiles) {
      if (!byName.has(profile.schedulerName)) byName.set(profile.schedulerName, profile);
    }
  }
  return [...byName.values()];
}

// Maps have no JSON of their own; arguments of plugins are plain values and small maps.
function schedulerText(scheduler: RunScheduler): string {
  const { watchLatency, cycleUs, clientLimit } = scheduler;
  const own = { watchLatency, cycleUs, clientLimit };
  const hasOwn = Object.values(own).some((value) => value !== undefined);
  return JSON.stringify(
    [
      scheduler.name,
      scheduler.configuration,
      scheduler.tieBreak ?? "heap",
      ...(hasOwn ? [own] : []),
    ],
    (_key, value: unknown) =>
      value instanceof Map
        ? [...value]
        : value instanceof Set
          ? [...value]
          : typeof value === "bigint"
            ? value.toString()
            : value,
  );
}
