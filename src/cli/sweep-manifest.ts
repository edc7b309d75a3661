// A sweep as a Kubernetes Indexed Job: one index per shard, the store on a volume that all of them share.
//
// Only text comes out; who applies it has a cluster, an image and a claim. A shard that ends because of
// wrong usage or bad input is not tried again, whatever else ends it (an eviction, a lost node) is.

import { writeYaml } from "../base/index.ts";
import { EXIT } from "./exit-codes.ts";
import type { SweepRequest } from "./sweep-request.ts";

/** What the user's cluster provides. */
export interface JobPlace {
  readonly shardsCount: number;
  readonly image: string;
  /** A PersistentVolumeClaim with the inputs, writable from every node. */
  readonly claim: string;
}

const MOUNT = "/work";
const RETRIES = 3;

/** YAML of the Job; paths of inputs and store are those on the volume. */
export function sweepJobYaml(
  request: SweepRequest,
  name: string,
  params: { readonly raw: readonly string[]; readonly file: string | undefined },
  place: JobPlace,
): string {
  const { shardsCount, image, claim } = place;
  const args = [
    ...sweepWords(request, params),
    ...["--workers", "1", "-q", "--shard", `$(JOB_COMPLETION_INDEX)/${shardsCount}`],
  ];
  return writeYaml({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: `podsim-${labelOf(name)}` },
    spec: {
      completions: shardsCount,
      parallelism: shardsCount,
      completionMode: "Indexed",
      backoffLimitPerIndex: RETRIES,
      podFailurePolicy: {
        rules: [
          {
            action: "FailIndex",
            onExitCodes: {
              ...{ containerName: "podsim", operator: "In" },
              values: [EXIT.usage, EXIT.input],
            },
          },
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
        ],
      },
      template: {
        spec: {
          restartPolicy: "Never",
          containers: [
            {
              ...{ name: "podsim", image, workingDir: MOUNT },
              ...{ command: ["podsim"], args },
              resources: { requests: { cpu: "1", memory: "512Mi" } },
              volumeMounts: [{ name: "work", mountPath: MOUNT }],
            },
          ],
          volumes: [{ name: "work", persistentVolumeClaim: { claimName: claim } }],
        },
      },
    },
  });
}

function sweepWords(
  request: SweepRequest,
  params: { readonly raw: readonly string[]; readonly file: string | undefined },
): string[] {
  const many = (flag: string, values: readonly string[]): string[] =>
    values.flatMap((value) => [flag, value]);
  const one = (flag: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [flag, String(value)];
  const when = (flag: string, isOn: boolean): string[] => (isOn ? [flag] : []);
  return [
    ...["sweep", ...request.inputs],
    ...when("-R", request.recursive),
    ...many("--param", params.raw),
    ...one("--params", params.file),
    ...many("--set", request.overrides),
    ...many("-s", request.schedulers),
    ...one("--seed", request.seed),
    ...one("--for", request.horizon),
    ...many("--threshold", request.thresholds),
    ...one("--prices", request.prices),
    ...one("--max-input-bytes", request.maxInputBytes),
    ...when("--allow-outside", request.allowOutside),
    ...when("--allow-unsimulated", request.allowUnsimulated),
    ...when("--strict", request.strict),
    ...when("--no-plugins", request.noPlugins),
    ...one("--vary", request.varied?.join(",")),
    ...one("-n", request.replicationsCount),
    ...one("--confidence", request.confidence),
    ...when("--antithetic", request.antithetic === true),
    ...one("--stratify", request.stratify === true ? "faults" : undefined),
    ...many("--measure", request.measures),
    ...one("--plugin-deadline", request.pluginDeadline),
    ...one("--store", request.store),
  ];
}

/** A name as Kubernetes takes it for objects and labels. */
function labelOf(name: string): string {
  const label = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .slice(0, 40);
  return label.replace(/^-+|-+$/g, "") || "sweep";
}
