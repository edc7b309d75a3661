// SimScript on E1 to E3, written from its documentation: asynchronous scripts of entities, a queue as
// the server. Usage: simscript-driver.cjs e1 PROCESSES WAITS

globalThis.requestAnimationFrame = (call) => setImmediate(call);
const { Simulation, Entity, Queue } = require("simscript");
const { Congruential, cpuSeconds, report } = require("./workload-tools.cjs");

class Quiet extends Simulation {
  constructor(begin) {
    super({ timeEnd: null, yieldInterval: 1e9 });
    this.begin = begin;
  }
  onStarting(event) {
    super.onStarting(event);
    this.begin(this);
  }
}

async function runTimed(sim) {
  const start = cpuSeconds();
  await new Promise((resolve) => {
    sim.finished.addEventListener(resolve);
    sim.start(true);
  });
  return cpuSeconds() - start;
}

const WORKLOADS = {
  async e1(processes, waits) {
    const draws = new Congruential(42);
    class Process extends Entity {
      async script() {
        for (let k = 0; k < waits; k++) await this.delay(draws.exponential());
      }
    }
    const sim = new Quiet(() => {
      for (let i = 0; i < processes; i++) sim.activate(new Process());
    });
    const cpu = await runTimed(sim);
    report(processes * waits, cpu, [sim.timeNow]);
  },

  async e2(processes, waits) {
    let order = 0;
    class Process extends Entity {
      constructor(number) {
        super();
        this.number = number;
      }
      async script() {
        for (let k = 0; k < waits; k++) {
          await this.delay(1);
          order = (Math.imul(order, 31) + this.number) >>> 0;
        }
      }
    }
    const sim = new Quiet(() => {
      for (let i = 0; i < processes; i++) sim.activate(new Process(i));
    });
    const cpu = await runTimed(sim);
    report(processes * waits, cpu, [sim.timeNow, order]);
  },

  async e3(customers) {
    const arrivals = new Congruential(42);
    const services = new Congruential(4242);
    const server = new Queue("server", 1);
    let total = 0;
    class Customer extends Entity {
      async script() {
        const arrived = sim.timeNow;
        await this.enterQueue(server);
        await this.delay(services.exponential());
        this.leaveQueue(server);
        total += sim.timeNow - arrived;
      }
    }
    class Source extends Entity {
      async script() {
        for (let k = 0; k < customers; k++) {
          await this.delay(arrivals.exponential() / 0.9);
          sim.activate(new Customer());
        }
      }
    }
    const sim = new Quiet(() => sim.activate(new Source()));
    const cpu = await runTimed(sim);
    report(2 * customers, cpu, [sim.timeNow, total / customers]);
  },
};

WORKLOADS[process.argv[2]](...process.argv.slice(3).map(Number));
