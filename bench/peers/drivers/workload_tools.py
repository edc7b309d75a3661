"""The generator that the workloads prescribe, and the line of JSON that a driver prints."""

import json
import math
import resource


class Congruential:
    """One 32-bit state; the same sequence in every language."""

    def __init__(self, seed):
        self.state = seed

    def exponential(self):
        self.state = (1664525 * self.state + 1013904223) & 0xFFFFFFFF
        return -math.log((self.state + 0.5) / 4294967296)


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def report(events, loop_cpu, check):
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({
        "events": events,
        "loopCpu": loop_cpu,
        "processCpu": cpu_seconds(),
        "maxRssMiB": usage.ru_maxrss / 1024,
        "check": check,
    }))
