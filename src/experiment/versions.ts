// Versions that results depend on.
//
// They stand in every result, so that two results that should agree and do not can be told apart.

/** This package. A test holds it against package.json. */
export const PODSIM_VERSION = "0.1.0";

/** Raised whenever a fingerprint of the same inputs changes on purpose; the changelog says why. */
export const FINGERPRINT_VERSION = 1;
