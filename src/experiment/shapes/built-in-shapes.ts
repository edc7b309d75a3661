// Node shapes that podsim knows without a catalogue: a few dozen that clusters are commonly made of.
//
// Facts of the clouds' own lists (machines, not what pods may use of them). Anything else is brought by
// the user as a catalogue; what a shape leaves to pods is worked out in node-shape.ts.

import type { NodeShape, ShapeProvider } from "./node-shape.ts";

/** Type, cores, MiB, architecture, network interfaces, IPv4 addresses per interface. */
const EKS: readonly (readonly [string, number, number, string, number, number])[] = [
  ["t3.medium", 2, 4096, "amd64", 3, 6],
  ["t3.large", 2, 8192, "amd64", 3, 12],
  ["t3.xlarge", 4, 16384, "amd64", 4, 15],
  ["t3.2xlarge", 8, 32768, "amd64", 4, 15],
  ["t4g.large", 2, 8192, "arm64", 3, 12],
  ["m5.large", 2, 8192, "amd64", 3, 10],
  ["m5.xlarge", 4, 16384, "amd64", 4, 15],
  ["m5.2xlarge", 8, 32768, "amd64", 4, 15],
  ["m5.4xlarge", 16, 65536, "amd64", 8, 30],
  ["m5.8xlarge", 32, 131072, "amd64", 8, 30],
  ["m6i.large", 2, 8192, "amd64", 3, 10],
  ["m6i.xlarge", 4, 16384, "amd64", 4, 15],
  ["m6i.2xlarge", 8, 32768, "amd64", 4, 15],
  ["m6i.4xlarge", 16, 65536, "amd64", 8, 30],
  ["m6g.large", 2, 8192, "arm64", 3, 10],
  ["m6g.xlarge", 4, 16384, "arm64", 4, 15],
  ["m6g.2xlarge", 8, 32768, "arm64", 4, 15],
  ["m6g.4xlarge", 16, 65536, "arm64", 8, 30],
  ["m7i.large", 2, 8192, "amd64", 3, 10],
  ["m7i.xlarge", 4, 16384, "amd64", 4, 15],
  ["m7i.2xlarge", 8, 32768, "amd64", 4, 15],
  ["m7i.4xlarge", 16, 65536, "amd64", 8, 30],
  ["m7g.large", 2, 8192, "arm64", 3, 10],
  ["m7g.xlarge", 4, 16384, "arm64", 4, 15],
  ["m7g.2xlarge", 8, 32768, "arm64", 4, 15],
  ["m7g.4xlarge", 16, 65536, "arm64", 8, 30],
  ["c5.large", 2, 4096, "amd64", 3, 10],
  ["c5.xlarge", 4, 8192, "amd64", 4, 15],
  ["c5.2xlarge", 8, 16384, "amd64", 4, 15],
  ["c5.4xlarge", 16, 32768, "amd64", 8, 30],
  ["c6i.xlarge", 4, 8192, "amd64", 4, 15],
  ["c6i.2xlarge", 8, 16384, "amd64", 4, 15],
  ["r5.large", 2, 16384, "amd64", 3, 10],
  ["r5.xlarge", 4, 32768, "amd64", 4, 15],
  ["r5.2xlarge", 8, 65536, "amd64", 4, 15],
  ["r6i.xlarge", 4, 32768, "amd64", 4, 15],
  ["g4dn.xlarge", 4, 16384, "amd64", 3, 10],
  ["g5.xlarge", 4, 16384, "amd64", 4, 15],
  ["p4d.24xlarge", 96, 1179648, "amd64", 15, 50],
];

/** Type, cores, MiB, architecture, whether the cores are shared. */
const GKE: readonly (readonly [string, number, number, string, boolean])[] = [
  ["e2-medium", 2, 4096, "amd64", true],
  ["e2-standard-2", 2, 8192, "amd64", false],
  ["e2-standard-4", 4, 16384, "amd64", false],
  ["e2-standard-8", 8, 32768, "amd64", false],
  ["e2-standard-16", 16, 65536, "amd64", false],
  ["n1-standard-2", 2, 7680, "amd64", false],
  ["n1-standard-4", 4, 15360, "amd64", false],
  ["n1-standard-8", 8, 30720, "amd64", false],
  ["n2-standard-2", 2, 8192, "amd64", false],
  ["n2-standard-4", 4, 16384, "amd64", false],
  ["n2-standard-8", 8, 32768, "amd64", false],
  ["n2-standard-16", 16, 65536, "amd64", false],
  ["n2-standard-32", 32, 131072, "amd64", false],
  ["n2-highmem-4", 4, 32768, "amd64", false],
  ["n2-highcpu-8", 8, 8192, "amd64", false],
  ["c3-standard-4", 4, 16384, "amd64", false],
  ["c3-standard-8", 8, 32768, "amd64", false],
  ["t2a-standard-4", 4, 16384, "arm64", false],
];

/** Size, cores, MiB, architecture. */
const AKS: readonly (readonly [string, number, number, string])[] = [
  ["Standard_B2ms", 2, 8192, "amd64"],
  ["Standard_B4ms", 4, 16384, "amd64"],
  ["Standard_D2s_v3", 2, 8192, "amd64"],
  ["Standard_D4s_v3", 4, 16384, "amd64"],
  ["Standard_D2s_v5", 2, 8192, "amd64"],
  ["Standard_D4s_v5", 4, 16384, "amd64"],
  ["Standard_D8s_v5", 8, 32768, "amd64"],
  ["Standard_D16s_v5", 16, 65536, "amd64"],
  ["Standard_D4ps_v5", 4, 16384, "arm64"],
  ["Standard_E4s_v5", 4, 32768, "amd64"],
  ["Standard_E8s_v5", 8, 65536, "amd64"],
  ["Standard_F4s_v2", 4, 8192, "amd64"],
  ["Standard_F8s_v2", 8, 16384, "amd64"],
  ["Standard_NC6s_v3", 6, 114688, "amd64"],
];

/** Machines of one's own, by cores and GiB. */
const BARE: readonly (readonly [number, number])[] = [
  [4, 16],
  [8, 32],
  [16, 64],
  [32, 128],
  [64, 256],
  [96, 384],
  [128, 512],
];

/** The built-in shapes of a provider, small ones of a family first. */
export function builtInShapes(provider: ShapeProvider): readonly NodeShape[] {
  switch (provider) {
    case "eks":
      return EKS.map(([name, cores, memoryMib, arch, interfaces, addresses]) => ({
        ...{ name, cores, memoryMib, arch, isShared: false },
        podsByAddresses: podsByAddresses(interfaces, addresses),
      }));
    case "gke":
      return GKE.map(([name, cores, memoryMib, arch, isShared]) => ({
        ...{ name, cores, memoryMib, arch, isShared },
        podsByAddresses: undefined,
      }));
    case "aks":
      return AKS.map(([name, cores, memoryMib, arch]) => ({
        ...{ name, cores, memoryMib, arch, isShared: false },
        podsByAddresses: undefined,
      }));
    case "bare":
      return BARE.map(([cores, memoryGib]) => ({
        ...{ name: `bare-${cores}x${memoryGib}`, cores, memoryMib: memoryGib * 1024 },
        ...{ arch: "amd64", isShared: false, podsByAddresses: undefined },
      }));
  }
}

/** How many pods get an address: each interface keeps one for itself, two pods use the node's own. */
export function podsByAddresses(interfaces: number, addressesPerInterface: number): number {
  return interfaces * (addressesPerInterface - 1) + 2;
}
