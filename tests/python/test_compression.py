"""Compression with a client that is not ours: the Python package `websockets`. See `compressed.py`."""

import unittest

from compressed import FEW, SECONDS, CompressionTest, messages
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.sync.client import connect

EXTENSIONS = "Sec-WebSocket-Extensions"


class InPython(CompressionTest):
    def connect(self, target, **options):
        self.tap = self.new_tap()
        return connect(
            f"ws://{self.tap.address}{target}", proxy=None, open_timeout=SECONDS, close_timeout=SECONDS, **options
        )

    def echo(self, ws, plain, burst=8):
        for start in range(0, len(plain), burst):
            part = plain[start : start + burst]
            for message in part:
                ws.send(message)
            pong = ws.ping(f"{start}")
            for number, message in enumerate(part, start):
                self.assertTrue(ws.recv(timeout=SECONDS) == message, f"message {number}")
            self.assertTrue(pong.wait(SECONDS))

    def test_by_itself_it_compresses_and_so_does_the_server(self):
        plain = messages()
        with self.connect("/echo") as ws:
            answer = "permessage-deflate; client_max_window_bits=12"
            self.assertEqual(ws.response.headers.get_all(EXTENSIONS), [answer])
            self.echo(ws, plain)
        wire = self.tap.wire()
        self.assert_compressed(wire, plain, server_bits=15, takeover=True)
        self.assert_takeover(wire.from_client(), takeover=True)

    def test_each_parameter_is_kept(self):
        plain = messages(FEW, small=50)
        for offer, answer, bits, takeover, client_takeover in [
            # The server asks for what keeps it from holding 32 KiB.
            ({"client_max_window_bits": None}, "client_no_context_takeover", 15, True, False),
            ({}, "client_max_window_bits=12", 15, True, True),
            ({"client_max_window_bits": 9}, "client_max_window_bits=9", 15, True, True),
            (
                {"server_max_window_bits": 9, "client_no_context_takeover": True},
                "client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=12",
                9,
                True,
                False,
            ),
            (
                {"server_no_context_takeover": True, "client_max_window_bits": 15},
                "server_no_context_takeover; client_max_window_bits=12",
                15,
                False,
                True,
            ),
            (
                {"server_no_context_takeover": True, "server_max_window_bits": 10, "client_max_window_bits": None},
                "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10",
                10,
                False,
                False,
            ),
        ]:
            with self.subTest(offer=offer):
                extension = ClientPerMessageDeflateFactory(**offer)
                with self.connect("/echo", extensions=[extension], compression=None) as ws:
                    self.assertEqual(ws.response.headers.get_all(EXTENSIONS), [f"permessage-deflate; {answer}"])
                    self.echo(ws, plain)
                wire = self.tap.wire()
                self.assert_compressed(wire, plain, server_bits=bits, takeover=takeover)
                self.assert_takeover(wire.from_client(), client_takeover)

    def test_fragments_with_pings_between_are_one_message(self):
        plain = messages(small=20)

        def fragments(message):
            # One is empty.
            size = len(message) // 3 + 1
            yield message[:0]
            for start in range(0, len(message), size):
                yield message[start : start + size]
                pongs.append(ws.ping(f"{len(pongs)}"))

        with self.connect("/echo") as ws:
            pongs = []
            for number, message in enumerate(plain):
                ws.send(fragments(message))
                self.assertTrue(ws.recv(timeout=SECONDS) == message, f"message {number}")
            self.assertGreater(len(pongs), 2 * len(plain))
            self.assertTrue(all(pong.wait(SECONDS) for pong in pongs))
        self.assert_compressed(self.tap.wire(), plain, server_bits=15, takeover=True)

    def test_uncompressed_messages_and_those_of_a_room_come_between(self):
        plain = messages(small=50)
        with self.connect("/three-ways") as ws:
            for number, message in enumerate(plain):
                ws.send(message)
                for way in range(3):
                    self.assertTrue(ws.recv(timeout=SECONDS) == message, f"message {number}, way {way}")
        self.assert_ways(self.tap.wire().from_server(), plain, server_bits=15)

    def test_without_an_offer_nothing_is_compressed(self):
        plain = messages(FEW, small=10)
        with self.connect("/echo", compression=None) as ws:
            self.assertNotIn(EXTENSIONS, ws.response.headers)
            self.echo(ws, plain)
        self.assertFalse(any(message.compressed for message in self.tap.wire().from_server()))


if __name__ == "__main__":
    unittest.main()
