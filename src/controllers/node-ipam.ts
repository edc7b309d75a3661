// The node IPAM controller: it gives every node a range of pod addresses (spec.podCIDR).
//
// Switched on by a cluster CIDR (--allocate-node-cidrs with --cluster-cidr); without one, which is the
// default, nodes keep what their objects say. Ranges go to nodes in the order in which they appear; a
// node's range is free again when its object is gone.

import type { NodeChange, NodeIndex } from "../cluster/index.ts";
import type { ControllerClient } from "./controller-client.ts";
import type { ControllerContext } from "./controller-context.ts";
import { type Cidr, formatCidr, parseCidr, sizeOf } from "./kubelet/address-range.ts";

/** Where ranges come from. */
export interface NodeIpamOptions {
  /** --cluster-cidr; undefined = no ranges are given. */
  readonly clusterCidr: string | undefined;
  /** --node-cidr-mask-size. */
  readonly nodeMaskSize: number;
}

/** Ranges of all nodes. */
export class NodeIpamController {
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  private readonly cluster: Cidr | undefined;
  private readonly maskSize: number;
  /** First addresses of ranges that are taken. */
  private readonly taken = new Set<number>();
  private readonly rangeOf = new Map<NodeIndex, number>();
  private nextFirst: number;

  constructor(context: ControllerContext) {
    const { clusterCidr, nodeMaskSize } = context.options.nodeIpam;
    this.context = context;
    this.client = context.client("node-ipam-controller");
    this.cluster = clusterCidr === undefined ? undefined : parseCidr(clusterCidr);
    this.maskSize = nodeMaskSize;
    this.nextFirst = this.cluster?.first ?? 0;
  }

  onNode(change: NodeChange): void {
    if (this.cluster === undefined) return;
    const { node } = change;
    if (change.kind === "Deleted") {
      const first = this.rangeOf.get(node);
      if (first !== undefined) this.taken.delete(first);
      this.rangeOf.delete(node);
      return;
    }
    if (change.kind !== "Added" || this.rangeOf.has(node)) return;
    const { nodes } = this.context.api;
    if (!nodes.exists(node)) return;
    const given = parseCidr(nodes.facts(node).podCidr);
    if (given !== undefined) {
      this.keep(node, given.first);
      return;
    }
    const range = this.takeRange(this.cluster);
    if (range === undefined) return; // CIDRNotAvailable: the node gets no range
    this.keep(node, range.first);
    const uid = nodes.uid(node);
    const podCidr = formatCidr(range);
    this.client.request("patch", (writer) =>
      writer.updateNode(node, uid, (before) => ({ ...before, podCidr })),
    );
  }

  private keep(node: NodeIndex, first: number): void {
    this.taken.add(first);
    this.rangeOf.set(node, first);
  }

  /** The next free range after the last one given, around again. */
  private takeRange(cluster: Cidr): Cidr | undefined {
    const step = sizeOf({ first: 0, prefixLength: this.maskSize });
    const endOfCluster = cluster.first + sizeOf(cluster);
    const count = Math.floor(sizeOf(cluster) / step);
    for (let tries = 0; tries < count; tries++) {
      const first = this.nextFirst;
      this.nextFirst = first + step >= endOfCluster ? cluster.first : first + step;
      if (!this.taken.has(first)) return { first, prefixLength: this.maskSize };
    }
    return undefined;
  }
}
