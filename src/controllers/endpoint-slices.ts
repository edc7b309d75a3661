// The EndpointSlice controller: writes down which pods stand behind each Service, and whether they
// are ready, serving or terminating.
//
// A pod is an endpoint from when it has an address until its phase is finished. Readiness is the only
// gate: a terminating pod is never ready, but keeps its place and its serving flag. Where no address
// is simulated, Running stands for it. Mirroring of hand-made endpoints and topology-mode Auto are
// not modelled.

import {
  CHANGED_DELETION,
  CHANGED_PHASE,
  CHANGED_READY,
  CHANGED_STATUS,
  CHANGED_TEMPLATE,
  ConditionStatus,
  type DerivedObject,
  NO_NODE,
  type NodeChange,
  type ObjectChange,
  type PodChange,
  type PodIndex,
  PodPhase,
  type PodTemplate,
  type ServiceObject,
  type StoredObject,
  type Uid,
  ZONE_LABEL,
} from "../cluster/index.ts";
import type { ControllerClient } from "./controller-client.ts";
import type { ControllerContext } from "./controller-context.ts";
import {
  type Endpoint,
  type EndpointPort,
  type EndpointSliceContent,
  type ExistingSlice,
  packChanges,
  packEndpoints,
  portsKey,
  type SliceWrites,
  type WantedEndpoints,
} from "./endpoint-packing.ts";
import { SelectedPods, selectsAll } from "./selected-pods.ts";
import { type SyncDone, WorkQueue } from "./work-queue.ts";

type ServiceRecord = StoredObject<"Service">;
type SliceRecord = StoredObject<"EndpointSlice">;
type Existing = readonly ExistingSlice<SliceRecord>[];
type Writes = SliceWrites<SliceRecord>;

/** Upstream starts at one second, since every failure here is a conflict, and gives up after 15. */
const RETRIES = { baseUs: 1_000_000, maxUs: 1_000_000_000, retriesMax: 15 };
/** A slice that somebody else changed is looked at this much later. */
const SLICE_CHANGE_DELAY_US = 1_000_000;
const RELEVANT =
  CHANGED_READY | CHANGED_PHASE | CHANGED_DELETION | CHANGED_STATUS | CHANGED_TEMPLATE;

/** What is known of a Service between its syncs. */
interface ServiceWork {
  /** Pods that changed since the last sync, by uid. */
  changed: Map<Uid, PodIndex>;
  /** True if the next sync must look at every pod. */
  mustLookAtAll: boolean;
  /** The ports of all its slices; undefined while they differ from pod to pod. */
  ports: readonly EndpointPort[] | undefined;
}

/** What an EndpointSlice in the store holds. */
export function endpointSliceOf(object: DerivedObject): EndpointSliceContent {
  return object.content as EndpointSliceContent;
}

/** Keeps the slices of all Services. */
export class EndpointSliceController {
  readonly queue: WorkQueue<Uid>;
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  private readonly members: SelectedPods;
  /** Slices that this controller deleted itself. */
  private readonly removed = new Set<Uid>();
  private readonly work = new Map<Uid, ServiceWork>();

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client("endpointslice-controller");
    this.members = new SelectedPods(context.api.pods);
    this.queue = new WorkQueue(context.sim, {
      name: "endpointslice-controller",
      workers: context.options.concurrentEndpointSyncs,
      syncCostUs: context.syncCostUs,
      retries: RETRIES,
      sync: (uid, done) => this.sync(uid, done),
    });
  }

  onObject(change: ObjectChange): void {
    const { objectKind, kind, uid, before, after } = change;
    if (objectKind === "Service") {
      if (kind === "Deleted") this.forget(uid);
      else if (before?.object !== after?.object) this.select(after as ServiceRecord);
      this.queue.add(uid);
    } else if (objectKind === "EndpointSlice" && kind === "Deleted") {
      const owner = before?.owner;
      if (!this.removed.delete(uid) && owner?.kind === "Service") {
        this.workOf(owner.uid).mustLookAtAll = true;
        this.queue.addAfter(owner.uid, SLICE_CHANGE_DELAY_US);
      }
    }
  }

  onPod(change: PodChange): void {
    if (this.members.isEmpty) return;
    if (change.kind === "Modified" && (change.mask & RELEVANT) === 0) return;
    for (const uid of this.members.follow(change)) {
      this.workOf(uid).changed.set(change.uid, change.pod);
      this.queue.add(uid);
    }
  }

  /** Nodes that come and go decide which pods are endpoints; nobody is woken for it, as upstream. */
  onNode(change: NodeChange): void {
    if (change.kind === "Modified" && change.before?.meta.labels === change.after?.meta.labels)
      return;
    for (const work of this.work.values()) work.mustLookAtAll = true;
  }

  private workOf(uid: Uid): ServiceWork {
    let work = this.work.get(uid);
    if (work === undefined) {
      work = { changed: new Map(), mustLookAtAll: true, ports: undefined };
      this.work.set(uid, work);
    }
    return work;
  }

  private forget(uid: Uid): void {
    this.members.remove(uid);
    this.work.delete(uid);
  }

  private select({ uid, namespace, object }: ServiceRecord): void {
    const { selector, type } = object;
    this.workOf(uid).mustLookAtAll = true;
    if (selector === undefined || type === "ExternalName") this.members.remove(uid);
    else this.members.set(uid, namespace, selectsAll(selector));
  }

  private sync(uid: Uid, done: SyncDone): void {
    const { objects } = this.context.api;
    const found = objects.findByUid(uid);
    if (found?.kind !== "Service") {
      this.queue.forget(uid);
      done();
      return;
    }
    const service = found as ServiceRecord;
    if (service.object.selector === undefined || service.object.type === "ExternalName") {
      done();
      return;
    }
    const slices = objects
      .childrenOfOwner(uid)
      .filter((child) => child.kind === "EndpointSlice") as unknown as readonly SliceRecord[];
    const existing = slices.map((slice) => ({
      key: slice,
      content: endpointSliceOf(slice.object),
    }));
    const work = this.workOf(uid);
    const writes =
      this.packChanged(service, work, existing) ?? this.packAll(service, work, existing);
    work.changed = new Map();
    this.write(service, writes, (error) => {
      if (error !== undefined) work.mustLookAtAll = true;
      done(error);
    });
  }

  private packAll(service: ServiceRecord, work: ServiceWork, existing: Existing): Writes {
    const wanted = this.wantedOf(service);
    work.mustLookAtAll = false;
    work.ports = wanted.length === 1 ? wanted[0]?.ports : undefined;
    return packEndpoints(wanted, existing);
  }

  /** From the pods that changed alone, where the slices' ports allow it. */
  private packChanged(
    { object }: ServiceRecord,
    { changed, mustLookAtAll, ports }: ServiceWork,
    existing: Existing,
  ): Writes | undefined {
    if (mustLookAtAll || ports === undefined) return undefined;
    const key = portsKey(ports);
    const isOther = (other: readonly EndpointPort[]): boolean =>
      other !== ports && portsKey(other) !== key;
    if (existing.some(({ content }) => isOther(content.ports))) return undefined;
    const { pods } = this.context.api;
    const endpoints = new Map<number, Endpoint | undefined>();
    for (const [uid, pod] of changed) {
      const isEndpoint = pods.isLive(pod, uid) && this.isEndpoint(object, pod);
      if (isEndpoint && portsKey(portsOf(object, pods.template(pod))) !== key) return undefined;
      endpoints.set(uid, isEndpoint ? this.endpointOf(object, pod) : undefined);
    }
    return packChanges(ports, endpoints, existing);
  }

  private isEndpoint({ selector }: ServiceObject, pod: PodIndex): boolean {
    const { pods } = this.context.api;
    if (!hasAddress(pods.podIp(pod), pods.phase(pod))) return false;
    return selector !== undefined && selectsAll(selector)(pods.template(pod).labels);
  }

  /** Creations, then updates, then deletions, one after the other. */
  private write(service: ServiceRecord, writes: Writes, done: SyncDone): void {
    const steps: ((next: SyncDone) => void)[] = [
      ...writes.create.map((content) => (next: SyncDone) => {
        this.client.createOwnedObject(service, sliceFor(service, content), next);
      }),
      ...writes.update.map(({ key, content }) => (next: SyncDone) => {
        this.client.updateObject(key, { ...(key.object as DerivedObject), content }, next);
      }),
      ...writes.remove.map((slice) => (next: SyncDone) => {
        this.removed.add(slice.uid);
        this.client.deleteObject(slice, next);
      }),
    ];
    const runFrom = (index: number): void => {
      const step = steps[index];
      if (step === undefined) done();
      else step((error) => (error === undefined ? runFrom(index + 1) : done(error)));
    };
    runFrom(0);
  }

  private wantedOf({ uid, object }: ServiceRecord): readonly WantedEndpoints[] {
    const { pods } = this.context.api;
    const groups = new Map<string, { ports: readonly EndpointPort[]; endpoints: Endpoint[] }>();
    const portsOfTemplate = new Map<PodTemplate, readonly EndpointPort[]>();
    for (const pod of this.members.podsOf(uid)) {
      if (!pods.exists(pod) || !hasAddress(pods.podIp(pod), pods.phase(pod))) continue;
      const template = pods.template(pod);
      let ports = portsOfTemplate.get(template);
      if (ports === undefined) {
        ports = portsOf(object, template);
        portsOfTemplate.set(template, ports);
      }
      const endpoint = this.endpointOf(object, pod);
      if (endpoint === undefined) continue;
      const key = portsKey(ports);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { ports, endpoints: [endpoint] });
      else group.endpoints.push(endpoint);
    }
    return [...groups.values()];
  }

  /** Undefined for a pod whose node is gone, unless unready pods are published. */
  private endpointOf(service: ServiceObject, pod: PodIndex): Endpoint | undefined {
    const { pods, nodes } = this.context.api;
    const node = pods.node(pod);
    const isThere = node !== NO_NODE && nodes.exists(node);
    if (!isThere && !service.publishNotReadyAddresses) return undefined;
    const serving = pods.ready(pod) === ConditionStatus.True;
    const terminating = pods.isDeleting(pod);
    const ready = service.publishNotReadyAddresses || (serving && !terminating);
    const nodeName = node === NO_NODE ? "" : nodes.name(node);
    const zone = isThere ? (nodes.facts(node).meta.labels.get(ZONE_LABEL) ?? "") : "";
    const distribution = ready ? service.trafficDistribution : "";
    return {
      podUid: pods.uid(pod),
      podName: pods.name(pod),
      address: pods.podIp(pod),
      nodeName,
      zone,
      ready,
      serving,
      terminating,
      zoneHint: ZONE_HINTED.has(distribution) ? zone : "",
      nodeHint: distribution === "PreferSameNode" ? nodeName : "",
    };
  }
}

const ZONE_HINTED: ReadonlySet<string> = new Set([
  "PreferClose",
  "PreferSameZone",
  "PreferSameNode",
]);

function hasAddress(podIp: string, phase: PodPhase): boolean {
  if (phase === PodPhase.Succeeded || phase === PodPhase.Failed) return false;
  return podIp !== "" || phase === PodPhase.Running;
}

/** The Service's ports as this pod listens on them; a name that no container has leaves its port out. */
function portsOf({ ports }: ServiceObject, template: PodTemplate): readonly EndpointPort[] {
  return ports.flatMap(({ name, targetPort, protocol }) => {
    const number = /^[0-9]+$/.test(targetPort)
      ? Number(targetPort)
      : template.containers
          .flatMap((container) => container.ports)
          .find((port) => port.name === targetPort && port.protocol === protocol)?.containerPort;
    return number === undefined ? [] : [{ name, port: number, protocol }];
  });
}

function sliceFor(
  { namespace, name }: ServiceRecord,
  content: EndpointSliceContent,
): DerivedObject {
  return {
    kind: "EndpointSlice",
    meta: {
      name: "",
      generateName: `${name}-`,
      namespace,
      labels: new Map([
        ["endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io"],
        ["kubernetes.io/service-name", name],
      ]),
      annotations: new Map(),
      uid: undefined,
      generation: undefined,
      ownerReferences: [],
      finalizers: [],
      creationTimestampSeconds: undefined,
      deletionTimestampSeconds: undefined,
      deletionGracePeriodSeconds: undefined,
    },
    content,
  };
}
