// ApiServer: the one writer of what the API shows.
//
// Everyone reads its tables, asks for changes through a client's requests, and hears of changes
// through `watch` (after the modelled delay) or `observe` (at the commit; for measurement only).
// Nothing else in podsim changes a pod, a node or any other object.

import type { Fingerprint, Rank, Simulation } from "../../engine/index.ts";
import { PodAdmission } from "../admission/pod-admission.ts";
import { QuotaAdmission } from "../admission/quota-admission.ts";
import { TopologyLabels } from "../admission/topology-labels.ts";
import type { PodTemplateRegistry } from "../pod-template-registry.ts";
import { NO_LABELS } from "../selectors/labels.ts";
import { ApiClient, ApiRequests } from "./api-requests.ts";
import type { ApiCommit, ApiVerb } from "./api-requests.ts";
import { refused } from "./api-result.ts";
import type { ApiResult } from "./api-result.ts";
import { ApiState } from "./api-state.ts";
import { ApiWriter } from "./api-writer.ts";
import { Evictions } from "./eviction.ts";
import { InitialState } from "./initial-state.ts";
import { KubernetesEvents } from "./kubernetes-events.ts";
import type { NewKubernetesEvent } from "./kubernetes-events.ts";
import type { ClientLimit, ControlPlaneLatencies } from "./latencies.ts";
import { NodeWriter } from "./node-writer.ts";
import type { NodeTable } from "./node-table.ts";
import type { ObjectStore, StoreKind } from "./object-store.ts";
import { ObjectWriter } from "./object-writer.ts";
import type { OwnerTable } from "./owner-table.ts";
import type { PodTable } from "./pod-table.ts";
import { PodWriter } from "./pod-writer.ts";
import type { ChangeListener, Subscription, Watcher } from "./watch.ts";

/** What an API server is made with. */
export interface ApiServerOptions {
  readonly latencies: ControlPlaneLatencies;
  /** The run's templates; admission and binding make variants in it. */
  readonly templates: PodTemplateRegistry;
  /** Whether binding copies zone and region labels to the pod; default true, as upstream. */
  readonly podTopologyLabels?: boolean;
}

/** What a client is made with. */
export interface ApiClientOptions {
  readonly limit: ClientLimit;
  /** Rank at which replies arrive: that of the component that asks. */
  readonly rank: Rank;
}

/** The API server of one simulated cluster. */
export class ApiServer {
  readonly simulation: Simulation;
  readonly latencies: ControlPlaneLatencies;
  /** Reading only; see `request` for changes. */
  readonly pods: PodTable;
  readonly nodes: NodeTable;
  readonly objects: ObjectStore;
  readonly owners: Pick<OwnerTable, "ref" | "find">;
  readonly events: KubernetesEvents = new KubernetesEvents();
  /** Rolling digest over every commit. */
  readonly fingerprint: Fingerprint;
  /** Objects that exist at time zero, loaded without requests. */
  readonly initialState: InitialState;
  private readonly state: ApiState;
  private readonly requests: ApiRequests;
  private readonly namespacesMade: string[] = [];

  constructor(simulation: Simulation, options: ApiServerOptions) {
    this.simulation = simulation;
    this.latencies = options.latencies;
    const state = new ApiState(simulation);
    this.state = state;
    this.pods = state.pods;
    this.nodes = state.nodes;
    this.objects = state.objects;
    this.owners = state.owners;
    this.fingerprint = state.fingerprint;
    const admission = new PodAdmission(state.objects, options.templates);
    const createNamespace = (name: string): void => this.createMissingNamespace(name, objects);
    const quotas = new QuotaAdmission(state.objects, (uid, status) => {
      objects.patchStatus("ResourceQuota", uid, status);
    });
    const onCommit = (kind: StoreKind): void => {
      if (kind === "PriorityClass" || kind === "RuntimeClass") admission.forgetClasses();
      if (kind === "LimitRange") admission.limitRanges.forget();
    };
    const objects = new ObjectWriter(state, createNamespace, onCommit, (object, name) => {
      const problem =
        object.kind === "PersistentVolumeClaim"
          ? admission.limitRanges.claimProblem(object)
          : undefined;
      return problem === undefined
        ? quotas.chargeObject(object.meta.namespace, object, name)
        : refused("Forbidden", `persistentvolumeclaims "${name}" is forbidden: ${problem}`);
    });
    const withLabels = options.podTopologyLabels ?? true;
    const labels = withLabels ? new TopologyLabels(options.templates) : undefined;
    const pods = new PodWriter(state, admission, labels, createNamespace, quotas);
    const nodes = new NodeWriter(state);
    const writer = new ApiWriter(pods, nodes, objects, new Evictions(state, pods, objects));
    this.requests = new ApiRequests(simulation, writer, options.latencies);
    this.initialState = new InitialState(state, pods, nodes, objects);
  }

  /** A connection for one component, with a token bucket of its own (full at first). */
  client(name: string, options: ApiClientOptions): ApiClient {
    return new ApiClient(name, options.limit, options.rank);
  }

  /**
   * Asks for a change. `commit` runs when the request arrives and decides on the state of that
   * instant; `onDone` gets its answer in the same instant, at the client's rank. With
   * `wantsRefusalsOnly` it hears of refusals alone, and a success costs no event.
   */
  request(
    client: ApiClient,
    verb: ApiVerb,
    commit: ApiCommit,
    onDone?: (result: ApiResult) => void,
    wantsRefusalsOnly = false,
  ): void {
    this.requests.send(client, verb, commit, onDone, wantsRefusalsOnly);
  }

  /** Joins a watcher; its initial list is given before this returns. */
  watch(watcher: Watcher): Subscription {
    return this.state.hub.watch(watcher, this.latencies.watchLatency);
  }

  /** Joins an observer of commits: measurement, checks and logs only. */
  observe(listener: ChangeListener): Subscription {
    return this.state.hub.observe(listener);
  }

  /** Shows a listener everything that exists now, as Added: objects, nodes, pods. */
  list(listener: ChangeListener): void {
    this.state.hub.list(listener);
  }

  /** Records a Kubernetes Event at the present instant. */
  recordEvent(event: NewKubernetesEvent): void {
    this.events.record(this.simulation.nowUs, event);
  }

  /** While false, requests that arrive are refused and change nothing (an API outage). */
  setAnswering(isAnswering: boolean): void {
    this.requests.setAnswering(isAnswering);
  }

  /** Requests on their way or waiting for a token. */
  get requestsInFlight(): number {
    return this.requests.inFlight;
  }

  /** Version of the latest commit. */
  get resourceVersion(): number {
    return this.state.resourceVersion;
  }

  /** Namespaces that were made because something was created in them; to be noted in results. */
  get namespacesCreated(): readonly string[] {
    return this.namespacesMade;
  }

  private createMissingNamespace(name: string, objects: ObjectWriter): void {
    this.namespacesMade.push(name);
    objects.create({
      kind: "Namespace",
      phase: "Active",
      meta: {
        name,
        generateName: "",
        namespace: "",
        labels: new Map([["kubernetes.io/metadata.name", name]]),
        annotations: NO_LABELS,
        uid: undefined,
        generation: undefined,
        ownerReferences: [],
        finalizers: [],
        creationTimestampSeconds: undefined,
        deletionTimestampSeconds: undefined,
        deletionGracePeriodSeconds: undefined,
      },
    });
  }
}
