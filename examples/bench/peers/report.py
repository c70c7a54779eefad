"""The tables."""

import statistics

from modes import MODES
from servers import REFERENCES

# Runs in which others used less of the two cores are preferred.
QUIET = 0.05


def median(runs, figure):
    runs = [run for run in runs if figure in run]
    quiet = [run for run in runs if run.get("others", 0) <= QUIET]
    return statistics.median(run[figure] for run in quiet or runs) if runs else None


def short(value):
    if value is None:
        return "–"
    for unit, name in [(1e6, " M"), (1e3, " k")]:
        if value >= unit:
            return f"{value / unit:.{1 if value >= 100 * unit else 2}f}{name}"
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}"


def print_tables(results, names, out):
    modes = list(next(iter(results.values())))
    for mode in modes:
        table = {"idle": Memory, "fairness": Latency}.get(MODES[mode].work, Rate)
        table(mode, {name: results[name][mode] for name in names}).print(out)


class Table:
    """One mode. The columns are those of the work."""

    def __init__(self, mode, runs):
        self.name, self.mode, self.runs = mode, MODES[mode], runs
        values = {name: median(runs[name], self.mode.figure) for name in runs}
        # An added server, with a `+` before its name, is no peer.
        peers = [value for name, value in values.items() if value and name not in REFERENCES and name[0] != "+"]
        self.best = (max if self.mode.more_is_better else min)(peers, default=None)
        self.order = sorted(runs, key=lambda name: (values[name] or 0) * (-1 if self.mode.more_is_better else 1))
        self.values = values

    def print(self, out):
        better = "more" if self.mode.more_is_better else "less"
        load = self.mode.load.split(" --conns {")[0]
        print(f"\n### {self.name}: {self.mode.unit}, {better} is better (`load {load}`)\n", file=out)
        print("| server |", " | ".join(self.COLUMNS), "|", file=out)
        print("|---|" + "---:|" * len(self.COLUMNS), file=out)
        for name in self.order:
            if self.values[name]:
                print(f"| {name} |", " | ".join(self.row(self.runs[name], self.values[name])), "|", file=out)
            else:
                why = next((run["failed"] for run in self.runs[name] if "failed" in run), "not run")
                print(f"| {name} | {why[:120]} |", file=out)

    def to_best(self, value):
        return f"{value / self.best:.2f}" if self.best else "–"


class Rate(Table):
    COLUMNS = [
        *("median", "spread", "× best peer", "× limit", "each CPU second", "× limit"),
        *("p50 µs", "p99 µs", "server's CPU", "load busy", "others", "note"),
    ]

    def row(self, runs, value):
        values = [run[self.mode.figure] for run in runs if self.mode.figure in run]
        cpu = median(runs, "cpu_us_per_op")
        return [
            short(value),
            f"{(max(values) - min(values)) / value:.0%}",
            self.to_best(value),
            self.to_limit(value, self.mode.figure),
            short(1e6 / cpu) if cpu else "–",
            self.to_limit(1 / cpu, "cpu_us_per_op") if cpu else "–",
            short(median(runs, "p50_us")),
            short(median(runs, "p99_us")),
            f"{median(runs, 'server_cpu'):.0%}",
            f"{median(runs, 'client_busy'):.0%}",
            f"{median(runs, 'others') or 0:.0%}",
            self.note(runs),
        ]

    def to_limit(self, value, figure):
        limit = median(self.runs.get("limit", []), figure)
        if not limit:
            return "–"
        return f"{value * limit if figure == 'cpu_us_per_op' else value / limit:.2f}"

    def note(self, runs):
        if self.mode.needs_deflate:
            return f"{median(runs, 'compressed'):.0%} compressed, to {median(runs, 'wire_bytes'):.0f} B"
        if self.mode.work == "echo":
            return f"{median(runs, 'replies_per_read'):.1f} replies at once"
        ends = {figure for run in runs for figure in run if figure.startswith(("http_", "close_", "eof"))}
        return ", ".join(sorted(ends))


class Memory(Table):
    COLUMNS = ["bytes", "× best peer", "connections", "opened in", "compressed"]

    def row(self, runs, value):
        return [
            f"{value:,.0f}",
            self.to_best(value),
            f"{median(runs, 'conns'):.0f}",
            f"{median(runs, 'open_seconds'):.1f} s",
            f"{median(runs, 'compressed'):.0%}",
        ]


class Latency(Table):
    COLUMNS = ["p50 µs", "× best peer", "p99 µs", "echoes", "echoes of the floods each second", "others"]

    def row(self, runs, value):
        return [
            f"{value:,.0f}",
            self.to_best(value),
            f"{median(runs, 'p99_us'):,.0f}",
            f"{median(runs, 'echoes'):.0f}",
            short(median(runs, "rate")),
            f"{median(runs, 'others') or 0:.0%}",
        ]
