//! `docs/errors.md` contains every mistake of `ui` with the compiler's messages. `BLESS=1` writes it anew.

use std::{
    collections::BTreeMap,
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

const TOPICS: [(&str, &str); 15] = [
    ("attribute", "The attribute `#[websocket]`"),
    ("path", "The route path"),
    ("params", "Parameters"),
    ("constraints", "Constraints and defaults"),
    ("from_text", "`#[derive(FromText)]`"),
    ("dependency", "`#[dependency]`"),
    ("signature", "The function"),
    ("bounds", "Types"),
    ("close_error", "`#[derive(CloseError)]`"),
    ("on_error", "`#[on_error]`"),
    ("close", "Closes and close codes"),
    ("messages", "What is sent and received"),
    ("app", "`App`, `Router` and `routes!`"),
    ("requests", "Requests of endpoints"),
    ("contract", "`#[contract]`"),
];

#[test]
fn the_page_of_errors_is_that_of_the_ui_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page_path = root.join("../docs/errors.md");
    let page = page(&root.join("ui"));
    if env::var_os("BLESS").is_some() {
        fs::write(&page_path, &page).unwrap();
    }
    let written = fs::read_to_string(&page_path).unwrap_or_default();
    let stale = written.lines().zip(page.lines()).find(|(written, page)| written != page);
    assert!(
        written == page,
        "docs/errors.md is stale: BLESS=1 cargo test -p ws-tests --test wire errors_page; the first difference: {stale:?}"
    );
}

#[test]
fn a_mistake_is_shown_with_what_is_said_of_it() {
    let source = "#![allow(unused_variables)]\n\nuse ws_runtime::websocket;\n\n#[websocket(\"items\")]\nasync fn item() {}\n\nfn main() {\n    let _ = routes![item];\n}\n";
    assert_eq!(mistake(source), "#[websocket(\"items\")]\nasync fn item() {}");
    let stderr = "error[E0277]: `Page` cannot be read\n --> ui/a.rs:5:13\n  |\n5 | async fn item(page: Page) {}\n  |                     ^^^^ name it\n  |\n  = help: the trait `X` is not implemented for `Page`\n  = note: or implement it\n\nerror: route path\n       help: write `\"/items\"`\n --> ui/a.rs:1:1\n";
    assert_eq!(
        answers(stderr),
        ["`Page` cannot be read\nname it\nnote: or implement it", "route path\nhelp: write `\"/items\"`"]
    );
}

fn page(ui: &Path) -> String {
    let mut page = String::from(
        "# What the compiler says\n\nEach mistake that the tests know, and the answer of rustc 1.95: the message, what stands at the place, help and notes.\nA search for the words of a message leads to its mistake. The page is made from `tests/ui` by a test.\n",
    );
    let mut files = fail_files(ui);
    for (topic, title) in TOPICS {
        let files = files.remove(topic).unwrap_or_default();
        writeln!(page, "\n## {title}").unwrap();
        for file in files {
            let name = file.file_stem().unwrap().to_string_lossy().replace('_', " ");
            let source = fs::read_to_string(&file).unwrap();
            let stderr = fs::read_to_string(file.with_extension("stderr")).unwrap();
            writeln!(page, "\n### {name}\n\n```rust,ignore\n{}\n```\n", mistake(&source)).unwrap();
            for answer in answers(&stderr) {
                writeln!(page, "```text\n{answer}\n```").unwrap();
            }
        }
    }
    assert!(files.is_empty(), "topics without a title: {:?}", files.keys());
    page
}

fn fail_files(ui: &Path) -> BTreeMap<String, Vec<PathBuf>> {
    let mut topics = BTreeMap::new();
    for topic in fs::read_dir(ui).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(entries) = fs::read_dir(topic.join("fail")) else { continue };
        let mut files: Vec<_> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
            .collect();
        files.sort();
        topics.insert(topic.file_name().unwrap().to_string_lossy().into_owned(), files);
    }
    topics
}

/// Returns the program without imports, without lints, and without a `main` that only mounts the endpoint.
fn mistake(source: &str) -> String {
    let mut lines = Vec::new();
    let mut is_import = false;
    for line in source.lines() {
        is_import |= line.starts_with("use ");
        if !is_import && !line.starts_with("#![") {
            lines.push(line);
        }
        is_import &= !line.ends_with(';');
    }
    let text = lines.join("\n");
    let mounted = text.trim().strip_suffix("fn main() {\n    let _ = routes![item];\n}");
    mounted.or_else(|| text.trim().strip_suffix("fn main() {}")).unwrap_or(&text).trim().to_owned()
}

/// Returns the messages, without the source and without what rustc adds to every missing trait.
fn answers(stderr: &str) -> Vec<String> {
    let mut answers: Vec<Vec<String>> = Vec::new();
    let mut is_primary = true;
    for line in stderr.lines() {
        if let Some((_, message)) = line.strip_prefix("error").and_then(|rest| rest.split_once(": ")) {
            answers.push(vec![message.to_owned()]);
            is_primary = true;
        } else if let Some(answer) = answers.last_mut() {
            let text = line.trim_start();
            if let Some(label) = text.strip_prefix("| ").and_then(label).filter(|_| is_primary) {
                answer.push(label);
            } else if text.starts_with("help: write") || line.starts_with("       help:") {
                answer.push(text.to_owned());
            } else if let Some(note) = text.strip_prefix("= ").filter(|note| is_ours(note)) {
                answer.push(note.to_owned());
            } else if line.starts_with("note:") || line.starts_with("help:") {
                is_primary = false;
            }
        }
    }
    answers.into_iter().map(|lines| lines.join("\n")).collect()
}

// `   ^^^^ expected a name`
fn label(line: &str) -> Option<String> {
    let (_, label) = line.rsplit_once('^')?;
    let label = label.trim();
    (!label.is_empty() && line.trim_start().starts_with(['^', '-', '|'])).then(|| label.to_owned())
}

fn is_ours(note: &str) -> bool {
    let Some(text) = note.strip_prefix("note: ") else { return false };
    let of_rustc = [
        "this error originates",
        "required ",
        "in this macro",
        "expected ",
        "the full name",
        "consider using",
        "the question mark",
        "for more information",
        "impl doesn't",
        "define and implement",
        "conflicting ",
        "`",
        "see ",
        "all ",
        "the trait bound",
        "the following",
        "duplicate",
    ];
    !of_rustc.iter().any(|start| text.starts_with(start))
}
