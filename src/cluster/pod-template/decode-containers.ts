// Decoding of containers: images, ports, resources, probes.
//
// Commands, environment and mounts say nothing about scheduling and may hold secrets; they are named
// as ignored and never kept.

import type { FieldCursor } from "../objects/field-cursor.ts";
import type { Container, ContainerPort, ContainerResources, Probe } from "../pod-template.ts";
import type { Quantity } from "../quantity/quantity.ts";
import type { QuantityMap } from "../quantity/resource-list.ts";
import {
  isExtendedResource,
  isHugePageResource,
  isIntegerResource,
} from "../quantity/resource-names.ts";
import { dnsLabelProblem } from "../selectors/qualified-name.ts";

const RESTART_POLICIES = ["Always", "OnFailure", "Never"] as const;
const RULE_OPERATORS = ["In", "NotIn"] as const;
const PULL_POLICIES = ["Always", "IfNotPresent", "Never"] as const;
const PROTOCOLS = ["TCP", "UDP", "SCTP"] as const;

/** A decoded container and whether one of its restart rules restarts all containers. */
export interface DecodedContainer {
  readonly container: Container;
  readonly restartsAllContainers: boolean;
}

/** Decodes one of spec.containers or spec.initContainers. */
export function decodeContainer(
  item: FieldCursor,
  isInit: boolean,
  hostNetwork: boolean,
): DecodedContainer {
  const image = item.text("image");
  const name = item.text("name");
  const nameProblem = dnsLabelProblem(name);
  if (name === "") item.refuse("name", "Required value", "E_REQUIRED");
  else if (nameProblem !== undefined)
    item.refuse("name", `Invalid value: "${name}": ${nameProblem}`, "E_INVALID_NAME");
  if (image.trim() === "") item.refuse("image", "Required value", "E_REQUIRED");
  const restartPolicy = item.optionalOneOf("restartPolicy", RESTART_POLICIES);
  const lifecycle = item.objectOrEmpty("lifecycle");
  const preStop = lifecycle.object("preStop");
  const postStart = lifecycle.object("postStart");
  const rules = item.objects("restartPolicyRules").map((rule) => {
    const codes = rule.object("exitCodes");
    return {
      action: rule.text("action"),
      operator: codes?.oneOf("operator", RULE_OPERATORS, "In") ?? "In",
      exitCodes: codes?.integers("values") ?? [],
    };
  });
  const container: Container = {
    name,
    image,
    imagePullPolicy: item.oneOf("imagePullPolicy", PULL_POLICIES, defaultPullPolicy(image)),
    ports: decodePorts(item, hostNetwork),
    restartPolicy,
    isSidecar: isInit && restartPolicy === "Always",
    restartRules: rules.filter(({ action }) => action === "Restart"),
    readinessProbe: decodeProbe(item.object("readinessProbe")),
    livenessProbe: decodeProbe(item.object("livenessProbe")),
    startupProbe: decodeProbe(item.object("startupProbe")),
    hasPreStop: preStop !== undefined,
    preStopSleepSeconds: preStop?.object("sleep")?.integer("seconds", 0, 0),
    hasPostStart: postStart !== undefined,
    postStartSleepSeconds: postStart?.object("sleep")?.integer("seconds", 0, 0),
    ...decodeResources(item, "resources"),
  };
  const restartsAllContainers = rules.some(({ action }) => action === "RestartAllContainers");
  item.ignore("args", "command", "env", "envFrom", "workingDir", "volumeMounts", "volumeDevices");
  item.ignore("securityContext", "stdin", "stdinOnce", "tty");
  item.ignore("terminationMessagePath", "terminationMessagePolicy", "resizePolicy");
  lifecycle.ignore("stopSignal");
  item.close(true);
  return { container, restartsAllContainers };
}

/** Always for the tag latest or none, IfNotPresent for any other tag or a digest. */
function defaultPullPolicy(image: string): "Always" | "IfNotPresent" {
  if (image.includes("@")) return "IfNotPresent";
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  return tag === undefined || tag === "latest" ? "Always" : "IfNotPresent";
}

function decodePorts(item: FieldCursor, hostNetwork: boolean): ContainerPort[] {
  return item.objects("ports").map((port) => {
    const containerPort = port.integer("containerPort", 0);
    if (containerPort < 1 || containerPort > 65_535) {
      port.refuse(
        "containerPort",
        `Invalid value: ${containerPort}: must be between 1 and 65535, inclusive`,
      );
    }
    let hostPort = port.integer("hostPort", 0);
    if (hostPort < 0 || hostPort > 65_535) {
      port.refuse("hostPort", `Invalid value: ${hostPort}: must be between 1 and 65535, inclusive`);
    }
    if (hostNetwork && hostPort !== 0 && hostPort !== containerPort) {
      port.refuse(
        "hostPort",
        `Invalid value: ${hostPort}: must match \`containerPort\` when \`hostNetwork\` is true`,
      );
    }
    if (hostNetwork && hostPort === 0 && item.sink.options.defaulting) hostPort = containerPort;
    const decoded: ContainerPort = {
      name: port.text("name"),
      containerPort,
      hostPort,
      hostIp: port.text("hostIP"),
      protocol: port.oneOf("protocol", PROTOCOLS, "TCP"),
    };
    port.close(true);
    return decoded;
  });
}

/**
 * A block of requests and limits with the API's checks. "follow": a limit without a request becomes
 * the request, where the API's defaults are applied; "keep": requests as they stand.
 */
export function decodeResources(
  owner: FieldCursor,
  key: string,
  requestRule: "follow" | "keep" = "follow",
): ContainerResources {
  const block = owner.object(key);
  if (block === undefined) return { requests: new Map(), limits: new Map() };
  const limits = block.quantities("limits");
  let requests = block.quantities("requests");
  const follows = requestRule === "follow" && owner.sink.options.defaulting;
  if (follows) requests = withLimitsAsRequests(requests, limits);
  checkAmounts(block, "limits", limits);
  checkAmounts(block, "requests", requests);
  checkRequestsAgainstLimits(block, requests, limits);
  block.ignore("claims");
  block.close(true);
  return { requests, limits };
}

function withLimitsAsRequests(requests: QuantityMap, limits: QuantityMap): QuantityMap {
  const merged = new Map(requests);
  for (const [name, limit] of limits) {
    if (!merged.has(name)) merged.set(name, limit);
  }
  return merged;
}

function checkAmounts(block: FieldCursor, list: string, amounts: QuantityMap): void {
  if (!block.sink.options.validate) return;
  for (const [name, amount] of amounts) {
    const refuse = (text: string): void =>
      block.sink.error(block.at(list, name), `Invalid value: "${amount}": ${text}`);
    if (amount.sign < 0) refuse("must be greater than or equal to 0");
    else if (isIntegerResource(name) && !isWhole(amount)) refuse("must be an integer");
  }
}

function isWhole(amount: Quantity): boolean {
  return amount.scale >= 0 || amount.unscaled % 10n ** BigInt(-amount.scale) === 0n;
}

function checkRequestsAgainstLimits(
  block: FieldCursor,
  requests: QuantityMap,
  limits: QuantityMap,
): void {
  if (!block.sink.options.validate) return;
  for (const [name, request] of requests) {
    const limit = limits.get(name);
    const mustEqual = isExtendedResource(name) || isHugePageResource(name);
    const path = block.at("requests", name);
    if (limit === undefined) {
      if (mustEqual) block.sink.error(path, "Limit must be set for non overcommitable resources");
    } else if (mustEqual && request.compare(limit) !== 0) {
      block.sink.error(
        path,
        `Invalid value: "${request}": must be equal to ${name} limit of ${limit}`,
      );
    } else if (request.compare(limit) > 0) {
      const text = `must be less than or equal to ${name} limit of ${limit}`;
      block.sink.error(path, `Invalid value: "${request}": ${text}`);
    }
  }
}

/** Timing of a probe with the API's defaults; 0 means default, as there. */
function decodeProbe(probe: FieldCursor | undefined): Probe | undefined {
  if (probe === undefined) return undefined;
  const kinds = ["httpGet", "tcpSocket", "exec", "grpc"] as const;
  const kind = kinds.find((candidate) => probe.has(candidate));
  const decoded: Probe = {
    kind: kind ?? "none",
    initialDelaySeconds: probe.integer("initialDelaySeconds", 0, 0),
    periodSeconds: probe.integer("periodSeconds", 10, 0) || 10,
    timeoutSeconds: probe.integer("timeoutSeconds", 1, 0) || 1,
    successThreshold: probe.integer("successThreshold", 1, 0) || 1,
    failureThreshold: probe.integer("failureThreshold", 3, 0) || 3,
    terminationGracePeriodSeconds: probe.optionalInteger("terminationGracePeriodSeconds", 1),
  };
  if (kind === undefined) probe.refuse("", "must specify a handler type");
  probe.skip(...kinds);
  probe.close();
  return decoded;
}
