// Which nodes a cluster can do without: each is drained in turn, and stays if its pods find no other place.
//
// The cluster is what exists at time zero, as for the count of copies. Nodes are tried from the least
// requested cpu upwards; what was moved stays moved, so the answer holds for all removable nodes
// together. Nobody is preempted: pods that only fit by pushing others out keep their node.

import {
  type ApiServer,
  ConditionStatus,
  NO_OWNER,
  type NewPod,
  type NodeIndex,
  type OwnerRef,
  type PodIndex,
  type PodTemplate,
} from "../../cluster/index.ts";
import { ControllerScales, healthWanted } from "../../controllers/index.ts";
import {
  KUBERNETES_VERSION,
  REMOVABLE_SCHEMA_VERSION,
  type RemovableRecord,
  type RemovalNode,
  type RemovalObstacle,
} from "../../metrics/index.ts";
import type { UserCallWatch } from "../../scheduler/index.ts";
import { notesOnTime } from "../fit/count-fits.ts";
import { type CopyOutcome, FitWorld } from "../fit/fit-world.ts";
import type { PreparedRun } from "../prepare-run.ts";
import { PODSIM_VERSION } from "../versions.ts";

/** What is asked. */
export interface RemovableQuestion {
  /** Told of every call into user code. */
  readonly userCalls?: UserCallWatch | undefined;
  /** Told after every node; returns false to stop there. */
  readonly onNode?: ((tried: number) => boolean) | undefined;
}

/** Tries every node. */
export function findRemovable(
  prepared: PreparedRun,
  question: RemovableQuestion = {},
): RemovableRecord {
  const world = new FitWorld(withoutPreemption(prepared), question.userCalls);
  const drains = new DryDrains(world);
  const nodes: RemovalNode[] = [];
  const order = drains.order();
  for (const name of order) {
    nodes.push(drains.tryNode(name));
    if (question.onNode?.(nodes.length) === false) break;
  }
  const left = order.length - nodes.length;
  return {
    schemaVersion: REMOVABLE_SCHEMA_VERSION,
    scenario: { name: prepared.name, inputHash: prepared.inputHash },
    versions: { podsim: PODSIM_VERSION, kubernetes: KUBERNETES_VERSION },
    scheduler: prepared.schedulers.map(({ name }) => name).join("+"),
    nodesCount: order.length,
    removableCount: nodes.filter(({ isRemovable }) => isRemovable).length,
    nodes,
    notes: [
      ...world.refusals,
      ...(left > 0 ? [`${left} nodes were not tried`] : []),
      ...(world.waitingCount > 0 ? [`${world.waitingCount} pods wait for a node already`] : []),
      ...notesOnTime(prepared),
    ],
  };
}

/** Of these nodes, those that a drain does not get past whatever room there is, by why. */
export function blockedNodes(
  prepared: PreparedRun,
  names: ReadonlySet<string>,
): Map<string, string[]> {
  const drains = new DryDrains(new FitWorld(withoutPreemption(prepared), undefined));
  const blocked = new Map<string, string[]>();
  for (const name of drains.order()) {
    const stay = names.has(name) ? drains.obstacleAt(name) : undefined;
    if (stay === undefined) continue;
    const why =
      stay.obstacle === "budget"
        ? `PDB ${stay.name ?? ""}`
        : stay.obstacle === "local-volume"
          ? "local volumes"
          : "pods without a controller";
    blocked.set(why, [...(blocked.get(why) ?? []), name]);
  }
  return blocked;
}

/** A pod of a node that is being drained. */
interface MovingPod {
  readonly namespace: string;
  readonly name: string;
  readonly template: PodTemplate;
  readonly owner: OwnerRef | undefined;
}

/** Why a node stays, before a verdict is made of it. */
interface Stay {
  readonly obstacle: RemovalObstacle;
  readonly pod: string;
  readonly name?: string;
  readonly message?: string;
}

const MIRROR = "kubernetes.io/config.mirror";

class DryDrains {
  private readonly world: FitWorld;
  private readonly api: ApiServer;
  /** Evictions that each budget allows before anything is moved, by namespace/name. */
  private readonly allowed: readonly Budget[];

  constructor(world: FitWorld) {
    this.world = world;
    this.api = world.api;
    this.allowed = budgetsOf(world.api);
  }

  /** Names of all nodes, least requested cpu first, then in the order given. */
  order(): string[] {
    const { nodes, pods } = this.api;
    const order = nodes.collectExisting().map((node, at) => {
      let milliCpu = 0;
      for (const pod of this.moving(node)) milliCpu += pods.template(pod).requests.milliCpu;
      return { name: nodes.name(node), milliCpu, at };
    });
    order.sort((a, b) => a.milliCpu - b.milliCpu || a.at - b.at);
    return order.map(({ name }) => name);
  }

  /** Drains one node; it is gone afterwards, or everything is as it was. */
  tryNode(name: string): RemovalNode {
    const node = this.api.nodes.find(name);
    const rows = this.moving(node);
    const stay = this.obstacleOf(rows) ?? this.drain(node, rows);
    return {
      node: name,
      isRemovable: stay === undefined,
      podsCount: rows.length,
      obstacle: stay?.obstacle ?? null,
      pod: stay?.pod ?? "",
      name: stay?.name ?? "",
      message: stay?.message ?? "",
    };
  }

  /** What keeps a node without trying to place its pods. */
  obstacleAt(name: string): Stay | undefined {
    return this.obstacleOf(this.moving(this.api.nodes.find(name)));
  }

  /** Pods that a drain evicts: neither a DaemonSet's, nor a mirror, nor finished. */
  private moving(node: NodeIndex): PodIndex[] {
    const { pods, owners } = this.api;
    return pods.podsOnNode(node).filter((pod) => {
      if (pods.isFinished(pod) || pods.template(pod).annotations.has(MIRROR)) return false;
      const owner = pods.owner(pod);
      return owner === NO_OWNER || owners.ref(owner).kind !== "DaemonSet";
    });
  }

  private obstacleOf(rows: readonly PodIndex[]): Stay | undefined {
    const { pods } = this.api;
    for (const pod of rows) {
      const template = pods.template(pod);
      const key = this.keyOf(pod);
      if (pods.owner(pod) === NO_OWNER) return { obstacle: "no-owner", pod: key };
      const volume = template.volumes.find(
        (one) => one.kind === "hostPath" || (one.kind === "emptyDir" && one.medium !== "Memory"),
      );
      if (volume !== undefined) return { obstacle: "local-volume", pod: key, name: volume.name };
      const budget = this.allowed.find(
        (one) => one.allowedCount <= 0 && one.selects(pods.namespace(pod), template),
      );
      if (budget !== undefined) return { obstacle: "budget", pod: key, name: budget.name };
    }
    return undefined;
  }

  private drain(node: NodeIndex, rows: readonly PodIndex[]): Stay | undefined {
    const { pods, owners } = this.api;
    const moving = rows.map((pod): MovingPod => {
      const owner = pods.owner(pod);
      return {
        ...{ namespace: pods.namespace(pod), name: pods.name(pod), template: pods.template(pod) },
        owner: owner === NO_OWNER ? undefined : owners.ref(owner),
      };
    });
    this.cordon(node, true);
    for (const pod of moving) this.remove(pod);
    for (const [at, pod] of moving.entries()) {
      const outcome = this.world.create(newPod(pod));
      if (outcome.node !== undefined) continue;
      for (const back of moving.slice(0, at + 1)) this.remove(back);
      const nodeName = this.api.nodes.name(node);
      for (const back of moving) this.world.create({ ...newPod(back), nodeName });
      this.cordon(node, false);
      return stayOf(pod, outcome);
    }
    this.world.change("delete", (writer) => writer.deleteNode(node, this.api.nodes.uid(node)));
    return undefined;
  }

  private cordon(node: NodeIndex, isCordoned: boolean): void {
    this.world.change("update", (writer) =>
      writer.updateNode(node, this.api.nodes.uid(node), (before) => ({
        ...before,
        unschedulable: isCordoned,
      })),
    );
  }

  private remove({ namespace, name }: MovingPod): void {
    const { pods } = this.api;
    const pod = pods.find(namespace, name);
    if (pod < 0) return; // A pod that the API refused is not there.
    const uid = pods.uid(pod);
    for (const finalizer of pods.finalizers(pod))
      this.world.change("update", (writer) => writer.removePodFinalizer(pod, uid, finalizer));
    this.world.change("delete", (writer) => writer.removePod(pod, uid));
  }

  private keyOf(pod: PodIndex): string {
    return `${this.api.pods.namespace(pod)}/${this.api.pods.name(pod)}`;
  }
}

/** The pod as its controller would make it anew, without a node whatever its manifest said. */
function newPod({ namespace, name, template, owner }: MovingPod): NewPod {
  return { namespace, name, template, nodeName: "", ...(owner === undefined ? {} : { owner }) };
}

/** The same schedulers without preemption: nobody is pushed out for a pod that only moves. */
function withoutPreemption(prepared: PreparedRun): PreparedRun {
  const schedulers = prepared.schedulers.map((scheduler) => {
    const profiles = scheduler.configuration.profiles.map((profile) => {
      const postFilter = profile.plugins.postFilter.filter(
        ({ name }) => name !== "DefaultPreemption",
      );
      return { ...profile, plugins: { ...profile.plugins, postFilter } };
    });
    return { ...scheduler, configuration: { ...scheduler.configuration, profiles } };
  });
  return { ...prepared, schedulers };
}

function stayOf({ namespace, name }: MovingPod, outcome: CopyOutcome): Stay {
  const pod = `${namespace}/${name}`;
  if (outcome.refusal !== undefined) return { obstacle: "refused", pod, message: outcome.refusal };
  const message = outcome.decision?.decision;
  return {
    ...{ obstacle: "no-place", pod },
    message: message === undefined || message.node !== -1 ? outcome.untried : message.message,
  };
}

/** A budget and what it allows. */
interface Budget {
  /** As namespace/name. */
  readonly name: string;
  readonly allowedCount: number;
  selects(namespace: string, template: PodTemplate): boolean;
}

/** What budgets allow, counted as their controller does; where it cannot count, what the dump says. */
function budgetsOf(api: ApiServer): Budget[] {
  const { pods, objects } = api;
  return objects.list("PodDisruptionBudget").map(({ namespace, object }) => {
    const selected: PodIndex[] = [];
    pods.forEach((pod) => {
      const isSelected = object.selector.matches(pods.template(pod).labels);
      if (pods.namespace(pod) === namespace && isSelected) selected.push(pod);
    });
    const wanted = healthWanted(object, selected, new ControllerScales(api));
    const healthy = selected.filter((pod) => pods.ready(pod) === ConditionStatus.True).length;
    const counted =
      wanted === undefined || wanted.expectedPods <= 0 ? 0 : healthy - wanted.desiredHealthy;
    return {
      name: `${namespace}/${object.meta.name}`,
      allowedCount: wanted === undefined ? (object.disruptionsAllowed ?? 0) : counted,
      selects: (of, template) => of === namespace && object.selector.matches(template.labels),
    };
  });
}
