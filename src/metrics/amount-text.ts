// Amounts of resources in Kubernetes' own writing, for texts that people read.
//
// Exact: a value that no suffix divides is written out.

import type { ResourceUnit } from "./explain-record.ts";

/** An amount as Kubernetes writes it, exact. */
export function amountText(amount: number, unit: ResourceUnit): string {
  if (unit === "milli") return amount % 1000 === 0 ? String(amount / 1000) : `${amount}m`;
  if (unit === "count" || amount === 0) return String(amount);
  let value = amount;
  let suffix = "";
  for (const next of ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]) {
    if (value % 1024 !== 0) break;
    value /= 1024;
    suffix = next;
  }
  return `${value}${suffix}`;
}
