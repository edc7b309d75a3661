"""salabim on E1 to E3 with generators, written from its documentation.
Usage: salabim_driver.py e1 PROCESSES WAITS"""

import sys

import salabim as sim

from workload_tools import Congruential, cpu_seconds, report

sim.yieldless(False)
env = sim.Environment(trace=False)


def e1(processes, waits):
    draws = Congruential(42)

    class Process(sim.Component):
        def process(self):
            for _ in range(waits):
                yield self.hold(draws.exponential())

    for _ in range(processes):
        Process()
    start = cpu_seconds()
    env.run()
    report(processes * waits, cpu_seconds() - start, [env.now()])


def e2(processes, waits):
    order = 0

    class Process(sim.Component):
        def setup(self, number):
            self.number = number

        def process(self):
            nonlocal order
            for _ in range(waits):
                yield self.hold(1)
                order = (31 * order + self.number) & 0xFFFFFFFF

    for number in range(processes):
        Process(number=number)
    start = cpu_seconds()
    env.run()
    report(processes * waits, cpu_seconds() - start, [env.now(), order])


def e3(customers):
    arrivals = Congruential(42)
    services = Congruential(4242)
    server = sim.Resource("server")
    total = 0.0

    class Customer(sim.Component):
        def process(self):
            nonlocal total
            arrived = env.now()
            yield self.request(server)
            yield self.hold(services.exponential())
            self.release(server)
            total += env.now() - arrived

    class Source(sim.Component):
        def process(self):
            for _ in range(customers):
                yield self.hold(arrivals.exponential() / 0.9)
                Customer()

    Source()
    start = cpu_seconds()
    env.run()
    report(2 * customers, cpu_seconds() - start, [env.now(), total / customers])


{"e1": e1, "e2": e2, "e3": e3}[sys.argv[1]](*map(int, sys.argv[2:]))
