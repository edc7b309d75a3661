// simjs on E1 to E3, written from its documentation: entities with timers, a FCFS facility.
// Usage: simjs-driver.cjs e1 PROCESSES WAITS

globalThis.window = globalThis; // its entry file hangs itself on the window
require("simjs");
const { Sim, Entity, Facility } = globalThis.Sim;
const { Congruential, cpuSeconds, report } = require("./workload-tools.cjs");

const HORIZON = 1e9;

function runTimed(sim) {
  const start = cpuSeconds();
  sim.simulate(HORIZON);
  return cpuSeconds() - start;
}

const WORKLOADS = {
  e1(processes, waits) {
    const sim = new Sim();
    const draws = new Congruential(42);
    let clock = 0;
    class Process extends Entity {
      start() {
        this.left = waits;
        this.setTimer(draws.exponential()).done(this.wake);
      }
      wake() {
        clock = this.time();
        if (--this.left > 0) this.setTimer(draws.exponential()).done(this.wake);
      }
    }
    for (let i = 0; i < processes; i++) sim.addEntity(Process);
    report(processes * waits, runTimed(sim), [clock]);
  },

  e2(processes, waits) {
    const sim = new Sim();
    let clock = 0;
    let order = 0;
    class Process extends Entity {
      start(number) {
        this.number = number;
        this.left = waits;
        this.setTimer(1).done(this.wake);
      }
      wake() {
        clock = this.time();
        order = (Math.imul(order, 31) + this.number) >>> 0;
        if (--this.left > 0) this.setTimer(1).done(this.wake);
      }
    }
    for (let i = 0; i < processes; i++) sim.addEntity(Process, null, i);
    report(processes * waits, runTimed(sim), [clock, order]);
  },

  e3(customers) {
    const sim = new Sim();
    const arrivals = new Congruential(42);
    const services = new Congruential(4242);
    const server = new Facility("server");
    let clock = 0;
    let total = 0;
    class Source extends Entity {
      start() {
        this.left = customers;
        this.setTimer(arrivals.exponential() / 0.9).done(this.arrive);
      }
      arrive() {
        const arrived = this.time();
        this.useFacility(server, services.exponential()).done(() => {
          clock = this.time();
          total += clock - arrived;
        });
        if (--this.left > 0) this.setTimer(arrivals.exponential() / 0.9).done(this.arrive);
      }
    }
    sim.addEntity(Source);
    report(2 * customers, runTimed(sim), [clock, total / customers]);
  },
};

WORKLOADS[process.argv[2]](...process.argv.slice(3).map(Number));
