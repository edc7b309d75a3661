// One change of a what-if question as it was asked: what `--do` says, taken apart and not yet looked up.
//
// Plain data with the places of its words, so that whoever looks names up can point at the wrong one.

/** Where a word stands in the text of its change: columns from 1. */
export interface WordPlace {
  readonly column: number;
  readonly width: number;
}

/** Nodes by name, zone, pool, labels, or all of them. */
export type NodePick = WordPlace &
  (
    | { readonly by: "name" | "zone" | "selector"; readonly text: string }
    /** The first `count` nodes of the pool; undefined = all of it. */
    | { readonly by: "pool"; readonly text: string; readonly count: number | undefined }
    | { readonly by: "all" }
  );

/** An object by kind and name; without a namespace it is the only one of that name. */
export interface ObjectPick extends WordPlace {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** A word with its place. */
export interface PlacedText extends WordPlace {
  readonly text: string;
}

/** How nodes are replaced: so many join before the old ones go, so many may be away. */
export interface RotationPace {
  readonly surge: number;
  readonly maxUnavailable: number;
  /** How long a drain is tried before what is left goes with its node; undefined = for ever. */
  readonly timeoutUs: number | undefined;
  /** From the order of a new node until it registers. */
  readonly joinUs: number;
}

/** What the change is; instants and spans in microseconds. */
export type ChangeAction =
  | { readonly verb: "cordon" | "uncordon"; readonly nodes: readonly NodePick[] }
  | {
      readonly verb: "drain";
      readonly nodes: readonly NodePick[];
      readonly timeoutUs: number | undefined;
    }
  | {
      readonly verb: "lose";
      readonly nodes: readonly NodePick[];
      /** Undefined = for ever. */
      readonly forUs: number | undefined;
    }
  | { readonly verb: "upgrade"; readonly nodes: readonly NodePick[]; readonly pace: RotationPace }
  | {
      readonly verb: "shape";
      readonly nodes: readonly NodePick[];
      /** A type of machine, or undefined where the amounts say it all. */
      readonly type: PlacedText | undefined;
      readonly provider: string | undefined;
      /** Quantities of what pods may use, by resource. */
      readonly amounts: ReadonlyMap<string, string>;
      /** Per node and hour, in millionths; undefined = what a price list says of the type. */
      readonly priceMicros: number | undefined;
      readonly pace: RotationPace;
    }
  | {
      readonly verb: "set";
      readonly target: ObjectPick;
      /** Undefined = all containers. */
      readonly container: string | undefined;
      readonly fields: readonly FieldSetting[];
    }
  | { readonly verb: "scale"; readonly target: ObjectPick; readonly replicas: number }
  | { readonly verb: "delete"; readonly target: ObjectPick }
  | { readonly verb: "priority"; readonly name: PlacedText; readonly value: number }
  | { readonly verb: "weight"; readonly plugin: PlacedText; readonly weight: number }
  | { readonly verb: "config"; readonly file: PlacedText }
  | { readonly verb: "add"; readonly nodesCount: number; readonly pool: NodePick };

/** A field by its path and its new value; null takes it away. */
export interface FieldSetting extends WordPlace {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** One `--do`. */
export interface Change {
  readonly text: string;
  readonly action: ChangeAction;
  /** Undefined: from the start, see how each verb takes that. */
  readonly atUs: number | undefined;
}
