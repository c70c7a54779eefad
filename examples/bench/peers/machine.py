"""What else the machine does, and what it is."""

import os
import pathlib
import platform
import resource
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Others:
    """Measures how much of the two cores is used by neither the server nor the load."""

    def __init__(self, pid):
        self.pid = pid
        self.start = self.now()

    def share(self):
        busy, own, clock = (after - before for after, before in zip(self.now(), self.start))
        return max(0.0, (busy - own) / (2 * clock))

    def now(self):
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = cpu_of(self.pid) + children.ru_utime + children.ru_stime
        return busy(), own, time.time()


def busy():
    """Seconds in which the two cores did something for anybody, or were taken by the hypervisor."""
    seconds = 0
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name in ("cpu0", "cpu1"):
            user, nice, system, idle, waiting, *rest = map(int, ticks[:8])
            seconds += (user + nice + system + sum(rest)) / TICKS
    return seconds


def cpu_of(pid):
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def facts():
    models = [line for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "cpu": models[0].split(":")[1].strip() if models else "?",
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "rustc": version("rustc"),
        "node": version("node"),
        "python": platform.python_version(),
    }


def version(program):
    try:
        return subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""
