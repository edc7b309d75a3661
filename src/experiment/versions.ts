// Versions that results depend on.

/** This package. A test holds it against package.json. */
export const PODSIM_VERSION = "0.1.0";

/** Raised whenever a fingerprint of the same inputs changes on purpose; the changelog says why. */
export const FINGERPRINT_VERSION = 1;
