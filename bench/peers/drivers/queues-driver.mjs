// Priority queues of the npm registry on E4, variant q: bare queues in the hold model.
// Usage: queues-driver.mjs e4q PACKAGE SIZE HOLDS

import tools from "./workload-tools.cjs";

const { Congruential, cpuSeconds, report } = tools;
const [, , , name, sizeText, holdsText] = process.argv;
const size = Number(sizeText);
const holds = Number(holdsText);

const compare = (left, right) => left.t - right.t || left.s - right.s;
const isBefore = (left, right) => left.t < right.t || (left.t === right.t && left.s < right.s);

/** Push and pop of each package; flatqueue holds numbers and does not order ties. */
const QUEUES = {
  async fastpriorityqueue() {
    const { default: Queue } = await import("fastpriorityqueue");
    const queue = new Queue(isBefore);
    return { push: (t, s) => queue.add({ t, s }), pop: () => queue.poll().t };
  },
  async tinyqueue() {
    const { default: Queue } = await import("tinyqueue");
    const queue = new Queue([], compare);
    return { push: (t, s) => queue.push({ t, s }), pop: () => queue.pop().t };
  },
  async "heap-js"() {
    const { Heap } = await import("heap-js");
    const queue = new Heap(compare);
    return { push: (t, s) => queue.push({ t, s }), pop: () => queue.pop().t };
  },
  async flatqueue() {
    const { default: Queue } = await import("flatqueue");
    const queue = new Queue();
    return {
      push: (t, s) => queue.push(s, t),
      pop: () => {
        const t = queue.peekValue();
        queue.pop();
        return t;
      },
    };
  },
};

const { push, pop } = await QUEUES[name]();
const draws = new Congruential(42);
let sequence = 0;
for (; sequence < size; sequence++) push(draws.exponential(), sequence);

function hold(count) {
  let last = 0;
  for (let k = 0; k < count; k++) {
    last = pop();
    push(last + draws.exponential(), sequence++);
  }
  return last;
}

hold(Math.min(holds, 100_000));
const start = cpuSeconds();
const last = hold(holds);
report(holds, cpuSeconds() - start, [last]);
