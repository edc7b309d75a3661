// Stable names for objects whose real names are made up as they are created: `deployment/web#3` is
// the third pod made for a Deployment, `statefulset/db-0#2` the second incarnation of a name.
//
// A replay names its objects by the same rules as the recording, so that the two can be compared and
// actions on recorded names find their objects. Filled at the commits, in the API's order.

import {
  type ApiServer,
  NO_OWNER,
  type OwnerRef,
  type PodIndex,
  type StoredObject,
  type Uid,
} from "../../../cluster/index.ts";

/** Aliases of all objects ever seen. */
export class AliasBook {
  private readonly api: ApiServer;
  private readonly byUid = new Map<Uid, string>();
  private readonly counts = new Map<string, number>();
  private readonly podsByAlias = new Map<string, Uid>();

  constructor(api: ApiServer) {
    this.api = api;
  }

  /** The alias of any object, "" if it has none. */
  of(uid: Uid): string {
    return this.byUid.get(uid) ?? "";
  }

  /** The number behind `#`, 0 for pods without one. */
  ordinalOf(pod: Uid): number {
    const alias = this.of(pod);
    const mark = alias.lastIndexOf("#");
    return mark < 0 ? 0 : Number(alias.slice(mark + 1));
  }

  /** The uid of the pod of an alias. */
  findPod(alias: string): Uid | undefined {
    return this.podsByAlias.get(alias);
  }

  /** Names a new pod; bare pods have no alias. */
  namePod(pod: PodIndex, uid: Uid): string {
    const { pods, owners } = this.api;
    const row = pods.owner(pod);
    if (row === NO_OWNER) return "";
    const owner = owners.ref(row);
    const base =
      owner.kind === "StatefulSet" ? `statefulset/${pods.name(pod)}` : this.podBase(owner);
    const alias = `${base}#${this.next(base)}`;
    this.byUid.set(uid, alias);
    this.podsByAlias.set(alias, uid);
    return alias;
  }

  /** Names a new object; of the kinds that get names of their own only owners are named here. */
  nameObject(stored: StoredObject): string {
    const { kind, name, uid, owner } = stored;
    const alias = owner === undefined ? "" : this.ownedAlias(kind, owner);
    const ownName = `${kind.toLowerCase()}/${name}`;
    this.byUid.set(uid, alias === "" ? ownName : alias);
    return alias;
  }

  /** Alias of an owner as events name it: `deployment/web@r1`, `job/y`. */
  ofOwner(owner: OwnerRef | undefined): string {
    if (owner === undefined) return "";
    return this.byUid.get(owner.uid) ?? `${owner.kind.toLowerCase()}/${owner.name}`;
  }

  private ownedAlias(kind: string, owner: OwnerRef): string {
    const letter = CHILD_LETTERS.get(kind);
    if (letter === undefined) return "";
    const base = `${this.ofOwner(owner)}@${letter}`;
    return `${base}${this.next(base)}`;
  }

  /** Pods of a Deployment are counted over all its ReplicaSets. */
  private podBase(owner: OwnerRef): string {
    const alias = this.ofOwner(owner);
    return owner.kind === "ReplicaSet" ? alias.replace(/@r\d+$/, "") : alias;
  }

  private next(base: string): number {
    const count = (this.counts.get(base) ?? 0) + 1;
    this.counts.set(base, count);
    return count;
  }
}

const CHILD_LETTERS: ReadonlyMap<string, string> = new Map([
  ["ReplicaSet", "r"],
  ["Job", "j"],
  ["EndpointSlice", "e"],
]);
