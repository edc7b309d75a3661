// The order of writes that must hold in every run (REPLAY.md section 5), whatever their instants.
//
// Judged on the replay by its own write order, and only where a rule has something to be about. A rule
// tells its first breach in words; a pair of which one is missing is no breach here (quantities count).

import type { ObjectLife, PodLife } from "./run-view.ts";
import type { Situation } from "./quantity.ts";

/** A rule and the files it is about: undefined = it holds. */
export interface OrderRule {
  /** Family of the table and what it says. */
  readonly name: string;
  readonly check: (situation: Situation) => string | undefined;
}

interface Written {
  readonly rv: number;
}

/** The first pair that is not in this order; missing ends are skipped. */
function firstOutOfOrder(
  pairs: readonly (readonly [what: string, a: Written | undefined, b: Written | undefined])[],
): string | undefined {
  const wrong = pairs.find(([, a, b]) => a !== undefined && b !== undefined && a.rv > b.rv);
  return wrong?.[0];
}

function created(life: ObjectLife | undefined): Written | undefined {
  return life === undefined || life.createdRv < 0 ? undefined : { rv: life.createdRv };
}

function nameOf({ alias, name }: ObjectLife): string {
  return alias === "" ? name : alias;
}

function everyPod({ view }: Situation): string | undefined {
  for (const pod of view.pods) {
    if (pod.name === "" && pod.alias === "") continue; // a recording that names nobody
    const isForced = pod.grace === "0";
    const disrupted = pod.disrupted;
    const isCause =
      disrupted !== undefined && pod.deleting !== undefined && disrupted.t <= pod.deleting.t;
    const wrong = firstOutOfOrder([
      ["bound before it was created", created(pod), pod.bound],
      ["running before it was bound", pod.bound, pod.running],
      ["ready before it was running", pod.running, pod.ready],
      ["gone before it was deleted", pod.deleting, pod.gone],
      ["deleted before it was marked", isCause ? disrupted : undefined, pod.deleting],
      [
        "gone before it ended",
        pod.running === undefined || isForced ? undefined : pod.terminal,
        pod.gone,
      ],
    ]);
    if (wrong !== undefined) return `${nameOf(pod)} was ${wrong}`;
    if (pod.history("node").length > 1) return `${nameOf(pod)} was bound twice`;
  }
  return undefined;
}

function workloads({ view }: Situation): string | undefined {
  for (const set of view.objects("ReplicaSet")) {
    const deployment = view
      .objects("Deployment")
      .find(({ name }) => `deployment/${name}` === set.owner);
    const pod = view.pods.find(({ owner }) => owner === set.alias);
    const wrong = firstOutOfOrder([
      [`${set.alias} came before its Deployment`, created(deployment), created(set)],
      [`a pod came before ${set.alias}`, created(set), created(pod)],
    ]);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function nodeFailure(situation: Situation): string | undefined {
  const { view, actions } = situation;
  const failure = actions.find(({ op }) => op === "fail");
  if (failure === undefined) return undefined;
  const isMany = (failure.nodes?.length ?? 0) > 30;
  for (const name of failure.nodes ?? []) {
    const node = view.find("Node", name);
    const unknown = node?.firstStart("cond.Ready", "Unknown", failure.t);
    const has = (text: string) => (value: string | null) => value?.includes(text) === true;
    const noSchedule = node?.first("taints", has("unreachable:NoSchedule"), failure.t);
    const noExecute = node?.first("taints", has("unreachable:NoExecute"), failure.t);
    const wrong = firstOutOfOrder([
      ["tainted before it was Unknown", unknown, noSchedule],
      ["given NoExecute before NoSchedule", isMany ? undefined : noSchedule, noExecute],
    ]);
    if (wrong !== undefined) return `${name} was ${wrong}`;
    const pods = view.pods.filter(
      (pod) =>
        pod.node === name && pod.createdT < failure.t && !(pod.gone && pod.gone.t < failure.t),
    );
    for (const pod of pods) {
      const notReady = pod.firstStart("cond.Ready", "False", failure.t);
      if (unknown && notReady && notReady.rv < unknown.rv)
        return `${nameOf(pod)} was not ready before ${name} was Unknown`;
      const isByTaint =
        pod.disrupted?.set["cond.DisruptionTarget"] === "True/DeletionByTaintManager";
      if (isByTaint && noExecute && pod.disrupted!.rv < noExecute.rv)
        return `${nameOf(pod)} was marked before the taint of ${name}`;
    }
  }
  return undefined;
}

/** On a dead node nothing ends while the node exists, is not out of service and has not returned. */
function deadNodes({ view, actions }: Situation): string | undefined {
  const failure = actions.find(({ op }) => op === "fail");
  if (failure === undefined) return undefined;
  const returnT = actions.find(({ op }) => op === "recover")?.t ?? Number.POSITIVE_INFINITY;
  for (const name of failure.nodes ?? []) {
    const node = view.find("Node", name);
    const served = node?.first("taints", (value) => value?.includes("out-of-service") === true);
    const untilT = Math.min(
      returnT,
      served?.t ?? Number.POSITIVE_INFINITY,
      node?.gone?.t ?? Number.POSITIVE_INFINITY,
    );
    const ended = view.pods.find(
      (pod) => pod.node === name && pod.gone && pod.gone.t > failure.t && pod.gone.t < untilT,
    );
    if (ended !== undefined) return `${nameOf(ended)} went on the dead node ${name}`;
  }
  return undefined;
}

/** A name of a StatefulSet is given again only when its last pod is gone. */
function sameName({ view }: Situation): string | undefined {
  const last = new Map<string, PodLife>();
  for (const pod of view.pods) {
    if (pod.name === "") continue;
    const before = last.get(pod.name);
    if (before !== undefined && (before.gone?.rv ?? Number.POSITIVE_INFINITY) > pod.createdRv)
      return `${pod.name} came twice at a time`;
    last.set(pod.name, pod);
  }
  return undefined;
}

function removal({ view, actions }: Situation): string | undefined {
  const action = actions.find(({ op }) => op === "deleteNode");
  for (const name of action?.nodes ?? []) {
    const gone = view.find("Node", name)?.gone;
    for (const pod of view.pods) {
      const isLost = pod.disrupted?.set["cond.DisruptionTarget"] === "True/DeletionByPodGC";
      if (pod.node !== name || !isLost) continue;
      const wrong = firstOutOfOrder([
        ["failed before the node went", gone, pod.terminal],
        ["deleted before it failed", pod.terminal, pod.deleting],
        ["gone before it was deleted", pod.deleting, pod.gone],
      ]);
      if (wrong !== undefined) return `${nameOf(pod)} was ${wrong}`;
    }
  }
  return undefined;
}

function drain({ view, actions }: Situation): string | undefined {
  const drained = actions.find(({ op, args = [] }) => op === "kubectl" && args[0] === "drain");
  if (drained === undefined) return undefined;
  const name = drained.args?.[1] ?? "";
  const cordon = view.find("Node", name)?.first("unschedulable", (value) => value === "true");
  const early = view.pods.find(
    (pod) =>
      pod.node === name &&
      pod.disrupted?.set["cond.DisruptionTarget"] === "True/EvictionByEvictionAPI" &&
      pod.deleting !== undefined &&
      pod.deleting.rv < (cordon?.rv ?? 0),
  );
  return early === undefined ? undefined : `${nameOf(early)} was evicted before the cordon`;
}

/** Recreate: every old pod is gone before the first new one comes. */
function recreate({ view, file, actions }: Situation): string | undefined {
  const strategy = JSON.stringify(file.input.map(({ object }) => object["spec"]));
  if (!strategy.includes('"type":"Recreate"')) return undefined;
  const updateT = actions.find(({ op }) => op === "patch")?.t ?? Number.POSITIVE_INFINITY;
  const fresh = view.pods.find(({ createdT }) => createdT >= updateT);
  const old = view.pods.find(
    (pod) =>
      pod.createdT < updateT &&
      (pod.gone?.rv ?? Number.POSITIVE_INFINITY) > (fresh?.createdRv ?? 0),
  );
  return fresh === undefined || old === undefined
    ? undefined
    : `${nameOf(fresh)} came before ${nameOf(old)} was gone`;
}

/** A node that returns is Ready before its taints go. */
function returns({ view, actions }: Situation): string | undefined {
  const back = actions.find(({ op }) => op === "recover");
  for (const name of back?.nodes ?? []) {
    const node = view.find("Node", name);
    const ready = node?.firstStart("cond.Ready", "True", back!.t);
    const free = node?.first("taints", (value) => value === null, back!.t);
    if (ready !== undefined && free !== undefined && free.rv < ready.rv)
      return `${name} lost its taints before it was Ready`;
  }
  return undefined;
}

/** Taint, deletion, end, and only then the next pod of the name. */
function outOfService({ view }: Situation): string | undefined {
  for (const node of view.objects("Node")) {
    const taint = node.first("taints", (value) => value?.includes("out-of-service") === true);
    if (taint === undefined) continue;
    for (const pod of view.pods) {
      const isAfter = pod.gone !== undefined && pod.gone.t >= taint.t;
      if (pod.node !== node.name || !isAfter || pod.createdT > taint.t) continue;
      const again = view.pods.find(
        ({ name, createdRv }) => name === pod.name && name !== "" && createdRv > pod.createdRv,
      );
      const isByTaint = pod.deleting !== undefined && pod.deleting.t >= taint.t;
      const wrong = firstOutOfOrder([
        ["deleted before the node was out of service", isByTaint ? taint : undefined, pod.deleting],
        ["gone before it was deleted", pod.deleting, pod.gone],
        ["replaced before it was gone", pod.gone, created(again)],
      ]);
      if (wrong !== undefined) return `${nameOf(pod)} was ${wrong}`;
    }
  }
  return undefined;
}

function endpoints({ view, actions }: Situation): string | undefined {
  const isSwitched = actions.some(({ op, kind }) => op === "patch" && kind === "Service");
  for (const slice of view.objects("EndpointSlice")) {
    for (const pod of view.pods) {
      if (pod.alias === "") continue;
      const history = slice.history(`ep.${pod.alias}`);
      const entry = history.find(({ value }) => value !== null)?.change;
      const ready = history.find(({ value }) => value?.startsWith("r") === true)?.change;
      const ending = history.find(({ value }) => value?.endsWith("t") === true)?.change;
      const removed = isSwitched ? undefined : history.find(({ value }) => value === null)?.change;
      const stops = removed === undefined || pod.running === undefined ? undefined : pod.terminal;
      const wrong = firstOutOfOrder([
        ["has an endpoint before it is bound", pod.bound, entry],
        ["has a ready endpoint before it is ready", pod.ready, ready],
        ["terminates in its slice before it is deleted", pod.deleting, ending],
        ["left its slice before it ended", stops, removed],
      ]);
      if (wrong !== undefined) return `${nameOf(pod)} ${wrong}`;
    }
  }
  return undefined;
}

function jobs({ view }: Situation): string | undefined {
  for (const job of view.objects("Job")) {
    const condition = (type: string) => job.firstStart(`cond.${type}`, "True");
    const wrong = firstOutOfOrder([
      [
        "complete before its criteria were met",
        condition("SuccessCriteriaMet"),
        condition("Complete"),
      ],
      ["failed before it was to fail", condition("FailureTarget"), condition("Failed")],
    ]);
    if (wrong !== undefined) return `Job ${job.name} was ${wrong}`;
  }
  for (const pod of view.pods) {
    const free = pod.first("finalizers", (value) => value === null);
    if (free !== undefined && pod.gone !== undefined && pod.gone.rv < free.rv)
      return `${nameOf(pod)} was gone before its finalizer`;
  }
  return undefined;
}

/** OrderedReady: the next pod comes when the last is ready. */
function orderedPods({ view, file }: Situation): string | undefined {
  for (const { object } of file.input) {
    const spec = object["spec"] as Readonly<Record<string, unknown>> | undefined;
    if (object["kind"] !== "StatefulSet" || spec?.["podManagementPolicy"] === "Parallel") continue;
    const name = String((object["metadata"] as Readonly<Record<string, unknown>>)["name"]);
    const pods = view.pods.filter(({ owner }) => owner === `statefulset/${name}`);
    const ordinalOf = ({ alias }: PodLife): number => Number(/-(\d+)#/.exec(alias)?.[1] ?? -1);
    for (const pod of pods) {
      const before = pods.filter((one) => ordinalOf(one) === ordinalOf(pod) - 1);
      const isFollowing = before.some(
        ({ ready }) => ready !== undefined && ready.rv < pod.createdRv,
      );
      if (pod.alias.endsWith("#1") && before.length > 0 && !isFollowing)
        return `${pod.alias} came before ${before[0]!.alias} was ready`;
    }
  }
  return undefined;
}

function volumes({ view }: Situation): string | undefined {
  for (const claim of view.objects("PersistentVolumeClaim")) {
    const named = claim.first("volume", (value) => value !== null);
    const volume = view.find("PersistentVolume", named?.set["volume"] ?? "");
    const wrong = firstOutOfOrder([
      [
        "named its volume before that named it",
        volume?.first("claim", (one) => one !== null),
        named,
      ],
      ["was bound before it named a volume", named, claim.firstStart("phase", "Bound")],
    ]);
    if (wrong !== undefined) return `${claim.name} ${wrong}`;
  }
  return undefined;
}

/** Of the most important pods: others may find room that was made for somebody else. */
function preemption({ view }: Situation): string | undefined {
  const highest = Math.max(1, ...view.pods.map(({ priority }) => priority));
  for (const pod of view.pods.filter((one) => one.priority === highest)) {
    const nominated = pod.first("nominated", (value) => value !== null);
    // One that found room elsewhere has nothing to wait for; else somebody on the node ends first.
    const bound = pod.bound;
    if (bound === undefined || nominated?.set["nominated"] !== pod.node) continue;
    const isFreed = view.pods.some(
      ({ node, terminal, gone }) =>
        node === pod.node &&
        [terminal, gone].some((end) => {
          return end !== undefined && end.rv < bound.rv && end.rv > nominated.rv;
        }),
    );
    if (!isFreed) return `${nameOf(pod)} was bound before anybody on its node ended`;
  }
  return undefined;
}

/** No attempt of a gated pod before its last gate goes. */
function gates({ view, attempts = [] }: Situation): string | undefined {
  for (const pod of view.pods) {
    if (pod.changes[0]?.set["gates"] == null) continue;
    const free = pod.first("gates", (value) => value === null);
    const early = attempts.find(
      (attempt) => attempt.pod === pod.name && attempt.t < (free?.t ?? Number.POSITIVE_INFINITY),
    );
    if (early !== undefined) return `${pod.name} was tried with its gates`;
  }
  return undefined;
}

function refused({ view, file }: Situation): string | undefined {
  const names = file.input.flatMap(({ object, error }) =>
    error ? [(object["metadata"] as Readonly<Record<string, unknown>>)["name"]] : [],
  );
  const seen = view.pods.find(({ name }) => names.includes(name));
  return seen === undefined ? undefined : `${seen.name} was refused and appeared`;
}

/** The families, in the order of the table. */
export const ORDER_RULES: readonly OrderRule[] = [
  {
    name: "every pod: created, bound, running, ready; marked, deleted, ended, gone",
    check: everyPod,
  },
  { name: "workloads: Deployment, ReplicaSet, pod", check: workloads },
  {
    name: "node failure: Unknown, NoSchedule, NoExecute; pods after their node",
    check: nodeFailure,
  },
  { name: "node failure: nothing ends on a dead node", check: deadNodes },
  { name: "node failure: a node that returns is Ready before its taints go", check: returns },
  { name: "one pod of a name at a time", check: sameName },
  { name: "removal: node gone, pod failed, deleted, gone", check: removal },
  { name: "removal: out of service, deleted, gone, replaced", check: outOfService },
  { name: "drain: cordon before evictions", check: drain },
  { name: "roll-out: Recreate waits for the last old pod", check: recreate },
  { name: "endpoints: bound, entry; deleted, terminating", check: endpoints },
  { name: "Job: criteria before conditions, finalizer before the end", check: jobs },
  { name: "StatefulSet: OrderedReady", check: orderedPods },
  { name: "volumes: volume's claim, claim's volume, Bound", check: volumes },
  { name: "preemption: room is made before the preemptor is bound", check: preemption },
  { name: "queue: gates", check: gates },
  { name: "admission: refused objects never appear", check: refused },
];
