"""Talks to rust-analyzer as an editor does: the Language Server Protocol over its standard streams."""

import json
import os
import pathlib
import queue
import subprocess
import threading

CAPABILITIES = {
    "textDocument": {
        "completion": {"completionItem": {"snippetSupport": False}},
        "hover": {"contentFormat": ["markdown"]},
        "rename": {"prepareSupport": False},
        "diagnostic": {},
    },
    "experimental": {"serverStatusNotification": True},
    "window": {"workDoneProgress": True},
}


class Editor:
    """An editor with one crate open."""

    def __init__(self, server, crate, target, patience):
        self.crate = pathlib.Path(crate)
        self.patience = patience
        self.process = subprocess.Popen(
            [server],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=crate,
            env={**os.environ, "CARGO_TARGET_DIR": str(target)},
        )
        self.next_id = 0
        self.versions = {}
        self.texts = {}
        self.diagnostics = {}
        self.answers = queue.Queue()
        self.is_ready = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()
        options = {
            "cargo": {"targetDir": str(target), "noDeps": False},
            # What rustc says is tested elsewhere.
            "checkOnSave": False,
            "cachePriming": {"enable": False},
        }
        self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": self.crate.as_uri(),
                "capabilities": CAPABILITIES,
                "initializationOptions": options,
            },
        )
        self.notify("initialized", {})

    def wait_until_ready(self):
        """Waits until dependencies are compiled and everything is indexed."""
        if not self.is_ready.wait(self.patience):
            raise TimeoutError("rust-analyzer is not ready")

    def open(self, name, text):
        """Shows a text as the content of a file, which need not have it, and returns its URI."""
        uri = (self.crate / name).as_uri()
        self.texts[uri] = text
        version = self.versions[uri] = self.versions.get(uri, 0) + 1
        if version == 1:
            document = {"uri": uri, "languageId": "rust", "version": version, "text": text}
            self.notify("textDocument/didOpen", {"textDocument": document})
        else:
            document = {"uri": uri, "version": version}
            self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
        return uri

    def at(self, uri, marked, method, **parameters):
        """Asks about the place in `marked` that `¦` stands at; the text without it must stand in the file once."""
        text = self.texts[uri]
        before, after = marked.split("¦")
        if text.count(before + after) != 1:
            raise ValueError(f"{before + after!r} must stand in the file once")
        offset = text.index(before + after) + len(before)
        line = text.count("\n", 0, offset)
        character = len(text[text.rfind("\n", 0, offset) + 1 : offset].encode("utf-16-le")) // 2
        position = {"line": line, "character": character}
        return self.request(method, {"textDocument": {"uri": uri}, "position": position, **parameters})

    def request(self, method, parameters):
        self.next_id += 1
        self._send({"id": self.next_id, "method": method, "params": parameters})
        while True:
            answer = self.answers.get(timeout=self.patience)
            if answer["id"] != self.next_id:
                continue
            if "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']['message']}")
            return answer["result"]

    def notify(self, method, parameters):
        self._send({"method": method, "params": parameters})

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def _send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _listen(self):
        while message := self._read():
            method = message.get("method")
            if method is None:
                self.answers.put(message)
            elif "id" in message:
                # Requests of the server are granted: there is nothing to configure.
                result = [None] * len(message["params"].get("items", [])) if method == "workspace/configuration" else None
                self._send({"id": message["id"], "result": result})
            elif method == "experimental/serverStatus" and message["params"]["quiescent"]:
                self.is_ready.set()
            elif method == "textDocument/publishDiagnostics":
                self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]

    def _read(self):
        length = 0
        try:
            while (line := self.process.stdout.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            return json.loads(self.process.stdout.read(length)) if length else None
        except ValueError:
            # The server is gone.
            return None
