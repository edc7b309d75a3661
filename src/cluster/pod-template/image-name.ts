// Normal form of image names, as ImageLocality compares them with what nodes report (N7).
//
// Only the tag is filled in: registries and aliases are not resolved, neither there nor here.

/** The name itself when it has a ':' after the last '/', else with ":latest". */
export function normalizeImageName(reference: string): string {
  return reference.lastIndexOf(":") <= reference.lastIndexOf("/")
    ? `${reference}:latest`
    : reference;
}
