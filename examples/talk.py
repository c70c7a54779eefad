#!/usr/bin/env python3
"""Sends messages to a WebSocket endpoint and prints what comes back, the close code and reason included.

    python3 -m venv .venv && .venv/bin/pip install websockets
    .venv/bin/python examples/talk.py --cookie session=abc ws://127.0.0.1:8000/items/5/ws hi

When the server says nothing more for a second, this side closes with 1000.
"""

import argparse
import ssl
import sys

try:
    from websockets.exceptions import ConnectionClosed, InvalidStatus
    from websockets.sync.client import connect
except ImportError:
    sys.exit("the client is missing: python3 -m venv .venv && .venv/bin/pip install websockets, then .venv/bin/python")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="ws://host:port/path?query")
    parser.add_argument("messages", nargs="*", help="text messages to send")
    parser.add_argument("--cookie", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--header", action="append", default=[], metavar="NAME:VALUE")
    parser.add_argument("--protocol", action="append", metavar="SUBPROTOCOL")
    parser.add_argument("--wait", type=float, default=1.0, metavar="SECONDS", help="for further messages")
    parser.add_argument("--insecure", action="store_true", help="take any certificate")
    args = parser.parse_args()

    headers = [tuple(part.strip() for part in header.split(":", 1)) for header in args.header]
    if args.cookie:
        headers.append(("Cookie", "; ".join(args.cookie)))
    try:
        tls = {"ssl": any_certificate()} if args.insecure else {}
        with connect(args.url, additional_headers=headers, subprotocols=args.protocol, proxy=None, **tls) as connection:
            talk(connection, args)
    except InvalidStatus as refused:
        response = refused.response
        print(f"refused: HTTP {response.status_code} {(response.body or b'').decode().strip()}")
        for name, value in response.headers.raw_items():
            print(f"  {name}: {value}")
    except OSError as error:
        sys.exit(f"no connection: {error}")


def any_certificate():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def talk(connection, args):
    try:
        for message in args.messages:
            connection.send(message)
        while True:
            print(connection.recv(timeout=args.wait))
    except TimeoutError:
        pass
    except ConnectionClosed as closed:
        frame = closed.rcvd
        print(f"closed: {frame.code} {frame.reason}" if frame else "closed without a close frame")


if __name__ == "__main__":
    main()
