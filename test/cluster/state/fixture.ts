// Builders for tests of the cluster's state: a server on a fresh simulation, nodes and templates.

import { decodeNode } from "../../../src/cluster/objects/decode-node-and-pod.ts";
import {
  AS_API_SERVER,
  DecodeSink,
  FieldCursor,
} from "../../../src/cluster/objects/field-cursor.ts";
import { LATENCIES_INSTANT, PodTemplateRegistry } from "../../../src/cluster/index.ts";
import { ApiServer, Machines } from "../../../src/cluster/index.ts";
import type { ApiClient, ApiCommit, ApiResult, ApiVerb } from "../../../src/cluster/index.ts";
import type { ControlPlaneLatencies, NodeIndex, NodeObject } from "../../../src/cluster/index.ts";
import type { ObjectMeta, PodIndex, PodTemplate, Uid } from "../../../src/cluster/index.ts";
import type { ApiServerOptions } from "../../../src/cluster/index.ts";
import { RANK, Simulation } from "../../../src/engine/index.ts";

export interface World {
  readonly simulation: Simulation;
  readonly api: ApiServer;
  readonly machines: Machines;
  readonly templates: PodTemplateRegistry;
  readonly client: ApiClient;
  /** Sends a request, runs until it is answered, and gives the answer. */
  ask(verb: ApiVerb, commit: ApiCommit): ApiResult;
  template(spec?: Readonly<Record<string, unknown>>, labels?: Record<string, string>): PodTemplate;
  addNode(name: string, node?: Readonly<Record<string, unknown>>): NodeIndex;
  createPod(name: string, template?: PodTemplate): { pod: PodIndex; uid: Uid };
}

export function createWorld(
  latencies: ControlPlaneLatencies = LATENCIES_INSTANT,
  options: Partial<ApiServerOptions> & { check?: boolean | "deep" } = {},
): World {
  const simulation = new Simulation({ check: options.check ?? false });
  const templates = new PodTemplateRegistry();
  const api = new ApiServer(simulation, { latencies, templates, ...options });
  const machines = new Machines(simulation);
  const client = api.client("test", { limit: "unlimited", rank: RANK.workload });
  const ask = (verb: ApiVerb, commit: ApiCommit): ApiResult => {
    let answer: ApiResult | undefined;
    api.request(client, verb, commit, (result) => {
      answer = result;
    });
    while (answer === undefined && simulation.step());
    if (answer === undefined) throw new Error("the request was not answered");
    return answer;
  };
  const template = (
    spec: Readonly<Record<string, unknown>> = {},
    labels: Record<string, string> = { app: "web" },
  ): PodTemplate =>
    templates.intern({
      metadata: { labels },
      spec: {
        containers: [{ name: "c", image: "img:1", resources: { requests: { cpu: "100m" } } }],
        ...spec,
      },
    });
  return {
    simulation,
    api,
    machines,
    templates,
    client,
    ask,
    template,
    addNode(name, node = {}) {
      const result = api.initialState.addNode(nodeObject(name, node));
      if (!result.ok || result.node === undefined) throw new Error("node refused");
      return result.node;
    },
    createPod(name, podTemplate = template()) {
      const result = ask("create", (writer) =>
        writer.createPod({ namespace: "default", name, template: podTemplate }),
      );
      if (!result.ok) throw new Error(result.message);
      return { pod: result.pod!, uid: result.uid! };
    },
  };
}

export function nodeObject(name: string, json: Readonly<Record<string, unknown>> = {}): NodeObject {
  const whole = {
    metadata: { name },
    status: { capacity: { cpu: "4", memory: "8Gi", pods: "110" } },
    ...json,
  };
  return decodeNode(new FieldCursor(whole, [], new DecodeSink(AS_API_SERVER)));
}

export function meta(name: string, namespace = "", more: Partial<ObjectMeta> = {}): ObjectMeta {
  return {
    name,
    generateName: "",
    namespace,
    labels: new Map(),
    annotations: new Map(),
    uid: undefined,
    generation: undefined,
    ownerReferences: [],
    finalizers: [],
    creationTimestampSeconds: undefined,
    deletionTimestampSeconds: undefined,
    deletionGracePeriodSeconds: undefined,
    ...more,
  };
}
