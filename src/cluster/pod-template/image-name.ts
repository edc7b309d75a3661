// Normal form of image names, as ImageLocality compares them with what nodes report (N7).

/** The name itself when it has a ':' after the last '/', else with ":latest". */
export function normalizeImageName(reference: string): string {
  return reference.lastIndexOf(":") <= reference.lastIndexOf("/")
    ? `${reference}:latest`
    : reference;
}
