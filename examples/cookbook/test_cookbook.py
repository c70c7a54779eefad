"""Runs each program of the cookbook against clients that others wrote.

    cargo build -p cookbook --bins
    EXAMPLES_DIR=target/debug .venv/bin/python -m unittest discover -s examples/cookbook

The packages of Node.js go beside the programs. Without node and npm these tests are skipped, unless NO_SKIP is set.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from running import BINARIES, Example, running  # noqa: E402
from websockets.exceptions import ConnectionClosed, InvalidStatus  # noqa: E402
from websockets.sync.client import connect  # noqa: E402

SECONDS = 60


def closed(url, *messages, **options):
    """Sends messages until the server closes; returns its code and reason."""
    with connect(url, **options) as ws:
        try:
            for message in messages:
                ws.send(message)
            while True:
                ws.recv(timeout=SECONDS)
        except ConnectionClosed as error:
            return error.rcvd.code, error.rcvd.reason


class Jwt(unittest.TestCase):
    def test_a_token_in_each_place(self):
        with running("jwt") as (address, output):
            tokens = dict(output.readline().strip().split(": ") for _ in range(3))
            url, token = f"ws://{address}/me", tokens["token"]
            for options, subprotocol in [
                ({"additional_headers": {"Authorization": f"Bearer {token}"}}, None),
                ({"additional_headers": {"Cookie": f"token={token}"}}, None),
                ({"subprotocols": ["bearer", token]}, "bearer"),
            ]:
                with self.subTest(options), connect(url, **options) as ws:
                    self.assertEqual(ws.recv(timeout=SECONDS), "hello ann")
                    self.assertEqual(ws.subprotocol, subprotocol)
                    self.assertNotIn(token, str(ws.response.headers))
            self.assertEqual(closed(url), (3000, "no token"))
            self.assertEqual(closed(url, subprotocols=["bearer", tokens["expired"]]), (4401, "token expired"))
            self.assertEqual(closed(url, subprotocols=["bearer", "x.y.z"]), (3000, "invalid token"))
            self.assertEqual(closed(url, subprotocols=["bearer", token[:-3] + "AAA"]), (3000, "invalid token"))

    def test_the_connection_ends_when_the_token_does(self):
        with running("jwt") as (address, output):
            tokens = dict(output.readline().strip().split(": ") for _ in range(3))
            code = closed(f"ws://{address}/me", subprotocols=["bearer", tokens["short"]])
            self.assertEqual(code, (4401, "token expired"))


class Sqlite(unittest.TestCase):
    def test_notes_are_read_and_written_and_an_unknown_one_is_4404(self):
        with running("sqlite") as (address, _), connect(f"ws://{address}/notes/1") as ws:
            self.assertEqual(self.ask(ws, "read"), {"type": "note", "text": "first"})
            self.assertEqual(self.ask(ws, "write", text="milk"), {"type": "written"})
            with connect(f"ws://{address}/notes/1") as other:
                self.assertEqual(self.ask(other, "read"), {"type": "note", "text": "milk"})
            self.assertEqual(closed(f"ws://{address}/notes/9"), (4404, "no note 9"))

    def test_an_exhausted_pool_is_1013_and_recovers(self):
        with running("sqlite") as (address, _):
            url = f"ws://{address}/notes/1"
            with connect(url) as first, connect(url) as second:
                for ws in [first, second]:
                    self.assertEqual(self.ask(ws, "lock"), {"type": "locked"})
                self.assertEqual(closed(url), (1013, "database is busy"))
                self.assertEqual(self.ask(first, "unlock"), {"type": "unlocked"})
                with connect(url) as third:
                    self.assertEqual(self.ask(third, "read")["type"], "note")

    def ask(self, ws, kind, **fields):
        ws.send(json.dumps({"type": kind, **fields}))
        return json.loads(ws.recv(timeout=SECONDS))


class Tokens(unittest.TestCase):
    def test_an_answer_is_streamed_and_can_be_cancelled(self):
        with running("tokens") as (address, _), connect(f"ws://{address}/ask") as ws:
            ws.send(json.dumps({"type": "ask", "prompt": "why"}))
            words, done = self.answer(ws)
            self.assertTrue("".join(words).startswith("You asked: why. And so on"), words)
            self.assertEqual(done, {"type": "done", "tokens": len(words), "cancelled": False})

            ws.send(json.dumps({"type": "cancel"}))  # nothing runs: this is no mistake
            ws.send(json.dumps({"type": "ask", "prompt": "again"}))
            first = json.loads(ws.recv(timeout=SECONDS))
            ws.send(json.dumps({"type": "cancel"}))
            few, done = self.answer(ws)
            self.assertEqual(first["type"], "token")
            self.assertLess(len(few), len(words) - 10)
            self.assertEqual(done, {"type": "done", "tokens": len(few) + 1, "cancelled": True})

    def answer(self, ws):
        words = []
        while True:
            message = json.loads(ws.recv(timeout=SECONDS))
            if message["type"] == "done":
                return words, message
            words.append(message["text"])


class Dashboard(unittest.TestCase):
    def test_a_slow_reader_misses_frames_and_sees_the_newest(self):
        with running("dashboard") as (address, _):
            host, port = address.rsplit(":", 1)
            slow = socket.socket()
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect((host, int(port)))
            options = {"compression": None, "max_queue": 1}
            with connect(f"ws://{address}/dashboard", sock=slow, **options) as behind, connect(
                f"ws://{address}/dashboard", **options
            ) as quick:
                newest = 0
                first = json.loads(behind.recv(timeout=SECONDS))["number"]
                # The other client reads on meanwhile, far beyond what the kernel's buffers hold for the slow one.
                while newest < first + 1200:
                    newest = json.loads(quick.recv(timeout=SECONDS))["number"]
                number = missed = 0
                while number < newest:
                    frame = json.loads(behind.recv(timeout=SECONDS))
                    number, missed = frame["number"], frame["missed"]
                self.assertGreater(missed, 200)


class Upload(unittest.TestCase):
    def test_a_file_arrives_in_chunks_with_progress(self):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["UPLOADS"] = folder
            data = os.urandom(1_000_000)
            with running("upload") as (address, _), connect(f"ws://{address}/upload") as ws:
                ws.send(json.dumps({"type": "start", "name": "a.bin", "size": len(data)}))
                progress = []
                for at in range(0, len(data), 100_000):
                    ws.send(data[at : at + 100_000])
                    progress.append(json.loads(ws.recv(timeout=SECONDS))["received"])
                done = json.loads(ws.recv(timeout=SECONDS))
                self.assertEqual(progress, list(range(100_000, 1_000_001, 100_000)))
                self.assertEqual(done, {"type": "done", "sha256": hashlib.sha256(data).hexdigest()})
                self.assertEqual((pathlib.Path(folder) / "a.bin").read_bytes(), data)

                start = lambda name, size: json.dumps({"type": "start", "name": name, "size": size})  # noqa: E731
                url = f"ws://{address}/upload"
                self.assertEqual(closed(url, start("../a", 5))[0], 4400)
                self.assertEqual(closed(url, start("a", 10**12))[0], 4413)
                self.assertEqual(closed(url, start("b", 2), b"abc"), (4400, "more bytes than the file has"))
                with connect(url) as half:
                    half.send(start("half", 10))
                    half.send(b"12345")
                    half.recv(timeout=SECONDS)
                    self.assertIn("half.part", os.listdir(folder))
                # The server has seen the end of that connection when it has answered the Close frame, and cleans up at once.
                with connect(url) as later:
                    later.send(start("later", 1))
                    later.send(b"1")
                    later.recv(timeout=SECONDS)
                    later.recv(timeout=SECONDS)
                self.assertEqual(sorted(os.listdir(folder)), ["a.bin", "later"])


class Metrics(unittest.TestCase):
    def test_the_dashboard_asks_for_what_prometheus_is_given(self):
        dashboard = (HERE.parent / "grafana.json").read_text()
        asked = set(re.findall(r"\bws_\w+", dashboard))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with Example("metrics", f"127.0.0.1:{port}") as example:
            with connect(f"ws://{example.address}/echo") as ws:
                ws.send("hi")
                self.assertEqual(ws.recv(timeout=SECONDS), "hi")
            self.assertEqual(closed(f"ws://{example.address}/echo", *20 * ["hi"]), (1008, "rate limit exceeded"))
            with self.assertRaises(InvalidStatus):
                connect(f"ws://{example.address}/nowhere")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=SECONDS) as answer:
                samples = answer.read().decode()
        given = set(re.findall(r"^(ws_\w+)", samples, re.MULTILINE))
        # Nobody was a slow member of a room.
        self.assertEqual(asked - given, {"ws_slow_members_total"})
        # Of a histogram, the dashboard takes the buckets.
        parts = {re.sub(r"_bucket$", part, name) for name in asked for part in ["_sum", "_count"] if name.endswith("_bucket")}
        self.assertEqual(given - asked - parts, set())
        self.assertIn("# HELP ws_connections_open Accepted WebSocket connections that are not over", samples)


class Traces(unittest.TestCase):
    TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"

    def spans(self, query="", **headers):
        """Asks for a price, leaves, and returns what the server exports: fields by the name of their span."""
        with running("traces") as (address, output):
            with connect(f"ws://{address}/prices{query}", additional_headers=headers) as ws:
                ws.send("EUR")
                self.assertEqual(ws.recv(timeout=SECONDS), "EUR: 3")
            spans = {}
            while "websocket" not in spans:
                name = self.field(output, "Name")
                names = ["TraceId", "SpanId", "ParentSpanId"]
                spans[name] = {one: self.field(output, one) for one in names}
        return spans

    def field(self, output, name):
        """Reads up to a field of a span, which is indented by one tab."""
        for line in output:
            if line.startswith(f"\t{name} "):
                return line.partition(":")[2].strip()
        self.fail(f"no {name}")

    def check(self, spans):
        connection, price = spans["websocket"], spans["price"]
        self.assertEqual(connection["TraceId"], self.TRACE)
        self.assertEqual(connection["ParentSpanId"], self.SPAN)
        self.assertEqual(price["TraceId"], self.TRACE)
        self.assertEqual(price["ParentSpanId"], connection["SpanId"])

    def test_the_trace_of_a_client_goes_on(self):
        self.check(self.spans(traceparent=f"00-{self.TRACE}-{self.SPAN}-01"))

    def test_a_page_in_a_browser_sends_it_in_the_query(self):
        self.check(self.spans(query=f"?traceparent=00-{self.TRACE}-{self.SPAN}-01"))

    def test_without_a_trace_or_with_a_broken_one_each_connection_begins_one(self):
        for headers in [{}, {"traceparent": "00-nonsense-01"}]:
            spans = self.spans(**headers)
            self.assertEqual(spans["websocket"]["ParentSpanId"], "None (root span)")
            self.assertEqual(spans["price"]["TraceId"], spans["websocket"]["TraceId"])


class Node(unittest.TestCase):
    """Programs whose clients are packages of npm."""

    @classmethod
    def setUpClass(cls):
        cls.node, npm = shutil.which("node"), shutil.which("npm")
        if not (cls.node and npm):
            missing = "node or npm is not there"
            if os.environ.get("NO_SKIP"):
                raise AssertionError(missing)
            raise unittest.SkipTest(missing)
        lock = (HERE / "node" / "package-lock.json").read_bytes()
        cls.directory = BINARIES / f"cookbook-{hashlib.sha256(lock).hexdigest()[:8]}"
        cls.directory.mkdir(exist_ok=True)
        for file in (HERE / "node").iterdir():
            shutil.copy(file, cls.directory)
        if not (cls.directory / "complete").exists():
            options = ["--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run([npm, "ci", *options], cwd=cls.directory, check=True, timeout=300, capture_output=True)
            (cls.directory / "complete").touch()

    def run_client(self, name, url):
        client = [self.node, f"{name}.mjs", url]
        done = subprocess.run(client, cwd=self.directory, capture_output=True, text=True, timeout=SECONDS)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_graphql_ws(self):
        with running("graphql") as (address, _):
            seen = self.run_client("graphql", f"ws://{address}/graphql")
            self.assertEqual(seen["hello"], [{"data": {"hello": "hello ann"}}])
            self.assertEqual([one["data"]["countdown"] for one in seen["countdown"]], [3, 2, 1, 0])
            self.assertIn("nothing", seen["wrong"][0])
            self.assertEqual(seen["left"], [100000, 99999])

    def test_graphql_close_codes(self):
        with running("graphql") as (address, _):
            def closes(*messages):
                texts = [one if isinstance(one, str) else json.dumps(one) for one in messages]
                return closed(f"ws://{address}/graphql", *texts, subprotocols=["graphql-transport-ws"])

            init = {"type": "connection_init"}
            forever = {"type": "subscribe", "id": "1", "payload": {"query": "subscription { countdown(from: 10000) }"}}
            self.assertEqual(closes(init, "{"), (4400, "Invalid message"))
            self.assertEqual(closes(init, {"type": "what"}), (4400, "Invalid message"))
            self.assertEqual(closes(forever), (4401, "Unauthorized"))
            self.assertEqual(closes(), (4408, "Connection initialisation timeout"))
            self.assertEqual(closes(init, forever, forever), (4409, "Subscriber for 1 already exists"))
            self.assertEqual(closes(init, init), (4429, "Too many initialisation requests"))

    def test_y_websocket(self):
        with running("yjs") as (address, _):
            texts = self.run_client("yjs", f"ws://{address}/docs")["texts"]
            self.assertEqual(len(set(texts)), 1)
            self.assertIn(texts[0], ["hello world", "worldhello "])
            self.assertEqual(closed(f"ws://{address}/docs/notes", b"\xff\xff\xff")[0], 1007)

    def test_mqtt(self):
        with running("mqtt") as (address, _):
            seen = self.run_client("mqtt", f"ws://{address}/mqtt")["seen"]
            self.assertEqual(
                sorted(seen),
                [
                    ["alarms/fire", "xxxxxxxxxx", 100000],
                    ["rooms/1/temperature", "21", 2],
                    ["rooms/2/temperature", "22", 2],
                ],
            )
            url = f"ws://{address}/mqtt"
            self.assertEqual(closed(url, b"\xc0\x00", subprotocols=["mqtt"])[0], 1002)
            self.assertEqual(closed(url, b"\x00\x00", subprotocols=["mqtt"])[0], 1007)


if __name__ == "__main__":
    unittest.main()
