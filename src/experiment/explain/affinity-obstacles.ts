// Pod affinity and anti-affinity that keep a pod off a node: which term, and which pods.
//
// Anti-affinity is mended by the pods that are meant leaving, all of them; affinity only by the pod
// giving up the term, since nobody can be told to run a pod elsewhere.

import type { AffinityTerm, Labels } from "../../cluster/index.ts";
import {
  type AffinityCounts,
  type PodInfo,
  readAffinityCounts,
  type Status,
} from "../../scheduler/index.ts";
import type { Change } from "./change.ts";
import type { FilterWorld } from "./filter-world.ts";
import { GroundPair } from "./ground.ts";
import { departure, type Finding, obstacleOf, otherFinding, templateChange } from "./obstacle.ts";
import type { NodeQuestion, Sketcher } from "./obstacles.ts";

/** Everything that InterPodAffinity holds against the node. */
export function affinityFindings(question: NodeQuestion, status: Status): Finding[] {
  const counts = readAffinityCounts(question.state);
  if (counts === undefined) return [otherFinding(status)];
  return [
    ...unmetAffinity(question, status, counts),
    ...ownAntiAffinity(question, status, counts),
    ...othersAntiAffinity(question, status, counts),
  ];
}

// The first pod of a group is let in wherever the labels are, so unmet counts alone may be no obstacle.
function unmetAffinity(question: NodeQuestion, status: Status, counts: AffinityCounts): Finding[] {
  const { labels } = question.world.cache.node(question.row).meta;
  const { pod } = question.world;
  return unmetTerms(counts, pod, labels).map((index): Finding => {
    const { term } = counts.affinityTerms[index]!;
    const domain = labels.get(term.topologyKey);
    const where =
      domain === undefined
        ? `the node has no label ${term.topologyKey}`
        : `none runs in ${term.topologyKey}=${domain}`;
    const words = termText(term);
    return {
      obstacle: obstacleOf(status, "affinity", `pod affinity wants a pod with ${words}: ${where}`),
      podKey: affinityKey(index),
      ofPod: () => withoutTerm("podAffinity", "drop-affinity-term", term, words),
    };
  });
}

/** Terms without a label on the node come before those without a pod in the node's domain. */
function unmetTerms(counts: AffinityCounts, pod: PodInfo, labels: Labels): readonly number[] {
  const { affinityTerms, affinity } = counts;
  const unlabelled: number[] = [];
  const lonely: number[] = [];
  for (let index = 0; index < affinityTerms.length; index++) {
    const { term } = affinityTerms[index]!;
    if (!labels.has(term.topologyKey)) unlabelled.push(index);
    else if (affinity.at(term.topologyKey, labels) <= 0) lonely.push(index);
  }
  if (unlabelled.length === 0) return counts.isFirstOfItsKind(pod) ? [] : lonely;
  return lonely.length === 0 ? unlabelled : [...unlabelled, ...lonely];
}

function affinityKey(index: number): string {
  return `affinity ${index}`;
}

function antiAffinityKey(index: number): string {
  return `anti-affinity ${index}`;
}

/** The grounds of all that. */
export function createAffinitySketcher({ cache, pod }: FilterWorld): Sketcher {
  const wanted: GroundPair[] = [];
  const unwanted: GroundPair[] = [];
  const repelled = new GroundPair("affinity", undefined);
  const other = new GroundPair("other", undefined);
  return ({ row, state }, { code }, sketch) => {
    const counts = readAffinityCounts(state);
    if (counts === undefined) {
      sketch.add(other.at(code));
      return;
    }
    const { labels } = cache.node(row).meta;
    const { affinityTerms, antiAffinityTerms, anti, existingAnti } = counts;
    if (affinityTerms.length > 0) {
      const unmet = unmetTerms(counts, pod, labels);
      for (let at = 0; at < unmet.length; at++) {
        const index = unmet[at]!;
        wanted[index] ??= new GroundPair("affinity", affinityKey(index));
        sketch.add(wanted[index].at(code));
      }
    }
    for (let index = 0; index < antiAffinityTerms.length; index++) {
      const { term } = antiAffinityTerms[index]!;
      if (anti.at(term.topologyKey, labels) <= 0) continue;
      unwanted[index] ??= new GroundPair("affinity", antiAffinityKey(index));
      sketch.add(unwanted[index]!.at(code));
    }
    if (existingAnti.hasAny(labels)) sketch.add(repelled.at(code));
  };
}

function ownAntiAffinity(
  question: NodeQuestion,
  status: Status,
  counts: AffinityCounts,
): Finding[] {
  const { world, row, guests } = question;
  const { labels } = world.cache.node(row).meta;
  return counts.antiAffinityTerms.flatMap((resolved, index): Finding[] => {
    const { term } = resolved;
    if (counts.anti.at(term.topologyKey, labels) <= 0) return [];
    const domain = labels.get(term.topologyKey)!;
    const place = `${term.topologyKey}=${domain}`;
    const words = termText(term);
    return [
      {
        obstacle: obstacleOf(
          status,
          "affinity",
          `pod anti-affinity wants no pod with ${words} in ${place}: ${counts.anti.at(term.topologyKey, labels)} there`,
        ),
        podKey: antiAffinityKey(index),
        ofPod: () => withoutTerm("podAntiAffinity", "drop-anti-affinity-term", term, words),
        around: () =>
          departure([...world.neighbours.meantBy(resolved, index, domain), ...guests], place, null),
      },
    ];
  });
}

function othersAntiAffinity(
  question: NodeQuestion,
  status: Status,
  counts: AffinityCounts,
): Finding[] {
  const { world, row, guests } = question;
  const { labels } = world.cache.node(row).meta;
  if (!counts.existingAnti.hasAny(labels)) return [];
  return [
    {
      obstacle: obstacleOf(
        status,
        "affinity",
        "pods that run there want no pod like this one near them (their anti-affinity)",
      ),
      podKey: undefined,
      around: () =>
        departure(
          [...world.neighbours.repelledBy(counts, labels), ...guests],
          "where their anti-affinity reaches",
          null,
        ),
    },
  ];
}

function withoutTerm(
  side: "podAffinity" | "podAntiAffinity",
  kind: "drop-affinity-term" | "drop-anti-affinity-term",
  term: AffinityTerm,
  words: string,
): Change {
  const rule = side === "podAffinity" ? "pod affinity" : "pod anti-affinity";
  const text = `remove the required ${rule} to ${words} by ${term.topologyKey}`;
  return templateChange(kind, text, (template) => {
    const { required, preferred } = template[side];
    const kept = required.filter((each) => each !== term);
    return { ...template, [side]: { required: kept, preferred } };
  });
}

function termText({ labelSelector, namespaces }: AffinityTerm): string {
  const selector = labelSelector.isEverything ? "any labels" : labelSelector.canonical();
  return namespaces.size === 0 ? selector : `${selector} in ${[...namespaces].join(", ")}`;
}
