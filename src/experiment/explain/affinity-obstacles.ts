// Pod affinity and anti-affinity that keep a pod off a node: which term, and which pods.
//
// Anti-affinity is mended by the pods that are meant leaving, all of them; affinity only by the pod
// giving up the term, since nobody can be told to run a pod elsewhere.

import type { AffinityTerm } from "../../cluster/index.ts";
import { type AffinityCounts, readAffinityCounts, type Status } from "../../scheduler/index.ts";
import type { Change } from "./change.ts";
import { departure, type Finding, obstacleOf, otherFinding, templateChange } from "./obstacle.ts";
import type { NodeQuestion } from "./obstacles.ts";

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
  const terms = counts.affinityTerms.map(({ term }, index) => ({ term, index }));
  const unlabelled = terms.filter(({ term }) => !labels.has(term.topologyKey));
  const lonely = terms.filter(
    ({ term }) => labels.has(term.topologyKey) && counts.affinity.at(term.topologyKey, labels) <= 0,
  );
  if (unlabelled.length === 0 && counts.isFirstOfItsKind(pod)) return [];
  return [...unlabelled, ...lonely].map(({ term, index }): Finding => {
    const domain = labels.get(term.topologyKey);
    const where =
      domain === undefined
        ? `the node has no label ${term.topologyKey}`
        : `none runs in ${term.topologyKey}=${domain}`;
    const words = termText(term);
    return {
      obstacle: obstacleOf(status, "affinity", `pod affinity wants a pod with ${words}: ${where}`),
      podKey: `affinity ${index}`,
      ofPod: () => withoutTerm("podAffinity", "drop-affinity-term", term, words),
    };
  });
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
        podKey: `anti-affinity ${index}`,
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
