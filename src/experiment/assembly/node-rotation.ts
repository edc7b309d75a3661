// Nodes replaced one after another, as managed node pools are upgraded: a new node joins, the old one is
// cordoned, drained under the budgets and deleted; or the old one goes first and the new one follows.
//
// As many at a time as surge and maxUnavailable say together. A drain without a timeout is tried for
// ever, and the nodes behind it wait; with one, what is left on the node goes with its machine.

import { type Duration, duration } from "../../base/index.ts";
import {
  type ApiClient,
  type ApiServer,
  ConditionStatus,
  type Machines,
  NO_NODE,
  type NodeObject,
} from "../../cluster/index.ts";
import { RANK } from "../../engine/index.ts";
import type { NewShape, NodeRotation } from "../scenario/scenario.ts";
import { createdLike } from "./created-node.ts";
import { type DrainRequest, startDrain } from "./drain.ts";
import { NODE_POOL_LABEL } from "./node-pools.ts";

const LOOK_US = 1_000_000;

/** A rotation in a running world. */
export interface RotationRequest {
  readonly api: ApiServer;
  readonly machines: Machines;
  readonly client: ApiClient;
  readonly rotation: NodeRotation;
  /** Creates the Node with its machine; false: the API refused it. */
  createNode(node: NodeObject, done: (isCreated: boolean) => void): void;
  readonly onStep: DrainRequest["onStep"];
  /** Told of what did not go as it should. */
  onTrouble(message: string): void;
}

/** Starts a rotation now. */
export function startRotation(request: RotationRequest): void {
  const { api, rotation } = request;
  const waiting = rotation.nodes === undefined ? nodesOfPool(request) : [...rotation.nodes];
  if (waiting.length === 0) request.onTrouble(`the pool ${rotation.pool ?? ""} has no nodes`);
  const turn = (isSurge: boolean): void => {
    const name = waiting.shift();
    if (name === undefined) return;
    const node = api.nodes.find(name);
    if (node === NO_NODE) {
      request.onTrouble(`nodes "${name}" not found`);
      turn(isSurge);
      return;
    }
    const fresh = successorOf(api, api.nodes.facts(node), rotation.shape);
    const next = (): void => turn(isSurge);
    if (isSurge) join(request, fresh, () => leave(request, name, next));
    else leave(request, name, () => join(request, fresh, next));
  };
  for (let at = 0; at < rotation.surge; at++) turn(true);
  for (let at = 0; at < rotation.maxUnavailable; at++) turn(false);
}

function nodesOfPool({ api, rotation }: RotationRequest): string[] {
  const { nodes } = api;
  return nodes.collectExisting().flatMap((node) => {
    const isMember = nodes.facts(node).meta.labels.get(NODE_POOL_LABEL) === rotation.pool;
    return isMember ? [nodes.name(node)] : [];
  });
}

/** A node like the old one, under a name of its own that says whose place it takes. */
function successorOf(api: ApiServer, old: NodeObject, shape: NewShape | undefined): NodeObject {
  const stem = old.meta.name.replace(/-new\d*$/, "");
  for (let number = 1; ; number++) {
    const name = `${stem}-new${number === 1 ? "" : number}`;
    if (api.nodes.find(name) === NO_NODE && name !== old.meta.name)
      return createdLike(old, name, shape);
  }
}

/** The new node registers after its time and counts once it is Ready. */
function join(request: RotationRequest, node: NodeObject, done: () => void): void {
  const { api, rotation } = request;
  const look = (): void => {
    const row = api.nodes.find(node.meta.name);
    if (row !== NO_NODE && api.nodes.ready(row) === ConditionStatus.True) done();
    else later(request, LOOK_US, look);
  };
  later(request, rotation.join, () =>
    request.createNode(node, (isCreated) => {
      if (isCreated) look();
    }),
  );
}

/** The old node goes: cordon, evictions, the Node object, its machine. */
function leave(request: RotationRequest, nodeName: string, done: () => void): void {
  const { api, client, rotation, onStep } = request;
  startDrain({ api, client, nodeName, timeoutUs: rotation.timeout, onStep }, (error) => {
    if (error !== undefined && rotation.timeout === undefined) {
      request.onTrouble(`upgrade of ${nodeName} stops: ${error}`);
      return;
    }
    if (error !== undefined)
      request.onTrouble(`${nodeName} goes with what is left on it: ${error}`);
    remove(request, nodeName, done);
  });
}

function remove({ api, client, machines }: RotationRequest, name: string, done: () => void): void {
  const node = api.nodes.find(name);
  if (node === NO_NODE) {
    done();
    return;
  }
  api.request(
    client,
    "delete",
    (writer) => writer.deleteNode(node, api.nodes.uid(node)),
    () => {
      if (machines.isInstalled(node)) machines.remove(node);
      done();
    },
  );
}

function later({ api }: RotationRequest, us: number | Duration, call: () => void): void {
  api.simulation.callAfter(duration(us), RANK.workload, "upgrade", call);
}
