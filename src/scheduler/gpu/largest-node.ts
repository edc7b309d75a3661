// The node that GPU policies measure others by: 128 cores and 8 GPUs.
//
// Constants of the FGD study (USENIX ATC 2023), so that scores mean the same in every cluster. Larger
// nodes still get scores: policies cap or stretch them.

/** Milli-cpu of the largest node. */
export const LARGEST_MILLI_CPU = 128_000;
/** Thousandths of a GPU on the largest node. */
export const LARGEST_GPU_MILLI = 8000;
