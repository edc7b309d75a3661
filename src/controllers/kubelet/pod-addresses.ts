// Addresses of pods: one per sandbox, from the range of its node (spec.podCIDR).
//
// A node without a range gives no addresses, and nothing asks for them. Pods in the host's network
// have none of their own: they use the node's, which is not modelled.

import type { NodeIndex } from "../../cluster/index.ts";
import { AddressRange, parseCidr } from "./address-range.ts";
import type { KubeletPod } from "./kubelet-pod.ts";
import type { KubeletWorld } from "./kubelet-world.ts";

/** The address that is none. */
const NO_ADDRESS = 0;

/** Addresses of all pods. */
export class PodAddresses {
  private readonly world: KubeletWorld;
  private readonly ranges = new Map<NodeIndex, { readonly text: string; range: AddressRange }>();

  constructor(world: KubeletWorld) {
    this.world = world;
  }

  /** Gives a pod that gets its sandbox an address; false if its node has none left. */
  assign(record: KubeletPod): boolean {
    if (record.address !== NO_ADDRESS || record.template.hostNetwork) return true;
    const range = this.rangeOf(record.node);
    if (range === undefined) return true;
    const address = range.take();
    if (address === undefined) return false;
    record.address = address;
    return true;
  }

  /** A pod that ran before the run began keeps the address that the API shows. */
  adopt(record: KubeletPod): void {
    const address = this.world.context.api.pods.podIpNumber(record.pod);
    if (address === NO_ADDRESS) return;
    record.address = address;
    this.rangeOf(record.node)?.hold(address);
  }

  /** The sandbox is gone. */
  release(record: KubeletPod): void {
    if (record.address === NO_ADDRESS) return;
    this.ranges.get(record.node)?.range.giveBack(record.address);
    record.address = NO_ADDRESS;
  }

  private rangeOf(node: NodeIndex): AddressRange | undefined {
    const { nodes } = this.world.context.api;
    const text = nodes.exists(node) ? nodes.facts(node).podCidr : "";
    const known = this.ranges.get(node);
    if (known?.text === text) return known.range;
    const cidr = parseCidr(text);
    if (cidr === undefined) return undefined;
    const range = new AddressRange(cidr);
    this.ranges.set(node, { text, range });
    return range;
  }
}
