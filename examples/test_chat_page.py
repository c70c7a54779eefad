"""The chat's page in a browser, as somebody uses it who has a keyboard and no mouse.

    cargo build -p examples --all-features --bins
    EXAMPLES_DIR=target/debug .venv/bin/python -m unittest discover -s examples -p 'test_chat_page.py'

Needs chromium and chromedriver; without them it is skipped, unless NO_SKIP is set.
"""

import contextlib
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
import unittest

from chat_client import PATIENCE, Member, enter, said, system
from running import Example
from test_chat_redis import Redis

CHROMIUM = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
CHROMEDRIVER = shutil.which("chromedriver")

try:
    from selenium import webdriver
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:
    webdriver = None

READY = CHROMIUM and CHROMEDRIVER and webdriver
# Root, as in a container, has no sandbox. The rest keeps the browser from calling home.
ARGUMENTS = """--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run
    --disable-background-networking --disable-component-update --disable-sync --force-device-scale-factor=1""".split()

ENTRIES = """return [...document.querySelectorAll("#log > *")].map(entry => [
    entry.querySelector(".who, .unseen")?.textContent ?? entry.className,
    (entry.querySelector(".text") ?? entry).firstChild.textContent,
])"""


class Window:
    """A browser with the page in it."""

    def __init__(self, width=1200, height=800):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        for argument in [*ARGUMENTS, f"--user-data-dir={self.profile.name}", f"--window-size={width},{height}"]:
            options.add_argument(argument)
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(CHROMEDRIVER))

    def close(self):
        self.driver.quit()
        self.profile.cleanup()

    def open(self, address):
        self.driver.get(f"http://{address}/")

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait(self, what, condition):
        WebDriverWait(self, PATIENCE, 0.05).until(lambda _: condition(), f"waited for {what}: {self.entries()}")

    def text(self, id):
        return self.driver.find_element(By.ID, id).text

    def type(self, *keys):
        """Presses keys, wherever the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def focus(self):
        """The element that has the focus: its ID, or whose person it is."""
        return self.run("const { id, dataset } = document.activeElement; return id || dataset.user || ''")

    def tab_to(self, wanted, *back):
        for _ in range(20):
            if self.focus() == wanted:
                return
            with_shift = ActionChains(self.driver)
            for key in back:
                with_shift.key_down(key)
            with_shift.send_keys(Keys.TAB)
            for key in back:
                with_shift.key_up(key)
            with_shift.perform()
        raise AssertionError(f"{wanted} cannot be reached by keyboard, only {self.focus()}")

    def state(self):
        return self.run("return document.getElementById('state').dataset.state")

    def wait_for_state(self, *states):
        self.wait(f"the state {states}", lambda: self.state() in states)

    def join(self, name):
        self.type(name, Keys.ENTER)
        self.wait_for_state("online")

    def say(self, message):
        self.type(message, Keys.ENTER)

    def entries(self):
        """What the log shows: whose it is, and the text."""
        return [tuple(entry) for entry in self.run(ENTRIES)]

    def wait_for(self, who, text):
        self.wait((who, text), lambda: (who, text) in self.entries())

    def people(self):
        return self.run("return [...document.querySelectorAll('.person span')].map(person => person.textContent)")

    def complaints(self):
        """What the console says, but for connections that could not be made."""
        log = self.driver.get_log("browser")
        return [entry["message"] for entry in log if "WebSocket connection to" not in entry["message"]]


class Network:
    """A way to a server that can be cut: the client is told, and the server is not."""

    def __init__(self, address):
        host, port = address.split(":")
        self.server = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:{}".format(self.listener.getsockname()[1])
        self.here, self.there = [], []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                here, _ = self.listener.accept()
                there = socket.create_connection(self.server)
                self.here.append(here)
                self.there.append(there)
                for ends in [(here, there), (there, here)]:
                    threading.Thread(target=self.carry, args=ends, daemon=True).start()

    def carry(self, source, sink):
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                if source not in self.cut_off:
                    sink.sendall(chunk)

    cut_off = ()

    def cut(self):
        """Ends all connections of clients, and leaves those to the server as they are."""
        self.cut_off = [*self.here, *self.there]
        for here in self.here:
            here.shutdown(socket.SHUT_RDWR)
        self.here = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        for end in [*self.here, *self.there]:
            end.close()


class Page(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if not READY:
            missing = "chromium, chromedriver or the Python package selenium is not there"
            if os.environ.get("NO_SKIP"):
                raise AssertionError(missing)
            raise unittest.SkipTest(missing)
        cls.windows = []

    @classmethod
    def tearDownClass(cls):
        for window in cls.windows:
            window.close()

    def open(self, address, number=0):
        """One of two windows, with the page loaded anew."""
        while len(self.windows) <= number:
            self.windows.append(Window())
        window = self.windows[number]
        window.run("sessionStorage.clear()") if window.driver.current_url.startswith("http") else None
        window.open(address)
        return window

    def start(self, *options, **settings):
        return self.enterContext(Example("chat", *options, patience=120, **settings))

    def enter(self, address, *users):
        members = enter(address, *users)
        for member in members:
            self.addCleanup(member.leave)
        return members

    def test_two_people_chat_and_see_a_third_come_and_go(self):
        address = self.start().address
        bob, alice = self.open(address), self.open(address, 1)
        bob.join("bob")
        bob.wait_for("note", "User bob has joined the chat")
        alice.join("alice")
        bob.wait_for("note", "User alice has joined the chat")
        bob.say("Hello <b>alice</b> & all")
        bob.wait_for("You", "Hello <b>alice</b> & all")
        alice.wait_for("bob", "Hello <b>alice</b> & all")
        alice.say("<img src=x onerror=document.title='owned'>")
        bob.wait_for("alice", "<img src=x onerror=document.title='owned'>")
        self.assertEqual(bob.driver.title, "Chat")
        self.assertEqual(bob.run("return document.querySelectorAll('#log img, #log b').length"), 0)

        with Member(address, "<i>carol</i>") as carol:
            for window, name in [(bob, "bob"), (alice, "alice")]:
                window.wait_for("note", "User <i>carol</i> has joined the chat")
                everybody = ["bob", "alice", "<i>carol</i>"]
                wanted = [f"{user} (you)" if user == name else user for user in everybody]
                window.wait("the people", lambda window=window, wanted=wanted: window.people() == wanted)
            self.assertEqual(bob.text("people-title"), "Here now: 3")
            # Private messages reach two.
            bob.tab_to("alice", Keys.SHIFT)
            bob.type(Keys.SPACE)
            self.assertEqual(bob.focus(), "text")
            self.assertEqual(bob.text("secret-text"), "Privately to alice")
            bob.say("psst")
            bob.wait_for("You to alice, privately", "psst")
            alice.wait_for("bob to you, privately", "psst")
            bob.type(Keys.ESCAPE)
            self.assertFalse(bob.driver.find_element(By.ID, "secret").is_displayed())
            bob.say("aloud")
            carol.wait_for(said("bob", "aloud"))
        bob.wait_for("note", "User <i>carol</i> has left the chat")
        bob.wait("the people", lambda: bob.people() == ["bob (you)", "alice"])
        for window in [bob, alice]:
            self.assertEqual(window.complaints(), [])

    def test_leaving_is_a_button_and_joining_again_works(self):
        address = self.start().address
        (alice,) = self.enter(address, "alice")
        bob = self.open(address)
        bob.join("bob")
        alice.wait_for(system("bob", "joined"))
        bob.tab_to("leave", Keys.SHIFT)
        bob.type(Keys.ENTER)
        alice.wait_for(system("bob", "left"))
        self.assertEqual(bob.focus(), "name")
        bob.type(Keys.ENTER)  # The name still stands there.
        bob.wait_for_state("online")
        alice.wait_for(system("bob", "joined"))

    def test_a_name_that_is_taken_is_refused_with_the_reason(self):
        address = self.start().address
        self.enter(address, "bob")
        window = self.open(address)
        window.type("bob", Keys.ENTER)
        window.wait("the refusal", lambda: window.text("refusal"))
        self.assertEqual(window.text("refusal"), "The server does not allow it: User ID already in use (1008).")
        self.assertEqual(window.focus(), "name")
        window.type("by", Keys.ENTER)
        window.wait_for_state("online")
        self.assertEqual(window.text("state-text"), "Online as bobby")

    def test_names_of_every_kind_can_join(self):
        address = self.start().address
        window = self.open(address)
        for name in ["a/b?c#d", "%2F%", "Zoë & Co", "עברית"]:
            window.open(address)
            window.run("document.getElementById('name').value = ''")
            window.join(name)
            window.wait_for("note", f"User {name} has joined the chat")
            window.wait("the name", lambda name=name: window.people() == [f"{name} (you)"])

    def test_the_page_comes_back_after_a_restart_of_the_server(self):
        first = self.start()
        bob = self.open(first.address)
        bob.join("bob")
        bob.say("before")
        bob.wait_for("You", "before")
        bob.type("half a sent")
        first.process.send_signal(signal.SIGTERM)
        first.process.wait(PATIENCE)
        bob.wait_for_state("waiting")
        self.assertRegex(bob.text("state-text"), r"^Trying again in \d+ s$")
        self.assertIn("Trying again in", bob.text("notice-text"))
        self.assertFalse(bob.driver.find_element(By.ID, "send").is_enabled())
        second = self.start(address=first.address)
        (alice,) = self.enter(second.address, "alice")
        bob.wait_for_state("online")
        bob.wait("alice", lambda: "alice" in bob.people())
        # What was half written is still there, and so are the log and the focus.
        bob.type("ence", Keys.ENTER)
        alice.wait_for(said("bob", "half a sentence"))
        self.assertIn(("You", "before"), bob.entries())
        self.assertFalse(bob.driver.find_element(By.ID, "notice").is_displayed())

    def test_the_name_is_still_held_by_the_connection_that_was_lost(self):
        address = self.start().address
        (alice,) = self.enter(address, "alice")
        network = self.enterContext(Network(address))
        bob = self.open(network.address)
        bob.join("bob")
        network.cut()
        bob.wait_for_state("waiting")
        bob.wait("the refusal", lambda: "still holds your name" in bob.text("notice-text"))
        self.assertEqual(bob.state(), "waiting")
        # The server finds out by itself, as its ping is not answered.
        bob.wait_for_state("online")
        alice.wait_for(system("bob", "left"))
        alice.wait_for(system("bob", "joined"))

    @unittest.skipUnless(shutil.which("redis-server"), "redis-server is not there")
    def test_the_name_is_still_held_by_the_process_that_died(self):
        redis = Redis()
        self.addCleanup(redis.kill)
        options = ["--redis", redis.url, "--lease", "8"]
        first = self.start(*options)
        bob = self.open(first.address)
        bob.join("bob")
        first.kill()
        self.start(*options, address=first.address)
        bob.wait("the refusal", lambda: "still holds your name" in bob.text("notice-text"))
        bob.wait_for_state("online")

    def test_what_was_sent_into_a_dead_connection_is_given_back(self):
        chat = self.start("--heartbeat", "60")
        bob = self.open(chat.address)
        bob.join("bob")
        bob.say("heard")
        bob.wait_for("You", "heard")
        bob.run("whisper('bob')")
        bob.say("to myself")
        bob.wait_for("You to bob, privately", "to myself")
        bob.run("whisper('mallory')")
        bob.say("to nobody")
        bob.wait_for("note error", "User mallory is not in the chat")
        self.assertEqual(bob.run("return unanswered"), [])
        chat.process.send_signal(signal.SIGSTOP)
        bob.run("whisper(null)")
        bob.say("first")
        bob.run("whisper('bob')")
        bob.say("a secret")
        bob.run("whisper(null)")
        chat.kill()
        bob.wait_for_state("waiting")
        bob.wait_for("note error", "This may not have been delivered: first")
        self.assertEqual(bob.run("return document.getElementById('text').value"), "a secret")
        # To whom it was for, and to nobody else.
        self.assertEqual(bob.run("return target"), "bob")
        self.start(address=chat.address)
        bob.wait_for_state("online")
        bob.type(Keys.ENTER)
        bob.wait_for("You to bob, privately", "a secret")

    def test_a_name_that_somebody_else_took_meanwhile_is_lost(self):
        first = self.start()
        bob = self.open(first.address)
        bob.join("bob")
        first.kill()
        bob.wait_for_state("waiting")
        bob.run("lostAt -= GHOST - 2000")
        second = self.start(address=first.address)
        with Member(second.address, "bob"):
            bob.wait_for_state("closed")
        self.assertIn("User ID already in use (1008)", bob.text("notice-text"))

    def test_decisions_of_the_server_are_final_and_accidents_are_not(self):
        window = self.open(self.start().address)
        codes = [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 1012, 1013, 1014, 3000, 4000, 4999]
        final = window.run("return arguments[0].filter(isFinal)", codes)
        self.assertEqual(final, [1000, 1008, 4000, 4999])

    def test_backoff_grows_and_is_never_the_same_for_all(self):
        window = self.open(self.start().address)
        delays = window.run("""
            const delays = [], real = Date.now;
            Date.now = () => 0;
            const spy = window.show;
            for (let attempt = 0; attempt < 40; attempt++) {
                attempts = attempt % 8;
                let text;
                window.show = (state, words) => { text ??= words; };
                wait("x");
                clearInterval(retry);
                delays.push([attempt % 8, Number(text.match(/\\d+/)[0])]);
            }
            Date.now = real; window.show = spy;
            return delays;
        """)
        for attempt, delay in delays:
            longest = min(30, 2**attempt)
            self.assertTrue(longest / 2 <= delay <= longest, (attempt, delay))
        self.assertGreater(len({delay for attempt, delay in delays if attempt == 7}), 1)

    def test_the_rate_limit_is_a_warning_and_then_final(self):
        address = self.start("--rate", "1").address
        (alice,) = self.enter(address, "alice")
        bob = self.open(address)
        bob.join("bob")
        for number in range(5):
            bob.say(str(number))
        bob.wait_for("note error", "Too many messages: that one was not delivered")
        bob.wait_for_state("closed")
        self.assertEqual(bob.text("notice-text"), "The server does not allow it: rate limit exceeded (1008).")
        alice.wait_for(system("bob", "left"))
        time.sleep(1.5)  # Longer than the first wait before a reconnection would be.
        self.assertEqual(bob.state(), "closed")
        bob.tab_to("again")
        bob.type(Keys.ENTER)
        alice.wait_for(system("bob", "joined"))
        self.assertEqual(bob.focus(), "text")

    def test_inactivity_is_final_and_said_in_words(self):
        address = self.start("--inactivity", "1").address
        bob = self.open(address)
        bob.join("bob")
        bob.wait_for_state("closed")
        self.assertIn(("note error", "Connection timed out due to inactivity"), bob.entries())
        self.assertIn("inactivity timeout (1000)", bob.text("notice-text"))

    def test_a_server_that_says_nothing_any_more_is_noticed(self):
        chat = self.start("--heartbeat", "1")
        bob = self.open(chat.address)
        bob.join("bob")
        chat.process.send_signal(signal.SIGSTOP)
        try:
            bob.wait_for_state("waiting")
            self.assertIn("no sign of life", bob.text("notice-text"))
        finally:
            chat.process.send_signal(signal.SIGCONT)

    def test_patience_is_that_of_the_period_of_heartbeats_however_they_arrive(self):
        bob = self.open(self.start("--heartbeat", "16").address)
        bob.join("bob")
        patience = bob.run("""
            const real = setTimeout, patience = [];
            window.setTimeout = (what, after) => patience.push(after);
            for (const data of ['{"type":"heartbeat"}', '{"type":"heartbeat"}', '{"type":"system","message":"x"}']) {
                socket.onmessage({ data });
            }
            window.setTimeout = real;
            expectLife();
            return patience;
        """)
        self.assertEqual(patience, [40_000] * 3)

    def test_characters_are_counted_as_the_server_counts_them(self):
        address = self.start().address
        bob = self.open(address)
        bob.join("bob")
        fill = "const text = document.getElementById('text'); text.value = arguments[0]; text.oninput();"
        bob.run(fill, "😀" * 501)
        self.assertEqual(bob.text("left"), "1 characters too many")
        bob.type(Keys.ENTER)
        bob.run(fill, "😀" * 500)
        bob.type(Keys.ENTER)
        bob.wait_for("You", "😀" * 500)
        self.assertNotIn("note error", [who for who, _ in bob.entries()])

    def test_nothing_is_larger_than_a_phone_upright_or_on_its_side_with_a_keyboard(self):
        address = self.start().address
        self.enter(address, *(f"somebody with a long name {number}" for number in range(8)))
        bob = self.open(address)
        bob.join("bob")
        for number in range(8):
            bob.say("w" * 100)
            bob.wait("the message", lambda number=number: bob.entries().count(("You", "w" * 100)) > number)
        self.addCleanup(bob.driver.execute_cdp_cmd, "Emulation.clearDeviceMetricsOverride", {})
        for width, height in [(320, 640), (844, 390), (844, 200), (667, 320), (667, 180)]:
            with self.subTest(width=width, height=height):
                phone = {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": True}
                bob.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
                bob.run("whisper('alice')")
                size = bob.run("const page = document.scrollingElement; return [page.scrollWidth, page.scrollHeight]")
                self.assertEqual(size, [width, height])
                self.assertGreater(bob.run("return document.getElementById('log').clientHeight"), 60)
                for id in ["text", "send", "leave"]:
                    place = bob.driver.find_element(By.ID, id).rect
                    self.assertGreaterEqual(place["y"], 0, id)
                    self.assertLessEqual(place["y"] + place["height"], height, id)


if __name__ == "__main__":
    unittest.main()
