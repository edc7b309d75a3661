// A recorded cluster brought to life: the scheduler's cache, its objects and its profiles.
//
// Objects go through API decoding without refusals (recorded cases hold odd ones on purpose) and with
// 64-bit amounts; then nodes enter the cache in file order, and pods after them (conformance README).

import { Decoder, InputError, type Problem } from "../../base/index.ts";
import {
  type ApiObject,
  decodeObject,
  DecodeSink,
  FieldCursor,
  findControllerOf,
  findKind,
  type NodeObject,
  type PodObject,
  PodTemplateRegistry,
  type ResourceList,
} from "../../cluster/index.ts";
import {
  createDefaultRegistry,
  DEFAULT_MULTI_POINT,
  Nominator,
  type PodInfo,
  Profile,
  readSchedulerConfiguration,
  type Registry,
  SchedulerCache,
  type SchedulerConfiguration,
} from "../../scheduler/index.ts";
import { RecordedObjects } from "./recorded-objects.ts";

/** Above this an amount may leave the exact numbers when summed: the case is computed in 64 bits. */
const EXACT_NUMBER_AMOUNT_MAX = 70_368_744_177_664;
const US_PER_SECOND = 1_000_000;

/** How recorded objects are decoded. */
export interface RecordedWorldOptions {
  /** Apply API defaulting (decisions and trajectories); off for plugin-level cases. */
  readonly defaulting: boolean;
  /**
   * Whether nominated pods stand in a queue (trajectories). The recorder of decisions had none, so
   * there they count as stubs: see Nominator.
   */
  readonly hasQueue?: boolean;
  /** Count matching pods as they come and go, as runs do; otherwise anew each time. */
  readonly keepsMatches?: boolean;
}

/** Everything a recorded case starts from. */
export class RecordedWorld {
  readonly cache: SchedulerCache;
  readonly objects: RecordedObjects = new RecordedObjects();
  readonly plugins: Registry = createDefaultRegistry();
  private readonly templates: PodTemplateRegistry;
  private readonly options: { defaulting: boolean; validate: boolean; int64: boolean };

  /** `pending` are pods of the case that are not in `objects` but decide about 64-bit arithmetic. */
  constructor(
    objects: readonly unknown[],
    pending: readonly unknown[],
    options: RecordedWorldOptions,
  ) {
    this.options = { defaulting: options.defaulting, validate: false, int64: true };
    this.templates = new PodTemplateRegistry(this.options);
    const decoded = objects.map((source) => this.decode(source));
    const waiting = pending.map((source) => this.decodePod(source));
    const nominator = options.hasQueue === true ? new Nominator() : new Nominator(() => undefined);
    const int64 = [...decoded, ...waiting].some(needsInt64);
    const keepsMatches = options.keepsMatches === true;
    this.cache = new SchedulerCache({ int64, nominator, keepsMatches });
    for (const object of decoded) this.objects.add(object);
    for (const node of this.objects.list("Node")) this.cache.addNode(node);
    for (const pod of this.objects.list("Pod")) this.addPod(pod);
  }

  /** Any object of a kind that podsim knows; others are a mistake of the file. */
  decode(source: unknown): ApiObject {
    const record = source as Record<string, unknown>;
    const apiVersion = String(record["apiVersion"] ?? "v1");
    const kind = String(record["kind"] ?? "Pod");
    const found = findKind(apiVersion, kind);
    if (found === undefined) throw caseError(`kind ${kind} (${apiVersion}) is not known`);
    const sink = new DecodeSink(this.options);
    const object = decodeObject(found, record, new FieldCursor(record, [], sink), this.templates);
    const problem = sink.problems.find((each) => each.severity === "error");
    if (problem !== undefined) {
      throw caseError(`${kind}: ${problem.path.join(".")}: ${problem.message}`);
    }
    return object;
  }

  decodePod(source: unknown): PodObject {
    const object = this.decode({ apiVersion: "v1", kind: "Pod", ...(source as object) });
    if (object.kind !== "Pod") throw caseError(`expected a Pod, found ${object.kind}`);
    return object;
  }

  decodeNode(source: unknown): NodeObject {
    const object = this.decode(source);
    if (object.kind !== "Node") throw caseError(`expected a Node, found ${object.kind}`);
    return object;
  }

  /** The scheduler's record of a decoded pod. */
  podInfo(pod: PodObject): PodInfo {
    const { meta, template, status } = pod;
    const owner = findControllerOf(meta);
    return {
      uid: meta.uid ?? `${meta.namespace}/${meta.name}`,
      namespace: meta.namespace,
      name: meta.name,
      template,
      priority: template.priority ?? 0,
      startUs: status.startTimeSeconds === undefined ? -1 : status.startTimeSeconds * US_PER_SECOND,
      deleting: meta.deletionTimestampSeconds !== undefined,
      ...(isPreempted(pod) && { isPreempted: true }),
      nodeName: pod.nodeName,
      nominatedNodeName: status.nominatedNodeName,
      ...(owner !== undefined && {
        owner: { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.name },
      }),
      pod: -1,
    };
  }

  /** A recorded start time (RFC 3339) in microseconds. */
  startUsOf(startTime: string): number {
    return this.podInfo(this.decodePod({ metadata: { name: "p" }, status: { startTime } })).startUs;
  }

  /** Bound pods enter the cache, pending nominated ones the nominator; finished ones are not seen. */
  addPod(pod: PodObject): void {
    const { phase } = pod.status;
    if (phase === "Succeeded" || phase === "Failed") return;
    const known = this.podInfo(pod);
    if (known.nodeName !== "") this.cache.addPod(known);
    else if (known.nominatedNodeName !== "") this.cache.nominator.add(known);
  }

  /** The configuration of a case; null means the default one. */
  readConfiguration(config: unknown): SchedulerConfiguration {
    const decoder = new Decoder({ value: config ?? undefined });
    const configuration = readSchedulerConfiguration(decoder, {
      registry: this.plugins,
      defaultMultiPoint: DEFAULT_MULTI_POINT,
    });
    if (configuration === undefined) throw new InputError(decoder.problems);
    return configuration;
  }

  /** Makes the plugins of every profile. */
  createProfiles(configuration: SchedulerConfiguration): readonly Profile[] {
    const handle = { cache: this.cache, objects: this.objects };
    return configuration.profiles.map((each) => new Profile(each, this.plugins, handle));
  }
}

function caseError(message: string): InputError {
  const problem: Problem = { code: "E_RECORDED_CASE", severity: "error", message };
  return new InputError([problem]);
}

function isPreempted({ status }: PodObject): boolean {
  const condition = status.conditions.find(({ type }) => type === "DisruptionTarget");
  return condition?.status === "True" && condition.reason === "PreemptionByScheduler";
}

function needsInt64(object: ApiObject): boolean {
  if (object.kind === "Node") return isLarge(object.allocatable);
  if (object.kind !== "Pod") return false;
  const { requests, scoreRequests, nodeRequests, nonZeroRequests, balancedRequests } =
    object.template;
  return [requests, scoreRequests, nodeRequests, nonZeroRequests, balancedRequests].some(isLarge);
}

function isLarge(list: ResourceList): boolean {
  return (
    list.exact !== undefined ||
    [list.milliCpu, list.memoryBytes, list.ephemeralStorageBytes, ...list.scalars.values()].some(
      (amount) => Math.abs(amount) > EXACT_NUMBER_AMOUNT_MAX,
    )
  );
}
