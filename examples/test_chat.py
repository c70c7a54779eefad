"""What the chat does on the wire, seen by a client that is not ours.

    cargo build -p examples --all-features --bins
    EXAMPLES_DIR=target/debug .venv/bin/python -m unittest discover -s examples -p 'test_chat.py'
"""

import json
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest
import urllib.error
import urllib.request

from chat_client import PATIENCE, Member, enter, raw_member, said, system
from running import BINARIES, Example
from websockets.exceptions import ConnectionClosed

ANY_RATE = ["--rate", "1000000"]
SECRET, OTHER = "a" * 32, "b" * 32


def error(message):
    return {"type": "error", "message": message}


class Chat(unittest.TestCase):
    maxDiff = None

    def start(self, *options, **settings):
        return self.enterContext(Example("chat", *options, **settings))

    def join(self, *arguments, **settings):
        member = Member(*arguments, **settings)
        self.addCleanup(member.leave)
        return member

    def enter(self, address, *users):
        members = enter(address, *users)
        for member in members:
            self.addCleanup(member.leave)
        return members


class Names(Chat):
    def test_a_name_has_3_characters_at_least_and_32_at_most(self):
        address = self.start().address
        for name in ["a", "ab", "äö", "x" * 33, "   ", " bob", "bob ", "a  b", "bob\n", "bo\u200b\tb"]:
            with self.subTest(name):
                self.assertEqual(Member(address, name).closed(), ([], (1008, "Invalid user ID")))
        for name in ["bob", "äöü", "x" * 32, "a b c", "a/b", "%2F", "<b>", "😀😀😀"]:
            with self.subTest(name), Member(address, name) as member:
                self.assertEqual(member.next(), system(name, "joined"))

    def test_a_name_shows_all_that_it_is(self):
        address = self.start().address
        for name in ["bob\u200b", "\u2060bob", "bob\u202e", "\u3164" * 3, "\u2800" * 3, "bo\u00adb", "bo\u061cb",
                     "\u115f\u1160\u115f", "bo\u180eb", "bo\u200fb", "bo\u2066b", "bob\ufe0f", "\ufeffbob",
                     "\uffa0" * 3, "bob\U000e0041", "bo\u034fb", "bo\u200db"]:  # fmt: skip
            with self.subTest(ascii(name)):
                self.assertEqual(Member(address, name).closed(), ([], (1008, "Invalid user ID")))
        for name in ["עברית", "العربية", "हिन्दी", "한국어", "ไทย", "e\u0301te\u0301"]:
            with self.subTest(name), Member(address, name) as member:
                self.assertEqual(member.next(), system(name, "joined"))

    def test_a_name_belongs_to_one_connection_at_a_time(self):
        address = self.start().address
        bob, alice = self.enter(address, "bob", "alice")
        self.assertEqual(Member(address, "bob").closed(), ([], (1008, "User ID already in use")))
        # Nobody hears of it, bob least of all.
        bob.send("still here")
        for member in [bob, alice]:
            self.assertEqual(member.next(), said("bob", "still here"))
        bob.leave()
        self.assertEqual(alice.next(), system("bob", "left"))
        self.enter(address, "bob")
        self.assertEqual(alice.next(), system("bob", "joined"))


class Messages(Chat):
    def test_frames_are_exactly_these(self):
        address = self.start().address
        bob = Member(address, "bob")
        self.assertEqual(bob.frame(), '{"type":"system","message":"User bob has joined the chat"}')
        self.assertEqual(bob.frame(), '{"type":"welcome","heartbeat":20}')
        self.assertEqual(bob.frame(), '{"type":"present","user":"bob","status":"available"}')
        bob.send("hi")
        self.assertEqual(bob.frame(), '{"type":"message","user":"bob","message":"hi"}')
        bob.whisper("bob", "psst")
        self.assertEqual(bob.frame(), '{"type":"private","from":"bob","to":"bob","message":"psst"}')
        bob.send("once")
        self.assertEqual(bob.frame(), '{"type":"message","user":"bob","message":"once"}')
        with Member(address, "alice"):
            self.assertEqual(bob.frame(), '{"type":"system","message":"User alice has joined the chat"}')
            self.assertEqual(bob.frame(), '{"type":"present","user":"alice","status":"available"}')
        last = [bob.frame(), bob.frame()]
        self.assertIn('{"type":"system","message":"User alice has left the chat"}', last)
        self.assertIn('{"type":"absent","user":"alice"}', last)
        bob.leave()

    def test_everybody_hears_who_comes_what_is_said_and_who_goes(self):
        address = self.start().address
        bob, alice, carol = self.enter(address, "bob", "alice", "carol")
        alice.send("hello")
        bob.send("hi", type="message")
        everybody = [sorted([member.next(), member.next()], key=str) for member in [bob, alice, carol]]
        self.assertEqual(everybody, [[said("alice", "hello"), said("bob", "hi")]] * 3)
        carol.leave()
        for member in [bob, alice]:
            self.assertEqual(member.next(), system("carol", "left"))

    def test_what_cannot_be_used_is_an_error_and_the_connection_stays(self):
        address = self.start(*ANY_RATE).address
        bob, alice = self.enter(address, "bob", "alice")
        too_long = "Message too long: at most 500 characters"
        for frame, expected in [
            ("{", "Invalid JSON"),
            ("hello", "Invalid JSON"),
            ("NaN", "Invalid JSON"),
            ('{"message":"a"} x', "Invalid JSON"),
            ("[" * 100_000, "Invalid JSON"),
            ("{}", "Invalid message.message: Field required"),
            ('{"message":null}', "Invalid message.message: Field required"),
            ('{"message":5}', "Invalid message.message: Input should be a valid string"),
            ('"hello"', "Invalid message: Input should be an object"),
            ('{"type":"private","message":"a"}', "Invalid message.to: Field required"),
            (
                '{"type":"shout","message":"a"}',
                "Invalid message.type: Input should be one of `message`, `private`, `status`, `heartbeat_ack`",
            ),
            (json.dumps({"message": "x" * 501}), too_long),
            (json.dumps({"message": "😀" * 501}), too_long),
            (json.dumps({"type": "private", "to": "alice", "message": "x" * 501}), too_long),
            (json.dumps({"message": "x" * 100_000}), too_long),
            (b'{"message":"binary"}', "Messages are text, not binary"),
        ]:
            with self.subTest(frame[:60]):
                bob.connection.send(frame)
                self.assertEqual(bob.next(), error(expected))
        for longest in ["x" * 500, "😀" * 500]:
            bob.send(longest)
            for member in [bob, alice]:
                self.assertEqual(member.next(), said("bob", longest))

    def test_private_messages_are_for_two(self):
        address = self.start().address
        bob, alice, carol = self.enter(address, "bob", "alice", "carol")
        bob.whisper("alice", "psst")
        for member in [bob, alice]:
            self.assertEqual(
                member.next(), {"type": "private", "from": "bob", "to": "alice", "message": "psst"}
            )
        bob.whisper("mallory", "psst")
        self.assertEqual(bob.next(), error("User mallory is not in the chat"))
        bob.send("aloud")
        for member in [bob, alice, carol]:
            self.assertEqual(member.next(), said("bob", "aloud"))

    def test_everybody_is_told_who_is_there_at_each_change(self):
        address = self.start().address
        bob, alice = self.enter(address, "bob", "alice")
        for member in [bob, alice]:
            member.wait_for_users("bob", "alice")
        (carol,) = self.enter(address, "carol")
        for member in [bob, alice, carol]:
            member.wait_for_users("bob", "alice", "carol")
        bob.leave()
        for member in [alice, carol]:
            member.wait_for_users("alice", "carol")

    def test_everybody_sees_what_somebody_is_doing(self):
        address = self.start().address
        bob, alice = self.enter(address, "bob", "alice")
        bob.set_status("busy")
        for member in [bob, alice]:
            member.wait_for_users("alice", bob="busy")
        (carol,) = self.enter(address, "carol")
        carol.wait_for_users("alice", "carol", bob="busy")
        bob.wait_for(system("carol", "joined"))
        bob.set_status("dancing")
        wrong = "Invalid message.status: Input should be one of `available`, `busy`, `away`"
        self.assertEqual(bob.next()["message"][: len(wrong)], wrong)
        bob.connection.send('{"type":"status"}')
        self.assertEqual(bob.next(), error("Invalid message.status: Field required"))


class Secrets(Chat):
    """A name in use belongs to those who have the secret of its holder."""

    def test_two_windows_are_one_person(self):
        address = self.start().address
        (alice,) = self.enter(address, "alice")
        first = self.join(address, "bob", SECRET)
        self.assertEqual(first.next(), system("bob", "joined"))
        self.assertEqual(alice.next(), system("bob", "joined"))
        second = self.join(address, "bob", SECRET)
        second.wait_for_users("alice", "bob")
        # Nobody hears that the second one came, both hear everything, and all see what one says.
        first.send("from one")
        second.send("from two")
        for member in [first, second, alice]:
            heard = [member.next(), member.next()]
            self.assertCountEqual(heard, [said("bob", "from one"), said("bob", "from two")])
        for speaker, to, text in [(alice, "bob", "psst"), (first, "alice", "what?")]:
            speaker.whisper(to, text)
            for member in [first, second, alice]:
                heard = {"type": "private", "from": speaker.user, "to": to, "message": text}
                self.assertEqual(member.next(), heard)
        second.set_status("away")
        for member in [first, second, alice]:
            member.wait_for_users("alice", bob="away")
        # Nor that one of them went.
        first.leave()
        alice.send("still there?")
        for member in [second, alice]:
            self.assertEqual(member.next(), said("alice", "still there?"))
        alice.wait_for_users("alice", bob="away")
        second.leave()
        self.assertEqual(alice.next(), system("bob", "left"))
        alice.wait_for_users("alice")

    def test_nobody_else_gets_the_name(self):
        address = self.start().address
        bob = self.join(address, "bob", SECRET)
        self.assertEqual(bob.next(), system("bob", "joined"))
        for secret in [None, OTHER]:
            for tracked in [False, True]:
                stranger = Member(address, "bob", secret, tracked)
                self.assertEqual(stranger.closed(), ([], (1008, "User ID already in use")))
        short = Member(address, "bob", "short").closed()[1]
        self.assertEqual(short, (1008, '[{"type":"string_too_short","loc":["cookie","chat-secret"]}]'))
        bob.send("still me")
        self.assertEqual(bob.next(), said("bob", "still me"))

    def test_who_takes_a_name_after_somebody_gets_none_of_their_private_messages(self):
        address = self.start().address
        (alice,) = self.enter(address, "alice")
        bob = self.join(address, "bob", SECRET, tracked=True)
        self.assertEqual(bob.next(), system("bob", "joined"))
        position = bob.position
        alice.whisper("bob", "only for you")
        self.assertEqual(bob.next()["message"], "only for you")
        bob.leave()
        alice.wait_for(system("bob", "left"))
        mallory = self.join(address, "bob", OTHER, tracked=True, since=position)
        self.assertEqual(mallory.next(), system("bob", "left"))
        self.assertEqual(mallory.next(), system("bob", "joined"))
        mallory.leave()
        alice.wait_for(system("bob", "left"))
        # The one that it is for gets it as often as it asks.
        again = self.join(address, "bob", SECRET, tracked=True, since=position)
        self.assertEqual(again.next()["message"], "only for you")


class Missed(Chat):
    """What a client gets that comes back."""

    def test_who_comes_back_gets_what_was_missed(self):
        address = self.start().address
        (alice,) = self.enter(address, "alice")
        bob = self.join(address, "bob", SECRET, tracked=True)
        self.assertEqual(bob.next(), system("bob", "joined"))
        self.assertEqual(bob.recoveries, [{}])
        alice.send("heard")
        self.assertEqual(bob.next(), said("alice", "heard"))
        # The connection is still there for the server, so the name is, too.
        alice.send("missed")
        alice.whisper("bob", "also missed")
        alice.wait_for({"type": "private", "from": "alice", "to": "bob", "message": "also missed"})
        back = self.join(address, "bob", SECRET, tracked=True, since=bob.position)
        self.assertEqual(back.next(), said("alice", "missed"))
        self.assertEqual(back.next()["message"], "also missed")
        self.assertEqual(back.recoveries, [{"recovered": 2}])
        back.wait_for_users("alice", "bob")
        alice.send("now")
        self.assertEqual(back.next(), said("alice", "now"))
        # Nobody has heard of it.
        alice.wait_for(said("alice", "now"))

    def test_after_a_restart_it_is_told_that_messages_are_lost(self):
        first = self.start()
        bob = self.join(first.address, "bob", SECRET, tracked=True)
        self.assertEqual(bob.next(), system("bob", "joined"))
        first.kill()
        second = self.start(address=first.address)
        back = self.join(second.address, "bob", SECRET, tracked=True, since=bob.position)
        self.assertEqual(back.next(), system("bob", "joined"))
        self.assertEqual(back.recoveries, [{"lost": "other_epoch"}])
        nonsense = Member(second.address, "bob", SECRET, tracked=True, since="yesterday").closed()[1]
        self.assertEqual(nonsense, (1008, '[{"type":"value_error","loc":["query","since"]}]'))


class Limits(Chat):
    def test_too_many_messages_are_an_error_and_at_last_the_end(self):
        address = self.start("--rate", "3").address
        bob, alice = self.enter(address, "bob", "alice")
        for number in range(7):
            bob.send(str(number))
        for number in range(3):
            self.assertEqual(bob.next(), said("bob", str(number)))
            self.assertEqual(alice.next(), said("bob", str(number)))
        for _ in range(3):
            self.assertEqual(bob.next(), error("Too many messages: that one was not delivered"))
        self.assertEqual(bob.closed()[1], (1008, "rate limit exceeded"))
        self.assertEqual(alice.next(), system("bob", "left"))

    def test_a_member_that_heeds_the_warning_stays(self):
        address = self.start("--rate", "10").address
        (bob,) = self.enter(address, "bob")
        for number in range(11):
            bob.send(str(number))
        for number in range(10):
            self.assertEqual(bob.next(), said("bob", str(number)))
        self.assertEqual(bob.next()["type"], "error")
        time.sleep(1.5)  # One more is allowed each second.
        bob.send("sorry")
        self.assertEqual(bob.next(), said("bob", "sorry"))

    def test_answers_to_heartbeats_use_up_nothing(self):
        address = self.start("--rate", "5", "--heartbeat", "1").address
        (bob,) = self.enter(address, "bob")
        for _ in range(10):
            bob.connection.send('{"type":"heartbeat_ack"}')
        for number in range(6):
            bob.send(str(number))
        answers = []
        while len(answers) < 6:
            event = bob.next()
            answers += [event] if event["type"] != "heartbeat" else []
        self.assertEqual(answers[:5], [said("bob", str(number)) for number in range(5)])
        self.assertEqual(answers[5], error("Too many messages: that one was not delivered"))

    def test_answers_to_heartbeats_have_a_limit_too(self):
        address = self.start("--rate", "5").address
        (bob,) = self.enter(address, "bob")
        for _ in range(20):
            bob.connection.send('{"type":"heartbeat_ack"}')
        self.assertEqual(bob.closed()[1], (1008, "rate limit exceeded"))

    def test_a_silent_member_is_told_and_closed(self):
        address = self.start("--inactivity", "2", "--heartbeat", "1").address
        bob, alice = self.enter(address, "bob", "alice")
        start = time.monotonic()
        said_at = time.monotonic()
        alice.send("I am here")
        # Acknowledgements are a program's, and do not count.
        acknowledge = threading.Thread(target=self.acknowledge, args=[bob])
        acknowledge.start()
        frames, close = alice.closed()
        self.assertGreaterEqual(time.monotonic() - said_at, 2)
        self.assertEqual(frames[-1], '{"type":"error","message":"Connection timed out due to inactivity"}')
        self.assertEqual(close, (1000, "inactivity timeout"))
        acknowledge.join()
        self.assertGreaterEqual(self.bob_closed_at - start, 1)
        self.assertEqual(self.bob_close, (1000, "inactivity timeout"))

    def acknowledge(self, member):
        """Answers heartbeats until the end."""
        try:
            while True:
                if member.frame() == '{"type":"heartbeat"}':
                    member.connection.send('{"type":"heartbeat_ack"}')
        except ConnectionClosed as closed:
            self.bob_closed_at = time.monotonic()
            self.bob_close = (closed.rcvd.code, closed.rcvd.reason)

    def test_a_message_restarts_the_time(self):
        address = self.start("--inactivity", "2").address
        (bob,) = self.enter(address, "bob")
        for number in range(4):
            time.sleep(1)
            bob.send(str(number))
            self.assertEqual(bob.next(), said("bob", str(number)))

    def test_heartbeats_go_to_everybody_and_are_not_passed_on(self):
        address = self.start("--heartbeat", "1").address
        bob, alice = self.enter(address, "bob", "alice")
        for _ in range(2):
            for member in [bob, alice]:
                self.assertEqual(member.next(), {"type": "heartbeat"})
                member.connection.send('{"type":"heartbeat_ack"}')


class Leaving(Chat):
    def test_a_crash_announces_the_leave(self):
        address = self.start().address
        (alice,) = self.enter(address, "alice")
        for reset in [True, False]:
            bob = raw_member(address, "bob")
            self.assertEqual(alice.next(), system("bob", "joined"))
            if reset:
                bob.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # A reset, or the end of the stream: neither is a Close frame.
            bob.close()
            self.assertEqual(alice.next(), system("bob", "left"))
            alice.wait_for_users("alice")

    def test_the_end_of_the_server_is_announced(self):
        chat = self.start()
        bob, alice = self.enter(chat.address, "bob", "alice")
        chat.process.send_signal(signal.SIGTERM)
        for member in [bob, alice]:
            self.assertEqual(member.closed()[1], (1001, "server shutting down"))
        self.assertEqual(chat.process.wait(PATIENCE), 0)

    def test_a_member_that_stops_reading_stalls_nobody_and_is_let_go(self):
        address = self.start(*ANY_RATE).address
        bob, alice = self.enter(address, "bob", "alice")
        with raw_member(address, "stalled", receive_buffer=4096):
            for member in [bob, alice]:
                self.assertEqual(member.next(), system("stalled", "joined"))
            exchanged, slowest, gone = 0, 0, False
            while exchanged < 3.5 * 2**20 or not gone:
                self.assertLess(exchanged, 64 * 2**20, "it was never let go")
                text = f"{exchanged} " + "😀" * 480
                start = time.monotonic()
                # A window of some messages, each of which both must hear before the next window.
                for _ in range(8):
                    bob.send(text)
                    exchanged += len(text.encode())
                for member in [bob, alice]:
                    heard = 0
                    while heard < 8:
                        event = member.next()
                        gone |= event == system("stalled", "left")
                        heard += event == said("bob", text)
                slowest = max(slowest, time.monotonic() - start)
            self.assertLess(slowest, 10, "somebody had to wait")
            alice.wait_for_users("bob", "alice")


class Page(Chat):
    def get(self, address, path, **headers):
        request = urllib.request.Request(f"http://{address}{path}", headers=headers)
        return urllib.request.urlopen(request, timeout=PATIENCE)

    def test_the_page_is_served_beside_the_endpoint(self):
        address = self.start().address
        for path, kind in [
            ("/", "text/html; charset=utf-8"),
            ("/page.css", "text/css; charset=utf-8"),
            ("/page.js", "text/javascript; charset=utf-8"),
            ("/client.js", "text/javascript; charset=utf-8"),
        ]:
            with self.subTest(path), self.get(address, path) as answer:
                self.assertEqual(answer.headers["content-type"], kind)
                policy = answer.headers["content-security-policy"]
                self.assertIn("default-src 'none'", policy)
                self.assertNotIn("unsafe", policy)
                text = answer.read().decode()
                for forbidden in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "http://localhost"]:
                    self.assertNotIn(forbidden, text)
        # Beside a page, the path of an endpoint is the endpoint's only for what asks for a WebSocket.
        for path in ["/nowhere", "/ws/chat/bob", "/page.ts", "/page/page.js"]:
            with self.assertRaises(urllib.error.HTTPError) as refused:
                self.get(address, path)
            self.assertEqual(refused.exception.code, 404)
            refused.exception.close()

    def test_a_browser_gets_one_secret(self):
        address = self.start().address
        cookies = []
        for _ in range(2):
            with self.get(address, "/") as answer:
                cookies.append(answer.headers["set-cookie"])
        for cookie in cookies:
            self.assertRegex(cookie, r"^chat-secret=[0-9a-f]{32}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict$")
        self.assertNotEqual(*cookies)
        with self.get(address, "/", cookie="a=b; " + cookies[0].partition(";")[0]) as answer:
            self.assertIsNone(answer.headers["set-cookie"])


class CommandLine(unittest.TestCase):
    def run_program(self, name, *arguments):
        return subprocess.run([BINARIES / name, *arguments], capture_output=True, text=True, timeout=PATIENCE)

    def test_help_is_printed(self):
        for name, words in [
            ("chat", ["--heartbeat <SECONDS>", "--inactivity", "--rate", "--redis <URL>", "--lease", "127.0.0.1:8000"]),
            ("client", ["[URL]", "ws://127.0.0.1:8000/echo"]),
            ("secure", ["--tls", "[ADDRESS]"]),
            ("timeout", ["[SECONDS]"]),
            ("items", ["[ADDRESS]", "127.0.0.1:8000"]),
        ]:
            with self.subTest(name):
                done = self.run_program(name, "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                for word in words:
                    self.assertIn(word, done.stdout)

    def test_what_is_unknown_is_said(self):
        for name, arguments, words in [
            ("chat", ["--nonsense"], "unexpected argument '--nonsense'"),
            ("chat", ["--rate", "0"], "invalid value '0' for '--rate <MESSAGES>'"),
            ("chat", ["--heartbeat", "soon"], "invalid value 'soon' for '--heartbeat <SECONDS>'"),
            ("chat", ["--redis"], "a value is required for '--redis <URL>'"),
            ("client", ["--nonsense"], "unexpected argument '--nonsense'"),
            ("echo", ["--nonsense"], "unexpected argument '--nonsense'"),
            ("secure", ["127.0.0.1:0", "more"], "unexpected argument 'more'"),
        ]:
            with self.subTest(name=name, arguments=arguments):
                done = self.run_program(name, *arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
