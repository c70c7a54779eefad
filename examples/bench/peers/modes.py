"""What is measured."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Mode:
    """A load, and the figure that servers are compared by."""

    load: str
    figure: str = "rate"
    unit: str = "messages each second"
    more_is_better: bool = True

    @property
    def work(self):
        return self.load.split()[0]

    @property
    def needs_deflate(self):
        return "--deflate" in self.load.split()

    @property
    def has_turns(self):
        """Whether the load can be put on and taken off again, as paired runs do."""
        return self.work not in ("idle", "fairness")


def idle(load):
    return Mode(f"idle {load}", "bytes_per_conn", "bytes for each connection", more_is_better=False)


def fairness(floods):
    return Mode(f"fairness --conns {floods}", "p50_us", "median latency in µs", more_is_better=False)


DELIVERIES = "deliveries each second"
JSON = "--payload json --size 1024 --deflate"
MODES = {
    "echo_1x1": Mode("echo --conns 1"),
    "echo_64x1": Mode("echo --conns 64"),
    "echo_64x16": Mode("echo --conns 64 --depth 16"),
    "echo_4k": Mode("echo --conns 16 --depth 4 --size 4096"),
    "echo_16x4_16k": Mode("echo --conns 16 --depth 4 --size 16384"),
    "echo_4x1m": Mode("echo --conns 4 --size 1048576"),
    "echo_deflate": Mode(f"echo --conns 16 {JSON} --no-takeover"),
    "echo_deflate_64": Mode(f"echo --conns 64 --depth 4 {JSON} --no-takeover"),
    # As browsers offer it: what they send may refer to earlier messages, though the load makes no use of that.
    "echo_deflate_browser": Mode(f"echo --conns 16 {JSON}"),
    "fanout": Mode("fanout", unit=DELIVERIES),
    "fanout_16k": Mode("fanout --size 16384", unit=DELIVERIES),
    "fanout_deflate": Mode(f"fanout {JSON}", unit=DELIVERIES),
    "connect": Mode("connect", unit="connections each second"),
    "reject": Mode("reject", unit="refusals each second"),
    "idle": idle("--limit 40 --conns {idle}"),
    "idle_deflate": idle("--limit 40 --payload json --size 256 --deflate --conns {idle_deflate}"),
    "fairness_2": fairness(2),
    "fairness_4": fairness(4),
    "fairness_8": fairness(8),
}
GROUPS = {
    "fairness": ["fairness_2", "fairness_4", "fairness_8"],
    "deflate": [name for name, mode in MODES.items() if mode.needs_deflate],
    "plain": [name for name, mode in MODES.items() if not mode.needs_deflate and mode.work != "fairness"],
}


def named(names):
    """The modes of a list with commas, in which `all` and the names of groups may stand."""
    found = []
    for name in names.split(","):
        if name != "all" and name not in GROUPS and name not in MODES:
            raise SystemExit(f"there is no mode `{name}`; there are: all, {', '.join([*GROUPS, *MODES])}")
        found += MODES if name == "all" else GROUPS.get(name, [name])
    return list(dict.fromkeys(found))
