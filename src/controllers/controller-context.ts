// What every controller is given: the clock, the API, its options, keyed draws, and a client of its
// own name with its own rate limit.

import type { EntityDraws } from "../base/index.ts";
import {
  type ApiServer,
  NO_OWNER,
  type OwnerRef,
  type PodIndex,
  type PodTemplateRegistry,
} from "../cluster/index.ts";
import type { Simulation } from "../engine/index.ts";
import { ControllerClient } from "./controller-client.ts";
import type { ControllerOptions } from "./options.ts";
import { OrphanTemplates } from "./pod-claims.ts";

/** Shared by all controllers of one simulation. */
export class ControllerContext {
  readonly sim: Simulation;
  readonly api: ApiServer;
  readonly templates: PodTemplateRegistry;
  readonly options: ControllerOptions;
  /** Keyed draws by purpose: phases of loops, jitters. Asking twice for a purpose gives the same draws. */
  readonly draws: (purpose: string) => EntityDraws;
  readonly syncCostUs: number;
  readonly orphanTemplates: OrphanTemplates = new OrphanTemplates();
  private readonly clients = new Map<string, ControllerClient>();

  constructor(
    sim: Simulation,
    api: ApiServer,
    templates: PodTemplateRegistry,
    options: ControllerOptions,
    draws: (purpose: string) => EntityDraws,
  ) {
    this.sim = sim;
    this.api = api;
    this.templates = templates;
    this.options = options;
    this.draws = draws;
    this.syncCostUs = api.latencies.syncCost;
  }

  /** The client of a controller name; all who ask for one name share it and its limit. */
  client(name: string): ControllerClient {
    let client = this.clients.get(name);
    if (client === undefined) {
      client = new ControllerClient(this.sim, this.api, name);
      this.clients.set(name, client);
    }
    return client;
  }

  /** The controller that owns a pod, or undefined for a bare pod. */
  ownerOf(pod: PodIndex): OwnerRef | undefined {
    const row = this.api.pods.owner(pod);
    return row === NO_OWNER ? undefined : this.api.owners.ref(row);
  }
}
