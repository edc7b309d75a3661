// Figures against peers as Markdown: one table per workload, podsim first.

import type { EntrantFigures, WorkloadFigures } from "./measure-peers.ts";

/** The tables; podsim's row is the one that the others are divided by. */
export function formatPeers(all: readonly WorkloadFigures[]): string {
  return all.map(formatWorkload).join("\n\n");
}

function formatWorkload({ workload, loadBefore, loadAfter, entrants }: WorkloadFigures): string {
  const [podsim] = entrants as [EntrantFigures];
  const title = `**${workload.id}**: ${workload.title} (load ${loadBefore.toFixed(1)} to ${loadAfter.toFixed(1)})`;
  const head = [
    `| who | ${workload.event}s per CPU second of the loop | podsim against it | CPU of the process | peak memory | spread | result |`,
    "|---|---:|---:|---:|---:|---:|---|",
  ];
  const rows = entrants
    .filter(({ failure }) => failure === "")
    .map((each) => formatRow(each, podsim));
  const failures = entrants
    .filter(({ failure }) => failure !== "")
    .map(({ name, version, failure }) => `Left out: ${name} ${version} (${failure}).`);
  return [title, "", ...head, ...rows, ...(failures.length > 0 ? ["", ...failures] : [])].join(
    "\n",
  );
}

function formatRow(each: EntrantFigures, podsim: EntrantFigures): string {
  const ratio = podsim.eventsPerCpuSecond / each.eventsPerCpuSecond;
  const cells = [
    `${each.name} ${each.version}`,
    Math.round(each.eventsPerCpuSecond).toLocaleString("en"),
    each === podsim ? "1" : `${ratio.toPrecision(3)} times`,
    `${each.processCpu.toFixed(2)} s`,
    `${each.maxRssMiB.toFixed(0)} MiB`,
    each.spread.toFixed(2),
    each.isRight ? "as published" : "DIFFERS",
  ];
  return `| ${cells.join(" | ")} |`;
}
