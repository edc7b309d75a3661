// Node writer: the commits that a request about a Node object may make.
//
// It knows nothing of machines: deleting a Node object stops no process, and a machine without
// power keeps its Node until somebody deletes it.

import { admitNode } from "../admission/node-admission.ts";
import type { NodeObject } from "../objects/node-and-pod.ts";
import { refused, UNCHANGED } from "./api-result.ts";
import type { ApiRefusal, ApiResult } from "./api-result.ts";
import type { ApiState } from "./api-state.ts";
import type { NodeIndex, Uid } from "./identity.ts";

/** Commits about Node objects. */
export class NodeWriter {
  private readonly state: ApiState;

  constructor(state: ApiState) {
    this.state = state;
  }

  /** POST nodes: admission adds the not-ready taint. */
  create(node: NodeObject): ApiResult {
    return this.store(admitNode(node));
  }

  /** Stores a Node as it is, past admission (the initial state). */
  store(node: NodeObject): ApiResult {
    const { nodes } = this.state;
    const { name } = node.meta;
    if (name === "") return refused("Invalid", "a Node needs a name");
    const row = nodes.rowFor(name);
    if (nodes.exists(row)) return refused("AlreadyExists", `nodes "${name}" already exists`);
    const uid = this.state.takeUid();
    nodes.create(row, node, uid, this.state.nowUs);
    this.state.commitNode(row, uid, "Added", undefined, node);
    return { ok: true, changed: true, node: row, uid };
  }

  /**
   * PATCH or PUT nodes, status included: `change` gives the new object, or the same one for "no
   * change". The name stays.
   */
  update(node: NodeIndex, uid: Uid, change: (before: NodeObject) => NodeObject): ApiResult {
    const { nodes } = this.state;
    if (!nodes.isLive(node, uid)) return goneRefusal();
    const before = nodes.facts(node);
    const after = change(before);
    if (after === before) return UNCHANGED;
    if (after.meta.name !== before.meta.name) {
      return refused("Invalid", `nodes "${before.meta.name}": a name cannot change`);
    }
    nodes.replace(node, after, this.state.nowUs);
    this.state.commitNode(node, uid, "Modified", before, after);
    return { ok: true, changed: true, node, uid };
  }

  /** DELETE nodes. Pods go on naming the node until pod garbage collection. */
  delete(node: NodeIndex, uid: Uid): ApiResult {
    const { nodes } = this.state;
    if (!nodes.isLive(node, uid)) return goneRefusal();
    const before = nodes.facts(node);
    nodes.remove(node);
    this.state.commitNode(node, uid, "Deleted", before, undefined);
    return { ok: true, changed: true, node, uid };
  }
}

function goneRefusal(): ApiRefusal {
  return refused("NotFound", "the node is gone");
}
