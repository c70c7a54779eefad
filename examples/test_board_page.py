"""The page of the board in a browser: the client that the app writes in TypeScript, compiled, in Chromium.

    cargo build -p examples --all-features --bins
    EXAMPLES_DIR=target/debug .venv/bin/python -m unittest discover -s examples -p 'test_board_page.py'

Needs chromium and chromedriver; without them it is skipped, unless NO_SKIP is set.
"""

import contextlib
import json
import os
import unittest

from running import Example
from test_chat_page import READY, Network, Window
from websockets.sync.client import connect

try:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    pass

MISSED = "You missed {} changes."


class Page(Window):
    def entries(self):
        """What the page shows, which a test that waits in vain reports."""
        return self.run("return document.body.innerText")

    def open(self, address):
        self.driver.get(f"http://{address}/")

    def id(self, id):
        return self.driver.find_element(By.ID, id)

    def enter(self, token):
        self.id("token").clear()
        self.id("token").send_keys(token, Keys.ENTER)

    def pin(self, text):
        self.id("text").send_keys(text, Keys.ENTER)

    def shows(self, id, text):
        self.wait(text, lambda: self.text(id) == text)

    def wait_for_notes(self, *notes):
        self.wait(notes, lambda: tuple(self.text("notes").splitlines()) == notes)

    def complaints(self):
        """What the browser complains of. Attempts that fail are no fault of the page."""
        found = [entry["message"] for entry in self.driver.get_log("browser")]
        return [message for message in found if "WebSocket connection to" not in message]


@contextlib.contextmanager
def member(address, name):
    """Yields a function that pins a note, and returns when it is on the board."""
    url, token = f"ws://{address}/boards/kitchen", {"Authorization": f"Bearer {name}-secret"}
    with connect(url, additional_headers=token, proxy=None) as connection:

        def wait(is_wanted):
            while not is_wanted(json.loads(connection.recv(timeout=30)).get("message", {})):
                pass

        def pin(text):
            connection.send(json.dumps({"type": "pin", "text": text}))
            wait(lambda message: message.get("note", {}).get("text") == text)

        wait(lambda message: message.get("type") == "board")
        yield pin


@unittest.skipUnless(READY or os.environ.get("NO_SKIP"), "chromium, chromedriver or selenium is not there")
class BoardPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.page = Page()
        cls.addClassCleanup(cls.page.close)

    def setUp(self):
        self.page.driver.get("about:blank")
        self.page.driver.get_log("browser")

    def tearDown(self):
        self.assertEqual(self.page.complaints(), [])

    def enter(self, address, token="ann-secret"):
        self.page.open(address)
        self.page.enter(token)
        self.page.shows("state", "Online")

    def test_a_note_goes_out_and_comes_back(self):
        page = self.page
        with Example("board") as board:
            self.enter(board.address)
            page.pin("buy tea")
            page.wait_for_notes("ann: buy tea")
            with member(board.address, "bob") as pin:
                pin("buy <b>cake</b>")
                page.wait_for_notes("ann: buy tea", "bob: buy <b>cake</b>")
            page.id("clear").send_keys(Keys.ENTER)
            page.wait_for_notes()

    def test_a_refusal_has_its_reason_and_another_token_helps(self):
        page = self.page
        with Example("board") as board:
            page.open(board.address)
            page.enter("nobody")
            page.shows("state", "Nobody has this token. Try another one.")
            self.assertTrue(page.id("enter").is_displayed())
            page.enter("ann-secret")
            page.shows("state", "Online")
            page.pin("x" * 207)
            page.shows("state", "This note is too long by 7 characters. Enter again.")

    def test_nothing_is_missed_while_the_network_is_cut(self):
        page = self.page
        with Example("board") as board, Network(board.address) as network, member(board.address, "bob") as pin:
            self.enter(network.address)
            pin("one")
            page.wait_for_notes("bob: one")
            expected = ["bob: one"]
            for number in range(3):
                page.run("document.getElementById('news').textContent = ''")
                network.cut()
                pin(f"while you were away {number}")
                expected.append(f"bob: while you were away {number}")
                page.wait("the recovery", lambda: page.text("news").startswith("You missed"))
                self.assertIn(page.text("news"), [MISSED.format(0), MISSED.format(1)])
                page.wait_for_notes(*expected)
            pin("and now")
            page.wait_for_notes(*expected, "bob: and now")

    def test_the_page_comes_back_after_a_restart_of_the_server(self):
        page = self.page
        with Example("board") as board:
            address = board.address
            self.enter(address)
            page.pin("lost with the server")
            page.wait_for_notes("ann: lost with the server")
            board.kill()
            page.shows("state", "Connection lost. Trying again …")
            page.pin("kept by the page")
        with Example("board", address=address):
            page.shows("state", "Online")
            page.shows("news", "You were away for too long. This is the board now.")
            page.wait_for_notes("ann: kept by the page")


if __name__ == "__main__":
    unittest.main()
