// Laws of run times and profiles of usage that pods name in annotations, checked before a run begins.
//
// The manifest reader knows the annotations, but no laws; whoever draws from them stops at a wrong one
// in the middle of a run. So they are read once here, where the place of a mistake is still known.

import type { Problem } from "../../base/index.ts";
import { type ManifestSet, templatePlaceOf } from "../../cluster/index.ts";
import { runLawProblem, usageProblem } from "../../workload/index.ts";

const ANNOTATION = "podsim.dev/run-law";
const USAGE_ANNOTATION = "podsim.dev/usage";

/** One error for every object whose `podsim.dev/run-law` is no law or whose usage is none. */
export function runLawProblems(set: ManifestSet): Problem[] {
  return set.objects.flatMap(({ object, document, path }) => {
    const place = templatePlaceOf(object);
    if (place === undefined) return [];
    const { template } = place;
    const faults = [
      [ANNOTATION, runLawProblem(template.run)],
      [USAGE_ANNOTATION, usageProblem(template)],
    ] as const;
    return faults.flatMap(([annotation, fault]) => {
      if (fault === undefined) return [];
      const at = [...path, ...place.path, "metadata", "annotations", annotation];
      return [document.problemAt(at, { code: "E_LAW", message: `Invalid value: ${fault}` })];
    });
  });
}
