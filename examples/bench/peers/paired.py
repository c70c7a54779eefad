"""Two servers against each other: both run all the time, on one core, and are driven in turns that are short.

What else the machine does falls on both alike, so that the ratio of two turns that follow one another is true where figures
are not.
"""

import json
import random
import statistics
import subprocess

from modes import MODES
from servers import Server

# Turns of each server that do not count.
WARM_UP = 2


def run(servers, modes, rounds, seconds, extra, log):
    """Measures two servers, prints a table, and returns each round's figures for each mode."""
    (first, _), (second, _) = servers
    print(f"{first} ÷ {second}: {rounds} pairs of turns of {seconds} s; median of the ratios, and where half of them lie\n")
    print(f"| mode | × each CPU second | 25–75 % | × by the clock | {first}, each CPU s | {second}, each CPU s |")
    print("|---|---:|---:|---:|---:|---:|", flush=True)
    results = {}
    for mode in modes:
        if not MODES[mode].has_turns:
            print(f"| {mode} | cannot be put on in turns |")
            continue
        try:
            results[mode] = measure(servers, f"{MODES[mode].load} {extra} --turns", rounds, seconds, log)
        except RuntimeError as error:
            print(f"| {mode} | {error} |", flush=True)
            continue
        print(row(mode, results[mode]), flush=True)
    return results


def measure(servers, load, rounds, seconds, log):
    names = [name for name, _ in servers]
    if names[0] == names[1]:
        names[1] += " (again)"
    runs = []
    (first, first_command), (second, second_command) = servers
    with Server(first, first_command, log) as one, Server(second, second_command, log) as other:
        with Driver(names[0], one.load(load)) as left, Driver(names[1], other.load(load)) as right:
            for _ in range(WARM_UP):
                left.turn(seconds)
                right.turn(seconds)
            for _ in range(rounds):
                order = [left, right]
                random.shuffle(order)
                figures = {driver.name: driver.turn(seconds) for driver in order}
                runs.append([figures[name] for name in names])
    return runs


def row(mode, runs):
    cpu = [second["cpu_us_per_op"] / first["cpu_us_per_op"] for first, second in runs if first["cpu_us_per_op"] > 0]
    clock = [first["rate"] / second["rate"] for first, second in runs if second["rate"] > 0]
    if len(cpu) < 2:
        return f"| {mode} | too few turns had an operation |"
    low, middle, high = statistics.quantiles(cpu, n=4)
    each = [1e6 / statistics.median(run[index]["cpu_us_per_op"] for run in runs) for index in (0, 1)]
    ratios = f"{middle:.3f} | {low:.3f}–{high:.3f} | {statistics.median(clock):.3f}"
    return f"| {mode} | {ratios} | {each[0]:,.0f} | {each[1]:,.0f} |"


class Driver:
    """A load that keeps its connections and works when it is told to."""

    def __init__(self, name, command):
        self.name = name
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, bufsize=1)

    def turn(self, seconds):
        try:
            self.process.stdin.write(f"{seconds}\n")
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RuntimeError(f"{self.name}: {self.process.stderr.read().strip()}")
        return json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
