// Starts every controller and all kubelets of one simulation.
//
// They share one watch, as the controllers of kube-controller-manager share their informers; each is
// told of a change in the order of this file. Fields that were asked for and have no effect are
// noted, so that no run quietly leaves one alone.

import { type EntityDraws, entityHash } from "../base/index.ts";
import type {
  ApiServer,
  ChangeListener,
  Machines,
  PodBehavior,
  PodIndex,
  PodTemplateRegistry,
  StoreKind,
  Uid,
} from "../cluster/index.ts";
import type { Simulation } from "../engine/index.ts";
import { ControllerContext } from "./controller-context.ts";
import { CronJobController } from "./cron-job.ts";
import { DaemonSetController } from "./daemon-set.ts";
import { DeploymentController } from "./deployment.ts";
import { DisruptionController } from "./disruption.ts";
import { EndpointSliceController } from "./endpoint-slices.ts";
import { GarbageCollector } from "./garbage-collector.ts";
import { Heartbeats } from "./heartbeats.ts";
import { HorizontalPodAutoscalerController } from "./horizontal-pod-autoscaler.ts";
import { JobController, type JobLimit } from "./job.ts";
import { Kubelets } from "./kubelet/kubelets.ts";
import { NodeIpamController } from "./node-ipam.ts";
import { NodeLifecycleController } from "./node-lifecycle.ts";
import { type ControllerOptions, KUBERNETES_CONTROLLER_OPTIONS } from "./options.ts";
import { PodGcController } from "./pod-gc.ts";
import { ReplicaSetController } from "./replica-set.ts";
import { MetricsServer, type PodMetrics } from "./pod-metrics.ts";
import { ResourceQuotaController } from "./resource-quota.ts";
import { StatefulSetController } from "./stateful-set.ts";
import { ClaimBinder } from "./storage/claim-binder.ts";
import { EphemeralClaims } from "./storage/ephemeral-claims.ts";
import { Provisioner } from "./storage/provisioner.ts";
import { StorageProtection } from "./storage/storage-protection.ts";
import { TaintEvictionController } from "./taint-eviction.ts";

/** What acts on the nodes: the kubelets, or something that stands in for them. */
export interface NodeAgents {
  readonly onPod?: ChangeListener["onPod"];
  readonly onNode?: ChangeListener["onNode"];
  /** When a pod's containers ended, if it is known. */
  finishedUs(pod: PodIndex, uid: Uid): number | undefined;
  /** Exit codes of a pod's containers by name. */
  exitCodes(pod: PodIndex, uid: Uid): ReadonlyMap<string, number>;
}

/** What the controllers need besides the API and the machines. */
export interface ControllerSetup {
  readonly templates: PodTemplateRegistry;
  readonly behavior: PodBehavior;
  /** Keyed draws by purpose (phases, jitters); one and the same stream for one purpose. */
  readonly draws: (purpose: string) => EntityDraws;
  /** Default: KUBERNETES_CONTROLLER_OPTIONS. */
  readonly options?: ControllerOptions;
  /** What autoscalers are told that pods use. Default: a metrics server over the behavior's usage. */
  readonly podMetrics?: PodMetrics;
  /** Put in the kubelets' place (they then do nothing); it must keep the heartbeats. */
  readonly createNodeAgents?: (context: ControllerContext, heartbeats: Heartbeats) => NodeAgents;
}

/** The running controllers. */
export interface ControllerSet {
  readonly context: ControllerContext;
  readonly deployments: DeploymentController;
  readonly replicaSets: ReplicaSetController;
  readonly replicationControllers: ReplicaSetController;
  readonly statefulSets: StatefulSetController;
  readonly daemonSets: DaemonSetController;
  readonly jobs: JobController;
  readonly disruption: DisruptionController;
  readonly garbageCollector: GarbageCollector;
  readonly resourceQuotas: ResourceQuotaController;
  readonly endpointSlices: EndpointSliceController;
  readonly cronJobs: CronJobController;
  readonly autoscalers: HorizontalPodAutoscalerController;
  readonly nodeLifecycle: NodeLifecycleController;
  readonly taintEviction: TaintEvictionController;
  readonly podGc: PodGcController;
  readonly kubelets: Kubelets;
  readonly heartbeats: Heartbeats;
  /** Fields of controlled kinds that were asked for and have no effect. */
  uncontrolledFields(): readonly (JobLimit & { readonly kind: StoreKind })[];
}

/** Starts them all; their first look at what exists happens before this returns. */
export function startControllers(
  sim: Simulation,
  api: ApiServer,
  machines: Machines,
  setup: ControllerSetup,
): ControllerSet {
  const options = setup.options ?? KUBERNETES_CONTROLLER_OPTIONS;
  const context = new ControllerContext(sim, api, setup.templates, options, setup.draws);
  const heartbeats = new Heartbeats();
  const nodeIpam = new NodeIpamController(context);
  const nodeLifecycle = new NodeLifecycleController(context, heartbeats);
  const kubelets = new Kubelets(context, machines, setup.behavior, heartbeats);
  const deployments = new DeploymentController(context);
  const replicaSets = new ReplicaSetController(context, "ReplicaSet");
  const replicationControllers = new ReplicaSetController(context, "ReplicationController");
  const statefulSets = new StatefulSetController(context);
  const daemonSets = new DaemonSetController(context);
  const agents = setup.createNodeAgents?.(context, heartbeats) ?? kubelets;
  const jobs = new JobController(context, agents);
  const disruption = new DisruptionController(context);
  const garbageCollector = new GarbageCollector(context);
  const taintEviction = new TaintEvictionController(context);
  const podGc = new PodGcController(context);
  const resourceQuotas = new ResourceQuotaController(context);
  const endpointSlices = new EndpointSliceController(context);
  const cronJobs = new CronJobController(context);
  const podMetrics = setup.podMetrics ?? metricsServer(context, machines, setup.behavior);
  const autoscalers = new HorizontalPodAutoscalerController(context, podMetrics);
  const claimBinder = new ClaimBinder(context);
  const provisioner = new Provisioner(context);
  const ephemeralClaims = new EphemeralClaims(context);
  const storageProtection = new StorageProtection(context);
  if (agents === kubelets) machines.listen({ onMachine: (change) => kubelets.onMachine(change) });
  watchTogether(api, [
    bound(agents),
    bound(nodeIpam),
    bound(nodeLifecycle),
    bound(taintEviction),
    bound(podGc),
    bound(replicaSets),
    bound(replicationControllers),
    bound(deployments),
    bound(statefulSets),
    bound(daemonSets),
    bound(jobs),
    bound(disruption),
    bound(garbageCollector),
    bound(claimBinder),
    bound(provisioner),
    bound(ephemeralClaims),
    bound(storageProtection),
    bound(resourceQuotas),
    bound(endpointSlices),
    bound(cronJobs),
    bound(autoscalers),
  ]);
  return {
    context,
    deployments,
    replicaSets,
    replicationControllers,
    statefulSets,
    daemonSets,
    jobs,
    disruption,
    garbageCollector,
    resourceQuotas,
    endpointSlices,
    cronJobs,
    autoscalers,
    nodeLifecycle,
    taintEviction,
    podGc,
    kubelets,
    heartbeats,
    uncontrolledFields: () => [
      ...jobs.limits.map((limit) => ({ kind: "Job" as const, ...limit })),
      ...cronJobs.limits.map((limit) => ({ kind: "CronJob" as const, ...limit })),
      ...autoscalers.limits.map((limit) => ({
        kind: "HorizontalPodAutoscaler" as const,
        ...limit,
      })),
    ],
  };
}

function metricsServer(
  { api, options, draws }: ControllerContext,
  machines: Machines,
  behavior: PodBehavior,
): MetricsServer {
  const periodUs = options.hpa.metricsPeriodUs;
  const drawn = draws("metrics-server/phase").unit(entityHash("metrics-server", 0), 0);
  const phaseUs = options.phases.metricsUs ?? Math.floor(drawn * periodUs);
  return new MetricsServer(api, machines, behavior, { periodUs, phaseUs });
}

/** One watch for all listeners; a change is told to each in turn. */
function watchTogether(api: ApiServer, listeners: readonly ChangeListener[]): void {
  const onPod = listeners.flatMap((listener) => listener.onPod ?? []);
  const onNode = listeners.flatMap((listener) => listener.onNode ?? []);
  const onObject = listeners.flatMap((listener) => listener.onObject ?? []);
  api.watch({
    name: "controllers",
    onPod: (change) => {
      for (const tell of onPod) tell(change);
    },
    onNode: (change) => {
      for (const tell of onNode) tell(change);
    },
    onObject: (change) => {
      for (const tell of onObject) tell(change);
    },
  });
}

/** A controller's handlers as functions of their own. */
function bound(controller: {
  onPod?: ChangeListener["onPod"];
  onNode?: ChangeListener["onNode"];
  onObject?: ChangeListener["onObject"];
}): ChangeListener {
  const { onPod, onNode, onObject } = controller;
  return {
    ...(onPod === undefined ? {} : { onPod: onPod.bind(controller) }),
    ...(onNode === undefined ? {} : { onNode: onNode.bind(controller) }),
    ...(onObject === undefined ? {} : { onObject: onObject.bind(controller) }),
  };
}
