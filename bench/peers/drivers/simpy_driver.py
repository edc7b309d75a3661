"""SimPy on E1 to E4, written from its documentation: generators for processes, a Resource for the
server, callbacks of Timeouts for the hold model. Usage: simpy_driver.py e1 PROCESSES WAITS"""

import sys

import simpy

from workload_tools import Congruential, cpu_seconds, report


def e1(processes, waits):
    env = simpy.Environment()
    draws = Congruential(42)

    def process():
        for _ in range(waits):
            yield env.timeout(draws.exponential())

    for _ in range(processes):
        env.process(process())
    start = cpu_seconds()
    env.run()
    report(processes * waits, cpu_seconds() - start, [env.now])


def e2(processes, waits):
    env = simpy.Environment()
    order = 0

    def process(number):
        nonlocal order
        for _ in range(waits):
            yield env.timeout(1)
            order = (31 * order + number) & 0xFFFFFFFF

    for number in range(processes):
        env.process(process(number))
    start = cpu_seconds()
    env.run()
    report(processes * waits, cpu_seconds() - start, [env.now, order])


def e3(customers):
    env = simpy.Environment()
    arrivals = Congruential(42)
    services = Congruential(4242)
    server = simpy.Resource(env, capacity=1)
    total = 0.0

    def customer():
        nonlocal total
        arrived = env.now
        with server.request() as turn:
            yield turn
            yield env.timeout(services.exponential())
        total += env.now - arrived

    def source():
        for _ in range(customers):
            yield env.timeout(arrivals.exponential() / 0.9)
            env.process(customer())

    env.process(source())
    start = cpu_seconds()
    env.run()
    report(2 * customers, cpu_seconds() - start, [env.now, total / customers])


def e4e(size, holds):
    env = simpy.Environment()
    draws = Congruential(42)

    def hold(_):
        env.timeout(draws.exponential()).callbacks.append(hold)

    for _ in range(size):
        env.timeout(draws.exponential()).callbacks.append(hold)
    start = cpu_seconds()
    for _ in range(holds):
        env.step()
    report(holds, cpu_seconds() - start, [env.now])


{"e1": e1, "e2": e2, "e3": e3, "e4e": e4e}[sys.argv[1]](*map(int, sys.argv[2:]))
