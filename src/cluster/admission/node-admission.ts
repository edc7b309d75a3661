// Node admission: a new Node gets the not-ready taint, whatever its conditions say.
//
// The node lifecycle controller takes it off again when it has seen the node Ready, so that nothing
// is scheduled in between (admission plug-in TaintNodesByCondition).

import type { NodeObject } from "../objects/node-and-pod.ts";
import type { Taint } from "../selectors/taints.ts";
import { NOT_READY_TAINT_KEY } from "./pod-admission.ts";

const NOT_READY_TAINT: Taint = Object.freeze({
  key: NOT_READY_TAINT_KEY,
  value: "",
  effect: "NoSchedule",
});

/** The node as it is stored: with the taint, unless it has it already. */
export function admitNode(node: NodeObject): NodeObject {
  const isTainted = node.taints.some(
    (taint) => taint.key === NOT_READY_TAINT.key && taint.effect === NOT_READY_TAINT.effect,
  );
  return isTainted ? node : { ...node, taints: [...node.taints, NOT_READY_TAINT] };
}
