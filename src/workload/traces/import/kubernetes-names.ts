// Names of other systems as names that Kubernetes takes, and namespaces for their users.
//
// Ids of traces hold capitals, slashes, blanks and underscores. A user becomes a namespace, so that
// whatever is counted by namespace (fairness, quotas, resampling) is counted by user.

/** A name of an object: lower case, everything else than letters, digits, `-` and `.` is `-`. */
export function objectNameOf(text: string): string {
  const plain = text.toLowerCase().replace(/[^a-z0-9.-]/g, "-");
  const name = plain.replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "").replace(/[-.]*\.[-.]*/g, ".");
  return name.slice(0, 253).replace(/[^a-z0-9]+$/, "") || "x";
}

/** The same text, not as a part of a larger one: a cell that is kept would keep its whole block alive. */
export function textOfItsOwn(text: string): string {
  return text.split("").join("");
}

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_LENGTH_MAX = 63;

/** Namespaces of users: `PREFIX-NAME` where that is a namespace's name, else `PREFIX-N` by appearance. */
export class Tenants {
  private readonly prefix: string;
  private readonly byUser = new Map<string, string>();
  private readonly taken = new Set<string>();

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** The namespace of a user; an empty name is nobody's: `default`. */
  namespaceOf(user: string): string {
    if (user === "") return "default";
    const known = this.byUser.get(user);
    if (known !== undefined) return known;
    const own = `${this.prefix}-${user}`;
    let name = own;
    if (!LABEL.test(own) || own.length > LABEL_LENGTH_MAX || this.taken.has(own)) {
      let ordinal = this.byUser.size + 1;
      while (this.taken.has(`${this.prefix}-${ordinal}`)) ordinal++;
      name = `${this.prefix}-${ordinal}`;
    }
    this.byUser.set(textOfItsOwn(user), name);
    this.taken.add(name);
    return name;
  }

  /** All of them, in order of first appearance. */
  list(): readonly string[] {
    return [...this.byUser.values()];
  }
}
