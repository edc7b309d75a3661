// Which pod is meant: a name as the user typed it against the pods there are.
//
// A pod is asked for as namespace/name or by its name alone. A name that fits no pod or several is
// refused with the likely ones; nothing is guessed.

import { InputError, nearest } from "../../base/index.ts";

/** Names shown in a refusal. */
const SHOWN_MAX = 8;

/** A pod's key, "namespace/name". */
export function keyOf(pod: { readonly namespace: string; readonly name: string }): string {
  return `${pod.namespace}/${pod.name}`;
}

/** Whether the question may mean this pod. */
export function mayMean(asked: string, namespace: string, name: string): boolean {
  return asked.includes("/") ? asked === `${namespace}/${name}` : asked === name;
}

/** The one key among `keys` (distinct) that the question means; throws an InputError otherwise. */
export function choosePod(asked: string, keys: readonly string[], where: string): string {
  const found = keys.filter((key) => key === asked || nameIn(key) === asked);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (found.length > 1) {
    throw refusal(
      "E_AMBIGUOUS_POD",
      `${found.length} pods are called '${asked}'`,
      `say which: ${shown(found)}`,
    );
  }
  throw refusal("E_UNKNOWN_POD", `no pod is called '${asked}' in ${where}`, hintFor(asked, keys));
}

/** Refuses a node that nobody knows. */
export function checkNode(asked: string, names: readonly string[]): void {
  if (names.includes(asked)) return;
  const near = nearest(asked, names);
  const hint = near === undefined ? `nodes are ${shown(names)}` : `did you mean '${near}'?`;
  throw refusal("E_UNKNOWN_NODE", `no node was called '${asked}' at that decision`, hint);
}

/** An error of the question itself, in the grammar of all input errors. */
export function refusal(code: string, message: string, hint: string): InputError {
  return new InputError([{ code, severity: "error", message, hint }]);
}

/** A few names with a count of the rest. */
export function shown(names: readonly string[]): string {
  const some = names.slice(0, SHOWN_MAX).join(", ");
  const more = names.length - SHOWN_MAX;
  return more > 0 ? `${some} and ${more} more` : some === "" ? "none" : some;
}

function hintFor(asked: string, keys: readonly string[]): string {
  const beginning = keys.filter((key) => key.startsWith(asked) || nameIn(key).startsWith(asked));
  if (beginning.length > 0) return `these begin so: ${shown(beginning)}`;
  const near = asked.includes("/") ? nearest(asked, keys) : nearestName(asked, keys);
  if (near !== undefined) return `did you mean '${near}'?`;
  return keys.length === 0 ? "there are no pods" : `pods are ${shown(keys)}`;
}

function nearestName(asked: string, keys: readonly string[]): string | undefined {
  const near = nearest(asked, new Set(keys.map(nameIn)));
  return near === undefined ? undefined : keys.find((key) => nameIn(key) === near);
}

function nameIn(key: string): string {
  return key.slice(key.indexOf("/") + 1);
}
