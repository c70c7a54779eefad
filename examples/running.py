"""Starts the examples, for their tests."""

import contextlib
import os
import pathlib
import subprocess
import threading

HERE = pathlib.Path(__file__).resolve().parent
BINARIES = pathlib.Path(os.environ.get("EXAMPLES_DIR", HERE.parent / "target" / "debug")).absolute()


class Example:
    """An example that runs until its block ends."""

    def __init__(self, name, *options, address="127.0.0.1:0", patience=60):
        quiet = os.environ | {"RUST_LOG": "off"}
        command = [BINARIES / name, address, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=quiet)
        self.too_slow = threading.Timer(patience, self.process.kill)
        self.too_slow.start()
        self.output = self.process.stdout
        self.address = self.output.readline().removeprefix("listening on http://").strip()

    def kill(self):
        self.too_slow.cancel()
        self.process.kill()
        self.process.wait()
        self.output.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


@contextlib.contextmanager
def running(name, address="127.0.0.1:0"):
    """Starts an example, on a free port; yields its address, and the rest of its output."""
    with Example(name, address=address) as example:
        yield example.address, example.output
