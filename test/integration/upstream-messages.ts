// The grammar of what kube-scheduler says about a pod that found no node, as a checker of its own.

/** Reasons that upstream's filters and its preemption give, word for word or with a name in them. */
const REASONS: readonly RegExp[] = [
  /^node\(s\) were unschedulable$/,
  /^node\(s\) didn't match the requested node name$/,
  /^node\(s\) had untolerated taint\(s\)$/,
  /^node\(s\) didn't match scheduler-enforced node affinity$/,
  /^node\(s\) didn't match Pod's node affinity\/selector$/,
  /^node\(s\) didn't satisfy plugin\(s\) \[[A-Za-z ]+\]( simultaneously)?$/,
  /^node\(s\) didn't have free ports for the requested pod ports$/,
  /^Too many pods$/,
  /^Insufficient [a-z0-9./-]+$/,
  /^node\(s\) didn't match pod topology spread constraints( \(missing required label\))?$/,
  /^node\(s\) didn't match pod affinity rules$/,
  /^node\(s\) didn't match pod anti-affinity rules$/,
  /^node\(s\) didn't satisfy existing pods anti-affinity rules$/,
  /^node\(s\) didn't match Pod's required features$/,
  /^node\(s\) didn't find available persistent volumes to bind$/,
  /^No preemption victims found for incoming pod$/,
  /^Preemption is not helpful for scheduling$/,
];

/** What is wrong with a FitError text for a cluster of so many nodes; undefined if nothing is. */
export function messageFault(message: string, nodeCount: number): string | undefined {
  const [before = "", after, ...rest] = message.split(" no new claims to deallocate, preemption: ");
  if (rest.length > 0) return "two preemption parts";
  const fault = histogramFault(before, nodeCount);
  if (fault !== undefined || after === undefined) return fault;
  return after === "not eligible due to preemptionPolicy=Never."
    ? undefined
    : histogramFault(after, nodeCount);
}

/** What PreFilter says of all nodes at once; the search for victims then has nothing to go by. */
const PRE_FILTER =
  /^0\/(\d+) nodes are available: (pod has unbound immediate PersistentVolumeClaims|persistentvolumeclaim "[^"]+" not found)\. not found$/;

function histogramFault(text: string, nodeCount: number): string | undefined {
  const whole = PRE_FILTER.exec(text);
  if (whole !== null) return Number(whole[1]) === nodeCount ? undefined : `${whole[1]} nodes`;
  const match = /^0\/(\d+) nodes are available: (.+)\.$/.exec(text);
  if (match === null) return `not of the form "0/N nodes are available: ... .": ${text}`;
  if (Number(match[1]) !== nodeCount) return `${match[1]} nodes, not ${nodeCount}`;
  const entries = match[2]!.split(/, (?=\d)/);
  if ([...entries].sort().join() !== entries.join()) return "the reasons are not sorted as text";
  let largest = 0;
  let sum = 0;
  for (const entry of entries) {
    const [, count, reason] = /^(\d+) (.+)$/.exec(entry) ?? [];
    if (reason === undefined || !REASONS.some((known) => known.test(reason)))
      return `no reason of upstream's: ${entry}`;
    largest = Math.max(largest, Number(count));
    sum += Number(count);
  }
  if (largest > nodeCount) return "a reason of more nodes than there are";
  return sum < nodeCount ? "some nodes have no reason" : undefined;
}
