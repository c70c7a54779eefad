"""A member of the chat, for its tests."""

import json
import socket
import time
from urllib.parse import quote

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATIENCE = 30


def system(user, what):
    return {"type": "system", "message": f"User {user} has {what} the chat"}


def said(user, message):
    return {"type": "message", "user": user, "message": message}


class Member:
    """A connection to the chat.

    Who is there arrives whenever the server comes to it, so it is kept apart: `users` has the status of each. With `tracked`,
    messages come in envelopes; `position` is what the last one told, and `recoveries` what became of missed messages.
    """

    def __init__(self, address, user, secret=None, tracked=False, since=None):
        self.user = user
        self.users = {}
        self.tracked = tracked
        self.position = since
        self.recoveries = []
        url = f"ws://{address}/ws/chat/{quote(user, safe='')}"
        if tracked:
            url += "/tracked" + (f"?since={since}" if since else "")
        headers = {"cookie": f"chat-secret={secret}"} if secret else {}
        # Without a bound on what is read ahead, so that members who are not asked for long can still leave.
        patience = {"open_timeout": PATIENCE, "close_timeout": PATIENCE}
        settings = {"proxy": None, "ping_interval": None, "max_queue": None, "additional_headers": headers}
        self.opening = connect(url, **settings, **patience)
        self.connection = self.opening.__enter__()

    def send(self, message, **fields):
        self.connection.send(json.dumps({"message": message} | fields))

    def whisper(self, to, message):
        self.send(message, type="private", to=to)

    def set_status(self, status):
        self.connection.send(json.dumps({"type": "status", "status": status}))

    def frame(self, timeout=PATIENCE):
        """The next frame as it is."""
        frame = self.connection.recv(timeout=timeout)
        if isinstance(frame, str):
            self.note(json.loads(frame))
        return frame

    def note(self, event):
        if self.tracked:
            self.position = event.get("position", self.position)
            if "message" not in event:
                self.recoveries.append({name: event[name] for name in event if name != "position"})
            event = event.get("message", {})
        if event.get("type") == "present":
            self.users[event["user"]] = event["status"]
        elif event.get("type") == "absent":
            self.users.pop(event["user"], None)

    def next(self):
        """The next event that does not say who is there."""
        while True:
            event = json.loads(self.frame())
            if self.tracked:
                event = event.get("message")
            if event is not None and event["type"] not in ["welcome", "present", "absent"]:
                return event

    def wait_for(self, wanted):
        """Skips events up to this one."""
        end = time.monotonic() + PATIENCE
        while (event := self.next()) != wanted:
            assert time.monotonic() < end, f"waited for {wanted}, and the last was {event}"

    def wait_for_users(self, *users, **statuses):
        """Skips events until exactly these are there, with these statuses."""
        wanted = {user: "available" for user in users} | statuses
        end = time.monotonic() + PATIENCE
        while self.users != wanted:
            assert time.monotonic() < end, f"waited for {wanted}, and there are {self.users}"
            self.frame()

    def closed(self):
        """The frames that are left, and how the connection was closed."""
        frames = []
        try:
            while True:
                frames.append(self.frame())
        except ConnectionClosed as closed:
            frame = closed.rcvd
            return frames, (frame.code, frame.reason) if frame else None

    def leave(self):
        self.opening.__exit__(None, None, None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leave()


def raw_member(address, user, receive_buffer=None):
    """A member that is nothing but a socket, behind the handshake."""
    host, port = address.split(":")
    raw = socket.socket()
    raw.settimeout(PATIENCE)
    if receive_buffer is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    raw.connect((host, int(port)))
    raw.sendall(
        f"GET /ws/chat/{user} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    return raw


def enter(address, *users):
    """Members who have seen each other come."""
    members = []
    for user in users:
        member = Member(address, user)
        members.append(member)
        for other in members:
            other.wait_for(system(user, "joined"))
    return members
