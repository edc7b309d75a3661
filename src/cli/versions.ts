// The versions that results depend on, in one place for `version`, `run.json` and error bundles.
//
// Only versions that can change a result; the same list everywhere, so that two reports can be compared.

import { FINGERPRINT_VERSION, PODSIM_VERSION, SCENARIO_API_VERSION } from "../experiment/index.ts";
import { KUBERNETES_VERSION, RESULT_SCHEMA_VERSION } from "../metrics/index.ts";

/** Name to version, in the order in which `podsim version` prints them. */
export const VERSIONS: Readonly<Record<string, string>> = {
  podsim: PODSIM_VERSION,
  kubernetes: KUBERNETES_VERSION,
  fingerprint: String(FINGERPRINT_VERSION),
  scenario: SCENARIO_API_VERSION,
  results: RESULT_SCHEMA_VERSION,
};
