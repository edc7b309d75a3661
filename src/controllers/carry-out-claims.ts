// Adoptions and releases one after the other, as upstream's reference managers write them.
//
// Shared by the managers of pods and of ReplicaSets; what a claim patches is theirs.

/** What every claim has. */
interface AnyClaim {
  readonly isAdoption: boolean;
}

/** How a manager writes. */
export interface ClaimWriter<C extends AnyClaim> {
  /** Reads the owner again, lest something be adopted by one that is going. */
  readonly readOwner: (done: () => void) => void;
  readonly patch: (claim: C, reply: (error?: string) => void) => void;
}

/** Carries the claims out in order; the owner is read once, before the first adoption. `next` hears the first error. */
export function carryOutClaims<C extends AnyClaim>(
  claims: readonly C[],
  { readOwner, patch }: ClaimWriter<C>,
  next: (error?: string) => void,
): void {
  let failure: string | undefined;
  const runFrom = (index: number, isChecked: boolean): void => {
    const claim = claims[index];
    if (claim === undefined) next(failure);
    else if (claim.isAdoption && !isChecked) readOwner(() => runFrom(index, true));
    else {
      patch(claim, (error) => {
        failure ??= error;
        runFrom(index + 1, isChecked);
      });
    }
  };
  runFrom(0, false);
}
