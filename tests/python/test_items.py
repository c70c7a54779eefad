"""Drives the running `items` example with a client of somebody else's making.

    cargo build -p examples --bin items
    python3 -m venv .venv && .venv/bin/pip install -r tests/python/requirements.txt
    .venv/bin/python -m unittest discover -v -s tests/python

ITEMS_BIN names the program, if it is not target/debug/items.
"""

import json
import os
import pathlib
import queue
import re
import socket
import subprocess
import threading
import unittest

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close, Frame, Opcode
from websockets.sync.client import connect

ROOT = pathlib.Path(__file__).resolve().parents[2]
ITEMS = pathlib.Path(os.environ.get("ITEMS_BIN", ROOT / "target" / "debug" / "items"))
SECONDS = 10
COOKIE = {"Cookie": "session=abc"}


class Server:
    """The example on a free port, with what it logs."""

    def __init__(self):
        environment = {**os.environ, "RUST_LOG": "info", "NO_COLOR": "1"}
        self.process = subprocess.Popen(
            [ITEMS, "127.0.0.1:0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.printed, self.logged = queue.Queue(), queue.Queue()
        self.readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in [(self.process.stdout, self.printed), (self.process.stderr, self.logged)]
        ]
        for reader in self.readers:
            reader.start()
        try:
            self.address = self._address()
        except BaseException:
            self.stop()
            raise

    @staticmethod
    def _read(pipe, lines):
        for line in pipe:
            lines.put(line.rstrip("\n"))
        lines.put(None)

    def _address(self):
        while True:
            line = self.printed.get(timeout=SECONDS)
            if line is None:
                raise AssertionError(f"{ITEMS} ended without saying where it listens: {self.log()}")
            if found := re.search(r"127\.0\.0\.1:\d+", line):
                return found[0]

    def log(self):
        """What was logged until now."""
        lines = []
        while not self.logged.empty():
            lines.append(self.logged.get())
        return [line for line in lines if line is not None]

    def stop(self):
        self.process.kill()
        self.process.wait(SECONDS)
        for reader in self.readers:
            reader.join(SECONDS)
        self.process.stdout.close()
        self.process.stderr.close()


class ItemsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)

    def connect(self, target, headers=COOKIE, **options):
        options.setdefault("proxy", None)
        return connect(
            f"ws://{self.server.address}{target}",
            additional_headers=headers,
            open_timeout=SECONDS,
            close_timeout=SECONDS,
            **options,
        )

    def close_of(self, target, headers=COOKIE, **options):
        """The code and the reason that a client is closed with which says nothing."""
        with self.connect(target, headers, **options) as ws, self.assertRaises(ConnectionClosed) as ended:
            ws.recv(timeout=SECONDS)
        return ended.exception.rcvd.code, ended.exception.rcvd.reason

    def refusal_of(self, target, headers=COOKIE, **options):
        """The status and the JSON body that the handshake is refused with."""
        with self.assertRaises(InvalidStatus) as refused, self.connect(target, headers, **options):
            self.fail("accepted")
        response = refused.exception.response
        self.assertEqual(response.headers["Content-Type"], "application/json")
        return response.status_code, json.loads(response.body)

    def assert_serves(self):
        with self.connect("/items/5/ws") as ws:
            ws.send("still there?")
            self.assertEqual(ws.recv(timeout=SECONDS), "Message text was: still there?, for item ID: 5")


class Conversation(ItemsTest):
    def test_text_comes_back_with_the_item(self):
        for prefix in ["", "/http"]:
            with self.connect(f"{prefix}/items/5/ws") as ws:
                for text in ["hi", "", "Grüße 🦀", "x" * 100_000]:
                    ws.send(text)
                    self.assertEqual(ws.recv(timeout=SECONDS), f"Message text was: {text}, for item ID: 5")

    def test_the_query_is_answered_too(self):
        with self.connect("/items/5/ws?q=3") as ws:
            ws.send("hi")
            self.assertEqual(ws.recv(timeout=SECONDS), "Message text was: hi, for item ID: 5")
            self.assertEqual(ws.recv(timeout=SECONDS), "Query param q is: 3")

    def test_fragments_are_one_message(self):
        with self.connect("/items/5/ws") as ws:
            ws.send(["Gr", "ü", "ße"])
            self.assertEqual(ws.recv(timeout=SECONDS), "Message text was: Grüße, for item ID: 5")

    def test_a_ping_is_answered(self):
        with self.connect("/items/5/ws") as ws:
            self.assertTrue(ws.ping(b"alive?").wait(SECONDS))

    def test_compression_is_offered_and_declined(self):
        with self.connect("/items/5/ws", compression="deflate") as ws:
            self.assertEqual(ws.protocol.extensions, [])
            ws.send("hi")
            ws.recv(timeout=SECONDS)

    def test_binary_where_text_is_expected_is_1003(self):
        with self.connect("/items/5/ws") as ws:
            ws.send(b"hi")
            with self.assertRaises(ConnectionClosed) as ended:
                ws.recv(timeout=SECONDS)
        self.assertEqual(ended.exception.rcvd.code, 1003)

    def test_text_that_is_not_utf8_is_1007(self):
        with self.connect("/items/5/ws") as ws:
            ws.socket.sendall(Frame(Opcode.TEXT, b"\xff").serialize(mask=True))
            with self.assertRaises(ConnectionClosed) as ended:
                ws.recv(timeout=SECONDS)
        self.assertEqual(ended.exception.rcvd.code, 1007)

    def test_a_message_that_is_too_big_is_1009(self):
        with self.connect("/items/5/ws") as ws:
            with self.assertRaises(ConnectionClosed) as ended:
                ws.send("x" * (1024 * 1024 + 1))
                ws.recv(timeout=SECONDS)
        self.assertEqual(ended.exception.rcvd.code, 1009)

    def test_many_clients_talk_at_once(self):
        clients = [self.enterContext(self.connect(f"/items/{number}/ws")) for number in range(50)]
        for number, ws in enumerate(clients):
            ws.send(f"from {number}")
        for number, ws in enumerate(clients):
            self.assertEqual(ws.recv(timeout=SECONDS), f"Message text was: from {number}, for item ID: {number}")


class Rejections(ItemsTest):
    """Every refusal, as a close frame and as an HTTP response."""

    def test_without_the_cookie(self):
        for headers in [{}, {"Cookie": "other=abc"}]:
            self.assertEqual(self.close_of("/items/5/ws", headers), (1008, "Session cookie missing"))
            body = {"code": 1008, "reason": "Session cookie missing"}
            self.assertEqual(self.refusal_of("/http/items/5/ws", headers), (403, body))

    def test_a_query_that_is_no_number(self):
        code, reason = self.close_of("/items/5/ws?q=abc")
        self.assertEqual(code, 1008)
        self.assertEqual(json.loads(reason), [{"type": "int_parsing", "loc": ["query", "q"]}])

        status, body = self.refusal_of("/http/items/5/ws?q=abc")
        self.assertEqual(status, 422)
        detail = {
            "type": "int_parsing",
            "loc": ["query", "q"],
            "msg": "Input should be a valid integer, unable to parse string as an integer",
            "input": "abc",
        }
        self.assertEqual(body, {"detail": [detail]})

    def test_everything_wrong_at_once(self):
        # Parameters come before the session, which the endpoint depends on.
        code, reason = self.close_of("/items/x/ws?q=abc", headers={})
        self.assertEqual(code, 1008)
        self.assertEqual([error["loc"] for error in json.loads(reason)], [["path", "id"], ["query", "q"]])
        status, body = self.refusal_of("/http/items/x/ws?q=abc", headers={})
        self.assertEqual((status, [error["loc"][1] for error in body["detail"]]), (422, ["id", "q"]))

    def test_a_client_that_offers_subprotocols_sees_the_code_too(self):
        closed = self.close_of("/items/5/ws", headers={}, subprotocols=["a", "b"])
        self.assertEqual(closed, (1008, "Session cookie missing"))

    def test_what_is_not_an_endpoint_or_not_allowed(self):
        for target, options, status in [
            ("/nowhere", {}, 404),
            ("/items/5", {}, 404),
            ("/items/5/ws", {"origin": "http://evil.example"}, 403),
        ]:
            with self.subTest(target=target), self.assertRaises(InvalidStatus) as refused:
                with self.connect(target, **options):
                    self.fail("accepted")
            self.assertEqual(refused.exception.response.status_code, status)

    def test_a_page_of_the_same_origin_is_allowed(self):
        with self.connect("/items/5/ws", origin=f"http://{self.server.address}") as ws:
            ws.send("hi")
            ws.recv(timeout=SECONDS)


class Leaving(ItemsTest):
    """Clients that leave in every way: the server answers, logs nothing about it, and goes on."""

    def setUp(self):
        self.server.log()

    def assert_quiet(self):
        self.assert_serves()
        loud = [line for line in self.server.log() if "WARN" in line or "ERROR" in line or "panicked" in line]
        self.assertEqual(loud, [])

    def test_with_a_code(self):
        for code in [1000, 1001, 3000, 4321, 4999]:
            with self.connect("/items/5/ws") as ws:
                ws.close(code, "good-bye")
            self.assertEqual(ws.close_code, code)
            # The server answers with the same code.
            self.assertEqual(ws.protocol.close_rcvd.code, code)
        self.assert_quiet()

    def test_without_a_code(self):
        with self.connect("/items/5/ws") as ws:
            ws.socket.sendall(Frame(Opcode.CLOSE, b"").serialize(mask=True))
            with self.assertRaises(ConnectionClosed) as ended:
                ws.recv(timeout=SECONDS)
        self.assertIn(ended.exception.rcvd, [None, Close(1005, "")])
        self.assert_quiet()

    def test_without_a_word(self):
        for _ in range(5):
            with self.connect("/items/5/ws") as ws:
                ws.send("hi")
                ws.socket.shutdown(socket.SHUT_RDWR)
        self.assert_quiet()


if __name__ == "__main__":
    unittest.main()
