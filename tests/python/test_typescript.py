"""The TypeScript clients that the library writes: the one that the tests keep is compiled, and that of a program is run.

Needs node and npm; without them it is skipped, unless NO_SKIP is set. The packages go beside the tested programs.
"""

import os
import pathlib
import random
import subprocess
import tempfile
import unittest

from compressed import SERVER
from test_compression_in_node import NODE, NPM, install

HERE = pathlib.Path(__file__).resolve().parent
KEPT = HERE.parent / "typescript"
PROGRAM = SERVER.with_name("scripted")
SAMPLED = SERVER.with_name("sampled")
# What is random differs each time. SEED repeats what an earlier run did.
SEED = os.environ.get("SEED") or str(random.randrange(2**32))
SECONDS = 180
OPTIONS = "--strict --noUncheckedIndexedAccess --target es2022 --module esnext --moduleResolution bundler --lib es2022,dom"


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not (NODE and NPM):
            missing = "node or npm is not there"
            if os.environ.get("NO_SKIP"):
                raise AssertionError(missing)
            raise unittest.SkipTest(missing)
        cls.packages = install(HERE / "typescript")

    def run_node(self, *arguments):
        return subprocess.run([NODE, *arguments], capture_output=True, text=True, timeout=SECONDS)

    def compile(self, *arguments, options=OPTIONS):
        """Returns the errors of the compiler."""
        return self.run_node(self.packages / "typescript" / "bin" / "tsc", *options.split(), *arguments).stdout

    def test_the_client_compiles(self):
        files = sorted(KEPT.glob("*.ts"))
        self.assertEqual([file.name for file in files], ["kitchen_sink.ts", "uses.ts"])
        self.assertEqual(self.compile("--noEmit", *files), "")

    def test_the_page_of_the_board_is_compiled(self):
        board = HERE.parents[1] / "examples" / "board"
        with tempfile.TemporaryDirectory() as directory:
            self.assertEqual(self.compile("-p", board, "--outDir", directory, options=""), "")
            for name in ["page.js", "client.js"]:
                self.assertEqual((pathlib.Path(directory) / name).read_text(), (board / name).read_text(), name)

    def test_schemas_and_types_tell_the_truth(self):
        with tempfile.TemporaryDirectory() as directory:
            done = self.run_node(HERE / "typescript" / "sample.mjs", SAMPLED, self.packages, directory, SEED)
            self.assertEqual(done.returncode, 0, f"SEED={SEED}\n{done.stdout}{done.stderr}")

    def test_the_client_talks(self):
        with tempfile.TemporaryDirectory() as directory:
            client = pathlib.Path(directory) / "client.mts"
            written = subprocess.run([PROGRAM, "typescript"], capture_output=True, text=True, check=True, timeout=SECONDS)
            client.write_text(written.stdout)
            self.assertEqual(self.compile(client), "")
            compiled = client.with_suffix(".mjs")
            done = self.run_node("--test-force-exit", HERE / "typescript" / "talk.mjs", compiled, PROGRAM, self.packages)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
