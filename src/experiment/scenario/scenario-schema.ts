// The schema of scenario files: which fields there are and what each may hold.
//
// The only importer of the schema package. It serves two ends: finding everything of the wrong shape
// in a document, and the JSON Schema that editors use. What several fields say together is judged in
// scenario-rules.ts, and values are built in build-scenario.ts. One long table of facts, on purpose.

import * as z from "zod";
import { describeValue, nearest, type PositionedDocument, type Problem } from "../../base/index.ts";
import {
  dnsLabelProblem,
  labelValueProblem,
  parseLabelSelector,
  qualifiedNameProblem,
  subdomainProblem,
} from "../../cluster/index.ts";
import { MEASURES, parseThreshold } from "../../metrics/index.ts";
import { POLICIES } from "../../scheduler/index.ts";
import { TRACE_FORMATS } from "../../workload/index.ts";
import { fileReferenceProblem } from "./file-reference.ts";
import { parseCidr } from "../../controllers/index.ts";
import {
  EXPECTATION_FIELDS,
  EXPECTATION_SUBJECTS,
  type ExpectationField,
  type ExpectationForm,
  type ExpectationSubject,
  parseWanted,
} from "../expect/expectation-fields.ts";
import { CONTROL_PLANE_PRESETS, FIELDS_TO_COME, VARIED_PARTS } from "./known-names.ts";
import { SHAPE_PROVIDERS } from "../shapes/node-shape.ts";
import { SCENARIO_API_VERSION } from "./scenario.ts";
import {
  choiceReader,
  durationReader,
  type FieldReader,
  integerReader,
  numberReader,
  quantityReader,
  type Reading,
  type Refusal,
  readBoolean,
  readFieldPath,
  readObjectKind,
  readPrefill,
  readPricePerHour,
  readObjectName,
  readRatePerSecond,
  readSeed,
  readText,
  readTimeLaw,
  readTimestamp,
  readWarmUp,
  readWatts,
} from "./scenario-fields.ts";

// No code is generated at run time, so that pages with a strict policy can use the schema.
z.config({ jitless: true });

/** Names and rights that depend on who reads the scenario. */
export interface SchemaOptions {
  /** Names of built-in and registered policies. */
  readonly policies?: readonly string[];
  readonly traceFormats?: readonly string[];
  /** Allows files outside the scenario's folder. */
  readonly allowAnyFile?: boolean;
}

/** Everything of the wrong shape in a document, in no particular order. */
export function findShapeProblems(
  document: PositionedDocument,
  options: SchemaOptions = {},
): Problem[] {
  const result = schemaFor(options).safeParse(document.value);
  if (result.success) return [];
  return result.error.issues.flatMap((issue) => problemsOfIssue(issue, document));
}

/** The JSON Schema (draft 7) of scenario files, for editors. */
export function scenarioJsonSchema(options: SchemaOptions = {}): Record<string, unknown> {
  const schema = z.toJSONSchema(createSchema(options), { target: "draft-7", io: "input" });
  const { $schema, ...rest } = schema as Record<string, unknown>;
  return {
    $schema,
    title: "podsim scenario",
    description: `A scenario for podsim, ${SCENARIO_API_VERSION}`,
    ...rest,
  };
}

/** The schema of the default options, built once: building costs more than most documents. */
let defaultSchema: z.ZodType | undefined;

function schemaFor(options: SchemaOptions): z.ZodType {
  const { policies, traceFormats, allowAnyFile } = options;
  const isDefault = policies === undefined && traceFormats === undefined && allowAnyFile !== true;
  if (!isDefault) return createSchema(options);
  defaultSchema ??= createSchema({});
  return defaultSchema;
}

type Meta = Record<string, unknown>;

/** A leaf: its JSON Schema, and its reader, whose refusals become issues. */
function leaf(reader: FieldReader<unknown>, meta: Meta): z.ZodType {
  return z
    .unknown()
    .meta(meta)
    .transform((value, context) => {
      const { refusals } = reader(value);
      for (const refusal of refusals ?? []) addIssue(context, value, refusal);
      return value;
    });
}

function addIssue(context: { issues: unknown[] }, input: unknown, refusal: Refusal): void {
  const { code, message, hint, path } = refusal;
  context.issues.push({
    ...{ code: "custom", message, input, continue: true },
    ...{ params: { code, hint }, path: [...(path ?? [])] },
  });
}

/** A map with these fields and no others. */
function map(shape: Record<string, z.ZodType>, description?: string): z.ZodType {
  const schema = z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? Object.keys(shape).join(" ") : undefined,
  });
  return description === undefined ? schema : schema.meta({ description });
}

const text = (description: string, meta: Meta = {}): z.ZodType =>
  leaf(readText, { type: "string", minLength: 1, description, ...meta });

/** Text that may be empty. */
const anyText = (description: string): z.ZodType =>
  leaf((value) => (value === "" ? { value } : readText(value)), { type: "string", description });

/** Text that a Kubernetes rule judges. */
const named = (problemOf: (text: string) => string | undefined, description: string): z.ZodType =>
  leaf(
    (value) => {
      const reading = readText(value);
      const problem = reading.refusals === undefined ? problemOf(reading.value) : undefined;
      if (problem === undefined) return reading;
      const message = `'${String(value)}' is not allowed here: ${problem}`;
      return { refusals: [{ code: "E_NAME", message }] };
    },
    { type: "string", minLength: 1, description },
  );

const choice = (choices: readonly string[], description: string, noun?: string): z.ZodType =>
  leaf(choiceReader(choices, noun), { type: "string", enum: [...choices], description });

const flag = (description: string): z.ZodType =>
  leaf(readBoolean, { type: "boolean", description });

const count = (min: number, max: number, description: string): z.ZodType =>
  leaf(integerReader(min, max), { type: "integer", minimum: min, maximum: max, description });

const number = (min: number, max: number, description: string): z.ZodType =>
  leaf(numberReader(min, max), { type: "number", minimum: min, maximum: max, description });

const above = (min: number, max: number, description: string): z.ZodType =>
  leaf(numberReader(min, max, true), {
    ...{ type: "number", exclusiveMinimum: min, maximum: max, description },
  });

const DURATION_PATTERN = "^\\+?(0|([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|ms|s|m|h))+$";

const duration = (description: string, isAboveZero: boolean = false): z.ZodType =>
  leaf(durationReader(isAboveZero), {
    ...{ type: "string", pattern: DURATION_PATTERN, examples: ["1h30m", "250ms"], description },
  });

const rate = (description: string): z.ZodType =>
  leaf(readRatePerSecond, { type: ["number", "string"], description });

const law = (description: string): z.ZodType =>
  leaf(readTimeLaw, {
    ...{ type: "object", required: ["law"], description },
    properties: { law: { type: "string" } },
  });

/** A map of any keys, each judged by the readers of key and value. */
function entries(
  readEntry: (key: string, value: unknown) => readonly Refusal[],
  meta: Meta,
): z.ZodType {
  return leaf(
    (value) => {
      if (value === undefined) {
        return { refusals: [{ code: "E_MISSING_FIELD", message: "is required but missing" }] };
      }
      if (!isMap(value)) {
        const message = `expected a map, found ${describeValue(value)}`;
        return { refusals: [{ code: "E_TYPE", message }] };
      }
      const refusals = Object.keys(value).flatMap((key) =>
        readEntry(key, value[key]).map((one) => ({ ...one, path: [key, ...(one.path ?? [])] })),
      );
      return refusals.length === 0 ? { value } : { refusals };
    },
    { type: "object", ...meta },
  );
}

const texts = (
  description: string,
  keyProblem: (key: string) => string | undefined,
  valueProblem: (value: string) => string | undefined,
): z.ZodType =>
  entries(
    (key, value) => {
      const bad = keyProblem(key);
      if (bad !== undefined)
        return [{ code: "E_NAME", message: `'${key}' is no valid key: ${bad}` }];
      if (typeof value !== "string") return readText(value).refusals ?? [];
      const wrong = valueProblem(value);
      if (wrong === undefined) return [];
      return [{ code: "E_NAME", message: `'${value}' is not allowed here: ${wrong}` }];
    },
    { additionalProperties: { type: "string" }, description },
  );

const labels = (description: string): z.ZodType =>
  texts(description, qualifiedNameProblem, labelValueProblem);

const resources = (description: string): z.ZodType =>
  entries(
    (key, value) => {
      const bad = qualifiedNameProblem(key);
      if (bad !== undefined)
        return [{ code: "E_NAME", message: `'${key}' is no resource: ${bad}` }];
      return quantityReader(key)(value).refusals ?? [];
    },
    {
      additionalProperties: { type: ["string", "number"] },
      examples: [{ cpu: "8", memory: "32Gi", pods: "110", "ephemeral-storage": "100Gi" }],
      description,
    },
  );

/** A Kubernetes object or a part of one, whose inside other readers judge. */
const embedded = (description: string): z.ZodType => entries(() => [], { description });

const optional = (shape: Record<string, z.ZodType>): Record<string, z.ZodType> =>
  Object.fromEntries(Object.entries(shape).map(([key, schema]) => [key, schema.optional()]));

function createSchema(options: SchemaOptions): z.ZodType {
  const policies = options.policies ?? [...POLICIES.keys()];
  const formats = options.traceFormats ?? [...TRACE_FORMATS.keys()];
  const isAllowed = options.allowAnyFile === true ? () => undefined : fileReferenceProblem;
  const file = leaf(
    (value) => {
      const reading = readText(value);
      const problem = reading.refusals === undefined ? isAllowed(reading.value) : undefined;
      return problem === undefined ? reading : { refusals: [{ code: "E_FILE", message: problem }] };
    },
    { type: "string", minLength: 1, description: "a file under the scenario's folder" },
  );
  const files = z.array(file);

  return map({
    apiVersion: choice([SCENARIO_API_VERSION], "version of this schema"),
    kind: choice(["Scenario"], "always Scenario"),
    metadata: map({
      name: named(dnsLabelProblem, "name of the scenario, used for the results folder"),
      description: leaf((value) => (value === "" ? { value } : readText(value)), {
        type: "string",
        description: "what it shows",
      }).optional(),
    }),
    run: runSchema().optional(),
    cluster: clusterSchema(files).optional(),
    prices: pricesSchema().optional(),
    workload: workloadSchema(files, formats).optional(),
    schedulers: z.array(schedulerSchema(file, policies)).optional(),
    vary: z.array(choice(VARIED_PARTS, "what differs between replications")).optional(),
    controlPlane: controlPlaneSchema().optional(),
    faults: z.array(faultSchema()).optional(),
    measures: z.array(choice([...MEASURES.keys()], "a measure to report", "measure")).optional(),
    thresholds: z.array(thresholdSchema()).optional(),
    expect: z.array(expectationSchema()).optional(),
  });
}

function runSchema(): z.ZodType {
  return map(
    optional({
      study: choice(
        ["terminating", "steady-state"],
        "a run with an end, or its long-run behaviour",
      ),
      horizon: duration("virtual time at which the run ends at the latest", true),
      until: choice(["drained"], "end as soon as nothing but periodic loops is left"),
      warmup: leaf(readWarmUp, {
        ...{ type: "string", pattern: `^auto$|${DURATION_PATTERN}`, examples: ["10m", "auto"] },
        description: "start of what is measured, in steady-state studies; auto finds it by a pilot",
      }),
      seed: leaf(readSeed, { type: ["string", "integer"], description: '7 and "7" are the same' }),
      replications: count(1, 100_000, "runs with different draws"),
      limits: map(
        optional({
          maxEvents: count(1, Number.MAX_SAFE_INTEGER, "events before the run is ended"),
          maxWall: duration("wall-clock time before the run is ended", true),
        }),
      ),
    }),
    "how long, how often, under which seed",
  );
}

function clusterSchema(files: z.ZodType): z.ZodType {
  const taint = map({
    key: named(qualifiedNameProblem, "key of the taint"),
    value: anyText("value of the taint").optional(),
    effect: choice(["NoSchedule", "PreferNoSchedule", "NoExecute"], "effect of the taint"),
  });
  const image = map({
    name: text("name of the image"),
    sizeBytes: count(0, Number.MAX_SAFE_INTEGER, "size in bytes").optional(),
  });
  const pool = map({
    name: named(subdomainProblem, "nodes are named NAME-0, NAME-1, ..."),
    count: count(1, 1_000_000_000, "number of nodes; all pools together have a limit"),
    ...optional({
      allocatable: resources("what pods may use on each node; comes before what a shape leaves"),
      shape: map({
        provider: choice(SHAPE_PROVIDERS, "whose rules reserve resources"),
        ...optional({
          type: text("a type of machine, one of those of podsim shapes"),
          cores: count(1, 10_000, "cores of a machine without a type"),
          memory: leaf(quantityReader("memory"), {
            type: ["string", "integer"],
            description: "memory of a machine without a type",
          }),
          maxPods: count(1, 100_000, "--max-pods of the kubelets"),
        }),
      }),
      zones: z
        .array(named(labelValueProblem, "a zone"))
        .meta({ description: "nodes are dealt to them in turn" }),
      region: named(labelValueProblem, "the region of all nodes"),
      capacity: resources("what each machine has; as allocatable if left out"),
      labels: labels("labels of each node"),
      annotations: texts("annotations of each node", qualifiedNameProblem, () => undefined),
      taints: z.array(taint),
      images: z.array(image).meta({ description: "images on disk from the start" }),
      startAge: duration("age of the nodes at time zero"),
      ...rateFields(),
    }),
  });
  return map(
    optional({
      manifests: files.meta({
        description: "files of Kubernetes objects that are there at the start",
      }),
      objects: z.array(embedded("a Kubernetes object")),
      nodePools: z.array(pool),
    }),
    "the cluster at time zero",
  );
}

/** What a machine costs and draws. */
function rateFields(): Record<string, z.ZodType> {
  const watts = (description: string): z.ZodType =>
    leaf(readWatts, { type: ["number", "string"], minimum: 0, description });
  return {
    pricePerHour: leaf(readPricePerHour, {
      ...{ type: ["number", "string"], minimum: 0, examples: [0.096] },
      description: "price of each node, in the currency of the prices",
    }),
    power: map(
      {
        idleWatts: watts("power of a machine with nothing to do"),
        fullWatts: watts("power with all its cpu in use; linear between"),
      },
      "what each machine draws",
    ),
  };
}

function pricesSchema(): z.ZodType {
  const shape = map({
    name: text("an instance type, or the name of a node pool"),
    ...optional(rateFields()),
  });
  return map(
    {
      currency: text("name of the currency, such as USD").optional(),
      shapes: z.array(shape),
    },
    "what machines cost and draw",
  );
}

function workloadSchema(files: z.ZodType, formats: readonly string[]): z.ZodType {
  const objects = z.array(embedded("a Kubernetes object"));
  const step = map(
    optional({
      name: named(subdomainProblem, "what other steps wait for it by"),
      at: duration("when they are applied; with `after` the earliest instant"),
      after: z
        .array(named(subdomainProblem, "name of a step"))
        .meta({ description: "steps whose Jobs and pods must have succeeded before" }),
      files,
      objects,
    }),
  );
  const pod = embedded("a pod template: metadata and spec");
  const common = optional({
    count: count(1, 100_000_000, "arrivals in all"),
    from: duration("first possible arrival"),
    until: duration("no arrival at or after this", true),
  });
  const rated = optional({
    rate: rate("arrivals per second, or text such as 90/m"),
    interval: duration("time between arrivals", true),
    ...common,
  });
  const arrivals = z.discriminatedUnion("process", [
    z.strictObject({ process: z.literal("poisson"), ...rated }, knownFields(rated)),
    z.strictObject({ process: z.literal("constant"), ...rated }, knownFields(rated)),
    z.strictObject(
      { process: z.literal("renewal"), gap: law("time between arrivals"), ...common },
      knownFields({ gap: 1, ...common }),
    ),
  ]);
  const generator = map({
    name: named(subdomainProblem, "pods are named NAME-0, NAME-1, ..."),
    arrivals,
    ...optional({
      namespace: named(dnsLabelProblem, "namespace of the pods"),
      pod,
      mix: z.array(map({ weight: above(0, 1e9, "relative frequency"), pod })),
      duration: law("how long a pod runs"),
      prefill: leaf(readPrefill, {
        ...{ type: ["string", "integer"], minimum: 0, maximum: 1_000_000 },
        description:
          "pods there at the start, in the middle of their runs: stationary, or how many",
      }),
    }),
  });
  const trace = map({
    format: choice(formats, "format of the files", "trace format"),
    files,
    ...optional({
      shake: map(
        optional({
          arrivals: duration("submissions move by at most this, either way", true),
          durations: above(0, 0.99, "run times change by at most this share of themselves"),
        }),
        "small random changes, drawn anew in each replication",
      ),
      resample: map(
        {
          align: choice(["day", "week"], "users are moved by whole days or weeks"),
          ...optional({
            users: count(1, 1_000_000, "users of the new trace; as many as there are if left out"),
          }),
        },
        "a trace of users (namespaces) drawn from this one, in each replication anew",
      ),
    }),
  });
  return map(
    optional({
      manifests: z.array(step),
      generators: z.array(generator),
      traces: z.array(trace),
      edits: z.array(editSchema()),
    }),
    "what comes to the cluster over time",
  );
}

function knownFields(shape: Record<string, unknown>): {
  error: (issue: { code: string }) => string | undefined;
} {
  const names = ["process", "kind", ...Object.keys(shape)].filter((name) => name !== "kind");
  return { error: (issue) => (issue.code === "unrecognized_keys" ? names.join(" ") : undefined) };
}

function editSchema(): z.ZodType {
  const namespace = named(dnsLabelProblem, "namespace of the object").optional();
  const object = leaf(readObjectName, {
    type: "string",
    description: "KIND/NAME, such as deploy/web",
  });
  const target = map({ object, namespace });
  const node = named(subdomainProblem, "name of the node");
  const key = named(qualifiedNameProblem, "key of the taint");
  const effect = choice(["NoSchedule", "PreferNoSchedule", "NoExecute"], "effect of the taint");
  const container = text("name of the container; all if left out").optional();
  return map({
    at: duration("when it is done"),
    ...optional({
      scale: map({ object, namespace, replicas: count(0, 100_000_000, "new number of replicas") }),
      setImage: map({ object, namespace, image: text("new image"), container }),
      setEnv: map({
        ...{ object, namespace, name: text("name of the variable"), container },
        value: anyText("its new value").optional(),
      }),
      resize: map({
        ...{ object, namespace, container },
        ...optional({
          requests: resources("new requests of cpu and memory"),
          limits: resources("new limits of cpu and memory"),
        }),
      }),
      restart: target,
      undo: map({
        ...{ object, namespace },
        toRevision: count(1, 1_000_000_000, "revision; the one before if left out").optional(),
      }),
      pause: target,
      resume: target,
      suspend: target,
      unsuspend: target,
      delete: target,
      switchService: map({ object, namespace, selector: labels("new selector of the Service") }),
      label: map({
        ...{ object, namespace },
        ...optional({
          labels: labels("labels to be set"),
          remove: z.array(named(qualifiedNameProblem, "key of a label to be taken off")),
        }),
      }),
      taint: map({ node, key, effect, value: anyText("value of the taint").optional() }),
      untaint: map({ node, key, effect: effect.optional() }),
      cordon: node,
      uncordon: node,
      drain: map({
        node,
        timeout: duration("refusals are not tried again after it", true).optional(),
      }),
      set: map({
        ...{ object, namespace, container },
        values: entries((path) => readFieldPath(path).refusals ?? [], {
          minProperties: 1,
          examples: [{ "requests.cpu": "250m", replicas: 5 }],
          description: "new values by path: of the object, or of its pod template; null takes away",
        }),
      }),
      upgrade: map(
        optional({
          pool: named(subdomainProblem, "the node pool"),
          nodes: z.array(node).meta({ description: "nodes in the order of their turn" }),
          surge: count(
            0,
            1_000_000,
            "so many new nodes join before the old ones go; 1, or 0 with maxUnavailable",
          ),
          maxUnavailable: count(0, 1_000_000, "so many old nodes go before the new ones join"),
          timeout: duration("after it what is left on a node goes with it", true),
          join: duration("until a new node registers; default 1m"),
          allocatable: resources("what pods may use on the new nodes, where it differs"),
        }),
      ),
    }),
  });
}

function schedulerSchema(file: z.ZodType, policies: readonly string[]): z.ZodType {
  const config = leaf(
    (value) => {
      if (isMap(value)) return { value };
      const reading = readText(value);
      if (reading.refusals !== undefined) {
        const message = `expected a KubeSchedulerConfiguration or the name of its file, found ${describeValue(value)}`;
        return { refusals: [{ code: "E_TYPE", message }] };
      }
      const problem = fileReferenceProblem(reading.value);
      return problem === undefined ? reading : { refusals: [{ code: "E_FILE", message: problem }] };
    },
    { type: ["object", "string"], description: "a KubeSchedulerConfiguration, or its file" },
  );
  return map({
    name: named(subdomainProblem, "name of the scheduler, as in schedulerName"),
    ...optional({
      schedulerName: schedulerNames(),
      watchLatency: duration("commit to delivery at this scheduler"),
      schedulerCycle: duration("pop to decision of this scheduler"),
      schedulerClient: clientSchema("this scheduler's client"),
      args: embedded("arguments of the policy or module"),
      config,
      policy: choice(policies, "a built-in policy", "policy"),
      module: file,
    }),
  });
}

/** One name or several, none of them twice. */
function schedulerNames(): z.ZodType {
  return leaf(
    (value) => {
      const isList = Array.isArray(value);
      const names: readonly unknown[] = isList ? value : [value];
      const refusals = names.flatMap((name, at) => {
        const path = isList ? [at] : [];
        const reading = readText(name);
        if (reading.refusals !== undefined)
          return reading.refusals.map((refusal) => ({ ...refusal, path }));
        const problem = subdomainProblem(reading.value);
        if (problem !== undefined) {
          const message = `'${reading.value}' is not allowed here: ${problem}`;
          return [{ code: "E_NAME", message, path }];
        }
        const isDouble = names.indexOf(name) < at;
        const message = `'${reading.value}' stands twice`;
        return isDouble ? [{ code: "E_DUPLICATE_NAME", message, path }] : [];
      });
      if (names.length === 0) refusals.push({ code: "E_VALUE", message: "names nobody", path: [] });
      return refusals.length === 0 ? { value } : { refusals };
    },
    {
      type: ["string", "array"],
      items: { type: "string" },
      description: "pods that name it are this scheduler's, beside the others of the list",
    },
  );
}

function clientSchema(description: string): z.ZodType {
  return leaf(
    (value) => {
      if (value === "unlimited") return { value };
      if (!isMap(value)) {
        const message = `expected { qps, burst } or unlimited, found ${describeValue(value)}`;
        return { refusals: [{ code: "E_TYPE", message }] };
      }
      const refusals: Refusal[] = [];
      for (const key of Object.keys(value)) {
        if (key === "qps" || key === "burst") continue;
        const near = nearest(key, ["qps", "burst"]);
        const hint = near === undefined ? "known fields: qps, burst" : `did you mean '${near}'?`;
        refusals.push({ code: "E_UNKNOWN_FIELD", message: "unknown field", hint, path: [key] });
      }
      for (const [key, reader] of [
        ["qps", numberReader(0, 1_000_000, true)],
        ["burst", integerReader(1, 1_000_000)],
      ] as const) {
        for (const one of reader(value[key]).refusals ?? []) refusals.push({ ...one, path: [key] });
      }
      return refusals.length === 0 ? { value } : { refusals };
    },
    { type: ["object", "string"], description },
  );
}

function controlPlaneSchema(): z.ZodType {
  const kubelet = map(
    optional({
      sandbox: duration("making a pod's sandbox"),
      createContainer: duration("creating a container"),
      startContainer: duration("starting a container"),
      readyWithoutProbe: duration("from start to ready without a readiness probe"),
      stop: duration("stopping a process after SIGTERM"),
      boot: duration("from power on to the first sync"),
      volumeMount: duration("until a pod has the volumes that it names"),
      claimMount: duration("the same where it uses claims, whose disks are attached first"),
      relistPeriod: duration("grid on which exits are noticed"),
      pullImages: flag("false: all images are everywhere from the start"),
      imageBytesPerSecond: above(0, 1e15, "bandwidth of image pulls"),
      defaultImageBytes: count(
        0,
        Number.MAX_SAFE_INTEGER,
        "size of images whose size nobody gives",
      ),
      serializeImagePulls: flag("one pull at a time per node"),
      maxParallelImagePulls: count(1, 1_000, "pulls side by side on a node, where not serialized"),
      registryBytesPerSecond: above(0, 1e15, "bandwidth of the registry, shared by all nodes"),
      images: z.array(registryImageSchema()),
      imageGCHighThresholdPercent: count(1, 100, "disk use above which unused images go"),
      imageGCLowThresholdPercent: count(0, 100, "disk use down to which they go"),
      reportImages: flag("images that come and go are reported in the node's status"),
      statusPeriod: duration("nodeStatusUpdateFrequency", true),
      initRun: duration("how long an init container works that says nothing itself"),
      restartBackoffMax: duration("crashLoopBackOff.maxContainerRestartPeriod", true),
      restartJitter: flag("false: restarts come at the first tick after the back-off's end"),
      evictionThresholds: z.array(evictionThresholdSchema()),
      evictionPressureTransitionPeriod: duration("how long a pressure condition stays at least"),
      evictionMaxPodGracePeriod: duration("most grace of a soft eviction"),
      processesMax: count(1, 1_000_000_000, "processes a node can hold, for pid.available"),
      shutdownGracePeriod: duration("how long a kubelet holds up its machine's shutdown"),
      shutdownGracePeriodCriticalPods: duration("the part of it for critical pods"),
    }),
  );
  const storage = map(
    optional({
      claimSyncPeriod: duration("--pvclaimbinder-sync-period", true),
      provision: law("how long a driver needs to make a volume"),
      provisionFailureRate: number(0, 1, "probability that an attempt to make a volume fails"),
      failingClasses: z.array(named(subdomainProblem, "classes of which no volume can be made")),
      onProvisionFailure: choice(
        ["retry", "reschedule"],
        "after a failed attempt: the driver tries again, or the scheduler chooses a node anew",
      ),
    }),
  );
  const binding = map(
    optional({
      reserve: law("Reserve, which holds up the scheduling loop"),
      permit: law("Permit, which holds up the scheduling loop"),
      preBind: law("work before the binding, beside the loop"),
      bind: law("the binding, beside its write"),
      bindFailureRate: number(0, 1, "probability that the API server refuses a binding"),
    }),
  );
  const phases = map(
    optional({
      nodeMonitor: duration("passes of the node monitor"),
      taintPass: duration("passes of the eviction queues"),
      podGc: duration("passes of the pod garbage collector"),
      metrics: duration("scrapes of the metrics server"),
      lease: duration("lease renewals of every node"),
    }),
  );
  return map(
    optional({
      preset: choice(CONTROL_PLANE_PRESETS, "where the other fields start from", "preset"),
      wallStart: leaf(readTimestamp, {
        type: "string",
        description: "what the wall clock shows at time zero, for CronJobs",
      }),
      apiWrite: duration("a create, update or patch"),
      apiDelete: duration("a delete"),
      watchLatency: duration("commit to delivery at a watcher"),
      syncCost: duration("one sync of a controller"),
      clusterCIDR: named(
        cidrProblem,
        "--cluster-cidr: nodes get ranges of pod addresses from it, pods addresses from those",
      ),
      nodeCIDRMaskSize: count(1, 30, "--node-cidr-mask-size"),
      kubeletStatusDelay: duration("change on a node to the status request"),
      schedulerCycle: duration("pop to decision"),
      controllerClient: clientSchema(
        "--kube-api-qps and --kube-api-burst, a bucket per controller",
      ),
      schedulerClient: clientSchema("the scheduler's client"),
      kubeletClient: clientSchema("each kubelet's client"),
      nodeMonitorPeriod: duration("--node-monitor-period", true),
      nodeMonitorGracePeriod: duration("--node-monitor-grace-period", true),
      nodeEvictionRate: number(0, 1000, "--node-eviction-rate, nodes per second and zone"),
      secondaryNodeEvictionRate: number(0, 1000, "--secondary-node-eviction-rate"),
      unhealthyZoneThreshold: number(0, 1, "--unhealthy-zone-threshold"),
      largeClusterSizeThreshold: count(0, 1_000_000, "--large-cluster-size-threshold"),
      terminatedPodGCThreshold: count(0, 100_000_000, "--terminated-pod-gc-threshold; 0 = off"),
      kubelet,
      storage,
      binding,
      phases,
    }),
    "how long what is not a decision takes",
  );
}

function cidrProblem(text: string): string | undefined {
  const isCidr = parseCidr(text) !== undefined;
  return isCidr ? undefined : "expected a block of IPv4 addresses such as 10.244.0.0/16";
}

function registryImageSchema(): z.ZodType {
  const bytes = count(0, Number.MAX_SAFE_INTEGER, "compressed size");
  return map({
    name: text("reference as containers name it"),
    bytes: bytes.optional(),
    layers: z.array(map({ digest: text("layers of one digest are shared"), bytes })).optional(),
    missing: flag("the registry has no such image").optional(),
  });
}

function evictionThresholdSchema(): z.ZodType {
  const amount: FieldReader<unknown> = (value) =>
    typeof value === "string" ? quantityReader("memory")(value) : readText(value);
  const below = leaf(
    (value) => {
      const isPercent = typeof value === "string" && /^[0-9]{1,2}(\.[0-9]+)?%$/.test(value);
      return isPercent ? { value } : amount(value);
    },
    { type: "string", description: "a quantity, or a percentage of the capacity" },
  );
  return map({
    signal: choice(
      ["memory.available", "nodefs.available", "imagefs.available", "pid.available"],
      "what is measured",
    ),
    below,
    grace: duration("makes it soft: it must be met for so long", true).optional(),
    minReclaim: leaf(amount, {
      ...{ type: "string", description: "must be available beyond the threshold" },
    }).optional(),
  });
}

function faultSchema(): z.ZodType {
  const at = duration("when it happens");
  const node = named(subdomainProblem, "the node");
  const forTime = duration("for ever if left out", true).optional();
  const shapes = {
    NodeCrash: {
      node,
      at,
      repairAfter: duration("from the crash; never if left out", true).optional(),
    },
    ZoneOutage: {
      zone: named(labelValueProblem, "the zone"),
      at,
      duration: forTime,
    },
    NodeReboot: {
      ...{ node, at },
      duration: duration("without power; the kubelet's boot comes on top").optional(),
    },
    NodeShutdown: { node, at, duration: forTime },
    NetworkPartition: {
      node: node.optional(),
      zone: named(labelValueProblem, "the zone").optional(),
      ...{ at, duration: forTime },
    },
    KubeletStop: { node, at, duration: forTime },
    SlowNode: {
      ...{ node, at, duration: forTime },
      factor: number(1, 1_000, "everything takes so many times as long"),
    },
    DiskFull: {
      ...{ node, at, duration: forTime },
      fillPercent: count(1, 100, "part of the ephemeral storage; 100 if left out").optional(),
    },
    RegistryOutage: { at, duration: forTime },
    NodeFailures: {
      pool: named(subdomainProblem, "the node pool"),
      upTime: law("time from start or repair to the next failure"),
      repairTime: law("time from failure to return"),
      start: choice(
        ["new", "stationary"],
        "age of the nodes that are there at the start: all new, or as found after long use, some of them down; new if left out",
      ).optional(),
      from: duration("no failure before this").optional(),
      until: duration("no failure at or after this", true).optional(),
    },
  };
  const options = Object.entries(shapes).map(([kind, shape]) =>
    z.strictObject(
      { kind: z.literal(kind), ...shape },
      {
        error: (issue) =>
          issue.code === "unrecognized_keys"
            ? ["kind", ...Object.keys(shape)].join(" ")
            : undefined,
      },
    ),
  );
  const [first, ...rest] = options;
  return z.discriminatedUnion("kind", [first!, ...rest]);
}

function thresholdSchema(): z.ZodType {
  return leaf(
    (value) => {
      const reading = readText(value);
      if (reading.refusals !== undefined) return reading;
      const threshold = parseThreshold(reading.value);
      if (typeof threshold !== "string") return reading;
      return { refusals: [{ code: "E_THRESHOLD", message: threshold }] };
    },
    { type: "string", examples: ["pending.p99<30s"], description: "a gate" },
  );
}

/** One subject and what is said of it; which fields go with which subject is the rules' to judge. */
function expectationSchema(): z.ZodType {
  const subjects = [...EXPECTATION_SUBJECTS].map(([name, meaning]): [string, z.ZodType] => [
    name,
    subjectSchema(name as ExpectationSubject, meaning),
  ]);
  const fields = [...EXPECTATION_FIELDS].map(([name, field]): [string, z.ZodType] => [
    name,
    name === "about" ? leaf(readKindOrObject, ABOUT_META) : expectedSchema(field),
  ]);
  return map(
    optional({
      at: duration("when it must be so; at the end if left out"),
      ...Object.fromEntries(subjects),
      namespace: named(dnsLabelProblem, "namespace; default if left out, all for Events"),
      ...Object.fromEntries(fields),
    }),
    "what the API must show at the end or at a time",
  );
}

function subjectSchema(subject: ExpectationSubject, description: string): z.ZodType {
  if (subject === "pods") return leaf(readSelector, { type: "string", description });
  const meta = { type: "string", minLength: 1, description };
  if (subject === "object") return leaf(readObjectName, meta);
  if (subject === "objects") return leaf(readObjectKind, meta);
  return text(description);
}

const ABOUT_META = {
  ...{ type: "string", minLength: 1 },
  description: `${EXPECTATION_FIELDS.get("about")!.meaning}; of events`,
};

function readKindOrObject(value: unknown): Reading<unknown> {
  const isKind = typeof value === "string" && !value.includes("/");
  return isKind ? readObjectKind(value) : readObjectName(value);
}

function readSelector(value: unknown): Reading<string> {
  if (typeof value !== "string") return { refusals: readText(value).refusals ?? [] };
  const selector = parseLabelSelector(value);
  if (selector.error === undefined) return { value };
  const message = `'${value}' is no label selector: ${selector.error}`;
  return { refusals: [{ code: "E_SELECTOR", message }] };
}

function expectedSchema({ uses, form, otherForms, meaning }: ExpectationField): z.ZodType {
  const kinds = Object.entries(uses);
  const subjects = kinds.map(([subject]) => subject).join(", ");
  const description = `${meaning}; of ${subjects}`;
  const readOne = (value: unknown, written: ExpectationForm): readonly Refusal[] => {
    const wanted = parseWanted(value, written);
    return typeof wanted === "string" ? [{ code: "E_EXPECTED", message: wanted }] : [];
  };
  // Where the form hangs on the subject, the rules judge it.
  const plain = otherForms === undefined ? form : "any";
  const one = leaf(
    (value) => {
      const refusals = readOne(value, plain);
      return refusals.length === 0 ? { value } : { refusals };
    },
    { type: TYPES_OF_FORM[plain], description },
  );
  const several = entries((_key, value) => readOne(value, "any"), {
    additionalProperties: { type: [...TYPES_OF_FORM.any] },
    description,
  });
  if (kinds.every(([, use]) => use === "map")) return several;
  if (kinds.every(([, use]) => use !== "map")) return one;
  return leaf(
    (value) => {
      const refusals = isMap(value)
        ? Object.entries(value).flatMap(([key, inner]) =>
            readOne(inner, "any").map((refusal) => ({ ...refusal, path: [key] })),
          )
        : readOne(value, plain);
      return refusals.length === 0 ? { value } : { refusals };
    },
    { type: ["string", "object"], description },
  );
}

const TYPES_OF_FORM: Readonly<Record<ExpectationForm, readonly string[]>> = {
  count: ["integer", "string"],
  flag: ["boolean"],
  text: ["string"],
  part: ["string"],
  any: ["string", "integer", "boolean"],
};

type Path = readonly (string | number)[];

function problemsOfIssue(issue: z.core.$ZodIssue, document: PositionedDocument): Problem[] {
  const path = issue.path as Path;
  if (issue.code === "custom") {
    const { code, hint } = issue.params as { code: string; hint?: string };
    return [document.problemAt(path, { code, message: issue.message, ...(hint && { hint }) })];
  }
  if (issue.code === "unrecognized_keys") {
    const known = issue.message.split(" ");
    return issue.keys.map((key) => problemOfUnknown([...path, key], key, known, document));
  }
  const value = valueAt(document.value, path);
  if (value === undefined) {
    return [
      document.problemAt(path, { code: "E_MISSING_FIELD", message: "is required but missing" }),
    ];
  }
  if (issue.code === "invalid_union" && "options" in issue) {
    return [problemOfChoice(path, value, issue.options as readonly string[], document)];
  }
  const expected = issue.code === "invalid_type" ? TYPE_WORDS.get(issue.expected) : undefined;
  const message = `expected ${expected ?? "something else"}, found ${describeValue(value)}`;
  return [document.problemAt(path, { code: "E_TYPE", message })];
}

const TYPE_WORDS: ReadonlyMap<string, string> = new Map([
  ["object", "a map"],
  ["array", "a list"],
]);

function problemOfUnknown(
  path: Path,
  key: string,
  known: readonly string[],
  document: PositionedDocument,
): Problem {
  const toCome = FIELDS_TO_COME.get(key);
  if (toCome !== undefined) {
    return document.problemAt(path, { code: "E_NOT_AVAILABLE", what: "key", ...toCome });
  }
  const near = nearest(key, known);
  const hint = near === undefined ? `known fields: ${known.join(", ")}` : `did you mean '${near}'?`;
  return document.problemAt(path, {
    ...{ code: "E_UNKNOWN_FIELD", message: "unknown field", what: "key", hint },
  });
}

function problemOfChoice(
  path: Path,
  value: unknown,
  choices: readonly string[],
  document: PositionedDocument,
): Problem {
  const [refusal] = choiceReader(choices)(value).refusals ?? [];
  const { code, message, hint } = refusal!;
  return document.problemAt(path, { code, message, ...(hint !== undefined && { hint }) });
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
