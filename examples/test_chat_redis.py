"""The chat in several processes: what their members see of each other, of Redis, and of a process that dies.

    cargo build -p examples --all-features --bins
    EXAMPLES_DIR=target/debug .venv/bin/python -m unittest discover -s examples -p 'test_chat_redis.py'

Needs redis-server; without it it is skipped, unless NO_SKIP is set.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
import unittest

from chat_client import PATIENCE, Member, said, system
from running import Example


SECRET = "a" * 32


class Redis:
    """A Redis of a test's own, which keeps nothing."""

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(["redis-server", *options], stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if "Ready to accept connections" in line:
                return
        raise AssertionError("redis-server ended before it was ready")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class ChatOnRedis(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if not shutil.which("redis-server"):
            missing = "redis-server is not there"
            if os.environ.get("NO_SKIP"):
                raise AssertionError(missing)
            raise unittest.SkipTest(missing)

    def setUp(self):
        self.redis = Redis()
        self.addCleanup(lambda: self.redis.kill())

    def start(self, *options):
        return self.enterContext(
            Example("chat", "--redis", self.redis.url, "--rate", "1000000", *options, patience=120)
        )

    def join(self, chat, user, *others, **settings):
        """Joins a process, and waits until the others, wherever they are, have seen it."""
        member = Member(chat.address, user, **settings)
        self.addCleanup(member.leave)
        for other in [member, *others]:
            other.wait_for(system(user, "joined"))
        return member

    def hears(self, listener, *wanted):
        """Waits until the listener has heard exactly these, in this order."""
        self.assertEqual([listener.next() for _ in wanted], [*wanted])

    def test_two_processes_are_one_room(self):
        here, there = self.start(), self.start()
        bob = self.join(here, "bob")
        alice = self.join(there, "alice", bob)
        carol = self.join(here, "carol", bob, alice)
        for member in [bob, alice, carol]:
            member.wait_for_users("alice", "bob", "carol")
        for speaker in [bob, alice]:
            speaker.send(f"{speaker.user} speaks")
            for member in [bob, alice, carol]:
                self.assertEqual(member.next(), said(speaker.user, f"{speaker.user} speaks"))
        bob.whisper("alice", "psst")
        for member in [bob, alice]:
            self.assertEqual(member.next(), {"type": "private", "from": "bob", "to": "alice", "message": "psst"})
        bob.whisper("mallory", "psst")
        self.assertEqual(bob.next(), {"type": "error", "message": "User mallory is not in the chat"})
        for chat in [here, there]:
            self.assertEqual(Member(chat.address, "bob").closed(), ([], (1008, "User ID already in use")))
        alice.leave()
        for member in [bob, carol]:
            self.assertEqual(member.next(), system("alice", "left"))
            member.wait_for_users("bob", "carol")
        # The name is free for the other process too, as soon as the leave is known.
        self.join(here, "alice", bob, carol)

    def test_a_process_that_ends_says_goodbye_for_its_members(self):
        here, there = self.start("--lease", "60"), self.start("--lease", "60")
        bob = self.join(here, "bob")
        alice = self.join(there, "alice", bob)
        there.process.send_signal(signal.SIGTERM)
        self.assertEqual(alice.closed()[1], (1001, "server shutting down"))
        self.assertEqual(there.process.wait(PATIENCE), 0)
        self.assertEqual(bob.next(), system("alice", "left"))
        bob.wait_for_users("bob")

    def test_the_members_of_a_process_that_dies_leave_with_its_lease(self):
        here, there = self.start("--lease", "1"), self.start("--lease", "1")
        bob = self.join(here, "bob")
        carol = self.join(here, "carol", bob)
        self.join(there, "alice", bob, carol)
        there.process.kill()
        for member in [bob, carol]:
            self.assertEqual(member.next(), system("alice", "left"))
            member.wait_for_users("bob", "carol")
        # Nobody hears it twice, and the name is free.
        self.join(here, "alice")
        for member in [bob, carol]:
            self.assertEqual(member.next(), system("alice", "joined"))

    def test_a_person_has_windows_in_several_processes(self):
        here, there = self.start(), self.start()
        alice = self.join(here, "alice")
        first = self.join(here, "bob", alice, secret=SECRET)
        second = Member(there.address, "bob", secret=SECRET)
        self.addCleanup(second.leave)
        second.wait_for_users("alice", "bob")
        third = Member(there.address, "bob", secret=SECRET)
        self.addCleanup(third.leave)
        third.wait_for_users("alice", "bob")
        alice.whisper("bob", "psst")
        for member in [alice, first, second, third]:
            self.hears(member, {"type": "private", "from": "alice", "to": "bob", "message": "psst"})
        second.set_status("away")
        alice.wait_for_users("alice", bob="away")
        for member in [first, second]:
            member.leave()
        third.send("still here")
        self.hears(alice, said("bob", "still here"))
        alice.wait_for_users("alice", bob="away")
        third.leave()
        self.hears(alice, system("bob", "left"))

    def test_who_comes_back_to_another_process_has_missed_nothing(self):
        here, there = self.start(), self.start()
        alice = self.join(there, "alice")
        bob = self.join(here, "bob", alice, secret=SECRET, tracked=True)
        alice.send("heard")
        self.hears(bob, said("alice", "heard"))
        here.kill()
        for number in range(5):
            alice.send(str(number))
            self.hears(alice, *([said("alice", "heard")] if number == 0 else []), said("alice", str(number)))
        # The dead process still holds the name, for the one who has the secret.
        back = Member(there.address, "bob", secret=SECRET, tracked=True, since=bob.position)
        self.addCleanup(back.leave)
        self.hears(back, *(said("alice", str(number)) for number in range(5)))
        self.assertEqual(back.recoveries, [{"recovered": 5}])
        stranger = Member(there.address, "bob")
        self.assertEqual(stranger.closed(), ([], (1008, "User ID already in use")))

    def test_what_is_said_while_redis_is_away_is_heard_when_it_is_back(self):
        here, there = self.start(), self.start()
        bob = self.join(here, "bob")
        alice = self.join(there, "alice", bob, tracked=True)
        self.redis.kill()
        bob.send("anybody?")
        # To join takes no longer than Redis is given to answer.
        carol = Member(here.address, "carol")
        self.addCleanup(carol.leave)
        carol.wait_for_users("alice", "bob", "carol")
        self.redis.start()
        # Each hears it once, and the one who is told positions learns that this Redis has lost the others.
        for member in [bob, alice]:
            member.wait_for(said("bob", "anybody?"))
            self.hears(member, system("carol", "joined"))
        self.assertEqual(alice.recoveries, [{}, {"lost": "other_epoch"}])
        bob.send("hello again")
        for member in [bob, alice, carol]:
            member.wait_for(said("bob", "hello again"))
            member.wait_for_users("alice", "bob", "carol")
        for chat in [here, there]:
            self.assertEqual(Member(chat.address, "bob").closed()[1], (1008, "User ID already in use"))

    def test_a_redis_that_was_never_there_stops_nobody(self):
        self.redis.kill()
        here = self.start()
        bob = Member(here.address, "bob")
        self.addCleanup(bob.leave)
        bob.wait_for_users("bob")
        bob.send("alone")
        self.redis.start()
        bob.wait_for(said("bob", "alone"))
        there = self.start()
        self.join(there, "alice", bob)

    def test_a_url_that_is_none_is_an_error_at_the_start(self):
        with Example("chat", "--redis", "http://127.0.0.1") as chat:
            self.assertNotEqual(chat.process.wait(PATIENCE), 0)


if __name__ == "__main__":
    unittest.main()
