// What a node itself holds against a pod: cordon, taints, labels, names, host ports, features.
//
// Each finding names the one fact that is in the way; the pod can give up its wish, or the node can be
// changed.

import {
  FILTERING_EFFECTS,
  formatRequirement,
  type HostPort,
  isTolerated,
  meetsRequirement,
  type NodeObject,
  NodeSelector,
  type NodeSelectorTerm,
  type PodTemplate,
  type RequiredNodeAffinity,
  type Requirement,
  type Taint,
} from "../../cluster/index.ts";
import type { ExplainedChange } from "../../metrics/index.ts";
import { type Code, podKey, type Status } from "../../scheduler/index.ts";
import type { Change } from "./change.ts";
import type { FilterWorld } from "./filter-world.ts";
import { GroundPair, type Sketch } from "./ground.ts";
import {
  departure,
  type Finding,
  obstacleOf,
  otherFinding,
  RECOUNTED,
  templateChange,
} from "./obstacle.ts";
import type { NodeQuestion, Sketcher } from "./obstacles.ts";

// --- Cordon and taints ---------------------------------------------------------------------------

const CORDON_TAINT: Taint = {
  key: "node.kubernetes.io/unschedulable",
  value: "",
  effect: "NoSchedule",
};

const CORDON_KEY = "tolerate node.kubernetes.io/unschedulable:NoSchedule";

/** The node is cordoned. */
export function cordonFindings(question: NodeQuestion, status: Status): Finding[] {
  const text = "the node is cordoned: uncordon it, or tolerate node.kubernetes.io/unschedulable";
  return [
    {
      obstacle: obstacleOf(status, "cordon", text),
      podKey: CORDON_KEY,
      ofPod: () => toleration(CORDON_TAINT),
      // Uncordoning a node takes its taint away with it.
      around: () =>
        nodeChange(question, "uncordon", "uncordon", (node) => ({
          ...node,
          unschedulable: false,
          taints: node.taints.filter(({ key }) => key !== CORDON_TAINT.key),
        })),
    },
  ];
}

/** The ground of that. */
export function createCordonSketcher(): Sketcher {
  const grounds = new GroundPair("cordon", CORDON_KEY);
  return (_question, { code }, sketch) => sketch.add(grounds.at(code));
}

/** Taints that the pod does not tolerate; that of a cordon is left to the cordon, if that is named. */
export function taintFindings(
  question: NodeQuestion,
  status: Status,
  isCordonNamed: boolean,
): Finding[] {
  return repellingTaints(question, isCordonNamed).map((taint): Finding => {
    const words = formatTaint(taint);
    const text = `taint ${words} is not tolerated: add a toleration, or remove the taint`;
    return {
      obstacle: obstacleOf(status, "taint", text),
      podKey: tolerateKey(taint),
      ofPod: () => toleration(taint),
      around: () =>
        nodeChange(question, "remove-taint", `remove taint ${words}`, (node) => ({
          ...node,
          taints: node.taints.filter((each) => each !== taint),
        })),
    };
  });
}

/** The grounds of those. */
export function createTaintSketcher(): Sketcher {
  const known = new Map<string, GroundPair>();
  return (question, { code }, sketch, isCordonNamed) => {
    const repelling = repellingTaints(question, isCordonNamed);
    for (let at = 0; at < repelling.length; at++) {
      const key = tolerateKey(repelling[at]!);
      let grounds = known.get(key);
      if (grounds === undefined) {
        grounds = new GroundPair("taint", key);
        known.set(key, grounds);
      }
      sketch.add(grounds.at(code));
    }
  };
}

function repellingTaints({ world, row }: NodeQuestion, isCordonNamed: boolean): Taint[] {
  const { tolerations } = world.pod.template;
  const { taints } = world.cache.node(row);
  const repelling: Taint[] = [];
  for (let at = 0; at < taints.length; at++) {
    const taint = taints[at]!;
    const { key, effect } = taint;
    if (!FILTERING_EFFECTS.includes(effect) || isTolerated(taint, tolerations)) continue;
    if (isCordonNamed && key === CORDON_TAINT.key && effect === CORDON_TAINT.effect) continue;
    repelling.push(taint);
  }
  return repelling;
}

function tolerateKey(taint: Taint): string {
  return `tolerate ${formatTaint(taint)}`;
}

function toleration(taint: Taint): Change {
  const { key, value, effect } = taint;
  const operator = value === "" ? "Exists" : "Equal";
  const added = { key, operator, value, effect, tolerationSeconds: undefined };
  return templateChange("add-toleration", `tolerate taint ${formatTaint(taint)}`, (template) => ({
    ...template,
    tolerations: [...template.tolerations, added],
  }));
}

function formatTaint({ key, value, effect }: Taint): string {
  return `${key}${value === "" ? "" : `=${value}`}:${effect}`;
}

// --- Labels and names ----------------------------------------------------------------------------

/** Unmet parts of nodeSelector, and of the affinity term that lacks least. */
export function labelFindings(question: NodeQuestion, status: Status): Finding[] {
  const { world, row } = question;
  const node = world.cache.node(row);
  const required = world.pod.template.requiredNodeAffinity;
  const found =
    required === undefined
      ? []
      : [
          ...selectorFindings(question, status, required, node),
          ...affinityTermFindings(question, status, required, node),
        ];
  // Nothing of the pod's own is unmet: the affinity that the profile adds is.
  return found.length === 0 ? [otherFinding(status)] : found;
}

/** The grounds of those. */
export function createLabelSketcher(world: FilterWorld): Sketcher {
  const required = world.pod.template.requiredNodeAffinity;
  const entries = [...(required?.nodeSelector ?? [])].map(([key, value]) => ({
    ...{ key, value },
    grounds: new GroundPair("label", selectorKey(key, value)),
  }));
  const ofRequirement = new Map<Requirement, GroundPair>();
  const whole = new GroundPair("label", WHOLE_AFFINITY_KEY);
  const added = new GroundPair("other", undefined);
  const groundsOf = (index: number, requirement: Requirement): GroundPair => {
    let grounds = ofRequirement.get(requirement);
    if (grounds === undefined) {
      grounds = new GroundPair("label", requirementKey(index, requirement));
      ofRequirement.set(requirement, grounds);
    }
    return grounds;
  };
  const terms = required?.selector?.terms;
  // As unmetOf, which lists what is here only named.
  const addUnmet = (index: number, { meta }: NodeObject, code: Code, sketch: Sketch): void => {
    const { requirements, names } = terms![index]!;
    for (let at = 0; at < requirements.length; at++) {
      const requirement = requirements[at]!;
      if (!meetsRequirement(requirement, meta.labels))
        sketch.add(groundsOf(index, requirement).at(code));
    }
    for (let at = 0; at < names.length; at++) {
      const { isEqual, name } = names[at]!;
      if ((meta.name === name) !== isEqual) sketch.add(whole.at(code));
    }
  };
  return ({ row }, { code }, sketch) => {
    const node = world.cache.node(row);
    const { labels } = node.meta;
    const before = sketch.list;
    for (let at = 0; at < entries.length; at++) {
      const { key, value, grounds } = entries[at]!;
      if (labels.get(key) !== value) sketch.add(grounds.at(code));
    }
    if (terms !== undefined) {
      const index = leastUnmetTerm(terms, node);
      if (index === NO_USABLE_TERM) sketch.add(whole.at(code));
      else if (index !== MATCHED) addUnmet(index, node, code, sketch);
    }
    if (sketch.list === before) sketch.add(added.at(code));
  };
}

function hasLabel({ meta }: NodeObject, key: string, value: string): boolean {
  return meta.labels.get(key) === value;
}

function selectorKey(key: string, value: string): string {
  return `nodeSelector ${key}=${value}`;
}

function requirementKey(index: number, requirement: Requirement): string {
  return `nodeAffinity ${index} ${formatRequirement(requirement)}`;
}

function selectorFindings(
  question: NodeQuestion,
  status: Status,
  { nodeSelector }: RequiredNodeAffinity,
  node: NodeObject,
): Finding[] {
  const unmet = [...(nodeSelector ?? [])].filter(([key, value]) => !hasLabel(node, key, value));
  return unmet.map(([key, value]): Finding => {
    const words = `${key}=${value}`;
    const text = `nodeSelector wants ${words}, ${labelText(node, key)}`;
    return {
      obstacle: obstacleOf(status, "label", text),
      podKey: selectorKey(key, value),
      ofPod: () =>
        templateChange("drop-node-selector", `remove ${words} from nodeSelector`, (template) =>
          withoutSelectorKey(template, key),
        ),
      around: () => relabelled(question, new Map([[key, value]])),
    };
  });
}

function withoutSelectorKey(template: PodTemplate, key: string): PodTemplate {
  const kept = [...(template.nodeSelector ?? [])].filter(([each]) => each !== key);
  const nodeSelector = kept.length === 0 ? undefined : new Map(kept);
  return withRequired({ ...template, nodeSelector }, template.requiredNodeAffinity?.selector);
}

function withRequired(template: PodTemplate, selector: NodeSelector | undefined): PodTemplate {
  const { nodeSelector } = template;
  const isFree = nodeSelector === undefined && selector === undefined;
  return {
    ...template,
    requiredNodeAffinity: isFree ? undefined : { nodeSelector, selector },
    nodeNamesAllowed: selector?.nodeNames,
  };
}

function affinityTermFindings(
  question: NodeQuestion,
  status: Status,
  { selector }: RequiredNodeAffinity,
  node: NodeObject,
): Finding[] {
  const least = unmetAffinity(selector, node);
  if (least === undefined) return [];
  if (least === "no usable term") {
    const text = "the required node affinity has no term that can match any node";
    return [wholeAffinityFinding(status, text)];
  }
  const byLabel = least.requirements.map((requirement): Finding => {
    const words = formatRequirement(requirement);
    const text = `node affinity wants ${words}, ${labelText(node, requirement.key)}`;
    return {
      obstacle: obstacleOf(status, "label", text),
      podKey: requirementKey(least.index, requirement),
      ofPod: () =>
        templateChange(
          "drop-node-affinity",
          `remove "${words}" from the required node affinity`,
          (template) => withoutRequirement(template, least.index, requirement),
        ),
      around: () => relabelled(question, labelsFor(requirement)),
    };
  });
  const byName = least.names.map(({ isEqual, name }) =>
    wholeAffinityFinding(
      status,
      `node affinity wants ${isEqual ? "" : "any but "}the node ${name}`,
    ),
  );
  return [...byLabel, ...byName];
}

/** What a node lacks of one term. */
interface UnmetTerm {
  readonly index: number;
  readonly requirements: readonly Requirement[];
  readonly names: NodeSelectorTerm["names"];
}

/** What is unmet of the term that lacks least, the first of equals; undefined where one matches. */
function unmetAffinity(
  selector: NodeSelector | undefined,
  node: NodeObject,
): UnmetTerm | "no usable term" | undefined {
  if (selector === undefined) return undefined;
  const index = leastUnmetTerm(selector.terms, node);
  if (index === MATCHED) return undefined;
  return index === NO_USABLE_TERM ? "no usable term" : unmetOf(selector.terms[index]!, index, node);
}

const MATCHED = -1;
const NO_USABLE_TERM = -2;

/** The term that lacks least on the node, the first of equals. */
function leastUnmetTerm(terms: readonly NodeSelectorTerm[], node: NodeObject): number {
  let best = NO_USABLE_TERM;
  let least = Number.POSITIVE_INFINITY;
  for (let index = 0; index < terms.length; index++) {
    const term = terms[index]!;
    if (term.isEmpty || term.error !== undefined) continue;
    const count = unmetCount(term, node);
    if (count === 0) return MATCHED;
    if (count >= least) continue;
    best = index;
    least = count;
  }
  return best;
}

// All terms are counted on every node; the parts of one of them are listed.
function unmetCount({ requirements, names }: NodeSelectorTerm, { meta }: NodeObject): number {
  let count = 0;
  for (let at = 0; at < requirements.length; at++) {
    if (!meetsRequirement(requirements[at]!, meta.labels)) count++;
  }
  for (let at = 0; at < names.length; at++) {
    const { isEqual, name } = names[at]!;
    if ((meta.name === name) !== isEqual) count++;
  }
  return count;
}

function unmetOf(term: NodeSelectorTerm, index: number, { meta }: NodeObject): UnmetTerm {
  return {
    index,
    requirements: term.requirements.filter((each) => !meetsRequirement(each, meta.labels)),
    names: term.names.filter(({ isEqual, name }) => (meta.name === name) !== isEqual),
  };
}

// A term of which nothing is left would match no node at all, so the affinity goes with it.
function withoutRequirement(
  template: PodTemplate,
  index: number,
  requirement: Requirement,
): PodTemplate {
  const selector = template.requiredNodeAffinity?.selector;
  const term = selector?.terms[index];
  if (selector === undefined || term === undefined) return template;
  const requirements = term.requirements.filter((each) => each !== requirement);
  if (requirements.length + term.names.length === 0) return withRequired(template, undefined);
  const terms = selector.terms.map((each, at) => (at === index ? { ...each, requirements } : each));
  return withRequired(template, new NodeSelector(terms, selector.nodeNames));
}

const WHOLE_AFFINITY_KEY = "nodeAffinity";

function wholeAffinityFinding(status: Pick<Status, "plugin" | "code">, text: string): Finding {
  return {
    obstacle: obstacleOf(status, "label", text),
    podKey: WHOLE_AFFINITY_KEY,
    ofPod: () =>
      templateChange("drop-node-affinity", "remove the required node affinity", (template) =>
        withRequired(template, undefined),
      ),
  };
}

/** The pod names its nodes, and this one is not among them (or no node can be). */
export function narrowingFindings({ preFiltering, pod }: FilterWorld): Finding[] {
  const { status, narrowingPlugins } = preFiltering;
  const plugin = status.plugin !== "" ? status.plugin : narrowingPlugins.join(", ");
  const text = status.reasons.join(", ") || `${plugin} leaves other nodes only`;
  const refusal = { ...NARROWED, plugin };
  if (pod.template.nodeNamesAllowed !== undefined) return [wholeAffinityFinding(refusal, text)];
  return [{ obstacle: obstacleOf(refusal, "other", text), podKey: undefined }];
}

const NARROWED = { code: 3, plugin: "" } as const;

function labelText(node: NodeObject, key: string): string {
  const value = node.meta.labels.get(key);
  return value === undefined ? `the node has no label ${key}` : `the node has ${key}=${value}`;
}

/** Labels (undefined = none) that meet the requirement. */
function labelsFor({
  key,
  operator,
  values,
}: Requirement): ReadonlyMap<string, string | undefined> {
  const first = values[0] ?? "";
  switch (operator) {
    case "exists":
      return new Map([[key, ""]]);
    case "!=":
    case "notin":
    case "!":
      return new Map([[key, undefined]]);
    case "gt":
      return new Map([[key, String(BigInt(first) + 1n)]]);
    case "lt":
      return new Map([[key, String(BigInt(first) - 1n)]]);
    default:
      return new Map([[key, first]]);
  }
}

/** Gives the node labels, or takes them away. */
export function relabelled(
  question: NodeQuestion,
  labels: ReadonlyMap<string, string | undefined>,
): Change {
  const words = [...labels].map(([key, value]) =>
    value === undefined ? `${key}-` : `${key}=${value}`,
  );
  // Who is near whom changes only with labels that some affinity goes by.
  const isTopology = [...labels.keys()].some((key) =>
    question.world.neighbours.topologyKeys.has(key),
  );
  const edit = (node: NodeObject): NodeObject => {
    const after = new Map(node.meta.labels);
    for (const [key, value] of labels) {
      if (value === undefined) after.delete(key);
      else after.set(key, value);
    }
    return { ...node, meta: { ...node.meta, labels: after } };
  };
  return nodeChange(question, "set-labels", `label ${words.join(" ")}`, edit, isTopology);
}

function nodeChange(
  { world, row }: NodeQuestion,
  kind: ExplainedChange["kind"],
  words: string,
  edit: (node: NodeObject) => NodeObject,
  isTopology = false,
): Change {
  const node = world.nameOf(row);
  const shown = { target: "node", kind, text: words, node, amount: null, podsGone: [] } as const;
  const recounted = (RECOUNTED.get(kind) ?? []).filter(
    (plugin) => plugin !== "InterPodAffinity" || isTopology,
  );
  return { shown, recounted, effect: { on: "node", row, edit } };
}

// --- Ports and features --------------------------------------------------------------------------

const ANY_IP = "0.0.0.0";

/** Host ports that are taken, with all who hold them: a dump may hold several pods on one port. */
export function portFindings(question: NodeQuestion, status: Status): Finding[] {
  const { world, row, guests } = question;
  const neighbours = [...world.cache.podsOn(row), ...guests];
  return world.pod.template.hostPorts.flatMap((port): Finding[] => {
    const holders = neighbours.filter((other) =>
      other.template.hostPorts.some((held) => collides(held, port)),
    );
    if (holders.length === 0) return [];
    const words = `host port ${port.port}/${port.protocol}`;
    const node = world.nameOf(row);
    return [
      {
        obstacle: obstacleOf(
          status,
          "port",
          `${words} is taken by ${holders.map(podKey).join(", ")}`,
        ),
        podKey: words,
        ofPod: () =>
          templateChange("drop-host-port", `do without ${words}`, (template) => ({
            ...template,
            hostPorts: template.hostPorts.filter((each) => each !== port),
          })),
        around: () => departure(holders, node, node),
      },
    ];
  });
}

function collides(held: HostPort, wanted: HostPort): boolean {
  if (held.port !== wanted.port || held.protocol !== wanted.protocol) return false;
  return held.ip === wanted.ip || held.ip === ANY_IP || wanted.ip === ANY_IP;
}

/** Features that the pod needs and the node does not declare. */
export function featureFindings(question: NodeQuestion, status: Status): Finding[] {
  const { world, row } = question;
  const { declaredFeatures } = world.cache.node(row);
  const missing = world.pod.template.requiredNodeFeatures.filter(
    (name) => !declaredFeatures.includes(name),
  );
  const words = missing.join(", ");
  return [
    {
      obstacle: obstacleOf(status, "feature", `the node does not declare ${words}`),
      podKey: `features ${words}`,
      ofPod: () =>
        templateChange("drop-features", `do without ${words}`, (template) => ({
          ...template,
          requiredNodeFeatures: template.requiredNodeFeatures.filter(
            (name) => !missing.includes(name),
          ),
        })),
      around: () =>
        nodeChange(question, "declare-features", `declare ${words}`, (node) => ({
          ...node,
          declaredFeatures: [...node.declaredFeatures, ...missing],
        })),
    },
  ];
}
