"""Runs the commands that the examples show, and compares what they print with what is shown.

    cargo build -p examples --all-features --bins
    EXAMPLES_DIR=target/debug .venv/bin/python -m unittest discover -s examples

A command is a line that calls talk.py. What it prints stands behind `# prints:`, in its own line or in those that follow.
"""

import itertools
import json
import shlex
import socket
import subprocess
import sys
import threading
import unittest
import urllib.request

from running import BINARIES, HERE, running
from websockets.sync.client import connect


def shown_commands(file):
    """Yields each command at the top of an example, with the lines that it should print."""
    lines = (HERE / file).read_text().split("```")[1].splitlines()[1:]
    command, prints = None, []
    for line in lines:
        code, _, comment = line.removeprefix("//! ").partition("#")
        if code.strip():
            if command:
                yield command, prints
            command, prints = (code if "talk.py" in code else None), []
        if comment.strip():
            prints.append(comment.strip().removeprefix("prints: "))
    if command:
        yield command, prints


def run(command, address):
    _python, _talk, *arguments = shlex.split(command.replace("127.0.0.1:8000", address))
    talk = [sys.executable, HERE / "talk.py", *arguments]
    done = subprocess.run(talk, capture_output=True, text=True, timeout=30, check=True)
    return [line.strip() for line in done.stdout.splitlines()]


class AtTheTop(unittest.TestCase):
    """Each example does what its first lines say."""

    maxDiff = None

    def check(self, name, file=None):
        commands = list(shown_commands(file or f"{name}.rs"))
        self.assertTrue(commands, "no command at the top")
        with running(name) as (address, _):
            for command, expected in commands:
                with self.subTest(command):
                    printed = run(command, address)
                    if printed and printed[0].startswith("refused:"):
                        # Of the headers of a refusal only the interesting ones are shown.
                        printed = [line for line in printed if line in expected]
                    self.assertEqual(printed, expected)

    def test_echo(self):
        self.check("echo")

    def test_items(self):
        self.check("items")

    def test_close_codes(self):
        self.check("close_codes")

    def test_custom_errors(self):
        self.check("custom_errors")

    def test_secure(self):
        self.check("secure")

    def test_timeout(self):
        self.check("timeout")

    def test_heartbeat(self):
        self.check("heartbeat")

    def test_rate_limit(self):
        self.check("rate_limit")

    def test_in_axum(self):
        self.check("in_axum")

    def test_typed_messages(self):
        self.check("typed_messages")

    def test_board(self):
        self.check("board", "board/main.rs")

    def test_chat(self):
        self.check("chat", "chat/main.rs")


class Promises(unittest.TestCase):
    """What examples say elsewhere."""

    def test_what_items_prints_is_true(self):
        with running("items") as (address, output):
            # The output ends with the program, which ends with this block.
            commands = list(itertools.islice((line.strip() for line in output if "talk.py" in line), 6))
            self.assertEqual(len(commands), 6)
            for command in commands:
                with self.subTest(command):
                    command, _, outcome = command.partition("#")
                    outcome = outcome.partition(":")[0].strip() or "Message text was: hi, for item ID: 5"
                    self.assertIn(outcome, run(command, address)[0])

    def test_client_survives_a_restart_of_echo(self):
        with running("echo") as (address, _):
            client = subprocess.Popen(
                [BINARIES / "client", f"ws://{address}/echo"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            too_slow = threading.Timer(60, client.kill)
            too_slow.start()
            self.addCleanup(client.stdout.close)
            self.addCleanup(client.wait)
            self.addCleanup(client.kill)
            self.addCleanup(too_slow.cancel)

            def say(line):
                client.stdin.write(f"{line}\n")
                client.stdin.flush()

            def hears():
                return client.stdout.readline().strip()

            self.assertEqual(hears(), "open")
            say("one")
            self.assertEqual(hears(), "received: one")
        # The server was killed: no Close frame.
        self.assertEqual(hears(), "waiting: the connection was lost")
        say("two")
        say("three")
        with running("echo", address):
            lines = [hears()]
            while not {"open", "received: three"} <= {*lines}:
                lines.append(hears())
            # The state and the messages are read in any order. How often it tried is a matter of time.
            self.assertEqual([line for line in lines if line.startswith("received")], ["received: two", "received: three"])
            rest = [line for line in lines if not line.startswith(("open", "received"))]
            self.assertTrue(all(line.startswith("waiting: cannot connect") for line in rest), lines)
            client.stdin.close()
            self.assertEqual(hears(), "the connection was closed here: close code 1000")
            self.assertEqual(client.wait(), 0)

    def test_heartbeat_beats_until_the_client_leaves(self):
        with running("heartbeat") as (address, _), connect(f"ws://{address}/heartbeat?seconds=1", proxy=None) as client:
            for _ in range(2):
                self.assertEqual(json.loads(client.recv(timeout=10)), {"type": "heartbeat"})
                client.send('{"type":"heartbeat_ack"}')

    def test_a_client_that_answers_no_ping_is_closed_as_dead(self):
        with running("heartbeat") as (address, _):
            host, port = address.split(":")
            with socket.create_connection((host, int(port)), timeout=10) as raw, raw.makefile("rb") as stream:
                key = "dGhlIHNhbXBsZSBub25jZQ=="
                raw.sendall(
                    f"GET /sleeper HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
                )
                while stream.readline() != b"\r\n":
                    pass
                self.assertEqual(stream.read(1), b"\x89", "a ping")
                stream.read(stream.read(1)[0])
                reason = b"keepalive ping timeout"
                close = bytes([0x88, 2 + len(reason)]) + (1011).to_bytes(2, "big") + reason
                self.assertEqual(stream.read(len(close)), close)

    def test_in_axum_has_ordinary_routes_under_the_same_layer(self):
        with running("in_axum") as (address, _):
            for path in ["/", "/health"]:
                with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
                    self.assertEqual(answer.status, 200)
                    self.assertEqual(answer.headers["x-served-by"], "in_axum")


if __name__ == "__main__":
    unittest.main()
