"""The AsyncAPI documents that the tests keep and those that examples serve, read by the parser that tools for AsyncAPI are built on.

Needs node and npm; without them it is skipped, unless NO_SKIP is set. The package goes beside the tested programs.
"""

import os
import pathlib
import subprocess
import sys
import unittest
import urllib.request

from test_compression_in_node import NODE, NPM, install

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[1] / "examples"))
from running import running  # noqa: E402
DOCUMENTS = HERE.parent / "asyncapi"
# The examples that serve their document.
SERVING = ["board", "chat", "items"]
SECONDS = 120


class Documents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not (NODE and NPM):
            missing = "node or npm is not there"
            if os.environ.get("NO_SKIP"):
                raise AssertionError(missing)
            raise unittest.SkipTest(missing)
        cls.packages = install(HERE / "asyncapi")

    def validate(self, *documents):
        """Returns the errors of the parser."""
        script = HERE / "asyncapi" / "validate.cjs"
        env = {**os.environ, "NODE_PATH": str(self.packages)}
        command = [NODE, script, *documents]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_the_documents_are_valid(self):
        documents = sorted(DOCUMENTS.glob("*.json"))
        self.assertTrue(documents)
        self.assertEqual(self.validate(*documents), "")

    def test_the_documents_of_the_examples_are_valid(self):
        for name in SERVING:
            with self.subTest(name), running(name) as (address, _):
                document = self.packages.parent / f"{name}.json"
                with urllib.request.urlopen(f"http://{address}/asyncapi.json", timeout=SECONDS) as answer:
                    document.write_bytes(answer.read())
                self.assertEqual(self.validate(document), "")

    def test_a_broken_document_is_found(self):
        broken = self.packages.parent / "broken.json"
        text = next(DOCUMENTS.glob("*.json")).read_text()
        broken.write_text(text.replace('"action": "receive"', '"action": "listen"'))
        self.assertIn("action", self.validate(broken))


if __name__ == "__main__":
    unittest.main()
