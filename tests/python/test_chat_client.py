"""The chat's page is written in TypeScript on the generated client. Both are kept compiled, and must not be stale.

    cargo build -p ws-tests -p examples --all-features --bins
    .venv/bin/python -m unittest discover -v -s tests/python -p 'test_chat_client.py'

The compiler needs node and npm; without them its test is skipped, unless NO_SKIP is set.
"""

import os
import pathlib
import subprocess
import tempfile
import unittest

from compressed import ROOT, SECONDS, SERVER
from test_compression_in_node import NODE, NPM, install

PAGE = ROOT / "examples" / "chat" / "page"
MEND = "the first lines of examples/chat/main.rs have the commands that write it"


class ChatClient(unittest.TestCase):
    maxDiff = None

    def test_the_client_is_the_one_that_the_chat_writes(self):
        chat = SERVER.with_name("chat")
        written = subprocess.run([chat, "--typescript"], capture_output=True, text=True, check=True, timeout=SECONDS)
        self.assertEqual((PAGE / "client.ts").read_text(), written.stdout, f"client.ts is stale: {MEND}")

    def test_the_scripts_are_what_the_compiler_makes(self):
        if not (NODE and NPM):
            missing = "node or npm is not there"
            if os.environ.get("NO_SKIP"):
                raise AssertionError(missing)
            self.skipTest(missing)
        compiler = install(ROOT / "tests" / "python" / "typescript") / "typescript" / "bin" / "tsc"
        with tempfile.TemporaryDirectory() as directory:
            command = [NODE, compiler, "-p", PAGE, "--outDir", directory]
            done = subprocess.run(command, capture_output=True, text=True, timeout=3 * SECONDS)
            self.assertEqual((done.returncode, done.stdout), (0, ""))
            compiled = {path.name: path.read_text() for path in pathlib.Path(directory).iterdir()}
        sources = {path.with_suffix(".js").name for path in PAGE.glob("*.ts")}
        self.assertEqual(set(compiled), sources)
        self.assertEqual({path.name for path in PAGE.glob("*.js")}, sources)
        for name, script in compiled.items():
            with self.subTest(name):
                self.assertEqual((PAGE / name).read_text(), script, f"{name} is stale: {MEND}")


if __name__ == "__main__":
    unittest.main()
