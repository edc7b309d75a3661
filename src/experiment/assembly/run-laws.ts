// Laws of run times that pods name in annotations, checked before a run begins.
//
// The manifest reader knows the annotation, but no laws; whoever draws from them stops at a wrong one
// in the middle of a run. So they are read once here, where the place of a mistake is still known.

import type { Problem } from "../../base/index.ts";
import { type ManifestSet, templatePlaceOf } from "../../cluster/index.ts";
import { runLawProblem } from "../../workload/index.ts";

const ANNOTATION = "podsim.dev/run-law";

/** One error for every object whose `podsim.dev/run-law` is no law. */
export function runLawProblems(set: ManifestSet): Problem[] {
  return set.objects.flatMap(({ object, document, path }) => {
    const place = templatePlaceOf(object);
    const fault = place === undefined ? undefined : runLawProblem(place.template.run);
    if (place === undefined || fault === undefined) return [];
    const at = [...path, ...place.path, "metadata", "annotations", ANNOTATION];
    return [document.problemAt(at, { code: "E_LAW", message: `Invalid value: ${fault}` })];
  });
}
