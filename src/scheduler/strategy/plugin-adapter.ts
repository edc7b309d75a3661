// PluginAdapter: a user's plugin as the framework calls it.
//
// One wrapper per hook: views in, user code under guard, answer checked, framework's type out. Only
// the hooks that exist are put on the plugin, because the framework asks which points it implements.

import type { NodeRow } from "../cache/node-row.ts";
import type { CycleState, CycleValue } from "../framework/cycle-state.ts";
import {
  MAX_NODE_SCORE,
  type Plugin,
  type PluginHandle,
  type PreFilterOutcome,
} from "../framework/plugin.ts";
import { type PodInfo, podKey } from "../framework/pod-info.ts";
import type { RegistryEntry } from "../framework/registry.ts";
import { Code, SKIP, type Status, SUCCESS } from "../framework/status.ts";
import type { StrategyCall } from "../framework/user-call.ts";
import { callStrategy, describe, StrategyError } from "./strategy-error.ts";
import {
  type CycleMemory,
  type PluginDefinition,
  type PluginHooks,
  registrationsOf,
  type WaitingPodsView,
} from "./user-plugin.ts";
import { type PodView, ViewMaker } from "./views.ts";

const US_PER_SECOND = 1_000_000;

/** The registry entry of a user's plugin: configurations may name it like any other. */
export function registryEntryOf(definition: PluginDefinition): RegistryEntry {
  return {
    name: definition.name,
    points: definition.points,
    factory: (args, handle) => {
      const guard = new Guard(definition.name, handle);
      const create = (): PluginHooks => definition.create(args);
      return adaptPlugin(
        definition,
        guard.call("create", undefined, create, (hooks) => guard.hooks(hooks)),
        guard,
      );
    },
    readArguments: (source) => source.value,
  };
}

/** What the wrappers of one plugin share. */
class Guard {
  readonly name: string;
  readonly views: ViewMaker;
  private readonly handle: PluginHandle;

  constructor(name: string, handle: PluginHandle) {
    this.name = name;
    this.handle = handle;
    this.views = new ViewMaker(handle.cache);
  }

  /** Calls user code and reads what it answers, both under guard. */
  call<A, T>(point: string, pod: PodInfo | undefined, run: () => A, read: (answer: A) => T): T {
    return callStrategy(this.callAt(point, pod), run, read, this.handle.userCalls);
  }

  /** What `create` made, if it can hold hooks at all. */
  hooks(made: PluginHooks): PluginHooks {
    if (typeof made === "object" && made !== null) return made;
    return this.refuse("create", undefined, `created ${describe(made)}; expected extension points`);
  }

  /** Calls user code that gives a verdict. */
  verdict(point: string, pod: PodInfo, run: () => unknown): Status {
    return this.call(point, pod, run, (answer) => this.status(point, pod, answer));
  }

  refuse(point: string, pod: PodInfo | undefined, what: string): never {
    throw new StrategyError(this.callAt(point, pod), what);
  }

  /** The plugin's own memory of this cycle. */
  memory(state: CycleState): CycleMemory {
    const key = `memory of ${this.name}`;
    let memory = state.read<UserMemory>(key);
    if (memory === undefined) {
      memory = new UserMemory();
      state.write(key, memory);
    }
    return memory;
  }

  /** The pods that wait for this plugin; none where nothing ever waits. */
  waiting(): WaitingPodsView {
    const { waiting } = this.handle;
    const { name, views } = this;
    return Object.freeze({
      pods: () => (waiting?.waitingFor(name) ?? []).map((pod) => views.pod(pod)),
      allow: ({ uid }: PodView) => waiting?.allow(uid, name) ?? false,
      reject: ({ uid }: PodView, reason: string) =>
        waiting?.reject(uid, name, String(reason)) ?? false,
    });
  }

  /** A verdict in the framework's form; anything else is refused. */
  status(point: string, pod: PodInfo, answer: unknown): Status {
    const { name: plugin } = this;
    if (answer === true) return SUCCESS;
    if (typeof answer === "string") {
      return { code: Code.Unschedulable, plugin, reasons: [answer] };
    }
    if (isTexts(answer)) return { code: Code.Unschedulable, plugin, reasons: [...answer] };
    if (typeof answer === "object" && answer !== null && "reasons" in answer) {
      const { reasons } = answer;
      if (isTexts(reasons)) return { code: codeOf(answer), plugin, reasons: [...reasons] };
    }
    const expected = "expected true, or the reasons against as text, texts or { reasons }";
    return this.refuse(point, pod, `answered ${describe(answer)}; ${expected}`);
  }

  private callAt(point: string, pod: PodInfo | undefined): StrategyCall {
    const atUs = this.handle.nowUs?.() ?? 0;
    return { strategy: this.name, point, atUs, pod: pod === undefined ? "" : podKey(pod) };
  }
}

class UserMemory implements CycleMemory, CycleValue {
  private readonly values: Map<string, unknown>;

  constructor(values: ReadonlyMap<string, unknown> = new Map()) {
    this.values = new Map(values);
  }

  clone(): UserMemory {
    return new UserMemory(this.values);
  }

  get(key: string): unknown {
    return this.values.get(key);
  }

  set(key: string, value: unknown): void {
    this.values.set(key, value);
  }
}

function adaptPlugin(definition: PluginDefinition, hooks: PluginHooks, guard: Guard): Plugin {
  return Object.assign(
    { name: definition.name, eventsToRegister: () => registrationsOf(definition.events) },
    queueHooks(guard, hooks),
    filterHooks(guard, hooks),
    scoreHooks(guard, hooks),
    bindingHooks(guard, hooks),
  );
}

function queueHooks(guard: Guard, hooks: PluginHooks): object {
  const { views } = guard;
  return {
    ...(hooks.preEnqueue && {
      preEnqueue: (pod: PodInfo): Status =>
        guard.verdict("preEnqueue", pod, () => hooks.preEnqueue!(views.pod(pod))),
    }),
    ...(hooks.less && { less: (a: Sorted, b: Sorted) => isLess(guard, hooks, a, b) }),
  };
}

interface Sorted {
  readonly pod: PodInfo;
  readonly timestampUs: number;
}

/** Both directions are asked: a comparator that says yes twice has no order to offer. */
function isLess(guard: Guard, hooks: PluginHooks, a: Sorted, b: Sorted): boolean {
  const ask = (first: Sorted, second: Sorted): boolean => {
    const view = ({
      pod,
      timestampUs,
    }: Sorted): { pod: ReturnType<ViewMaker["pod"]>; timestampUs: number } =>
      Object.freeze({ pod: guard.views.pod(pod), timestampUs });
    const run = (): unknown => hooks.less!(view(first), view(second));
    return guard.call("less", first.pod, run, (answer) => {
      if (typeof answer === "boolean") return answer;
      const expected = "expected true or false";
      return guard.refuse("less", first.pod, `answered ${describe(answer)}; ${expected}`);
    });
  };
  const isBefore = ask(a, b);
  if (isBefore && ask(b, a)) {
    const other = podKey(b.pod);
    guard.refuse("less", a.pod, `says that the pod goes before ${other} and ${other} before it`);
  }
  return isBefore;
}

function filterHooks(guard: Guard, hooks: PluginHooks): object {
  const { views } = guard;
  return {
    ...(hooks.preFilter && {
      preFilter: (state: CycleState, pod: PodInfo, nodes: readonly NodeRow[]): PreFilterOutcome => {
        const run = (): unknown =>
          hooks.preFilter!(
            views.pod(pod),
            views.nodes(nodes, state.operations),
            guard.memory(state),
          );
        return guard.call("preFilter", pod, run, (answer) => narrowing(guard, pod, answer));
      },
    }),
    ...(hooks.classKey && {
      classKey: (pod: PodInfo): string =>
        guard.call(
          "classKey",
          pod,
          () => hooks.classKey!(views.pod(pod)),
          (key: unknown) =>
            typeof key === "string"
              ? key
              : guard.refuse("classKey", pod, `answered ${describe(key)}; expected text`),
        ),
    }),
    ...(hooks.filter && {
      filter: (state: CycleState, pod: PodInfo, node: NodeRow): Status =>
        guard.verdict("filter", pod, () =>
          hooks.filter!(views.pod(pod), views.node(node), guard.memory(state)),
        ),
    }),
  };
}

function narrowing(guard: Guard, pod: PodInfo, answer: unknown): PreFilterOutcome {
  if (answer === "skip") return { status: SKIP };
  if (typeof answer === "object" && answer !== null && "nodes" in answer) {
    const { nodes } = answer;
    if (isTexts(nodes)) return { status: SUCCESS, nodeNames: new Set(nodes) };
  }
  return { status: guard.status("preFilter", pod, answer) };
}

function scoreHooks(guard: Guard, hooks: PluginHooks): object {
  const { views } = guard;
  const checkScore = (point: string, pod: PodInfo, score: unknown, isFinal: boolean): number => {
    const isInRange = !isFinal || (Number(score) >= 0 && Number(score) <= MAX_NODE_SCORE);
    if (typeof score === "number" && Number.isSafeInteger(score) && isInRange) return score;
    const range = isFinal ? ` from 0 to ${MAX_NODE_SCORE}` : "";
    return guard.refuse(
      point,
      pod,
      `gave the score ${describe(score)}; expected an integer${range}`,
    );
  };
  return {
    ...(hooks.preScore && {
      preScore: (state: CycleState, pod: PodInfo, nodes: readonly NodeRow[]): Status => {
        const run = (): unknown =>
          hooks.preScore!(
            views.pod(pod),
            views.nodes(nodes, state.operations),
            guard.memory(state),
          );
        return guard.call("preScore", pod, run, (answer) =>
          answer === "skip" ? SKIP : guard.status("preScore", pod, answer),
        );
      },
    }),
    ...(hooks.score && {
      score: (state: CycleState, pod: PodInfo, node: NodeRow): number => {
        const run = (): unknown =>
          hooks.score!(views.pod(pod), views.node(node), guard.memory(state));
        return guard.call("score", pod, run, (score) =>
          checkScore("score", pod, score, hooks.normalizeScores === undefined),
        );
      },
    }),
    ...(hooks.normalizeScores && {
      normalizeScores: (
        state: CycleState,
        pod: PodInfo,
        nodes: readonly NodeRow[],
        scores: number[],
      ): void => {
        const given = Object.freeze([...scores]);
        const run = (): unknown =>
          hooks.normalizeScores!(views.pod(pod), views.nodes(nodes, state.operations), given);
        guard.call("normalizeScores", pod, run, (answer) => {
          if (!Array.isArray(answer) || answer.length !== given.length) {
            const expected = `expected ${given.length} scores`;
            guard.refuse("normalizeScores", pod, `answered ${describe(answer)}; ${expected}`);
          }
          for (let k = 0; k < given.length; k++) {
            scores[k] = checkScore("normalizeScores", pod, answer[k], true);
          }
        });
      },
    }),
  };
}

function bindingHooks(guard: Guard, hooks: PluginHooks): object {
  const { views } = guard;
  type Hook = "reserve" | "unreserve" | "permit" | "preBind" | "postBind";
  const ask =
    (hook: Hook, state: CycleState, pod: PodInfo, nodeName: string): (() => unknown) =>
    () =>
      hooks[hook]!(views.pod(pod), nodeName, guard.memory(state), guard.waiting());
  const tell = (hook: Hook, state: CycleState, pod: PodInfo, nodeName: string): void =>
    guard.call(hook, pod, ask(hook, state, pod, nodeName), () => undefined);
  const verdict = (hook: Hook, state: CycleState, pod: PodInfo, nodeName: string): Status =>
    guard.verdict(hook, pod, ask(hook, state, pod, nodeName));
  return {
    ...((hooks.reserve || hooks.unreserve) && {
      reserve: (state: CycleState, pod: PodInfo, nodeName: string): Status =>
        hooks.reserve === undefined ? SUCCESS : verdict("reserve", state, pod, nodeName),
      unreserve: (state: CycleState, pod: PodInfo, nodeName: string): void => {
        if (hooks.unreserve !== undefined) tell("unreserve", state, pod, nodeName);
      },
    }),
    ...(hooks.permit && {
      permit: (state: CycleState, pod: PodInfo, nodeName: string) =>
        guard.call("permit", pod, ask("permit", state, pod, nodeName), (answer) =>
          permission(guard, pod, answer),
        ),
    }),
    ...(hooks.preBind && {
      preBindPreFlight: (): Status => SUCCESS,
      preBind: (state: CycleState, pod: PodInfo, nodeName: string): Status =>
        verdict("preBind", state, pod, nodeName),
    }),
    ...(hooks.postBind && {
      postBind: (state: CycleState, pod: PodInfo, nodeName: string): void =>
        tell("postBind", state, pod, nodeName),
    }),
  };
}

function permission(
  guard: Guard,
  pod: PodInfo,
  answer: unknown,
): { readonly status: Status; readonly timeoutUs: number } {
  if (typeof answer === "object" && answer !== null && "waitSeconds" in answer) {
    const { waitSeconds } = answer;
    if (typeof waitSeconds !== "number" || !(waitSeconds > 0) || !Number.isFinite(waitSeconds)) {
      const text = `answered waitSeconds ${describe(waitSeconds)}; expected a positive number`;
      return guard.refuse("permit", pod, text);
    }
    const status: Status = { code: Code.Wait, plugin: guard.name, reasons: [] };
    return { status, timeoutUs: Math.round(waitSeconds * US_PER_SECOND) };
  }
  return { status: guard.status("permit", pod, answer), timeoutUs: 0 };
}

function codeOf(answer: object): Code {
  if ("pending" in answer && answer.pending === true) return Code.Pending;
  const isFinal = "unresolvable" in answer && answer.unresolvable === true;
  return isFinal ? Code.UnschedulableAndUnresolvable : Code.Unschedulable;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
