// Topology spread constraints that a node would break: by how much, and whose leaving would mend it.
//
// A constraint compares a domain with the emptiest one. The pod can allow a larger skew; around it,
// just as many counted pods would have to leave the domain as the skew is too large.

import type { TopologySpreadConstraint } from "../../cluster/index.ts";
import { readSpreadCounts, type SpreadCounts, type Status } from "../../scheduler/index.ts";
import type { Change } from "./change.ts";
import { relabelled } from "./node-obstacles.ts";
import { departure, type Finding, obstacleOf, otherFinding, templateChange } from "./obstacle.ts";
import type { NodeQuestion } from "./obstacles.ts";

/** One finding per constraint that is broken. */
export function spreadFindings(question: NodeQuestion, status: Status): Finding[] {
  const counts = readSpreadCounts(question.state);
  if (counts === undefined) return [otherFinding(status)];
  return counts.constraints.flatMap((_, index) => findingFor(question, status, counts, index));
}

function findingFor(
  question: NodeQuestion,
  status: Status,
  counts: SpreadCounts,
  index: number,
): Finding[] {
  const { world, row } = question;
  const constraint = counts.constraints[index]!;
  const { topologyKey, maxSkew, selector } = constraint;
  const own = ownIndexOf(question, constraint);
  const isOwn = own !== -1;
  const domain = world.cache.node(row).meta.labels.get(topologyKey);
  const key = `spread ${index}`;
  if (domain === undefined) {
    const text = `spread over ${topologyKey}: the node has no such label`;
    const emptiest = counts.emptiestDomain(index);
    return [
      {
        obstacle: obstacleOf(status, "spread", text),
        podKey: isOwn ? `${key} dropped` : undefined,
        ofPod: () => withoutConstraint(own, topologyKey),
        around: () =>
          emptiest === undefined
            ? undefined
            : relabelled(question, new Map([[topologyKey, emptiest]])),
      },
    ];
  }
  const self = selector.matches(world.pod.template.labels) ? 1 : 0;
  const count = counts.countIn(index, domain);
  const least = counts.minimumFor(index);
  const skew = count + self - least;
  if (skew <= maxSkew) return [];
  const few = counts.domainCount(index) < constraint.minDomains;
  const why = few
    ? `minDomains ${constraint.minDomains} wants more domains than ${counts.domainCount(index)}, so the least counts as 0`
    : `the emptiest domain has ${least}`;
  const text = `spread over ${topologyKey}: ${domain} has ${count} matching ${count === 1 ? "pod" : "pods"}, ${why}: skew ${skew} with this pod, maxSkew ${maxSkew}`;
  return [
    {
      obstacle: obstacleOf(status, "spread", text),
      size: (skew - maxSkew) / skew,
      podKey: isOwn ? key : undefined,
      ofPod: () => widerSkew(own, constraint, skew),
      around: () =>
        departure(
          world.neighbours
            .spreadOver(counts.constraints, index, domain)
            .slice(0, Math.max(0, skew - maxSkew)),
          `${topologyKey}=${domain}`,
          null,
        ),
    },
  ];
}

/** Place among the pod's own constraints; -1 for a default of the profile. */
function ownIndexOf({ world }: NodeQuestion, constraint: TopologySpreadConstraint): number {
  return world.pod.template.topologySpreadConstraints.indexOf(constraint);
}

function widerSkew(own: number, constraint: TopologySpreadConstraint, to: number): Change {
  const { maxSkew: from, topologyKey } = constraint;
  return templateChange(
    "raise-max-skew",
    `maxSkew ${from} -> ${to} over ${topologyKey}`,
    (template) => ({
      ...template,
      topologySpreadConstraints: template.topologySpreadConstraints.map((each, at) =>
        at === own ? { ...each, maxSkew: to } : each,
      ),
    }),
    { resource: "maxSkew", unit: "count", from, to },
  );
}

function withoutConstraint(own: number, topologyKey: string): Change {
  const text = `remove the spread constraint over ${topologyKey}`;
  return templateChange("drop-spread-constraint", text, (template) => ({
    ...template,
    // Made harmless in its place, so that several changes of one pod keep their indices.
    topologySpreadConstraints: template.topologySpreadConstraints.map((each, at) =>
      at === own ? { ...each, whenUnsatisfiable: "ScheduleAnyway" as const } : each,
    ),
  }));
}
