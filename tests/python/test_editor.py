"""Asks rust-analyzer what an editor would ask it about a program with endpoints.

    rustup component add rust-analyzer
    .venv/bin/python -m unittest discover -v -s tests/python -p test_editor.py

It compiles what the program depends on, once, which takes a minute or two. Without rust-analyzer the tests are skipped, unless
NO_SKIP is set.
"""

import os
import pathlib
import shutil
import subprocess
import unittest

from lsp import Editor

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 1200
MANIFEST = """[package]
name = "editor"
version = "0.0.0"
edition = "2024"
publish = false

[dependencies]
thiserror = "2"
tokio = { version = "1", features = ["full"] }
tracing = "0.1"
ws-runtime = { path = "%s" }

[workspace]
"""
PROGRAM = """use ws_runtime::{App, Close, ErrorContext, Handshake, Result, WebSocket, on_error, routes, websocket};

/// Finds the session.
async fn session(handshake: &Handshake) -> Result<String> {
    Ok(handshake.cookie("session").unwrap_or_default().to_owned())
}

/// Serves an item.
#[websocket("/items/<id>/ws", max_message_size = LIMIT)]
async fn item(id: u64, #[query(ge = 1)] page: Option<i32>, #[depends(session)] user: String, mut ws: WebSocket) -> Result {
    let _ = (id, page, user);
    let text = ws.recv_text().await?;
    ws.send_text(text).await?;
    Ok(())
}

/// The largest message.
const LIMIT: usize = 1024;

mod rooms {
    #[ws_runtime::websocket("/rooms")]
    pub async fn join(_ws: ws_runtime::WebSocket) {}
}

fn main() {
    let _ = App::new().routes(routes![item, rooms::join]);
}
"""


def rust_analyzer():
    """The server, if the toolchain has it: its proxy in PATH stands there in any case."""
    server = shutil.which("rust-analyzer")
    works = server and subprocess.run([server, "--version"], capture_output=True, cwd=ROOT).returncode == 0
    return server if works else None


class EditorTest(unittest.TestCase):
    editor = None

    @classmethod
    def setUpClass(cls):
        # One for all classes: what it knows takes a while to learn.
        EditorTest.editor = EditorTest.editor or cls.start()

    @staticmethod
    def start():
        server = rust_analyzer()
        if server is None:
            if "NO_SKIP" in os.environ:
                raise RuntimeError("rust-analyzer is missing: rustup component add rust-analyzer")
            raise unittest.SkipTest("rust-analyzer is missing: rustup component add rust-analyzer")
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "editor"
        crate = target / "crate"
        (crate / "src").mkdir(parents=True, exist_ok=True)
        (crate / "Cargo.toml").write_text(MANIFEST % (ROOT / "ws-runtime").as_posix())
        (crate / "src" / "main.rs").write_text(PROGRAM)
        for name in ["Cargo.lock", "rust-toolchain.toml"]:
            shutil.copy(ROOT / name, crate / name)
        editor = Editor(server, crate, target / "build", PATIENCE)
        unittest.addModuleCleanup(editor.close)
        editor.wait_until_ready()
        return editor

    def open(self, *changes, program=PROGRAM):
        """Opens the program after some changes, each of a text that stands in it once."""
        for before, after in changes:
            self.assertEqual(program.count(before), 1, before)
            program = program.replace(before, after)
        return self.editor.open("src/main.rs", program)

    def definitions(self, file, marked):
        """The lines that go-to-definition leads to."""
        found = self.editor.at(file, marked, "textDocument/definition")
        lines = self.editor.texts[file].splitlines()
        return [lines[place["range"]["start"]["line"]] for place in found if place["uri"] == file]

    def completions(self, file, marked):
        found = self.editor.at(file, marked, "textDocument/completion")
        items = found["items"] if isinstance(found, dict) else found or []
        return [item["label"] for item in items]

    def edited(self, file, marked, name):
        """The program after a rename."""
        edit = self.editor.at(file, marked, "textDocument/rename", newName=name)
        [document] = edit["documentChanges"]
        self.assertEqual(document["textDocument"]["uri"], file)
        lines = self.editor.texts[file].splitlines(keepends=True)
        # From the end, so that places stay what they are.
        for edit in sorted(document["edits"], key=lambda edit: tuple(edit["range"]["start"].values()), reverse=True):
            start, end = edit["range"]["start"], edit["range"]["end"]
            self.assertEqual(start["line"], end["line"])
            line = lines[start["line"]]
            lines[start["line"]] = line[: start["character"]] + edit["newText"] + line[end["character"] :]
        return "".join(lines)


class Names(EditorTest):
    def test_renaming_an_endpoint_changes_its_routes(self):
        file = self.open()
        for marked in ["async fn it¦em(", "routes![it¦em, "]:
            renamed = self.edited(file, marked, "thing")
            self.assertIn("async fn thing(id: u64", renamed)
            self.assertIn("routes![thing, rooms::join]", renamed)
            self.assertNotIn("item(", renamed)

    def test_renaming_a_dependency_changes_the_attribute(self):
        renamed = self.edited(self.open(), "async fn ses¦sion(", "login")
        self.assertIn("#[depends(login)] user", renamed)

    def test_references_to_an_endpoint_include_its_routes(self):
        file = self.open()
        found = self.editor.at(file, "async fn it¦em(", "textDocument/references", context={"includeDeclaration": False})
        line = next(line for line, text in enumerate(PROGRAM.splitlines()) if "routes![item, " in text)
        self.assertIn(line, [place["range"]["start"]["line"] for place in found])

    def test_a_route_leads_to_the_function(self):
        file = self.open()
        self.assertEqual(len(self.definitions(file, "routes![it¦em, ")), 1)
        self.assertIn("async fn item(", self.definitions(file, "routes![it¦em, ")[0])
        self.assertIn("pub async fn join(", self.definitions(file, "rooms::jo¦in]")[0])

    def test_names_in_attributes_lead_to_what_they_name(self):
        file = self.open()
        self.assertIn("async fn session(", self.definitions(file, "depends(ses¦sion)")[0])
        self.assertIn("const LIMIT", self.definitions(file, "= LIM¦IT)")[0])

    def test_hover_shows_the_documentation(self):
        file = self.open()
        for marked, expected in [
            ("async fn it¦em(", "Serves an item."),
            ("routes![it¦em, ", "Serves an item."),
            ("depends(ses¦sion)", "Finds the session."),
            ("#[web¦socket(\"/items", "Turns an async function into a WebSocket endpoint"),
        ]:
            hover = self.editor.at(file, marked, "textDocument/hover")["contents"]["value"]
            self.assertIn(expected, hover, marked)


class Completion(EditorTest):
    def test_a_half_typed_body_knows_parameters_and_methods(self):
        file = self.open(("let text = ws.recv_text().await?;", "ws.re"))
        self.assertIn("recv_text", self.completions(file, "    ws.re¦\n"))
        file = self.open(("let _ = (id, page, user);", "pa"))
        found = self.completions(file, "    pa¦\n")
        self.assertIn("page", found)
        self.assertEqual([name for name in found if name.startswith("__")], [])

    def test_a_body_is_known_under_a_half_typed_attribute(self):
        for attribute in ['"/items/<id>/ws", max_', '"/items/<id>/ws", max_message_size =', '"/items/<id"', ""]:
            file = self.open(
                ('"/items/<id>/ws", max_message_size = LIMIT', attribute),
                ("let text = ws.recv_text().await?;", "ws.re"),
            )
            self.assertIn("recv_text", self.completions(file, "    ws.re¦\n"), attribute)

    def test_options_are_completed(self):
        file = self.open(("max_message_size = LIMIT", "idle"))
        self.assertIn("idle_timeout", self.completions(file, "ws\", idle¦)"))

    def test_helper_attributes_are_completed(self):
        file = self.open(("#[query(ge = 1)]", "#[coo]"))
        self.assertIn("cookie", self.completions(file, "#[coo¦] page"))

    def test_keys_are_completed(self):
        file = self.open(("#[query(ge = 1)]", "#[query(def)]"))
        self.assertIn("default", self.completions(file, "#[query(def¦)]"))

    def test_dependencies_are_completed_without_what_is_generated(self):
        file = self.open(("#[depends(session)]", "#[depends(ses)]"))
        found = self.completions(file, "depends(ses¦)")
        self.assertIn("session", [name.partition("(")[0] for name in found])
        self.assertEqual([name for name in found if name.startswith("__")], [])


class Diagnostics(EditorTest):
    def diagnostics(self, program):
        file = self.open(program=program)
        report = self.editor.request("textDocument/diagnostic", {"textDocument": {"uri": file}})
        return [item["message"] for item in report["items"]]

    def test_the_program_of_the_readme_has_none(self):
        readme = (ROOT / "README.md").read_text()
        program = readme.split("```rust,no_run\n")[1].split("```")[0]
        self.assertEqual(self.diagnostics(program), [])

    def test_a_mistake_has_one(self):
        self.assertNotEqual(self.diagnostics(PROGRAM.replace('websocket("/items', 'websocket("items')), [])


if __name__ == "__main__":
    unittest.main()
