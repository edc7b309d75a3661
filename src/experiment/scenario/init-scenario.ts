// The commented scenario that `podsim init` writes: a first file that runs and explains itself.
//
// The tests read it with the real reader, so it cannot rot.

/** Text of the scenario; `schema` is the address or path that editors take the schema from. */
export function initScenarioText(
  name: string = "my-cluster",
  schema: string = "./scenario.schema.json",
): string {
  return `# yaml-language-server: $schema=${schema}
# A scenario: a cluster, what comes to it, what breaks, and what must hold.
# Run it with:  podsim run scenario.yaml
apiVersion: podsim.dev/v1
kind: Scenario
metadata:
  name: ${name}
  description: Twelve nodes in three zones, a stream of jobs, one node that fails

run:
  study: terminating   # or steady-state, with a warmup
  horizon: 1h          # or until: drained
  seed: "1"            # text or a whole number; every draw follows from it
  replications: 1      # more of them, with vary below, give intervals

cluster:
  # Your own nodes: kubectl get nodes -o yaml > nodes.yaml
  # manifests: [nodes.yaml]
  nodePools:
    - name: general    # nodes are general-0, general-1, ...
      count: 12
      zones: [a, b, c]
      allocatable: { cpu: "4", memory: 16Gi, ephemeral-storage: 100Gi, pods: "110" }

workload:
  # Your own workload, applied at the start:
  # manifests:
  #   - { at: 0s, files: [app.yaml] }
  generators:
    - name: job
      arrivals: { process: poisson, rate: 6/m }
      pod:
        spec:
          restartPolicy: Never
          containers:
            - name: main
              image: example/job:1
              resources: { requests: { cpu: 500m, memory: 1Gi } }
      duration: { law: lognormal, median: 5m, sigma: 1 }

# schedulers:            # the default kube-scheduler if left out
#   - { name: default-scheduler }
#   - { name: best-fit, policy: best-fit }

# vary: [arrivals, lifetimes, faults]

controlPlane:
  preset: kubernetes-1.36   # or instant

faults:
  - { kind: NodeCrash, node: general-0, at: 20m, repairAfter: 15m }

thresholds:
  - pending.p99<30s
  - unschedulable=0
`;
}
