#!/usr/bin/env python3
"""Measures WebSocket servers side by side, in one run. Needs Linux, two cores, `taskset`, and nothing but Python's library.

    run.py --build                                              build, and measure all (about an hour)
    run.py --only axum,actix --modes echo_64x16,fanout          a part
    run.py --server 'ours=path/to/server {port}' --only axum    an added server beside a peer
    run.py --server … --paired ours,axum --modes echo_64x1      two servers in short turns: exact ratios

Servers take turns, so that the noise of the machine falls on all of them. Each runs on core 0 and is driven by `load` on
core 1. See README.md.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time

import machine
import paired
import servers
from modes import MODES, named
from report import print_tables


def main():
    options = parse()
    if options.report:
        saved = json.loads(options.report.read_text())
        print_tables(saved["results"], list(saved["servers"]), sys.stdout)
        return
    if options.build:
        servers.build()
    servers.raise_open_files()
    commands = chosen_servers(options)
    with open(options.json.with_suffix(".log"), "w") as log:
        if options.paired:
            results = run_paired(options, commands, log)
        else:
            results = run_in_turns(options, commands, log)
    arguments = {key: value for key, value in vars(options).items() if not isinstance(value, pathlib.Path)}
    saved = {"machine": machine.facts(), "arguments": arguments, "servers": commands, "results": results}
    options.json.write_text(json.dumps(saved, indent=1))
    if not options.paired:
        print_tables(results, list(commands), sys.stdout)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    option = parser.add_argument
    option("--build", action="store_true", help="build the load and all peers first")
    option("--only", help="these peers, with commas; an empty list leaves only added servers")
    option("--skip", default="", help="not these peers")
    option("--server", action="append", default=[], metavar="NAME=COMMAND", help="add one; `{port}` becomes its port")
    option("--modes", default="all", help="with commas: all, plain, deflate, fairness, or single ones (all)")
    option("--rounds", type=int, help="measurements of each server (3), or pairs of turns (40)")
    option("--seconds", type=float, default=3.0, help="length of a measurement (3)")
    option("--idle", type=int, default=10000, help="connections of `idle` (10000)")
    option("--idle-deflate", type=int, default=2000, help="connections of `idle_deflate` (2000)")
    option("--idle-rounds", type=int, default=1, help="rounds of both (1)")
    option("--size", type=int, help="bytes of a message, instead of what the modes say")
    option("--kind", choices=["text", "binary"], help="kind of the messages (text)")
    option("--payload", choices=["letters", "words", "json"], help="content of the messages")
    option("--max-others", type=float, default=0.05, help="repeat once what others disturbed by a larger share (0.05)")
    option("--paired", metavar="A,B", help="compare two servers in short turns")
    option("--turn", type=float, default=0.15, help="length of such a turn in seconds (0.15)")
    option("--json", type=pathlib.Path, default=pathlib.Path("results.json"), help="where all figures go")
    option("--report", type=pathlib.Path, metavar="JSON", help="only print the tables of an earlier run")
    options = parser.parse_args()
    options.modes = named(options.modes)
    options.rounds = options.rounds or (40 if options.paired else 3)
    return options


def chosen_servers(options):
    names = list(servers.PEERS) if options.only is None else [name for name in options.only.split(",") if name]
    for name in names + [name for name in options.skip.split(",") if name]:
        if name not in servers.PEERS:
            raise SystemExit(f"there is no peer `{name}`; there are: {', '.join(servers.PEERS)}")
    commands = {name: servers.PEERS[name] for name in names if name not in options.skip.split(",")}
    for server in options.server:
        name, command = server.split("=", 1)
        commands[f"+{name}"] = command
    return commands


def overrides(options):
    """What is added to the modes' own options of the load."""
    given = [(name, getattr(options, name)) for name in ("size", "kind", "payload")]
    return " ".join(f"--{name} {value}" for name, value in given if value is not None)


def run_paired(options, commands, log):
    known = {**servers.PEERS, **{name.removeprefix("+"): command for name, command in commands.items()}}
    names = options.paired.split(",")
    if len(names) != 2 or any(name not in known for name in names):
        raise SystemExit(f"`--paired` takes two of: {', '.join(known)}")
    pair = [(name, known[name]) for name in names]
    return paired.run(pair, options.modes, options.rounds, options.turn, overrides(options), log)


def run_in_turns(options, commands, log):
    results = {name: {mode: [] for mode in options.modes} for name in commands}
    start = time.time()
    for round_number in range(options.rounds):
        for name, command in commands.items():
            for mode in options.modes:
                if MODES[mode].work == "idle" and round_number >= options.idle_rounds:
                    continue
                if name == "limit-tokio" and MODES[mode].work not in ("echo", "idle", "fairness"):
                    results[name][mode].append({"failed": "not made for this"})
                    continue
                results[name][mode].append(measure_quietly(options, name, command, MODES[mode], log))
            print(f"[{time.time() - start:5.0f} s] round {round_number + 1}: {name}", file=sys.stderr, flush=True)
    return results


def measure_quietly(options, name, command, mode, log):
    """Measures, and once more if others used the cores; returns the run that they disturbed less."""
    best = None
    for _ in range(1 if mode.work == "idle" else 2):
        figures = measure(options, name, command, mode, log)
        if best is None or figures.get("others", 2) < best.get("others", 2):
            best = figures
        if "failed" in figures or figures["others"] <= options.max_others:
            break
    return best


def measure(options, name, command, mode, log):
    load = f"{mode.load} --seconds {options.seconds} {overrides(options)}"
    load = load.format(idle=options.idle, idle_deflate=options.idle_deflate)
    try:
        # A new server each time: none inherits the state of another measurement.
        with servers.Server(name, command, log) as server:
            if mode.needs_deflate and not server.negotiates_deflate():
                return {"failed": "does not negotiate permessage-deflate"}
            others = machine.Others(server.pid)
            run = subprocess.run(server.load(load), capture_output=True, text=True, timeout=options.seconds + 90)
            if run.returncode != 0:
                return {"failed": " ".join(run.stderr.split())[:300]}
            return {**json.loads(run.stdout), "others": others.share()}
    except subprocess.TimeoutExpired:
        return {"failed": "took too long"}
    except (OSError, RuntimeError) as error:
        return {"failed": str(error)}


if __name__ == "__main__":
    main()
