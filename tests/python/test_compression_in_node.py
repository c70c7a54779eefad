"""Compression with a client that is not ours: the package `ws` of Node.js. See `compressed.py`.

Needs node and npm; without them it is skipped, unless NO_SKIP is set. The package goes beside the server's program.
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from compressed import FEW, SECONDS, SERVER, CompressionTest, as_json, messages

NODE, NPM = shutil.which("node"), shutil.which("npm")
HERE = pathlib.Path(__file__).resolve().parent / "node"


def install(source=HERE):
    """Installs what the `package-lock.json` of a directory names, unless it is there; returns the directory of packages."""
    lock = (source / "package-lock.json").read_bytes()
    directory = SERVER.with_name(f"node-{hashlib.sha256(lock).hexdigest()[:8]}")
    complete = directory / "complete"
    if not complete.exists():
        directory.mkdir(exist_ok=True)
        for name in ["package.json", "package-lock.json"]:
            shutil.copy(source / name, directory)
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix", directory]
        done = subprocess.run([NPM, "ci", *options], capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise AssertionError(f"npm: {done.stderr}")
        complete.touch()
    return directory / "node_modules"


class InNode(CompressionTest):
    @classmethod
    def setUpClass(cls):
        if not (NODE and NPM):
            missing = "node or npm is not there"
            if os.environ.get("NO_SKIP"):
                raise AssertionError(missing)
            raise unittest.SkipTest(missing)
        super().setUpClass()
        cls.packages = install()

    def talk(self, target, plain, settings, **options):
        """Sends messages, and returns what went over the wire and what the client says."""
        tap = self.new_tap()
        url = f"ws://{tap.address}{target}"
        orders = {"url": url, "perMessageDeflate": settings, "messages": as_json(plain), **options}
        client = subprocess.run(
            [NODE, HERE / "client.cjs"],
            input=json.dumps(orders),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env={**os.environ, "NODE_PATH": str(self.packages)},
        )
        self.assertEqual(client.returncode, 0, client.stderr)
        said = json.loads(client.stdout)
        self.assertEqual(said["wrong"], [])
        return tap.wire(), said

    def test_with_each_setting(self):
        many, few = messages(), messages(FEW, small=50)
        for settings, answer, bits, takeover, client_takeover in [
            ({}, "client_max_window_bits=12", 15, True, True),
            ({"threshold": 0}, "client_max_window_bits=12", 15, True, True),
            (
                {"serverNoContextTakeover": True},
                "server_no_context_takeover; client_max_window_bits=12",
                15,
                False,
                True,
            ),
            (
                {"clientNoContextTakeover": True, "threshold": 0},
                "client_no_context_takeover; client_max_window_bits=12",
                15,
                True,
                False,
            ),
            ({"serverMaxWindowBits": 10}, "server_max_window_bits=10; client_max_window_bits=12", 10, True, True),
            ({"clientMaxWindowBits": 10}, "client_max_window_bits=10", 15, True, True),
            ({"clientMaxWindowBits": False, "threshold": 0}, "client_no_context_takeover", 15, True, False),
            (
                {
                    "serverNoContextTakeover": True,
                    "clientNoContextTakeover": True,
                    "serverMaxWindowBits": 10,
                    "clientMaxWindowBits": 10,
                    "threshold": 0,
                },
                "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; "
                "client_max_window_bits=10",
                10,
                False,
                False,
            ),
        ]:
            with self.subTest(settings=settings):
                plain = few if settings else many
                wire, said = self.talk("/echo", plain, settings)
                self.assertEqual(wire.extensions(), [f"permessage-deflate; {answer}"])
                self.assertEqual(said["extensions"], "permessage-deflate")
                self.assert_compressed(wire, plain, server_bits=bits, takeover=takeover)
                self.assert_takeover(wire.from_client(), client_takeover)

    def test_fragments_with_pings_between_are_one_message(self):
        plain = messages(small=20)
        for settings in [{}, {"threshold": 0, "clientNoContextTakeover": True}]:
            with self.subTest(settings=settings):
                wire, said = self.talk("/echo", plain, settings, fragments=3)
                self.assertGreater(said["pings"], len(plain))
                self.assertEqual(said["pongs"], said["pings"])
                self.assert_compressed(wire, plain, server_bits=15, takeover=True)

    def test_uncompressed_messages_and_those_of_a_room_come_between(self):
        plain = messages(FEW, small=50)
        for settings, bits in [({}, 15), ({"serverMaxWindowBits": 10}, 10)]:
            with self.subTest(settings=settings):
                wire, _ = self.talk("/three-ways", plain, settings, answers=3, burst=1)
                self.assert_ways(wire.from_server(), plain, server_bits=bits)

    def test_without_an_offer_nothing_is_compressed(self):
        wire, said = self.talk("/echo", messages(FEW, small=10), False)
        self.assertEqual((wire.extensions(), said["extensions"]), ([], ""))
        self.assertFalse(any(message.compressed for message in wire.from_server()))


if __name__ == "__main__":
    unittest.main()
