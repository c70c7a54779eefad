"""What the tests of compression share: the server, a tap on the wire, and what is sent.

    cargo build -p ws-tests --bin compressed
    .venv/bin/python -m unittest discover -v -s tests/python -p 'test_compression*.py'

COMPRESSED_BIN names the program, if it is not target/debug/compressed.
"""

import base64
import contextlib
import dataclasses
import json
import os
import pathlib
import queue
import random
import socket
import subprocess
import threading
import unittest
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER = pathlib.Path(os.environ.get("COMPRESSED_BIN", ROOT / "target" / "debug" / "compressed"))
SECONDS = 60
# The default of the server, in bytes.
THRESHOLD = 64
LENGTHS = [0, 1, 63, 64, 65, 125, 126, 127, 1000, 1024, 4095, 4096, 4097, 20_000, 32_768, 65_535, 65_536, 200_000]
FEW = [0, 64, 1000, 5000, 70_000]


def messages(lengths=LENGTHS, small=150):
    """Texts and bytes, compressible and not, small and large, in no order; the same ones in each call."""
    source = random.Random(7692)
    made = []
    for length in lengths:
        made += [chat(source, length), umlauts(source, length), chat(source, length).encode(), source.randbytes(length)]
    made += [chat(source, source.randrange(100, 200)) for _ in range(small)]
    source.shuffle(made)
    # Nothing in it repeats, so that the second one is small if context is taken over, even in the smallest window.
    return [source.randbytes(100).hex()] * 2 + made


def chat(source, length):
    """Text as programs send it, of as many bytes."""
    lines, made = [], 0
    while made < length:
        said = " ".join(source.choices("the quick brown fox jumps over a lazy dog and runs".split(), k=8))
        lines.append(json.dumps({"type": "message", "user": f"user-{source.randrange(100)}", "message": said}))
        made += len(lines[-1])
    return "".join(lines)[:length]


def umlauts(source, length):
    """As many bytes, if they can be, of characters that have two to four bytes each."""
    return "".join(source.choices("äöüß€日本🦀", k=length)).encode()[:length].decode(errors="ignore")


def as_json(plain):
    """Messages in the form that `node/talk.cjs` takes."""
    return [
        {"text": message} if isinstance(message, str) else {"base64": base64.b64encode(message).decode()}
        for message in plain
    ]


def as_bytes(message):
    return message.encode() if isinstance(message, str) else message


@contextlib.contextmanager
def running():
    """Starts the server; yields its address."""
    process = subprocess.Popen([SERVER], stdout=subprocess.PIPE, text=True, env={**os.environ, "RUST_LOG": "off"})
    try:
        host, port = process.stdout.readline().strip().rsplit(":", 1)
        yield host, int(port)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class CompressionTest(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(running())

    def new_tap(self):
        return self.enterContext(Tap(self.server))

    def assert_compressed(self, wire, plain, *, server_bits, takeover):
        """Looks at what the server sent, for a client that sent `plain`; it echoes it."""
        messages = wire.from_server()
        self.assertEqual([message.opcode for message in messages], [opcode(message) for message in plain])
        # With no more memory than what was agreed on.
        for number, (message, inflated) in enumerate(zip(plain, inflate(messages, server_bits, takeover), strict=True)):
            self.assertTrue(as_bytes(message) == inflated, f"message {number}")
        for message, sent in zip(plain, messages, strict=True):
            size = len(as_bytes(message))
            if size < THRESHOLD:
                self.assertFalse(sent.compressed, size)
            elif isinstance(message, str) and size > 500:
                self.assertTrue(sent.compressed, size)
        self.assert_small(messages, plain)
        self.assert_takeover(messages, takeover)

    def assert_small(self, messages, plain):
        """More than half of what could be made smaller is saved; the rest is noise."""
        texts = [index for index, message in enumerate(plain) if isinstance(message, str)]
        before = sum(len(as_bytes(plain[index])) for index in texts)
        after = sum(len(messages[index].payload) for index in texts)
        self.assertLess(after, before / 2)

    def assert_ways(self, messages, plain, *, server_bits):
        """Looks at what the server sent three times, in each of its ways."""
        repeated = [message for message in plain for _ in range(3)]
        for number, (message, inflated) in enumerate(zip(repeated, inflate(messages, server_bits, True), strict=True)):
            self.assertTrue(as_bytes(message) == inflated, f"message {number}")
        secret, own, shared = (messages[way::3] for way in range(3))
        self.assertEqual({message.compressed for message in secret}, {False})
        self.assert_takeover(own, takeover=True)
        self.assert_small(own, plain)
        self.assert_small(shared, plain)
        if server_bits == 15:
            # Compressed once for all in a room, so it refers to nothing before it.
            self.assertEqual(list(inflate(shared, 15, takeover=False)), [as_bytes(message) for message in plain])

    def assert_takeover(self, messages, takeover):
        """Looks at the first two messages, which are equal."""
        first, second = (len(message.payload) for message in messages[:2])
        self.assertGreater(first, 100)
        if takeover:
            self.assertLess(second, 50)
        else:
            self.assertEqual(second, first)


def opcode(message):
    return 1 if isinstance(message, str) else 2


class Tap:
    """Carries bytes between clients and a server, and keeps a copy."""

    def __init__(self, server):
        self.server = server
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:{}".format(self.listener.getsockname()[1])
        self.ended = queue.Queue()
        threading.Thread(target=self._accept, daemon=True).start()

    def wire(self):
        """Waits for the end of a WebSocket connection."""
        while True:
            wire = Wire(*self.ended.get(timeout=SECONDS))
            # A browser has other connections too.
            if wire.answer.startswith("HTTP/1.1 101 "):
                return wire

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._carry, args=[client], daemon=True).start()

    def _carry(self, client):
        with client, socket.create_connection(self.server) as server:
            for end in [client, server]:
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sent, received = bytearray(), bytearray()
            upwards = threading.Thread(target=self._copy, args=[client, server, sent], daemon=True)
            upwards.start()
            self._copy(server, client, received)
            upwards.join()
        self.ended.put((bytes(sent), bytes(received)))

    @staticmethod
    def _copy(source, sink, kept):
        with contextlib.suppress(OSError):
            while chunk := source.recv(1 << 16):
                kept += chunk
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Wakes the thread, which `close` does not.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Wire:
    """What went over a connection."""

    def __init__(self, sent, received):
        request, _, self.sent = sent.partition(b"\r\n\r\n")
        answer, _, self.received = received.partition(b"\r\n\r\n")
        self.request, self.answer = request.decode(), answer.decode()

    def extensions(self):
        """What the server agreed to."""
        headers = [line.partition(": ") for line in self.answer.split("\r\n")[1:]]
        return [value for name, _, value in headers if name.lower() == "sec-websocket-extensions"]

    def from_client(self):
        return read(self.sent)

    def from_server(self):
        return read(self.received)


@dataclasses.dataclass
class Sent:
    """A message on the wire."""

    opcode: int
    compressed: bool
    payload: bytes


def read(stream):
    """The messages in a stream of frames."""
    made, at = [], 0
    while at < len(stream):
        first, second = stream[at : at + 2]
        at += 2
        length = second & 0x7F
        if wide := {126: 2, 127: 8}.get(length):
            length = int.from_bytes(stream[at : at + wide])
            at += wide
        mask = b""
        if second & 0x80:
            mask = stream[at : at + 4]
            at += 4
        payload = unmasked(mask, stream[at : at + length])
        at += length
        match first & 0x0F:
            case 0:
                made[-1].payload += payload
            case 1 | 2 as opcode:
                made.append(Sent(opcode, bool(first & 0x40), payload))
    return made


def unmasked(mask, payload):
    if not mask:
        return payload
    key = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload) ^ int.from_bytes(key)).to_bytes(len(payload))


def inflate(messages, bits, takeover):
    """The content of messages, as somebody reads them who remembers `2 ** bits` bytes."""
    inflater = zlib.decompressobj(-bits)
    # zlib can refer to all of its output of one call, which has to be small for a small window.
    step = 64 if bits < 15 else 1 << 20
    for message in messages:
        if not message.compressed:
            yield message.payload
            continue
        if not takeover:
            inflater = zlib.decompressobj(-bits)
        plain, rest = bytearray(), message.payload + b"\x00\x00\xff\xff"
        while True:
            part = inflater.decompress(rest, step)
            plain += part
            rest = inflater.unconsumed_tail
            if not rest and len(part) < step:
                break
        yield bytes(plain)
