// Validity of names and label values, with the API server's wording.
//
// Every rule returns the reason a text is invalid, or undefined when it is fine, so that callers
// can place the reason at the right line. Nothing here repairs a name.

const NAME_PART = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const DNS_LABEL_1035 = /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/;
const NAME_PART_LENGTH_MAX = 63;
const SUBDOMAIN_LENGTH_MAX = 253;

/** Why `key` is no qualified name ([prefix/]name), or undefined. */
export function qualifiedNameProblem(key: string): string | undefined {
  const parts = key.split("/");
  if (parts.length > 2) return "a qualified name has at most one '/' (prefix/name)";
  const name = parts[parts.length - 1] ?? "";
  if (parts.length === 2) {
    const prefix = parts[0] ?? "";
    if (prefix === "") return "prefix part must be non-empty";
    const problem = subdomainProblem(prefix);
    if (problem !== undefined) return `prefix part ${problem}`;
  }
  if (name === "") return "name part must be non-empty";
  if (name.length > NAME_PART_LENGTH_MAX) return "name part must be no more than 63 bytes";
  if (!NAME_PART.test(name)) {
    return "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  }
  return undefined;
}

/** Why `value` is no label value, or undefined. The empty text is a valid value. */
export function labelValueProblem(value: string): string | undefined {
  if (value === "") return undefined;
  if (value.length > NAME_PART_LENGTH_MAX) return "must be no more than 63 bytes";
  if (!NAME_PART.test(value)) {
    return "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
  }
  return undefined;
}

/** Why `name` is no lower-case RFC 1123 subdomain (most object names), or undefined. */
export function subdomainProblem(name: string): string | undefined {
  if (name.length > SUBDOMAIN_LENGTH_MAX) return "must be no more than 253 bytes";
  if (DNS_SUBDOMAIN.test(name)) return undefined;
  return "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
}

/** Why `name` is no RFC 1123 label (namespaces, containers), or undefined. */
export function dnsLabelProblem(name: string): string | undefined {
  if (name.length > NAME_PART_LENGTH_MAX) return "must be no more than 63 bytes";
  if (DNS_LABEL.test(name)) return undefined;
  return "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
}

/** Why `name` is no RFC 1035 label (Service names), or undefined. */
export function dnsLabel1035Problem(name: string): string | undefined {
  if (name.length > NAME_PART_LENGTH_MAX) return "must be no more than 63 bytes";
  if (DNS_LABEL_1035.test(name)) return undefined;
  return "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
}
