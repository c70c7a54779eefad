"""The servers that are measured: how they are built, started and stopped."""

import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target"))
RELEASE = TARGET / "release"
# `ws` is installed beside what cargo makes, so that nothing but sources stands here.
NODE_WS = TARGET / "node_ws"

SERVER_CORE, LOAD_CORE = "0", "1"


def peer(name, *arguments):
    return " ".join([str(RELEASE / f"peer-{name}"), "{port}", *arguments])


PEERS = {
    "limit": peer("limit"),
    "limit-tokio": peer("limit", "tokio"),
    "axum": peer("axum"),
    "actix": peer("actix"),
    "tungstenite": peer("tungstenite"),
    "fastwebsockets": peer("fastwebsockets"),
    "yawc": peer("yawc"),
    "yawc-fast": peer("yawc", "fast"),
    "node-ws": f"node {NODE_WS / 'server.js'} {{port}}",
}
# These are no WebSocket servers, and never the best peer.
REFERENCES = {"limit", "limit-tokio"}


def build():
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET)}
    command = ["cargo", "build", "--release", "--workspace", "--locked"]
    subprocess.run(command, cwd=HERE, env=environment, check=True)
    NODE_WS.mkdir(parents=True, exist_ok=True)
    for file in ["package.json", "server.js"]:
        shutil.copy(HERE / "servers" / "node_ws" / file, NODE_WS)
    if shutil.which("npm") is None:
        print("there is no npm: `node-ws` cannot be measured")
        return
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"], cwd=NODE_WS, check=True)


def raise_open_files():
    """Lets servers and load have as many connections as the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Server:
    """A server that runs on a core of its own until its block ends."""

    def __init__(self, name, command, log):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = ["taskset", "-c", SERVER_CORE, *command.replace("{port}", str(self.port)).split()]
        # `taskset` becomes the server, so that this is the server's own process.
        self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.pid = self.process.pid
        try:
            self.wait_for_port(name)
        except RuntimeError:
            self.stop()
            raise

    def wait_for_port(self, name):
        deadline = time.time() + 15
        while time.time() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"{name} ended at once with {self.process.returncode}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    time.sleep(0.1)
                    return
            time.sleep(0.05)
        raise RuntimeError(f"{name} opened no port")

    def load(self, arguments):
        """The command that puts this server under load."""
        target = ["--port", str(self.port), "--pid", str(self.pid)]
        return ["taskset", "-c", LOAD_CORE, str(RELEASE / "load"), *arguments.split(), *target]

    def negotiates_deflate(self):
        request = (
            "GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as probe:
            probe.sendall(request.encode())
            answer = b""
            while b"\r\n\r\n" not in answer:
                received = probe.recv(4096)
                if not received:
                    break
                answer += received
        return b"permessage-deflate" in answer

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
