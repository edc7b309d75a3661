// NodeShapes: what was decoded of a node, for the next one that differs from it in its name alone.
//
// Pools and tables make thousands of nodes of few shapes, and decoding a manifest with all its checks
// costs a hundred times as much as telling that it is like one before. The name itself is checked for
// each node.

import type { ApiObject } from "../objects/api-object.ts";
import { isRecord } from "../objects/field-cursor.ts";
import type { NodeObject } from "../objects/node-and-pod.ts";
import { labelValueProblem, subdomainProblem } from "../selectors/qualified-name.ts";

const HOSTNAME = "kubernetes.io/hostname";

/** Decoded nodes by the text of their manifests without the name. */
export class NodeShapes {
  private readonly nodes = new Map<string, NodeObject>();

  /** The object that a manifest stands for, if one of its shape was kept; undefined: decode it. */
  objectLike(manifest: unknown): NodeObject | undefined {
    const named = namedManifest(manifest);
    const model = named === undefined ? undefined : this.nodes.get(named.shape);
    if (named === undefined || model === undefined) return undefined;
    const { name } = named;
    const labels = new Map(model.meta.labels);
    labels.set(HOSTNAME, name); // In its place: the key is there already.
    return { ...model, meta: { ...model.meta, name, labels } };
  }

  /** Keeps what a manifest was decoded to; nothing about it had to be said. */
  keep(manifest: unknown, object: ApiObject): void {
    const named = namedManifest(manifest);
    if (named !== undefined && object.kind === "Node") this.nodes.set(named.shape, object);
  }
}

/**
 * A manifest taken apart into its name and all the rest, where the name stands only in the metadata
 * and as hostname; undefined where it is not of that form, or where the name would be refused.
 */
function namedManifest(
  manifest: unknown,
): { readonly name: string; readonly shape: string } | undefined {
  if (!isRecord(manifest) || manifest["kind"] !== "Node") return undefined;
  const { metadata, ...rest } = manifest;
  if (!isRecord(metadata)) return undefined;
  const { name, labels, ...others } = metadata;
  if (typeof name !== "string" || !isRecord(labels) || labels[HOSTNAME] !== name) return undefined;
  if (name === "" || (subdomainProblem(name) ?? labelValueProblem(name)) !== undefined)
    return undefined;
  const shape = JSON.stringify([rest, others, { ...labels, [HOSTNAME]: "" }]);
  return { name, shape };
}
