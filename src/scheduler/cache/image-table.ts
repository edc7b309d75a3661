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
  /** As it is now; replaced, never changed. */
  shown: ImageOnNode;
}

/** The highest that was ever shown of an image. */
interface ImageLimit {
  sizeBytes: number;
  nodeCount: number;
}

/** Images by name over the whole cluster. */
export class ImageTable {
  /** Numbers are never given to another name. */
  private readonly numbers = new Map<string, number>();
  /** By number; undefined while no node has the image. */
  private readonly states: (ImageState | undefined)[] = [];
  /** By number, whatever became of the image. */
  private readonly limits: ImageLimit[] = [];
  /** Rises with every change. */
  version = 0;

  add(imageName: string, sizeBytes: number, nodeName: string): void {
    this.version++;
    const number = this.intern(imageName);
    const state = this.states[number];
    if (state === undefined) {
      const nodeNames = new Set([nodeName]);
      this.states[number] = { sizeBytes, nodeNames, shown: { sizeBytes, nodeCount: 1 } };
    } else {
      state.nodeNames.add(nodeName);
      show(state);
    }
    const { shown } = this.states[number]!;
    const limit = this.limits[number]!;
    if (shown.sizeBytes > limit.sizeBytes) limit.sizeBytes = shown.sizeBytes;
    if (shown.nodeCount > limit.nodeCount) limit.nodeCount = shown.nodeCount;
  }

  remove(imageName: string, nodeName: string): void {
    this.version++;
    const number = this.numberOf(imageName);
    const state = this.states[number];
    if (state === undefined) return;
    state.nodeNames.delete(nodeName);
    if (state.nodeNames.size === 0) this.states[number] = undefined;
    else show(state);
  }

  has(imageName: string): boolean {
    return this.states[this.numberOf(imageName)] !== undefined;
  }

  /** The number of an image, -1 when no node ever had it. */
  numberOf(imageName: string): number {
    return this.numbers.get(imageName) ?? -1;
  }

  /** Size and spread of the image of that number as they are now. */
  at(number: number): ImageOnNode | undefined {
    return this.states[number]?.shown;
  }

  /** No copy of that image, however old, shows a larger size or more nodes; undefined where there is none. */
  limitAt(number: number): ImageOnNode | undefined {
    return this.limits[number];
  }

  private intern(imageName: string): number {
    let number = this.numbers.get(imageName);
    if (number === undefined) {
      number = this.numbers.size;
      this.numbers.set(imageName, number);
      this.limits.push({ sizeBytes: 0, nodeCount: 0 });
    }
    return number;
  }
}

function show(state: ImageState): void {
  const { sizeBytes, nodeNames, shown } = state;
  if (nodeNames.size !== shown.nodeCount) state.shown = { sizeBytes, nodeCount: nodeNames.size };
}
