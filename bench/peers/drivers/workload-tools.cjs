// The generator that the workloads prescribe, and the line of JSON that a driver prints.

class Congruential {
  constructor(seed) {
    this.state = seed;
  }

  exponential() {
    const state = (Math.imul(this.state, 1664525) + 1013904223) | 0; // signed: a small integer
    this.state = state;
    return -Math.log(((state >>> 0) + 0.5) / 4294967296);
  }
}

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function report(events, loopCpu, check) {
  const maxRssMiB = process.resourceUsage().maxRSS / 1024;
  const processCpu = cpuSeconds();
  console.log(JSON.stringify({ events, loopCpu, processCpu, maxRssMiB, check }));
}

module.exports = { Congruential, cpuSeconds, report };
