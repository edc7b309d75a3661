// The workloads on which peers are compared, with the results that every simulator must give.
//
// Two sizes of some: interpreters that take seconds for the full one run a tenth. Rates are compared,
// events per CPU second, so a smaller size only costs accuracy.

/** One workload at one size. */
export interface PeerWorkload {
  readonly id: string;
  readonly title: string;
  /** First argument of a driver, and the sizes after it. */
  readonly arguments: readonly string[];
  /** One unit of work. */
  readonly event: string;
  /** Results by size: a clock, a hash, a mean. */
  readonly check: readonly number[];
  /** The same at a tenth of the size, for slow peers. */
  readonly tenth?: { readonly arguments: readonly string[]; readonly check: readonly number[] };
}

/** E1 to E4 and V1. */
export const PEER_WORKLOADS: readonly PeerWorkload[] = [
  {
    id: "E1",
    title: "1,000 processes that wait random spans",
    arguments: ["e1", "1000", "1000"],
    event: "wake-up",
    check: [1117.8612055326112],
    tenth: { arguments: ["e1", "1000", "100"], check: [134.23228722157123] },
  },
  {
    id: "E2",
    title: "1,000 processes that wait equal spans",
    arguments: ["e2", "1000", "1000"],
    event: "wake-up",
    check: [1_000, 3217895712],
    tenth: { arguments: ["e2", "1000", "100"], check: [100, 2321877840] },
  },
  {
    id: "E3",
    title: "customers at one server",
    arguments: ["e3", "200000"],
    event: "event",
    check: [222166.82295974082, 9.889475867631507],
    tenth: { arguments: ["e3", "20000"], check: [22194.031709949555, 10.276458797756915] },
  },
  {
    id: "E4 e 1e3",
    title: "hold model, whole engine, 1,000 pending",
    arguments: ["e4e", "1000", "1000000"],
    event: "hold",
    check: [1000.5724117099471],
  },
  {
    id: "E4 e 1e5",
    title: "hold model, whole engine, 100,000 pending",
    arguments: ["e4e", "100000", "1000000"],
    event: "hold",
    check: [10.0030050555097],
  },
  {
    id: "E4 q 1e3",
    title: "hold model, bare queue, 1,000 items",
    arguments: ["e4q", "1000", "1000000"],
    event: "hold",
    check: [1100.6696287240645],
  },
  {
    id: "E4 q 1e5",
    title: "hold model, bare queue, 100,000 items",
    arguments: ["e4q", "100000", "1000000"],
    event: "hold",
    check: [11.01162279803216],
  },
  {
    id: "V1",
    title: "10,000 machines onto 1,000 hosts, first fit from the last host",
    arguments: ["v1", "1000", "10000"],
    event: "machine",
    check: [10_000, 37_858, 3317566842],
  },
];

/** Whether results are the published ones, up to the rounding of podsim's integer clock. */
export function isPublishedResult(check: readonly number[], expected: readonly number[]): boolean {
  return (
    check.length === expected.length &&
    check.every((value, at) => Math.abs(value - expected[at]!) <= 1e-6 * Math.abs(expected[at]!))
  );
}
