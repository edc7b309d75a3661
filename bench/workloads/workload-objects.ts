// Services, ReplicaSets and namespaces of a scheduling workload, as plugins look them up.
//
// They come, change and go while the workload runs. A namespace's services are one list that is
// replaced when it changes, so that looking them up costs the same however many namespaces there are.

import type {
  ApiObject,
  NamespaceObject,
  ReplicaSetObject,
  ServiceObject,
} from "../../src/cluster/index.ts";
import { type ClusterObjects, NO_OBJECTS } from "../../src/scheduler/index.ts";

/** Objects that come and go. */
export class WorkloadObjects {
  private readonly services = new Map<string, readonly ServiceObject[]>();
  private readonly replicaSets = new Map<string, ReplicaSetObject>();
  private readonly namespaces = new Map<string, NamespaceObject>();

  private changes = 0;

  /** What plugins are given; there are no objects of other kinds. */
  readonly lookUps: ClusterObjects = {
    ...NO_OBJECTS,
    version: () => this.changes,
    services: (namespace) => this.services.get(namespace) ?? [],
    replicaSet: (namespace, name) => this.replicaSets.get(`${namespace}/${name}`),
    namespaces: () => [...this.namespaces.values()],
    findNamespace: (name) => this.namespaces.get(name),
  };

  /** Adds an object, or puts it in the place of the one with its name. */
  put(object: ApiObject): void {
    this.changes++;
    const { namespace, name } = object.meta;
    if (object.kind === "Namespace") this.namespaces.set(name, object);
    else if (object.kind === "ReplicaSet") this.replicaSets.set(`${namespace}/${name}`, object);
    else if (object.kind === "Service") {
      this.removeService(namespace, name);
      this.services.set(namespace, [...this.servicesIn(namespace), object]);
    } else throw new Error(`No workload has a ${object.kind}.`);
  }

  removeService(namespace: string, name: string): void {
    this.changes++;
    const left = this.servicesIn(namespace).filter(({ meta }) => meta.name !== name);
    this.services.set(namespace, left);
  }

  removeReplicaSet(namespace: string, name: string): void {
    this.changes++;
    this.replicaSets.delete(`${namespace}/${name}`);
  }

  private servicesIn(namespace: string): readonly ServiceObject[] {
    return this.services.get(namespace) ?? [];
  }
}
