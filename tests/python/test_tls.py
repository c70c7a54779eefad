"""TLS with clients of somebody else's making: `websockets`, OpenSSL, and a page in Chromium.

The server is the example `secure --tls`, which makes its own certificate, and for a certificate that is replaced the program
`behind`. Needs openssl, chromium and chromedriver; a test without its client is skipped, unless NO_SKIP is set.
"""

import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import unittest

from selenium import webdriver
from test_compression_in_chrome import ARGUMENTS, CHROMEDRIVER, CHROMIUM
from test_proxies import BINARIES, ROOT, SECONDS, TLS, Process
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect


def any_certificate():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class TlsTest(unittest.TestCase):
    def need(self, *programs):
        for program in programs:
            if not program:
                if os.environ.get("NO_SKIP"):
                    self.fail("a client is missing")
                self.skipTest("a client is missing")

    def start(self, *command):
        process = Process([str(part) for part in command])
        self.addCleanup(process.stop)
        return process

    def secure(self):
        line = self.start(BINARIES / "secure", "127.0.0.1:0", "--tls").address
        address = line.removeprefix("listening on https://")
        self.assertNotEqual(line, address)
        return address

    def behind(self):
        pair = TLS / "localhost.pem", TLS / "localhost.key"
        return self.start(BINARIES / "behind", "127.0.0.1:0", "tls", *pair).address

    def test_websockets(self):
        address = self.secure()
        with connect(f"wss://{address}/account?token=secret", ssl=any_certificate(), proxy=None) as ws:
            self.assertEqual(ws.recv(timeout=SECONDS), "Hello alice")
            ws.send("hi")
            self.assertEqual(ws.recv(timeout=SECONDS), "alice said: hi")
        with connect(f"wss://{address}/account?token=guess", ssl=any_certificate(), proxy=None) as ws:
            with self.assertRaises(ConnectionClosed) as closed:
                ws.recv(timeout=SECONDS)
        self.assertEqual(closed.exception.rcvd.code, 1008)
        with self.assertRaises(InvalidStatus):
            connect(f"wss://{address}/http/account?token=guess", ssl=any_certificate(), proxy=None)
        with self.assertRaises(ssl.SSLCertVerificationError):
            connect(f"wss://{address}/account", ssl=ssl.create_default_context(), proxy=None)

    def test_the_client_of_the_examples(self):
        address = self.secure()
        options = ["--insecure", "--protocol", "bearer", "--protocol", "secret"]
        command = [sys.executable, ROOT / "examples" / "talk.py", *options, f"wss://{address}/account", "hi"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
        self.assertEqual(said.stdout, "Hello alice\nalice said: hi\n")

    def test_openssl(self):
        openssl = shutil.which("openssl")
        self.need(openssl)
        address = self.secure()

        def talk(*options):
            command = [openssl, "s_client", "-connect", address, "-alpn", "h9,http/1.1", *options]
            # The end of the input ends the connection.
            return subprocess.run(command, input="", capture_output=True, text=True, timeout=SECONDS)

        for version in ["-tls1_3", "-tls1_2"]:
            said = talk(version)
            self.assertEqual(said.returncode, 0, said.stderr)
            self.assertIn("ALPN protocol: http/1.1", said.stdout)
        self.assertNotEqual(talk("-tls1_1").returncode, 0)

    def page(self, address):
        """Opens a page of the server in Chromium."""
        profile = self.enterContext(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in [*ARGUMENTS, f"--user-data-dir={profile}", "--ignore-certificate-errors"]:
            options.add_argument(argument)
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(CHROMEDRIVER))
        self.addCleanup(driver.quit)
        driver.set_script_timeout(SECONDS)
        # The answer with 404 has the same origin as a page would have.
        driver.get(f"https://{address}/")
        return driver

    def test_a_page_in_chromium(self):
        self.need(CHROMIUM, CHROMEDRIVER)
        said = self.page(self.secure()).execute_async_script("""
            const done = arguments[0];
            const socket = new WebSocket(`wss://${location.host}/account?token=secret`);
            const said = [];
            socket.onmessage = (message) => {
                said.push(message.data);
                if (said.length === 1) socket.send("hi"); else socket.close(1000);
            };
            socket.onclose = (close) => done([...said, close.code]);
        """)
        self.assertEqual(said, ["Hello alice", "alice said: hi", 1000])

    def test_two_websockets_of_a_page_in_chromium_share_one_connection(self):
        self.need(CHROMIUM, CHROMEDRIVER)
        page = self.page(self.behind())
        protocol = "return performance.getEntriesByType('navigation')[0].nextHopProtocol"
        self.assertEqual(page.execute_script(protocol), "h2")
        said = page.execute_async_script("""
            const done = arguments[0];
            const open = (name) => new Promise((resolve, reject) => {
                const socket = new WebSocket(`wss://${location.host}/port`);
                const said = [];
                socket.onmessage = (message) => {
                    said.push(message.data);
                    if (said.length === 1) resolve({ name, socket, said }); else socket.close(1000);
                };
                socket.onclose = (close) => { said.push(close.code); reject(said); };
            });
            // Both are open before either says anything.
            Promise.all([open("ann"), open("bob")]).then((both) => Promise.all(both.map((one) => {
                one.socket.send(one.name);
                return new Promise((resolve) => {
                    one.socket.onclose = (close) => resolve([...one.said, close.code]);
                });
            }))).then(done, done);
        """)
        (ann, *of_ann), (bob, *of_bob) = said
        self.assertEqual([of_ann, of_bob], [["ann", 1000], ["bob", 1000]])
        # The server has seen two connections that were open at once, from one port: they are streams of one transport.
        self.assertEqual(ann, bob)

    def test_two_websockets_over_http_1_have_a_connection_each(self):
        """The test above can fail: a client without HTTP/2 comes from two ports."""
        address = self.behind()
        url = f"wss://{address}/port"
        with connect(url, ssl=any_certificate(), proxy=None) as ann, connect(url, ssl=any_certificate(), proxy=None) as bob:
            self.assertNotEqual(ann.recv(timeout=SECONDS), bob.recv(timeout=SECONDS))

    def test_a_certificate_is_replaced_on_sighup(self):
        openssl = shutil.which("openssl")
        self.need(openssl)
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        certificate, key = directory / "cert.pem", directory / "key.pem"

        def make():
            subprocess.run(
                [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                 "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                 "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", certificate],
                check=True, capture_output=True,
            )
            return ssl.create_default_context(cafile=certificate)

        old = make()
        server = self.start(BINARIES / "behind", "127.0.0.1:0", "tls", certificate, key)
        url = f"wss://localhost:{server.address.rpartition(':')[2]}/who"
        with connect(url, ssl=old, proxy=None) as ws:
            self.assertTrue(json.loads(ws.recv(timeout=SECONDS))["secure"])
            new = make()
            server.process.send_signal(signal.SIGHUP)
            self.assertIn("reloaded", self.line(server, "certificate"))
            with connect(url, ssl=new, proxy=None) as other:
                other.recv(timeout=SECONDS)
            with self.assertRaises(ssl.SSLCertVerificationError):
                connect(url, ssl=old, proxy=None)
            key.write_text("nonsense")
            server.process.send_signal(signal.SIGHUP)
            self.assertIn("keeps the one that it has", self.line(server, "certificate"))
            with connect(url, ssl=new, proxy=None) as other:
                other.recv(timeout=SECONDS)
            ws.send("still here")
            self.assertEqual(ws.recv(timeout=SECONDS), "still here")

    def line(self, server, text):
        """Returns the next line of the log that has this text."""
        while text not in (line := server.lines.get(timeout=SECONDS)):
            pass
        return line


if __name__ == "__main__":
    unittest.main()
