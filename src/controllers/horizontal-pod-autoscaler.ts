// The HorizontalPodAutoscaler controller: every 15 seconds it compares what pods use with what they
// should, and sets the size of their workload.
//
// Each autoscaler runs on its own clock, which starts when it is first seen. Resource and
// ContainerResource metrics are simulated; other metrics have no source here and fail, as they do in
// a cluster without their adapter. A run without a change costs requests and no write.

import type {
  HpaMetric,
  LabelSelector,
  ObjectChange,
  PodChange,
  PodIndex,
  StorableObject,
  StoredObject,
  Uid,
} from "../cluster/index.ts";
import type { ControllerClient } from "./controller-client.ts";
import type { ControllerContext } from "./controller-context.ts";
import { createHistory, type HpaHistory, limitSize, recordChange } from "./hpa-limits.ts";
import {
  groupPods,
  type HpaSource,
  type HpaTarget,
  proposeReplicas,
  type ReplicaProposal,
  requestsOf,
} from "./hpa-replica-count.ts";
import type { PodMetrics } from "./pod-metrics.ts";
import { SelectedPods } from "./selected-pods.ts";
import { type SyncDone, WorkQueue } from "./work-queue.ts";
import { isSameStatus, type WorkloadCondition, withWorkloadCondition } from "./workload-status.ts";

type HpaRecord = StoredObject<"HorizontalPodAutoscaler">;
type ScalableObject = Extract<
  StorableObject,
  { readonly kind: "Deployment" | "ReplicaSet" | "StatefulSet" | "ReplicationController" }
>;
type ScalableRecord = StoredObject<ScalableObject["kind"]>;

const SCALABLE: ReadonlySet<string> = new Set([
  "Deployment",
  "ReplicaSet",
  "StatefulSet",
  "ReplicationController",
]);

/** Status of an autoscaler. */
export interface HpaStatus {
  readonly observedGeneration: number;
  readonly currentReplicas: number;
  readonly desiredReplicas: number;
  /** Microseconds of the run; -1 = never. */
  readonly lastScaleUs: number;
  /** Whole percent or thousandths per metric, in the order of the spec; -1 = none. */
  readonly observed: readonly number[];
  readonly conditions: readonly WorkloadCondition[];
}

const NO_STATUS: HpaStatus = {
  observedGeneration: 0,
  currentReplicas: 0,
  desiredReplicas: 0,
  lastScaleUs: -1,
  observed: [],
  conditions: [],
};

/** The stored status, or that of an autoscaler that has not run yet. */
export function hpaStatusOf(stored: Omit<StoredObject, "object">): HpaStatus {
  return (stored.status as HpaStatus | undefined) ?? NO_STATUS;
}

/** The metrics of one run together. */
interface Computed {
  readonly replicas: number;
  readonly metricName: string;
  readonly observed: readonly number[];
  readonly error: string | undefined;
  /** Of condition ScalingActive. */
  readonly activeReason: string;
}

/** Runs all autoscalers. */
export class HorizontalPodAutoscalerController {
  readonly queue: WorkQueue<Uid>;
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  private readonly metrics: PodMetrics;
  private readonly selected: SelectedPods;
  private readonly selectorOf = new Map<Uid, LabelSelector>();
  private readonly blind = new Set<Uid>();
  private readonly histories = new Map<Uid, HpaHistory>();

  constructor(context: ControllerContext, metrics: PodMetrics) {
    this.context = context;
    this.metrics = metrics;
    this.client = context.client("horizontal-pod-autoscaler");
    this.selected = new SelectedPods(context.api.pods);
    this.queue = new WorkQueue(context.sim, {
      name: "horizontal-pod-autoscaler",
      workers: context.options.concurrentHpaSyncs,
      syncCostUs: context.syncCostUs,
      sync: (uid, done) => this.sync(uid, done),
    });
  }

  /** Autoscalers that never got a sample because nothing says what their pods use. */
  get limits(): readonly { readonly feature: string; readonly count: number }[] {
    if (this.blind.size === 0) return [];
    return [
      { feature: "spec.metrics (its pods have no podsim.dev/usage)", count: this.blind.size },
    ];
  }

  /** News of an autoscaler never makes it run sooner: the next run is a period after the first news. */
  onObject({ objectKind, kind, uid }: ObjectChange): void {
    if (objectKind !== "HorizontalPodAutoscaler") return;
    if (kind === "Deleted") this.forget(uid);
    else this.queue.addAfter(uid, this.context.options.hpa.syncPeriodUs, true);
  }

  onPod(change: PodChange): void {
    if (!this.selected.isEmpty) this.selected.follow(change);
  }

  private forget(uid: Uid): void {
    this.queue.forget(uid);
    this.selected.remove(uid);
    this.selectorOf.delete(uid);
    this.histories.delete(uid);
  }

  private sync(uid: Uid, done: SyncDone): void {
    const found = this.context.api.objects.findByUid(uid);
    if (found?.kind !== "HorizontalPodAutoscaler") {
      this.forget(uid);
      done();
      return;
    }
    const finish: SyncDone = () => {
      this.queue.addAfter(uid, this.context.options.hpa.syncPeriodUs, true);
      done(); // errors wait for the next period, too
    };
    // The scale is read, then the metrics.
    this.client.read(() => {
      const target = this.findTarget(found as HpaRecord);
      if (target === undefined) this.reportNoTarget(found as HpaRecord, finish);
      else this.client.read(() => this.run(found as HpaRecord, target, finish));
    });
  }

  private findTarget({ namespace, object }: HpaRecord): ScalableRecord | undefined {
    const { kind, name } = object.target;
    if (!SCALABLE.has(kind)) return undefined;
    const { objects } = this.context.api;
    return objects.find(kind as ScalableObject["kind"], namespace, name) as
      | ScalableRecord
      | undefined;
  }

  private reportNoTarget(record: HpaRecord, done: SyncDone): void {
    const { kind, name } = record.object.target;
    const message = `${kind} "${name}" not found`;
    this.client.warning(record, "FailedGetScale", message);
    const status = this.withCondition(
      hpaStatusOf(record),
      "AbleToScale",
      "False",
      "FailedGetScale",
    );
    this.writeStatus(record, status, done);
  }

  private run(record: HpaRecord, target: ScalableRecord, done: SyncDone): void {
    const hpa = record.object;
    const { nowUs } = this.context.sim;
    const current = (target.object as ScalableObject).replicas;
    let history = this.histories.get(record.uid);
    if (history === undefined) {
      history = createHistory(nowUs, current);
      this.histories.set(record.uid, history);
    }
    let status: HpaStatus = {
      ...hpaStatusOf(record),
      observedGeneration: record.generation,
      currentReplicas: current,
    };
    status = this.withCondition(status, "AbleToScale", "True", "SucceededGetScale");
    let wanted = current;
    let reason = "";
    if (current === 0 && hpa.minReplicas !== 0) {
      status = this.withCondition(status, "ScalingActive", "False", "ScalingDisabled");
    } else if (current > hpa.maxReplicas) {
      wanted = hpa.maxReplicas;
      reason = "Current number of replicas above Spec.MaxReplicas";
    } else if (current < hpa.minReplicas) {
      wanted = hpa.minReplicas;
      reason = "Current number of replicas below Spec.MinReplicas";
    } else {
      const computed = this.compute(record, target, current);
      const isActive = computed.replicas >= 0;
      status = this.withCondition(
        { ...status, observed: computed.observed },
        "ScalingActive",
        isActive ? "True" : "False",
        computed.activeReason,
      );
      if (!isActive) {
        this.client.warning(record, "FailedComputeMetricsReplicas", computed.error ?? "");
        this.writeStatus(record, status, done);
        return;
      }
      if (computed.replicas > current) reason = `${computed.metricName} above target`;
      else if (computed.replicas < current) reason = "All metrics below target";
      const windowUs = this.context.options.hpa.downscaleStabilizationUs;
      const size = limitSize(hpa, history, current, computed.replicas, nowUs, windowUs);
      status = this.withCondition(status, "AbleToScale", "True", size.ableReason);
      const isLimited = size.isLimited ? "True" : "False";
      status = this.withCondition(status, "ScalingLimited", isLimited, size.limitReason);
      wanted = size.replicas;
    }
    if (wanted === current) {
      this.writeStatus(record, { ...status, desiredReplicas: current }, done);
      return;
    }
    this.rescale(record, target, { status, history, current, wanted, reason }, done);
  }

  private rescale(
    record: HpaRecord,
    target: ScalableRecord,
    change: {
      readonly status: HpaStatus;
      readonly history: HpaHistory;
      readonly current: number;
      readonly wanted: number;
      readonly reason: string;
    },
    done: SyncDone,
  ): void {
    const { status, history, current, wanted, reason } = change;
    const { kind, uid } = target;
    const said = `New size: ${wanted}; reason: ${reason}`;
    this.client.request(
      "update",
      (writer) => writer.updateObject(kind, uid, (object) => ({ ...object, replicas: wanted })),
      (error) => {
        if (error !== undefined) {
          this.client.warning(record, "FailedRescale", `${said}; error: ${error}`);
          const failed = this.withCondition(status, "AbleToScale", "False", "FailedUpdateScale");
          this.writeStatus(record, { ...failed, desiredReplicas: current }, done);
          return;
        }
        this.client.event(record, "SuccessfulRescale", said);
        const { nowUs } = this.context.sim;
        recordChange(history, current, wanted, nowUs);
        const rescaled = this.withCondition(status, "AbleToScale", "True", "SucceededRescale");
        this.writeStatus(
          record,
          { ...rescaled, desiredReplicas: wanted, lastScaleUs: nowUs },
          done,
        );
      },
    );
  }

  // ---- metrics -----------------------------------------------------------------------------------

  /** The highest proposal; none if every metric failed, or one did and the rest would shrink. */
  private compute(record: HpaRecord, target: ScalableRecord, current: number): Computed {
    const pods = this.podsOf(record, target);
    const samples = this.metrics.query(pods);
    const observed: number[] = [];
    let replicas = 0;
    let metricName = "";
    let failures = 0;
    let firstError = "";
    let firstReason = "";
    const { metrics } = record.object;
    for (const metric of metrics) {
      const proposal = this.propose(record, metric, pods, samples, current);
      if (typeof proposal !== "string") {
        observed.push(proposal.observed);
        if (replicas === 0 || proposal.replicas > replicas) {
          replicas = proposal.replicas;
          metricName = metricNameOf(metric);
        }
        continue;
      }
      observed.push(-1);
      const reason = `FailedGet${metric.type}Metric`;
      this.client.warning(record, reason, proposal);
      if (failures++ > 0) continue;
      firstError = proposal;
      firstReason = reason;
    }
    if (failures === metrics.length || (failures > 0 && replicas < current)) {
      const error = `invalid metrics (${failures} invalid out of ${metrics.length}), first error is: ${firstError}`;
      return { replicas: -1, metricName: "", observed, error, activeReason: firstReason };
    }
    const activeReason = "ValidMetricFound";
    return { replicas, metricName, observed, error: undefined, activeReason };
  }

  private propose(
    { uid, object: hpa }: HpaRecord,
    metric: HpaMetric,
    pods: readonly PodIndex[],
    samples: ReturnType<PodMetrics["query"]>,
    current: number,
  ): ReplicaProposal | string {
    const { resourceName: resource, containerName: container } = metric;
    const target = targetOf(metric);
    const isResource = metric.type === "Resource" || metric.type === "ContainerResource";
    const isMeasured = resource === "cpu" || resource === "memory";
    if (!isResource || !isMeasured || target === undefined) {
      return `unable to get metric ${resource}: no metrics returned from custom metrics API`;
    }
    const what = target.kind === "utilization" ? "utilization" : "usage";
    const failed = (text: string): string => `failed to get ${resource} ${what}: ${text}`;
    if (pods.length === 0) {
      return failed("no pods returned by selector while calculating replica count");
    }
    const source: HpaSource = { resource, container };
    const { api, options, sim } = this.context;
    const groups = groupPods(api.pods, pods, samples, source, options.hpa, sim.nowUs);
    if (groups.ready.size > 0) this.blind.delete(uid);
    else if (groups.missing.length > 0 && samples.size === 0) this.blind.add(uid);
    const requests =
      target.kind === "utilization" ? requestsOf(api.pods, pods, source) : NO_REQUESTS;
    if (groups.ready.size > 0 && typeof requests === "string") return failed(requests);
    const amounts = typeof requests === "string" ? NO_REQUESTS : requests;
    const tolerance = {
      up: toleranceOf(hpa.scaleUp?.toleranceMilli, options.hpa.tolerance),
      down: toleranceOf(hpa.scaleDown?.toleranceMilli, options.hpa.tolerance),
    };
    const proposal = proposeReplicas(current, groups, amounts, target, tolerance);
    return typeof proposal === "string" ? failed(proposal) : proposal;
  }

  /** The pods that the target's selector takes in, whoever owns them, in creation order. */
  private podsOf({ uid, namespace }: HpaRecord, target: ScalableRecord): readonly PodIndex[] {
    const { selector } = target.object as ScalableObject;
    if (this.selectorOf.get(uid)?.key !== selector.key) {
      this.selectorOf.set(uid, selector);
      this.selected.set(uid, namespace, (labels) => selector.matches(labels));
    }
    const { pods } = this.context.api;
    const found = [...this.selected.podsOf(uid)].filter((pod) => pods.exists(pod));
    return found.sort((a, b) => pods.uid(a) - pods.uid(b));
  }

  // ---- status ------------------------------------------------------------------------------------

  private withCondition(
    status: HpaStatus,
    type: string,
    value: "True" | "False",
    reason: string,
  ): HpaStatus {
    const { nowUs } = this.context.sim;
    const conditions = withWorkloadCondition(status.conditions, type, value, reason, nowUs);
    return { ...status, conditions };
  }

  private writeStatus(record: HpaRecord, status: HpaStatus, reply: SyncDone): void {
    const before = hpaStatusOf(record);
    const settled = { ...status, conditions: settledConditions(before, status) };
    if (isSameStatus(settled, before)) reply();
    else this.client.writeStatus(record, settled, reply);
  }
}

const NO_REQUESTS: ReadonlyMap<PodIndex, bigint> = new Map();

/** Conditions that changed on the way and back again within one run keep their old entry. */
function settledConditions(before: HpaStatus, after: HpaStatus): readonly WorkloadCondition[] {
  const settled = after.conditions.map((condition) => {
    const old = before.conditions.find(({ type }) => type === condition.type);
    const isSame = old?.status === condition.status && old.reason === condition.reason;
    return isSame ? old : condition;
  });
  const order = ["AbleToScale", "ScalingActive", "ScalingLimited"];
  return [...settled].sort((a, b) => order.indexOf(a.type) - order.indexOf(b.type));
}

function metricNameOf({ type, resourceName, targetType }: HpaMetric): string {
  const scope = type === "ContainerResource" ? "container resource" : "resource";
  return targetType === "Utilization"
    ? `${resourceName} ${scope} utilization (percentage of request)`
    : `${resourceName} ${scope}`;
}

function targetOf({
  averageUtilizationPercent,
  averageValueMilli,
}: HpaMetric): HpaTarget | undefined {
  if (averageUtilizationPercent !== undefined) {
    return { kind: "utilization", percent: averageUtilizationPercent };
  }
  return averageValueMilli === undefined || averageValueMilli <= 0n
    ? undefined
    : { kind: "average", milli: averageValueMilli };
}

function toleranceOf(milli: number | undefined, fallback: number): number {
  return milli === undefined ? fallback : milli / 1_000;
}
