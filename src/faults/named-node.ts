// The node that an item of a plan names, when its instant has come.
//
// Nodes come and go, so a name is looked up when the fault begins and not when the plan is read.

import { NO_NODE, type NodeIndex } from "../cluster/index.ts";
import type { FaultContext } from "./fault-kind.ts";

/** Calls `hit` with the node at an instant; a node that does not exist then is noted. */
export function atNode(
  context: FaultContext,
  item: { readonly kind: string; readonly node: string; readonly atUs: number },
  hit: (node: NodeIndex) => void,
): void {
  context.beginAt(item.atUs, item.kind, () => {
    const node = context.api.nodes.find(item.node);
    if (node === NO_NODE)
      context.ledger.note(`${item.kind}: node "${item.node}" does not exist then`);
    else hit(node);
  });
}
