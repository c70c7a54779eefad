"""Compression with a client that is not ours: a page in Chromium. See `compressed.py`.

Needs chromium and chromedriver; without them it is skipped, unless NO_SKIP is set.
"""

import os
import pathlib
import shutil
import tempfile
import unittest

from compressed import SECONDS, CompressionTest, as_json, messages
from selenium import webdriver

CHROMIUM = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
CHROMEDRIVER = shutil.which("chromedriver")
# Root, as in a container, has no sandbox. The rest keeps the browser from calling home.
ARGUMENTS = """--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run
    --disable-background-networking --disable-component-update --disable-sync""".split()
TALK = (pathlib.Path(__file__).resolve().parent / "node" / "talk.cjs").read_text()
PAGE = """
    const [target, messages, options, done] = arguments;
    const socket = new WebSocket(`ws://${location.host}${target}`);
    talk(socket, messages, options).then(done, (error) => done({ error: error.message }));
"""


class InChrome(CompressionTest):
    @classmethod
    def setUpClass(cls):
        if not (CHROMIUM and CHROMEDRIVER):
            missing = "chromium or chromedriver is not there"
            if os.environ.get("NO_SKIP"):
                raise AssertionError(missing)
            raise unittest.SkipTest(missing)
        super().setUpClass()
        profile = cls.enterClassContext(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in [*ARGUMENTS, f"--user-data-dir={profile}"]:
            options.add_argument(argument)
        cls.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(CHROMEDRIVER))
        cls.addClassCleanup(cls.driver.quit)
        cls.driver.set_script_timeout(SECONDS)

    def talk(self, target, plain, **options):
        """Sends messages from a page, and returns what went over the wire."""
        tap = self.new_tap()
        # The server has no page; its answer with 404 is as good, and has the same origin.
        self.driver.get(f"http://{tap.address}/")
        self.assertEqual(self.driver.execute_script("return location.host"), tap.address)
        said = self.driver.execute_async_script(TALK + PAGE, target, as_json(plain), options)
        self.assertEqual(said, {"extensions": "permessage-deflate; client_max_window_bits=12", "wrong": []})
        wire = tap.wire()
        self.assertEqual(wire.extensions(), [said["extensions"]])
        return wire

    def test_what_a_page_sends_and_receives_is_compressed(self):
        plain = messages()
        wire = self.talk("/echo", plain)
        self.assert_compressed(wire, plain, server_bits=15, takeover=True)
        # The browser keeps what was agreed on for it.
        sent = wire.from_client()
        self.assert_small(sent, plain)
        self.assert_takeover(sent, takeover=True)

    def test_uncompressed_messages_and_those_of_a_room_come_between(self):
        plain = messages(small=50)
        sent = self.talk("/three-ways", plain, answers=3, burst=1).from_server()
        self.assert_ways(sent, plain, server_bits=15)


if __name__ == "__main__":
    unittest.main()
