"""The configurations of `docs/deploy`, in real proxies in front of the program `behind`.

    .ci/install nginx haproxy caddy
    cargo build -p ws-tests --bin behind

A proxy that is missing is skipped, unless NO_SKIP is set. EXAMPLES_DIR names the directory of the program, if it is not
target/debug.
"""

import json
import os
import pathlib
import queue
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "docs" / "deploy"
TLS = ROOT / "tests" / "support" / "tls"
BINARIES = pathlib.Path(os.environ.get("EXAMPLES_DIR", ROOT / "target" / "debug")).absolute()
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
SECONDS = 20
CLIENT = "127.0.0.9"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def replace(text, *pairs):
    """Replaces parts of a configuration, each of which must be in it."""
    for old, new in pairs:
        if old not in text:
            raise AssertionError(f"{old!r} is not in the configuration")
        text = text.replace(old, str(new))
    return text


def trusting():
    """A client's TLS that trusts the certificate of the tests."""
    return ssl.create_default_context(cafile=TLS / "localhost.pem")


class Process:
    """A process that prints a line once it is ready, or that is ready once a port takes connections."""

    def __init__(self, command, port=None):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        try:
            if port:
                self._wait_for(port)
            else:
                self.address = self.lines.get(timeout=SECONDS)
        except BaseException:
            self.stop()
            raise

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def _wait_for(self, port):
        for _ in range(SECONDS * 20):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                # No signal tells that a foreign program listens.
                threading.Event().wait(0.05)
        raise AssertionError("\n".join(["does not listen:", *list(self.lines.queue)]))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join(5)
        self.process.stdout.close()


class ProxyTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        self.port = free_port()

    def program(self, name):
        found = shutil.which(name, path=PATH)
        if not found:
            if os.environ.get("NO_SKIP"):
                self.fail(f"{name} is not there")
            self.skipTest(f"{name} is not there")
        return found

    def start(self, *command, port=None):
        process = Process([str(part) for part in command], port)
        self.addCleanup(process.stop)
        return process

    def app(self, *arguments):
        return self.start(BINARIES / "behind", "127.0.0.1:0", *arguments).address

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path

    def who(self, url, origin=None, headers=(), tls=None):
        """Returns what the app says of a client, and checks that messages go both ways.

        The client has an address of its own, which shows that the app does not see that of the proxy.
        """
        client = socket.create_connection(("127.0.0.1", self.port), SECONDS, source_address=(CLIENT, 0))
        with client, connect(
            url, sock=client, origin=origin, additional_headers=dict(headers), ssl=tls, proxy=None, open_timeout=SECONDS
        ) as ws:
            said = json.loads(ws.recv(timeout=SECONDS))
            for size in [0, 1000, 300_000]:
                ws.send("x" * size)
                self.assertEqual(ws.recv(timeout=SECONDS), "x" * size)
        return said

    def check(self, scheme, tls=None):
        """Checks a proxy whose clients are known by their address, scheme and host."""
        secure = scheme == "wss"
        host = f"localhost:{self.port}"
        url = f"{scheme}://{host}/who"
        page = f"{'https' if secure else 'http'}://{host}"
        known = {"address": CLIENT, "secure": secure, "host": host}
        self.assertEqual(self.who(url, origin=page, tls=tls), known)
        # What a client claims by itself is not believed.
        claims = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Host": "evil.example", "Forwarded": "for=192.0.2.8"}
        claims |= {"X-Forwarded-Proto": "http" if secure else "https"}
        self.assertEqual(self.who(url, origin=page, headers=claims, tls=tls), known)
        # A page of another port, scheme or host is not the same origin.
        other = f"{'http' if secure else 'https'}://{host}"
        for origin in ["http://localhost", other, "https://evil.example"]:
            with self.assertRaises(InvalidStatus) as refused:
                self.who(url, origin=origin, tls=tls)
            self.assertEqual(refused.exception.response.status_code, 403, origin)

    def test_nginx(self):
        nginx = self.program("nginx")
        site = replace(
            (DEPLOY / "nginx.conf").read_text(),
            ("listen 80;", f"listen {self.port};"),
            ("127.0.0.1:8000", self.app()),
        )
        self.start_nginx(nginx, site)
        self.check("ws")

    def test_nginx_with_tls(self):
        nginx = self.program("nginx")
        site = replace(
            (DEPLOY / "nginx-tls.conf").read_text(),
            ("listen 443 ssl;", f"listen {self.port} ssl;"),
            ("/etc/letsencrypt/live/example.com/fullchain.pem", TLS / "localhost.pem"),
            ("/etc/letsencrypt/live/example.com/privkey.pem", TLS / "localhost.key"),
            ("127.0.0.1:8000", self.app()),
        )
        self.start_nginx(nginx, site)
        self.check("wss", trusting())

    def test_nginx_with_a_unix_socket(self):
        nginx = self.program("nginx")
        path = self.directory / "app.sock"
        self.start(BINARIES / "behind", path)
        site = replace(
            (DEPLOY / "nginx.conf").read_text(),
            ("listen 80;", f"listen {self.port};"),
            ("http://127.0.0.1:8000", f"http://unix:{path}"),
        )
        path.chmod(0o777)
        self.directory.chmod(0o755)
        self.start_nginx(nginx, site)
        self.check("ws")

    def start_nginx(self, nginx, site):
        directory = self.directory
        temporary = "".join(
            f"{kind}_temp_path {directory}/{kind};" for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        )
        main = f"""
            daemon off; pid {directory}/nginx.pid; error_log stderr;
            events {{ }}
            http {{ access_log off; {temporary} include {self.write('site.conf', site)}; }}
        """
        self.start(nginx, "-p", directory, "-c", self.write("nginx.conf", main), port=self.port)

    def test_haproxy(self):
        haproxy = self.program("haproxy")
        text = replace(
            (DEPLOY / "haproxy.cfg").read_text(),
            ("bind :80", f"bind 127.0.0.1:{self.port}"),
            ("127.0.0.1:8000", self.app()),
        )
        self.start(haproxy, "-db", "-f", self.write("haproxy.cfg", text), port=self.port)
        self.check("ws")

    def test_haproxy_with_the_proxy_protocol_and_tls(self):
        haproxy = self.program("haproxy")
        pair = (TLS / "localhost.pem").read_text() + (TLS / "localhost.key").read_text()
        text = replace(
            (DEPLOY / "haproxy-proxy-protocol.cfg").read_text(),
            ("bind :443", f"bind 127.0.0.1:{self.port}"),
            ("/etc/haproxy/example.com.pem", self.write("pair.pem", pair)),
            ("127.0.0.1:8000", self.app("proxy-protocol")),
        )
        self.start(haproxy, "-db", "-f", self.write("haproxy.cfg", text), port=self.port)
        host = f"localhost:{self.port}"
        url = f"wss://{host}/who"
        said = self.who(url, origin=f"https://{host}", tls=trusting())
        self.assertEqual(said, {"address": CLIENT, "secure": True, "host": host})
        with self.assertRaises(InvalidStatus):
            self.who(url, origin=f"http://{host}", tls=trusting())

    def test_haproxy_with_version_1(self):
        haproxy = self.program("haproxy")
        text = replace(
            (DEPLOY / "haproxy-proxy-protocol.cfg").read_text(),
            ("bind :443 ssl crt /etc/haproxy/example.com.pem alpn http/1.1", f"bind 127.0.0.1:{self.port}"),
            ("send-proxy-v2-ssl", "send-proxy"),
            ("127.0.0.1:8000", self.app("proxy-protocol")),
        )
        self.start(haproxy, "-db", "-f", self.write("haproxy.cfg", text), port=self.port)
        url = f"ws://localhost:{self.port}/who"
        self.assertEqual(self.who(url)["address"], CLIENT)

    def test_caddy(self):
        caddy = self.program("caddy")
        # Its own authority signs the certificate in place of a public one, and it needs no port 80 to prove its name.
        text = replace(
            (DEPLOY / "Caddyfile").read_text(),
            ("example.com {", f"https://localhost:{self.port} {{\n\ttls {TLS / 'localhost.pem'} {TLS / 'localhost.key'}"),
            ("127.0.0.1:8000", self.app()),
        )
        text = f"{{\n\tadmin off\n\tauto_https disable_redirects\n\tstorage file_system {self.directory}\n}}\n{text}"
        config = self.write("Caddyfile", text)
        self.start(caddy, "run", "--adapter", "caddyfile", "--config", config, port=self.port)
        self.check("wss", trusting())


if __name__ == "__main__":
    unittest.main()
