#!/usr/bin/env python3
"""The Autobahn|Testsuite in a virtual environment of its own, as it is Python 2 code.

    python3 tests/conformance/environment.py        # makes the environment and prints where it is

It needs Python 2.7, from `pyenv install 2.7.18` for example; PYTHON27 names another one. Making the environment takes
about a minute. It is kept in the temporary directory for all checkouts of the user, and made anew when requirements.txt
changes.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
# The last release that makes environments for Python 2.7, with what it resolved to.
VIRTUALENV = ["virtualenv==20.21.1", "distlib==0.4.4", "filelock==3.32.7", "platformdirs==3.11.0"]
# For one command of the set-up.
SECONDS = 600
# The status of `main` where there is no Python 2.7, which tells it from other failures.
NO_PYTHON27 = 77


class Unavailable(Exception):
    """The suite cannot be run here."""


class NoPython27(Unavailable):
    def __init__(self):
        super().__init__("no Python 2.7 found (`pyenv install 2.7.18`, or set PYTHON27 to the path of one)")


def prepare(directory=None):
    """Makes the environment, unless it is there; returns its directory."""
    if directory is None:
        digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:8]
        directory = private_directory() / f"python2.7-{digest}"
    directory = pathlib.Path(directory).absolute()
    complete = directory / "complete"
    directory.parent.mkdir(parents=True, exist_ok=True)
    with exclusively(directory.with_name(directory.name + ".lock")):
        if not complete.exists():
            make(directory, find_python27())
            complete.touch()
    return directory


def private_directory():
    """A directory for temporary files that nobody else can have filled."""
    directory = pathlib.Path(tempfile.gettempdir()) / f"ws-conformance-{os.getuid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    status = directory.lstat()
    if directory.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise Unavailable(f"{directory} is not this user's alone")
    return directory


@contextlib.contextmanager
def exclusively(lock):
    """Waits for other processes that make the same environment."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def find_python27():
    versions = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv")) / "versions"
    candidates = [
        os.environ.get("PYTHON27"),
        *sorted(versions.glob("2.7.*/bin/python2.7"), reverse=True),
        shutil.which("python2.7"),
    ]
    # A shim of pyenv's is there also when it leads nowhere, and a Python may lack modules.
    check = "import sys, ssl, zlib; assert sys.version_info[:2] == (2, 7)"
    for candidate in filter(None, candidates):
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            if subprocess.run([candidate, "-c", check], capture_output=True, timeout=60).returncode == 0:
                return candidate
    raise NoPython27


def make(directory, python27):
    print(f"making the suite's environment in {directory}", file=sys.stderr)
    shutil.rmtree(directory, ignore_errors=True)
    log = directory.with_name(directory.name + ".log")
    with log.open("w") as output, tempfile.TemporaryDirectory() as tool:

        def run(*command):
            try:
                subprocess.run(command, stdout=output, stderr=output, timeout=SECONDS, check=True)
            except (OSError, subprocess.SubprocessError) as error:
                raise Unavailable(f"cannot make the suite's environment: {error}; see {log}") from error

        run(sys.executable, "-m", "venv", tool)
        run(f"{tool}/bin/pip", "install", *VIRTUALENV)
        run(f"{tool}/bin/virtualenv", "-p", python27, directory)
        run(directory / "bin" / "pip", "install", "-r", REQUIREMENTS)


def main():
    try:
        print(prepare())
    except NoPython27 as error:
        print(error, file=sys.stderr)
        return NO_PYTHON27
    except Unavailable as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
