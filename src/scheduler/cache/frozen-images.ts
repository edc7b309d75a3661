// FrozenImages: the images of one node as they were when the node was last copied into the snapshot.
//
// A node has few images, so the copy is two short lists: numbers of the images, and what the table said
// of each. They are made anew in place, because every node that is touched after any node came or went
// gets another copy.

import type { NodeObject } from "../../cluster/index.ts";
import type { ImageOnNode, ImageTable } from "./image-table.ts";

/** The copy of one node; empty for a row without one. */
export class FrozenImages {
  /** Rises when the copy is another one. */
  version = 0;
  private readonly numbers: number[] = [];
  private readonly images: ImageOnNode[] = [];
  private node: NodeObject | undefined;
  private tableVersion = -1;

  /** What the copy says of the image of that number. */
  find(number: number): ImageOnNode | undefined {
    const { numbers } = this;
    for (let at = 0; at < numbers.length; at++) if (numbers[at] === number) return this.images[at];
    return undefined;
  }

  /** Whether `freeze` would look at the table. */
  isOld(node: NodeObject | undefined, table: ImageTable): boolean {
    if (node === undefined || node.images.length === 0) return this.node !== undefined;
    return this.node !== node || this.tableVersion !== table.version;
  }

  /** Copies what the table says now. */
  freeze(node: NodeObject | undefined, table: ImageTable): void {
    // A copy made from the same images would be the same.
    if (!this.isOld(node, table)) return;
    this.version++;
    if (node === undefined || node.images.length === 0) {
      this.clear();
      return;
    }
    if (this.node !== node) this.number(node, table);
    this.tableVersion = table.version;
    const { numbers, images } = this;
    for (let at = 0; at < numbers.length; at++) images[at] = table.at(numbers[at]!)!;
  }

  /** Becomes a copy of another row's. */
  copy({ numbers, images, node, tableVersion }: FrozenImages): void {
    this.clear();
    this.version++;
    for (let at = 0; at < numbers.length; at++) {
      this.numbers.push(numbers[at]!);
      this.images.push(images[at]!);
    }
    this.node = node;
    this.tableVersion = tableVersion;
  }

  private number(node: NodeObject, table: ImageTable): void {
    this.clear();
    this.node = node;
    for (const { names } of node.images) {
      for (const name of names) this.numbers.push(table.numberOf(name));
    }
  }

  private clear(): void {
    this.numbers.length = 0;
    this.images.length = 0;
    this.node = undefined;
  }
}
