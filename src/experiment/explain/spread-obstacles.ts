// Topology spread constraints that a node would break: by how much, and whose leaving would mend it.
//
// A constraint compares a domain with the emptiest one. The pod can allow a larger skew; around it,
// just as many counted pods would have to leave the domain as the skew is too large.

import type { TopologySpreadConstraint } from "../../cluster/index.ts";
import {
  type PodInfo,
  readSpreadCounts,
  type SpreadCounts,
  type Status,
} from "../../scheduler/index.ts";
import type { Change } from "./change.ts";
import type { FilterWorld } from "./filter-world.ts";
import { GroundPair } from "./ground.ts";
import { relabelled } from "./node-obstacles.ts";
import { departure, type Finding, obstacleOf, otherFinding, templateChange } from "./obstacle.ts";
import type { NodeQuestion, Sketcher } from "./obstacles.ts";

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
  const { topologyKey, maxSkew } = constraint;
  const own = ownIndexOf(world.pod, constraint);
  const { dropKey, skewKey } = keysOf(world.pod, constraint, index);
  const domain = world.cache.node(row).meta.labels.get(topologyKey);
  if (domain === undefined) {
    const text = `spread over ${topologyKey}: the node has no such label`;
    const emptiest = counts.emptiestDomain(index);
    return [
      {
        obstacle: obstacleOf(status, "spread", text),
        podKey: dropKey,
        ofPod: () => withoutConstraint(own, topologyKey),
        around: () =>
          emptiest === undefined
            ? undefined
            : relabelled(question, new Map([[topologyKey, emptiest]])),
      },
    ];
  }
  const count = counts.countIn(index, domain);
  const least = counts.minimumFor(index);
  const skew = skewIn(counts, index, domain, selfOf(world.pod, constraint));
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
      podKey: skewKey,
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

/** The grounds of those, by constraint. */
export function createSpreadSketcher({ cache, pod }: FilterWorld): Sketcher {
  interface Known {
    readonly self: 0 | 1;
    readonly unlabelled: GroundPair;
    readonly skewed: GroundPair;
  }
  const known: Known[] = [];
  const other = new GroundPair("other", undefined);
  const knownAt = (index: number, constraint: TopologySpreadConstraint): Known => {
    const { dropKey, skewKey } = keysOf(pod, constraint, index);
    const unlabelled = new GroundPair("spread", dropKey);
    const skewed = new GroundPair("spread", skewKey);
    return { self: selfOf(pod, constraint), unlabelled, skewed };
  };
  return ({ row, state }, { code }, sketch) => {
    const counts = readSpreadCounts(state);
    if (counts === undefined) {
      sketch.add(other.at(code));
      return;
    }
    const { labels } = cache.node(row).meta;
    const { constraints } = counts;
    for (let index = 0; index < constraints.length; index++) {
      const constraint = constraints[index]!;
      const { topologyKey, maxSkew } = constraint;
      known[index] ??= knownAt(index, constraint);
      const { self, unlabelled, skewed } = known[index]!;
      const domain = labels.get(topologyKey);
      if (domain === undefined) {
        sketch.add(unlabelled.at(code));
        continue;
      }
      const skew = skewIn(counts, index, domain, self);
      if (skew > maxSkew) sketch.add(skewed.at(code), (skew - maxSkew) / skew);
    }
  };
}

function skewIn(counts: SpreadCounts, index: number, domain: string, self: 0 | 1): number {
  return counts.countIn(index, domain) + self - counts.minimumFor(index);
}

/** Whether the pod would be counted itself. */
function selfOf({ template }: PodInfo, { selector }: TopologySpreadConstraint): 0 | 1 {
  return selector.matches(template.labels) ? 1 : 0;
}

/** What the pod can give up; nothing of a default of the profile. */
function keysOf(
  pod: PodInfo,
  constraint: TopologySpreadConstraint,
  index: number,
): { readonly dropKey: string | undefined; readonly skewKey: string | undefined } {
  if (ownIndexOf(pod, constraint) === -1) return { dropKey: undefined, skewKey: undefined };
  return { dropKey: `spread ${index} dropped`, skewKey: `spread ${index}` };
}

/** Place among the pod's own constraints; -1 for a default of the profile. */
function ownIndexOf({ template }: PodInfo, constraint: TopologySpreadConstraint): number {
  return template.topologySpreadConstraints.indexOf(constraint);
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
