// Suitability: how well every node suits pods that ask for the same, as the choice reads it.
//
// Kept and brought up to date (SignatureState), or worked out for one pod from bounds of blocks
// (BoundedState). Both say the same of every node; the second looks at few of them.

/** Nodes by slot; a value is 0 where the pod does not fit, else the weighted scores less an offset. */
export interface Suitability {
  /** Fitting nodes by partition. */
  readonly fitting: readonly number[];
  /** By partition: no value is above this. */
  readonly partitionBest: readonly number[];
  valueAt(slot: number): number;
  /** From now on `heldValueAt` gives the values of now; false where it could not. */
  hold(): boolean;
  /** The value at the time of `hold`, whatever became of the cache; until the next search. */
  heldValueAt(slot: number): number;
  /** Bits by place in the node list: 1 = fits. */
  fitBits(): Uint32Array;
  /**
   * The highest value plus `addend` of the partition's nodes, or `incumbent` if that is higher; slots
   * that reach it are put into `tied`, which is emptied first when it is higher. Slots with `foundIn` of
   * at least `round` are left out.
   */
  scan(
    partition: number,
    addend: number,
    incumbent: number,
    foundIn: Int32Array,
    round: number,
    tied: number[],
  ): number;
}
