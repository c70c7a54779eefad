"""Starts the Autobahn|Testsuite, in either of its roles, and ends it."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys

from environment import Unavailable

# For the suite to start, or to say which cases it has.
SECONDS = 60

# Python 2.
SELECT = """
import json, sys
from autobahntestsuite.case import CaseBasename, CaseCategories, Cases, CaseSubCategories
from autobahntestsuite.caseset import CaseSet
known = CaseSet("case", CaseBasename, Cases, CaseCategories, CaseSubCategories)
spec = json.loads(sys.argv[1])
for pattern in spec["cases"] + spec["exclude-cases"]:
    if "*" not in pattern and pattern not in known.CasesIndices:
        sys.exit("there is no case " + pattern)
print json.dumps(known.parseSpecCases(spec))
"""
# Python 2. By itself the suite's server listens on all interfaces, and on a port that has to be known to be free.
LISTEN_ON_LOOPBACK = """
import os, sys
from autobahntestsuite import wstest  # the first, as it chooses Twisted's reactor
from autobahntestsuite import fuzzing
pipe, listen = int(sys.argv.pop(1)), fuzzing.listenWS
def listen_on_loopback(factory, context):
    port = listen(factory, context, interface="127.0.0.1")
    factory.externalPort = port.getHost().port
    os.write(pipe, str(factory.externalPort))
    os.close(pipe)
    return port
fuzzing.listenWS = listen_on_loopback
wstest.run()
"""


class Suite:
    """The suite in its environment."""

    def __init__(self, directory):
        self.directory = directory
        self.python = directory / "bin" / "python"
        self.wstest = directory / "bin" / "wstest"

    def select(self, patterns, exclude):
        """The IDs of the cases that match."""
        spec = json.dumps({"cases": patterns, "exclude-cases": exclude})
        # Not beside `autobahn.py`, which has the name of a package that the suite imports.
        command = [self.python, "-W", "ignore", "-c", SELECT, spec]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, cwd=self.directory)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"the suite does not start: {error}") from error
        if done.returncode != 0:
            raise Unavailable(done.stderr.strip())
        cases = json.loads(done.stdout)
        if not cases:
            raise Unavailable("no case is selected")
        return cases

    def test_server(self, url, cases, directory, seconds):
        spec = write_spec(directory, cases, servers=[{"agent": "server", "url": url}])
        run([self.wstest, "-m", "fuzzingclient", "-s", spec], directory / "suite.log", seconds, cwd=directory)

    def test_client(self, command, cases, directory, seconds):
        with self.fuzzing_server(cases, directory) as url:
            run([*command, url], directory / "client.log", seconds)

    @contextlib.contextmanager
    def fuzzing_server(self, cases, directory):
        """The suite's server, on a free port of the loopback interface; yields its URL."""
        spec = write_spec(directory, cases, url="ws://127.0.0.1:0")
        read, write = os.pipe()
        command = [self.python, "-c", LISTEN_ON_LOOPBACK, str(write), "-m", "fuzzingserver", "-s", spec, "-u", "0"]
        with open(read) as pipe, contextlib.ExitStack() as stack:
            try:
                log = directory / "suite.log"
                stack.enter_context(started(command, log, cwd=directory, pass_fds=[write]))
            finally:
                os.close(write)
            # It closes the pipe when it has written the port, or when it ends.
            readable, _, _ = select.select([pipe], [], [], SECONDS)
            port = pipe.read() if readable else None
            if not port:
                raise Unavailable(f"the suite's server does not start; see {log}")
            yield f"ws://127.0.0.1:{port}"


def write_spec(directory, cases, **rest):
    directory.mkdir(parents=True, exist_ok=True)
    # Results of an earlier run must not count for this one.
    (directory / "index.json").unlink(missing_ok=True)
    path = directory / "spec.json"
    spec = {"outdir": str(directory), "cases": cases, "exclude-cases": [], "exclude-agent-cases": {}, **rest}
    path.write_text(json.dumps(spec))
    return path


def run(command, log, seconds, **options):
    """Runs a process to its end, or ends it when the time is over. The suite's results show what it achieved."""
    with started(command, log, **options) as process:
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            print(f"{command[0]} is ended after {seconds:.0f} s; see {log}", file=sys.stderr)
        else:
            if status != 0:
                print(f"{command[0]} ends with status {status}; see {log}", file=sys.stderr)


@contextlib.contextmanager
def started(command, log, **options):
    """A process, with all that it starts, for as long as the block lasts."""
    with log.open("w") as output:
        quiet = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
        try:
            process = subprocess.Popen(command, start_new_session=True, **quiet, **options)
        except OSError as error:
            raise Unavailable(f"cannot start {command[0]}: {error}") from error
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
