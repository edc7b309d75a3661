// Names that the schema of scenarios offers and that no registry of a floor below holds.
//
// Policies, trace formats, laws and measures are registered where they live.

/** The presets of the control plane. */
export const CONTROL_PLANE_PRESETS = ["instant", "kubernetes-1.36"] as const;

/** What replications may differ in. */
export const VARIED_PARTS = ["arrivals", "lifetimes", "faults", "order", "ties"] as const;

/**
 * Fields that the scenario will have and this podsim does not read yet: why, and what to use instead.
 * They are refused by name rather than as a typing error.
 */
export const FIELDS_TO_COME: ReadonlyMap<string, { message: string; hint: string }> = new Map([
  [
    "instanceType",
    {
      message: "instance types need the built-in catalogue, which this podsim does not have yet",
      hint: "give allocatable: { cpu, memory, ephemeral-storage, pods } instead",
    },
  ],
  [
    "exec",
    {
      message: "programs that speak the protocol are not available yet",
      hint: "use one of config, policy, module",
    },
  ],
  [
    "targetPrecision",
    { message: "stopping at a precision is not available yet", hint: "give replications" },
  ],
]);
