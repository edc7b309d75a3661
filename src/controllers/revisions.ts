// Revisions of templates, for controllers whose pods tell their revision by a label.
//
// Kubernetes keeps ControllerRevision objects; podsim needs only a text that is the same for equal
// templates, and the template behind it while the owner lives.

import type { PodTemplate } from "../cluster/index.ts";
import { templateHash } from "./deployment-replica-sets.ts";

/** Label with the revision a pod was made from. */
export const CONTROLLER_REVISION_HASH = "controller-revision-hash";

/** The revision text of a template. */
export function revisionHash(template: PodTemplate): string {
  return templateHash(template, 0);
}

/** Templates by owner and revision. */
export class RevisionHistory {
  private readonly byOwner = new Map<number, Map<string, PodTemplate>>();

  /** Notes the template an owner has now and gives its revision. */
  record(owner: number, template: PodTemplate): string {
    let revisions = this.byOwner.get(owner);
    if (revisions === undefined) {
      revisions = new Map();
      this.byOwner.set(owner, revisions);
    }
    const revision = revisionHash(template);
    revisions.set(revision, template);
    return revision;
  }

  /** The template of a revision, if this owner ever had it. */
  find(owner: number, revision: string): PodTemplate | undefined {
    return this.byOwner.get(owner)?.get(revision);
  }

  forget(owner: number): void {
    this.byOwner.delete(owner);
  }
}
