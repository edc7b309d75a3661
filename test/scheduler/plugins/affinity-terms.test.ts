// Who is meant by a term: asked of the term alone, or of the term with its owner's namespace worked in.

import { describe, expect, it } from "vitest";
import { NO_LABELS } from "../../../src/cluster/index.ts";
import { ownedTermMatches, termMatches } from "../../../src/scheduler/index.ts";
import { resolveTerm } from "../../../src/scheduler/plugins/affinity-terms.ts";
import { pod, SmallCluster } from "../small-cluster.ts";

const KEY = "kubernetes.io/hostname";
const APP = { matchLabels: { app: "a" } };
const TERMS = [
  { topologyKey: KEY, labelSelector: APP },
  { topologyKey: KEY, labelSelector: APP, namespaces: ["other"] },
  { topologyKey: KEY, labelSelector: APP, namespaceSelector: {} },
  { topologyKey: KEY, labelSelector: APP, namespaceSelector: { matchLabels: { team: "x" } } },
  { topologyKey: KEY, labelSelector: {} },
  { topologyKey: KEY },
];

describe("a term of an existing pod", () => {
  const cluster = new SmallCluster([]);
  const owner = cluster.podInfo(
    pod(
      "owner",
      {},
      {
        spec: {
          affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: TERMS } },
        },
      },
    ),
  );
  const terms = owner.template.podAntiAffinity.required;
  const asked = ["a", "b"].map((app) => cluster.podInfo(pod(app, {}, { labels: { app } })));
  const labels = [NO_LABELS, new Map([["team", "x"]])];

  it("means the same pods either way", () => {
    expect(terms).toHaveLength(TERMS.length);
    const answers = new Set<boolean>();
    for (const term of terms) {
      for (const info of asked) {
        for (const namespace of ["default", "other"]) {
          for (const namespaceLabels of labels) {
            const there = { ...info, namespace };
            const answer = ownedTermMatches(term, "default", there, namespaceLabels);
            const resolved = resolveTerm(term, "default");
            expect(answer).toBe(termMatches(resolved, there, namespaceLabels));
            answers.add(answer);
          }
        }
      }
    }
    expect(answers.size).toBe(2);
  });
});
