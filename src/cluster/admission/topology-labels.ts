// Topology labels: binding copies the node's zone and region labels to the pod.
//
// Admission plug-in PodTopologyLabels, on by default in this release. Pods bound alike share one
// variant of their template, so the number of templates grows with zones, not with pods.

import type { NodeObject } from "../objects/node-and-pod.ts";
import type { PodTemplateRegistry } from "../pod-template-registry.ts";
import type { PodTemplate } from "../pod-template.ts";

const COPIED_LABELS = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"] as const;

/** Makes the labelled variants of templates, once per template and place. */
export class TopologyLabels {
  private readonly templates: PodTemplateRegistry;
  private readonly variants = new Map<PodTemplate, Map<string, PodTemplate>>();

  constructor(templates: PodTemplateRegistry) {
    this.templates = templates;
  }

  /** The template of a pod once it is bound to this node. */
  bound(template: PodTemplate, node: NodeObject): PodTemplate {
    const labels: Record<string, string> = {};
    let key = "";
    for (const name of COPIED_LABELS) {
      const value = node.meta.labels.get(name);
      key += `${value ?? ""}/`;
      if (value !== undefined && template.labels.get(name) !== value) labels[name] = value;
    }
    if (Object.keys(labels).length === 0) return template;
    let byPlace = this.variants.get(template);
    if (byPlace === undefined) {
      byPlace = new Map();
      this.variants.set(template, byPlace);
    }
    let variant = byPlace.get(key);
    if (variant === undefined) {
      variant = this.templates.derive(template, { labels });
      byPlace.set(key, variant);
    }
    return variant;
  }
}
