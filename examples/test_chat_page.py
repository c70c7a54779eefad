"""The chat's page in a browser, as somebody uses it who has a keyboard and no mouse.

    cargo build -p examples --all-features --bins
    EXAMPLES_DIR=target/debug .venv/bin/python -m unittest discover -s examples -p 'test_chat_page.py'

Needs chromium and chromedriver; without them it is skipped, unless NO_SKIP is set.
"""

import contextlib
import os
import re
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

ENTRIES = """return [...document.querySelectorAll("#log > :not(#pending)")].map((entry) => [
    entry.querySelector(".who b, .unseen")?.textContent ?? entry.className,
    (entry.querySelector(".text") ?? entry).textContent,
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
        """Opens the page as somebody does who was never there."""
        self.driver.get(f"http://{address}/page.css")
        self.run("sessionStorage.clear(); localStorage.clear()")
        self.driver.delete_all_cookies()
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
        """`outside`, `waiting`, `online` or `closed`."""
        return self.run("return document.getElementById('room').dataset.state")

    def wait_for_state(self, *states):
        self.wait(f"the state {states}", lambda: self.state() in states)

    def join(self, name):
        self.type(name, Keys.ENTER)
        self.wait_for_state("online")

    def say(self, message):
        self.type(message, Keys.ENTER)

    def send_lines(self, *lines):
        """Writes lines into the field, and sends them."""
        for number, line in enumerate(lines):
            if number:
                ActionChains(self.driver).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()
            self.type(line)
        self.type(Keys.ENTER)

    def notice(self):
        return self.text("notice-text")

    def value(self, id):
        return self.run("return document.getElementById(arguments[0]).value", id)

    def said(self):
        """The messages in the log, without what is not confirmed."""
        return self.run("return [...document.querySelectorAll('#log > .said .text')].map((text) => text.textContent)")

    def entries(self):
        """What the log shows: whose it is, and the text."""
        return [tuple(entry) for entry in self.run(ENTRIES)]

    def wait_for(self, who, text):
        self.wait((who, text), lambda: (who, text) in self.entries())

    def people(self):
        return self.run("return [...document.querySelectorAll('.person .name')].map((name) => name.textContent)")

    def statuses(self):
        people = "[...document.querySelectorAll('.person')]"
        return dict(self.run(f"return {people}.map((it) => [it.querySelector('bdi').textContent, it.querySelector('.dot').dataset.status])"))

    def complaints(self):
        """What the console says, but for connections that could not be made."""
        log = self.driver.get_log("browser")
        return [entry["message"] for entry in log if "WebSocket connection to" not in entry["message"]]


class Network:
    """A way to a server that can be cut: the client is told, and the server is not. It stays cut until it is mended."""

    def __init__(self, address):
        host, port = address.split(":")
        self.server = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:{}".format(self.listener.getsockname()[1])
        self.here, self.there = [], []
        self.cut_off = []
        self.is_cut = False
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                here, _ = self.listener.accept()
                if self.is_cut:
                    here.close()
                    continue
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

    def stall(self):
        """Carries nothing more on the connections that there are, and tells nobody."""
        self.cut_off = [*self.here, *self.there]

    def cut(self):
        """Ends all connections of clients, leaves those to the server as they are, and takes no more."""
        self.is_cut = True
        self.stall()
        for here in self.here:
            with contextlib.suppress(OSError):
                here.shutdown(socket.SHUT_RDWR)
        self.here = []

    def mend(self):
        self.is_cut = False

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
        bob.wait_for("note", "you joined")
        alice.join("alice")
        bob.wait_for("note", "alice joined")
        bob.say("Hello <b>alice</b> & all")
        bob.wait_for("You", "Hello <b>alice</b> & all")
        alice.wait_for("bob", "Hello <b>alice</b> & all")
        alice.say("<img src=x onerror=document.title='owned'>")
        bob.wait_for("alice", "<img src=x onerror=document.title='owned'>")
        self.assertEqual(bob.driver.title, "Chat")
        self.assertEqual(bob.run("return document.querySelectorAll('#log img, #log .text b').length"), 0)

        with Member(address, "<i>carol</i>") as carol:
            for window, name, other in [(bob, "bob", "alice"), (alice, "alice", "bob")]:
                window.wait_for("note", "<i>carol</i> joined")
                wanted = sorted([f"{name} (you)", other, "<i>carol</i>"])
                window.wait("the people", lambda window=window, wanted=wanted: sorted(window.people()) == wanted)
                self.assertEqual(window.people()[0], f"{name} (you)")
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
        bob.wait_for("note", "<i>carol</i> left")
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
        # Nothing of what was said before is shown to somebody who may be another.
        self.assertEqual(bob.entries(), [("note", "you joined")])

    def test_a_name_that_cannot_be_had_is_refused_in_words(self):
        address = self.start().address
        self.enter(address, "bob")
        window = self.open(address)
        self.assertEqual(window.text("rule"), "3 to 32 characters, with single spaces between words.")
        window.type("bob", Keys.ENTER)
        window.wait("the refusal", lambda: window.text("refusal"))
        self.assertEqual(window.text("refusal"), "bob is taken. Pick another name.")
        self.assertEqual(window.focus(), "name")
        window.run("document.getElementById('name').value = 'bo\u200bb'")
        window.type(Keys.ENTER)
        cannot = "This cannot be a name: it has 3 to 32 visible characters, with single spaces between words."
        window.wait("the refusal", lambda: window.text("refusal") == cannot)
        window.run("document.getElementById('name').value = '  al  '")
        window.type(Keys.ENTER)
        window.wait("the refusal", lambda: window.text("refusal") == "A name has 3 characters at least.")
        window.run("document.getElementById('name').value = 'bobby'")
        window.type(Keys.ENTER)
        window.wait_for_state("online")
        window.wait("the name", lambda: window.people() == ["bobby (you)", "bob"])

    def test_names_of_every_kind_can_join(self):
        address = self.start().address
        window = self.open(address)
        for name in ["a/b?c#d", "%2F%", "Zoë & Co", "עברית"]:
            window.open(address)
            window.join(name)
            window.wait_for("note", "you joined")
            window.wait("the name", lambda name=name: window.people() == [f"{name} (you)"])

    def test_what_is_missed_while_the_network_is_cut_is_shown_once_and_in_order(self):
        address = self.start("--rate", "1000").address
        (alice,) = self.enter(address, "alice")
        network = self.enterContext(Network(address))
        bob = self.open(network.address)
        bob.join("bob")
        alice.send("before")
        bob.wait_for("alice", "before")
        bob.type("half a sent")
        network.cut()
        start = time.monotonic()
        bob.wait_for_state("waiting")
        # It is said once, and without a number.
        self.assertEqual(bob.notice(), "The connection was lost. Trying again…")
        self.assertFalse(bob.driver.find_element(By.ID, "send").is_enabled())
        for number in range(30):
            alice.send(f"missed {number}")
        alice.whisper("bob", "a secret")
        time.sleep(5)  # Several attempts fail in the meantime.
        self.assertEqual(bob.notice(), "The connection was lost. Trying again…")
        network.mend()
        bob.wait_for_state("online")
        away = time.monotonic() - start
        alice.send("after")
        bob.wait_for("alice", "after")
        self.assertEqual(bob.said(), ["before", *(f"missed {number}" for number in range(30)), "a secret", "after"])
        (line,) = [text for kind, text in bob.entries() if kind.startswith("gap")]
        seconds = int(re.fullmatch(r"you were away for (\d+) s", line)[1])
        self.assertTrue(3 <= seconds <= away + 1, (line, away))
        self.assertEqual(bob.entries()[-33], ("gap away", line), "it stands before what was missed")
        # When it was said is not known.
        times = bob.run("return [...document.querySelectorAll('#log time')].map((it) => it.closest('article').innerText)")
        self.assertEqual([text.splitlines()[-1] for text in times], ["before", "after"])
        # What was half written is still there, and so is the focus. Nobody has heard of anything.
        bob.type("ence", Keys.ENTER)
        alice.wait_for(said("bob", "half a sentence"))
        self.assertEqual([text for kind, text in bob.entries() if kind == "note"], ["you joined"])
        self.assertFalse(bob.driver.find_element(By.ID, "notice").is_displayed())

    def test_the_page_comes_back_after_a_restart_of_the_server_and_says_what_is_lost(self):
        first = self.start()
        bob = self.open(first.address)
        bob.join("bob")
        bob.run("document.getElementById('status').value = 'busy'")
        bob.run("document.getElementById('status').onchange()")
        bob.wait("the status", lambda: bob.statuses() == {"bob": "busy"})
        bob.say("before")
        bob.wait_for("You", "before")
        first.process.send_signal(signal.SIGTERM)
        first.process.wait(PATIENCE)
        bob.wait_for_state("waiting")
        # Attempts that fail do not change why.
        time.sleep(2)
        self.assertEqual(bob.notice(), "The server is restarting. Trying again…")
        second = self.start(address=first.address)
        (alice,) = self.enter(second.address, "alice")
        bob.wait_for_state("online")
        # This server has everything anew, who is there and what they are doing included.
        bob.wait("the people", lambda: bob.statuses() == {"bob": "busy", "alice": "available"})
        alice.wait_for_users("alice", bob="busy")
        (line,) = [entry for entry in bob.entries() if entry[0].startswith("gap")]
        self.assertEqual(line[0], "gap lost")
        self.assertRegex(line[1], r"^you were away for \d+ s, and the chat has begun anew: what was said in between may be lost$")
        self.assertIn(("You", "before"), bob.entries())
        bob.say("after")
        alice.wait_for(said("bob", "after"))

    def test_a_page_that_is_loaded_again_goes_on_where_it_was(self):
        address = self.start().address
        (alice,) = self.enter(address, "alice")
        bob = self.open(address)
        bob.join("bob")
        alice.wait_for(system("bob", "joined"))
        alice.send("before")
        bob.wait_for("alice", "before")
        bob.say("and mine")
        bob.wait_for("You", "and mine")
        bob.driver.get(f"http://{address}/page.css")
        alice.wait_for(system("bob", "left"))
        alice.send("missed")
        alice.wait_for(said("alice", "missed"))
        bob.driver.get(f"http://{address}/")
        bob.wait_for("alice", "missed")
        bob.wait_for_state("online")
        self.assertEqual(bob.said(), ["before", "and mine", "missed"])
        self.assertRegex(bob.entries()[-2][1], r"^you were away for \d+ s$")
        bob.wait("the people", lambda: bob.people() == ["bob (you)", "alice"])
        # Once it has left, it is a stranger, whose name is still known.
        bob.run("document.getElementById('leave').click()")
        bob.driver.get(f"http://{address}/")
        self.assertEqual((bob.state(), bob.value("name")), ("outside", "bob"))

    def test_two_tabs_are_one_person(self):
        address = self.start().address
        (alice,) = self.enter(address, "alice")
        bob = self.open(address)
        bob.join("bob")
        alice.wait_for(system("bob", "joined"))
        first = bob.driver.current_window_handle
        bob.driver.switch_to.new_window("tab")
        second = bob.driver.current_window_handle
        self.addCleanup(bob.driver.switch_to.window, first)
        self.addCleanup(bob.driver.close)
        self.addCleanup(bob.driver.switch_to.window, second)
        bob.driver.get(f"http://{address}/")
        self.assertEqual(bob.value("name"), "bob")
        bob.type(Keys.ENTER)
        bob.wait_for_state("online")
        bob.wait("the people", lambda: bob.people() == ["bob (you)", "alice"])
        bob.say("from the second tab")
        alice.send("to both")
        alice.whisper("bob", "a secret for both")
        for tab in [first, second]:
            bob.driver.switch_to.window(tab)
            bob.wait_for("You", "from the second tab")
            bob.wait_for("alice", "to both")
            bob.wait_for("alice to you, privately", "a secret for both")
            self.assertEqual(bob.people(), ["bob (you)", "alice"])
        # Alice has heard of one of them.
        heard = [alice.next() for _ in range(3)]
        self.assertIn(said("bob", "from the second tab"), heard)
        self.assertNotIn("system", [event["type"] for event in heard])
        # Somebody else does not get the name, in another browser.
        stranger = self.open(address, 1)
        stranger.type("bob", Keys.ENTER)
        stranger.wait("the refusal", lambda: stranger.text("refusal") == "bob is taken. Pick another name.")

    def test_what_is_said_while_redis_is_away_is_heard_when_it_is_back(self):
        if not shutil.which("redis-server"):
            self.skipTest("redis-server is not there")
        redis = Redis()
        self.addCleanup(lambda: redis.kill())
        options = ["--redis", redis.url, "--lease", "5"]
        here, there = self.start(*options), self.start(*options)
        bob, alice = self.open(here.address), self.open(there.address, 1)
        bob.join("bob")
        alice.join("alice")
        bob.wait_for("note", "alice joined")
        alice.say("before")
        bob.wait_for("alice", "before")
        redis.kill()
        bob.say("anybody?")
        alice.say("me")
        pending = "return [...document.querySelectorAll('#pending .text')].map((text) => text.textContent)"
        for window, wanted in [(bob, ["anybody?"]), (alice, ["me"])]:
            window.wait("what is not confirmed", lambda window=window, wanted=wanted: window.run(pending) == wanted)
            self.assertEqual(window.state(), "online")
        redis.start()
        for window in [bob, alice]:
            window.wait("both", lambda window=window: sorted(window.said()[1:]) == ["anybody?", "me"])
            self.assertEqual(window.run(pending), [])
        self.assertEqual(bob.said(), alice.said(), "in one order")
        bob.say("after")
        alice.wait_for("bob", "after")
        # This Redis kept nothing, and that is told.
        told = [entry for entry in bob.entries() if entry[0].startswith("gap")]
        self.assertEqual(told, [("gap lost", "the chat has begun anew: what was said in between may be lost")])

    def test_the_process_of_somebody_dies_and_another_has_what_was_missed(self):
        if not shutil.which("redis-server"):
            self.skipTest("redis-server is not there")
        redis = Redis()
        self.addCleanup(lambda: redis.kill())
        first, there = self.start("--redis", redis.url), self.start("--redis", redis.url)
        alice = Member(there.address, "alice")
        self.addCleanup(alice.leave)
        bob = self.open(first.address)
        bob.join("bob")
        alice.wait_for(system("bob", "joined"))
        first.kill()
        bob.wait_for_state("waiting")
        for number in range(3):
            alice.send(str(number))
        # Its place is taken before the lease of the dead one ends: the name is still held, for this browser.
        self.start("--redis", redis.url, address=first.address)
        bob.wait_for_state("online")
        self.assertEqual(bob.said(), ["0", "1", "2"])
        self.assertNotIn("lost", str(bob.entries()))

    def test_what_was_sent_into_a_dead_connection_is_given_back(self):
        chat = self.start("--heartbeat", "60")
        bob = self.open(chat.address)
        bob.join("bob")
        bob.say("heard")
        bob.wait_for("You", "heard")
        bob.wait("what is confirmed", lambda: not bob.run("return document.querySelector('.pending')"))
        chat.process.send_signal(signal.SIGSTOP)
        bob.say("first")
        bob.say("second")
        bob.wait("what is not confirmed", lambda: bob.run("return document.querySelectorAll('.pending').length") == 2)
        chat.kill()
        bob.wait_for_state("waiting")
        self.start(address=chat.address)
        bob.wait_for_state("online")
        bob.wait_for("note error", "This was perhaps not delivered: first")
        self.assertEqual(bob.value("text"), "second")
        self.assertIsNone(bob.run("return document.querySelector('.pending')"))
        bob.type(Keys.ENTER)
        bob.wait_for("You", "second")
        self.assertEqual(bob.said(), ["heard", "second"])

    def test_what_was_heard_before_the_connection_broke_is_not_given_back(self):
        address = self.start().address
        (alice,) = self.enter(address, "alice")
        network = self.enterContext(Network(address))
        bob = self.open(network.address)
        bob.join("bob")
        # The message arrives, and what confirms it does not.
        network.cut_off = list(network.there)
        bob.say("heard by all")
        alice.wait_for(said("bob", "heard by all"))
        network.cut()
        bob.wait_for_state("waiting")
        self.assertIsNotNone(bob.run("return document.querySelector('.pending')"))
        network.mend()
        bob.wait_for_state("online")
        self.assertEqual((bob.said(), bob.value("text")), (["heard by all"], ""))

    def test_a_name_that_somebody_else_took_meanwhile_is_lost(self):
        first = self.start()
        bob = self.open(first.address)
        bob.join("bob")
        first.kill()
        bob.wait_for_state("waiting")
        bob.driver.delete_all_cookies()
        second = self.start(address=first.address)
        with Member(second.address, "bob"):
            bob.wait_for_state("closed")
        self.assertEqual(bob.notice(), "bob is taken. Pick another name.")
        bob.tab_to("again")
        bob.type(Keys.ENTER)
        self.assertEqual((bob.state(), bob.focus()), ("outside", "name"))

    def test_the_rate_limit_is_a_warning_and_then_final(self):
        address = self.start("--rate", "1").address
        (alice,) = self.enter(address, "alice")
        bob = self.open(address)
        bob.join("bob")
        for number in range(5):
            bob.say(str(number))
        bob.wait_for("note error", "Too many messages: that one was not delivered")
        bob.wait_for_state("closed")
        self.assertEqual(bob.notice(), "You wrote too much at once, so the chat let you go.")
        alice.wait_for(system("bob", "left"))
        time.sleep(1.5)  # Longer than the first wait before a reconnection would be.
        self.assertEqual(bob.state(), "closed")
        bob.tab_to("again")
        bob.type(Keys.ENTER)
        alice.wait_for(system("bob", "joined"))
        bob.wait_for_state("online")
        self.assertEqual(bob.focus(), "text")

    def test_inactivity_is_final_and_said_in_words(self):
        address = self.start("--inactivity", "1").address
        bob = self.open(address)
        bob.join("bob")
        bob.wait_for_state("closed")
        self.assertIn(("note error", "Connection timed out due to inactivity"), bob.entries())
        self.assertEqual(bob.notice(), "You said nothing for a long time, so the chat let you go.")

    def test_a_network_that_says_nothing_any_more_is_noticed(self):
        address = self.start("--heartbeat", "1").address
        (alice,) = self.enter(address, "alice")
        network = self.enterContext(Network(address))
        bob = self.open(network.address)
        bob.join("bob")
        alice.wait_for(system("bob", "joined"))
        network.stall()
        alice.send("missed")
        # The page gives the connection up, and the next one has what was missed.
        bob.wait_for("alice", "missed")
        bob.wait_for_state("online")
        self.assertEqual(bob.said(), ["missed"])
        alice.send("after")
        bob.wait_for("alice", "after")
        self.assertEqual(bob.people(), ["bob (you)", "alice"])

    def test_a_server_that_says_nothing_any_more_is_noticed(self):
        chat = self.start("--heartbeat", "1")
        bob = self.open(chat.address)
        bob.join("bob")
        chat.process.send_signal(signal.SIGSTOP)
        try:
            bob.wait_for_state("waiting")
            self.assertEqual(bob.notice(), "The server does not answer. Trying again…")
        finally:
            chat.process.send_signal(signal.SIGCONT)
        bob.wait_for_state("online")

    def test_everybody_sees_what_somebody_is_doing(self):
        address = self.start().address
        (alice,) = self.enter(address, "alice")
        bob = self.open(address)
        bob.join("bob")
        alice.set_status("away")
        bob.wait("the status", lambda: bob.statuses() == {"bob": "available", "alice": "away"})
        self.assertIn("Away", bob.text("people-list"))
        bob.tab_to("status", Keys.SHIFT)
        bob.type("B")  # It chooses in the list as it is typed.
        alice.wait_for_users(alice="away", bob="busy")
        bob.wait("the status", lambda: bob.statuses() == {"bob": "busy", "alice": "away"})

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

    def test_a_message_has_lines_and_links(self):
        address = self.start().address
        (alice,) = self.enter(address, "alice")
        bob = self.open(address)
        bob.join("bob")
        height = bob.driver.find_element(By.ID, "text").rect["height"]
        bob.type("one")
        ActionChains(bob.driver).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()
        self.assertGreater(bob.driver.find_element(By.ID, "text").rect["height"], height)
        bob.type("two", Keys.ENTER)
        alice.wait_for(said("bob", "one\ntwo"))
        bob.wait_for("You", "one\ntwo")
        self.assertEqual(bob.driver.find_element(By.ID, "text").rect["height"], height)
        links = "return [...document.querySelectorAll('#log article:last-of-type a')].map((a) => [a.textContent, a.href, a.rel])"
        for number, (text, wanted) in enumerate([
            ("see https://example.com/a?b=c#d.", ["https://example.com/a?b=c#d"]),
            ("(http://example.com), https://example.org!", ["http://example.com", "https://example.org"]),
            ("https://example.com/a_(b) is one", ["https://example.com/a_(b)"]),
            ("javascript:alert(1) file:///etc/passwd https:// example.com", []),
            ('https://example.com/"onclick=alert(1)', ["https://example.com/"]),
            ("<a href='https://example.com'>", ["https://example.com"]),
        ]):
            with self.subTest(text):
                alice.send(text)
                bob.wait("the message", lambda number=number: len(bob.said()) == number + 2)
                self.assertEqual(bob.said()[-1], text)
                found = bob.run(links)
                self.assertEqual([link[0] for link in found], wanted)
                for _, address, rel in found:
                    self.assertRegex(address, "^https?://")
                    self.assertIn("noopener", rel)

    def test_a_group_of_messages_has_one_name_and_one_time(self):
        address = self.start().address
        alice, carol = self.enter(address, "alice", "carol")
        bob = self.open(address)
        bob.join("bob")
        for member, text in [(alice, "one"), (alice, "two"), (carol, "three"), (alice, "four")]:
            member.send(text)
            bob.wait_for(member.user, text)
        for text in ["five", "six"]:
            bob.say(text)
            bob.wait_for("You", text)
        parts = "return [...document.querySelectorAll('#log > article')].map((it) => [!!it.querySelector('time'), !!it.querySelector('.face')])"
        first, more, own = [True, True], [False, False], [True, False]
        self.assertEqual(bob.run(parts), [first, more, first, first, own, more])

    def test_everybody_has_another_colour(self):
        address = self.start().address
        self.enter(address, *(f"person {number}" for number in range(11)))
        bob = self.open(address)
        bob.join("bob")
        bob.wait("all", lambda: len(bob.people()) == 12)
        colours = bob.run("return [...document.querySelectorAll('.person .face')].map((it) => getComputedStyle(it).backgroundColor)")
        self.assertEqual(len(set(colours)), 12)

    def test_nothing_is_larger_than_a_phone_upright_or_on_its_side_with_a_keyboard(self):
        address = self.start().address
        self.enter(address, *(f"somebody with a long name {number}" for number in range(8)))
        bob = self.open(address)
        bob.join("bob")
        for number in range(8):
            bob.say("w" * 100)
            bob.wait("the message", lambda number=number: bob.entries().count(("You", "w" * 100)) > number)
        self.addCleanup(bob.driver.execute_cdp_cmd, "Emulation.clearDeviceMetricsOverride", {})
        for width, height in [(320, 640), (360, 740), (844, 390), (844, 200), (667, 320), (667, 180)]:
            with self.subTest(width=width, height=height):
                phone = {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": True}
                bob.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
                # Who is there can be reached, and written to.
                bob.run("document.getElementById('who').click()")
                person = bob.driver.find_element(By.CSS_SELECTOR, "button.person")
                self.assertTrue(person.is_displayed())
                bob.run("arguments[0].click()", person)
                self.assertFalse(person.is_displayed())
                self.assertIn("Privately to ", bob.text("secret-text"))
                size = bob.run("const page = document.scrollingElement; return [page.scrollWidth, page.scrollHeight]")
                self.assertEqual(size, [width, height])
                self.assertGreater(bob.run("return document.getElementById('log').clientHeight"), 60)
                for id in ["text", "send", "leave", "who", "status"]:
                    place = bob.driver.find_element(By.ID, id).rect
                    self.assertGreaterEqual(place["y"], 0, id)
                    self.assertLessEqual(place["y"] + place["height"], height, id)
                    self.assertLessEqual(place["x"] + place["width"], width, id)
                bob.run("document.getElementById('aloud').click()")


if __name__ == "__main__":
    unittest.main()
