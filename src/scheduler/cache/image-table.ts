// ImageTable: which nodes have an image, and the size the cluster believes it has.
//
// Upstream keeps one size per image name, that of the first registration, for all nodes; how many
// nodes have it is copied into a node's snapshot and stays frozen there until that node changes.

/** What ImageLocality reads about one image on one node. */
export interface ImageOnNode {
  readonly sizeBytes: number;
  /** Nodes that had the image when this node was last copied into the snapshot. */
  readonly nodeCount: number;
}

interface ImageState {
  readonly sizeBytes: number;
  readonly nodeNames: Set<string>;
}

/** Images by name over the whole cluster. */
export class ImageTable {
  private readonly states = new Map<string, ImageState>();
  /** Rises with every change. */
  version = 0;

  add(imageName: string, sizeBytes: number, nodeName: string): void {
    this.version++;
    const state = this.states.get(imageName);
    if (state === undefined) {
      this.states.set(imageName, { sizeBytes, nodeNames: new Set([nodeName]) });
    } else {
      state.nodeNames.add(nodeName);
    }
  }

  remove(imageName: string, nodeName: string): void {
    this.version++;
    const state = this.states.get(imageName);
    if (state === undefined) return;
    state.nodeNames.delete(nodeName);
    if (state.nodeNames.size === 0) this.states.delete(imageName);
  }

  has(imageName: string): boolean {
    return this.states.has(imageName);
  }

  /** Size and spread as they are now. */
  find(imageName: string): ImageOnNode | undefined {
    const state = this.states.get(imageName);
    if (state === undefined) return undefined;
    return { sizeBytes: state.sizeBytes, nodeCount: state.nodeNames.size };
  }
}
