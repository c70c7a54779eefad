//! `docs/llms.txt` and `docs/SKILL.md`, for programs that write code with this crate. Both are made of the guide, whose code
//! is compiled and run. `BLESS=1` writes them anew.

use std::{
    collections::BTreeSet,
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// The sections of the guide that the skill has, in this order. A page without names is taken whole.
const SKILL: [(&str, &[&str]); 12] = [
    ("cheat_sheet", &[]),
    ("validation", &["Dependencies", "Messages as types", "Pitfalls"]),
    ("errors", &["Run code for an error", "Codes and reasons that the library sends", "Pitfalls"]),
    ("connections", &["Closing", "Timeouts", "The client leaves, the server ends", "Pitfalls"]),
    ("authentication", &["A cookie", "A bearer token", "Sessions that end"]),
    ("chat", &["Slow members", "Several processes", "Pitfalls"]),
    ("nothing_missed", &["Guarantees"]),
    ("client", &["Logging in, on every connection", "Which end is final", "Pitfalls"]),
    ("testing", &["Time", "Dependencies"]),
    ("from_axum", &["Inside an axum server", "The other way round"]),
    ("from_fastapi", &["Traps"]),
    ("containers", &["What a shutdown does"]),
];

const SKILL_HEAD: &str = "\
---
name: ws-runtime
description: Write WebSocket servers and clients in Rust with the crate ws-runtime - typed endpoints, parameters that are \
checked before accept, errors that become close codes, rooms, a client that reconnects, tests in memory.
---

<!-- Made of the guide: BLESS=1 cargo test -p ws-tests --test wire assistants -->

# WebSockets with `ws-runtime`

Write what the sections below show; all of their code is compiled and run by the tests of the crate. The names of hidden
helpers are left out. If the compiler refuses something, its message says what to write instead, and `docs/errors.md` lists
all of these messages. `docs/llms.txt` lists everything else that there is to read.
";

/// The documents that are neither the guide nor examples.
const REFERENCE: [(&str, &str); 6] = [
    ("ws-runtime/docs/websocket.md", "`#[websocket]`"),
    ("ws-runtime/docs/dependency.md", "`#[dependency]`"),
    ("ws-runtime/docs/close_error.md", "`#[derive(CloseError)]`"),
    ("ws-runtime/docs/on_error.md", "`#[on_error]`"),
    ("ws-runtime/docs/from_text.md", "`#[derive(FromText)]`"),
    ("ws-runtime/docs/contract.md", "`#[contract]`"),
];

const OPTIONAL: [(&str, &str, &str); 5] = [
    ("docs/errors.md", "What the compiler says", "each mistake that the tests know, with its message"),
    (
        "docs/architecture.md",
        "Architecture",
        "where things stand in the crate, and where each limit is enforced",
    ),
    ("docs/benchmarks.md", "Figures", "throughput and memory, beside other servers"),
    ("docs/conformance.md", "Conformance", "the Autobahn|Testsuite"),
    ("CHANGELOG.md", "Changelog", "what has changed, and what breaks"),
];

#[test]
fn llms_txt_is_made_of_the_documents() {
    compare("docs/llms.txt", &llms());
}

#[test]
fn the_skill_is_made_of_the_guide() {
    compare("docs/SKILL.md", &skill());
}

#[test]
fn every_page_of_the_guide_is_in_its_index() {
    let files: BTreeSet<String> = list("ws-runtime/docs/guide").iter().map(|path| stem(path)).collect();
    assert_eq!(files, index().into_iter().map(|(page, _)| page).collect());
}

#[test]
fn a_reader_sees_imports_and_no_other_hidden_line() {
    let page = "See [`App`] and [the\npage](super::errors#codes), [`#[c]`](macro@c), or [this](https://a.example).\n\n# One\n\n```no_run\n# use a::{\n#     b,\n# };\n# fn hidden() {}\nfn shown() {\n#   hidden();\n}\n```\n\n# Two\n\n```sh\n# a comment\n```\n";
    assert_eq!(
        seen(page),
        "See `App` and the\npage, `#[c]`, or [this](https://a.example).\n\n## One\n\n```rust\nuse a::{\n    b,\n};\nfn shown() {\n}\n```\n\n## Two\n\n```sh\n# a comment\n```\n"
    );
    assert_eq!(section(&seen(page), "Two"), "## Two\n\n```sh\n# a comment\n```\n");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[track_caller]
fn compare(path: &str, made: &str) {
    if env::var_os("BLESS").is_some() {
        fs::write(root().join(path), made).expect("it can be written");
    }
    let written = fs::read_to_string(root().join(path)).unwrap_or_default();
    let differs = written.lines().zip(made.lines()).find(|(written, made)| written != made);
    assert!(
        written == made,
        "{path} is stale: BLESS=1 cargo test -p ws-tests --test wire assistants; the first difference: {differs:?}"
    );
}

fn llms() -> String {
    let readme = read("README.md");
    let (name, rest) = readme.split_once("\n\n").expect("a heading");
    let (summary, rest) = rest.split_once("\n\n").expect("a summary");
    let (points, _) = rest.split_once("\n\n## ").expect("a heading behind the points");
    let skill = link("docs/SKILL.md", "Skill", "what it takes to write code with this crate, in one file");
    let guide = index().into_iter().map(|(page, topics)| {
        link(&format!("ws-runtime/docs/guide/{page}.md"), &title(&page), &plain_links(&topics))
    });
    let reference =
        REFERENCE.map(|(path, title)| link(path, title, &plain_links(&first_paragraph(&read(path)))));
    let examples = examples().into_iter().map(|path| {
        let text = read(&path);
        let header: Vec<&str> =
            text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
        link(&path, &title_of_example(&path), &first_paragraph(&header.join("\n")))
    });
    let optional = OPTIONAL.map(|(path, title, notes)| link(path, title, notes));
    format!(
        "{name}\n\n> {summary}\n\n{}\n\n## Guide\n\n{skill}{}\n## Reference\n\n{}\n## Examples\n\n{}\n## Optional\n\n{}",
        plain_links(points),
        guide.collect::<String>(),
        reference.concat(),
        examples.collect::<String>(),
        optional.concat(),
    )
}

/// Returns an entry of `docs/llms.txt` about a file of the repository.
fn link(path: &str, title: &str, notes: &str) -> String {
    let from_docs = path.strip_prefix("docs/").map_or_else(|| format!("../{path}"), str::to_owned);
    format!("- [{title}]({from_docs}): {}\n", notes.trim_end_matches(['.', ':']))
}

/// Returns the pages of the guide with their topics, in the order of its index.
fn index() -> Vec<(String, String)> {
    let source = read("ws-runtime/src/guide.rs");
    let mut pages: Vec<(String, String)> = Vec::new();
    for row in source.lines().filter_map(|line| line.strip_prefix("//! | [")) {
        let (names, topics) = row.split_once(" | ").expect("a cell of topics");
        for name in names.split('`').skip(1).step_by(2) {
            if !pages.iter().any(|(page, _)| page == name) {
                pages.push((name.to_owned(), topics.trim_end_matches(" |").to_owned()));
            }
        }
    }
    pages
}

fn title(page: &str) -> String {
    match page {
        "from_fastapi" => "Coming from FastAPI".to_owned(),
        "from_axum" => "axum".to_owned(),
        "from_socketio" => "Coming from Socket.IO".to_owned(),
        "validation" => "Parameters and messages".to_owned(),
        "errors" => "Errors and close codes".to_owned(),
        "chat" => "Rooms".to_owned(),
        "tls" => "TLS".to_owned(),
        "closed_1006" => "I see 1006".to_owned(),
        page => {
            let words = page.replace('_', " ");
            words[..1].to_uppercase() + &words[1..]
        }
    }
}

fn first_paragraph(text: &str) -> String {
    let lines: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).collect();
    lines.join(" ")
}

fn list(path: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(path)).expect("the directory is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> String {
    path.file_stem().expect("a file has a name").to_string_lossy().into_owned()
}

/// Returns the files that an example begins in.
fn examples() -> Vec<String> {
    let mut found = Vec::new();
    for directory in ["examples", "examples/cookbook"] {
        for path in list(directory) {
            let name = stem(&path);
            let whole = root().join(directory).join(&name).join("main.rs");
            if whole.exists() {
                found.push(format!("{directory}/{name}/main.rs"));
            } else if path.extension().is_some_and(|extension| extension == "rs") && name != "lib" {
                found.push(format!("{directory}/{name}.rs"));
            }
        }
    }
    found.push("examples/shared/contract/lib.rs".to_owned());
    found
}

/// Returns the name of an example: that of its file, or else of its directory.
fn title_of_example(path: &str) -> String {
    let mut parts =
        path.trim_end_matches(".rs").rsplit('/').skip_while(|part| ["main", "lib"].contains(part));
    format!("`{}`", parts.next().expect("an example is in a directory"))
}

fn skill() -> String {
    let mut text = SKILL_HEAD.to_owned();
    for (page, names) in SKILL {
        let page_text = seen(&read(&format!("ws-runtime/docs/guide/{page}.md")));
        if names.is_empty() {
            // Its first line says what it is about, and its headings are the first ones here.
            text += &page_text[page_text.find("\n\n").expect("a first line") + 1..];
        } else {
            write!(text, "\n# {}\n", title(page)).expect("a String takes all");
            for name in names {
                write!(text, "\n{}", section(&page_text, name)).expect("a String takes all");
            }
        }
    }
    text
}

/// Returns what a reader of a page sees, with its headings one level lower. Imports are shown even if rustdoc hides them,
/// as they say where a name comes from; links to other items and pages are their text.
fn seen(page: &str) -> String {
    let (mut seen, mut prose) = (String::new(), String::new());
    // Inside a fence, whether it is Rust. Inside hidden lines, whether they are an import.
    let (mut fence, mut in_import) = (None, false);
    for line in page.lines() {
        let mut shown = line.to_owned();
        if let Some(language) = line.trim_start().strip_prefix("```") {
            if fence.is_some() {
                fence = None;
            } else {
                seen += &lower(&std::mem::take(&mut prose));
                let is_rust = ["", "rust", "no_run", "ignore"].contains(&language);
                fence = Some(is_rust);
                if is_rust {
                    "```rust".clone_into(&mut shown);
                }
            }
        } else if fence == Some(true) {
            if let Some(hidden) =
                line.strip_prefix('#').filter(|rest| rest.is_empty() || rest.starts_with(' '))
            {
                let hidden = hidden.strip_prefix(' ').unwrap_or(hidden);
                in_import |= hidden.starts_with("use ");
                if !in_import {
                    continue;
                }
                in_import = !hidden.ends_with(';');
                hidden.clone_into(&mut shown);
            }
        } else if fence.is_none() {
            prose += line;
            prose.push('\n');
            continue;
        }
        seen += &shown;
        seen.push('\n');
    }
    seen + &lower(&prose)
}

/// Lowers the headings of a text, and makes its links plain, which may go over two lines.
fn lower(prose: &str) -> String {
    let lines = plain_links(prose);
    lines
        .split_inclusive('\n')
        .map(|line| if line.starts_with('#') { format!("#{line}") } else { line.to_owned() })
        .collect()
}

/// Returns a section of what [`seen`] returns, up to the next heading of its level.
fn section<'a>(seen: &'a str, name: &str) -> &'a str {
    let heading = format!("## {name}\n");
    let start = if seen.starts_with(&heading) {
        0
    } else {
        seen.find(&format!("\n{heading}")).map_or_else(|| panic!("no section `{name}`"), |at| at + 1)
    };
    let end = seen[start + 1..].find("\n## ").map_or(seen.len(), |at| start + 1 + at);
    &seen[start..end]
}

/// Returns the place of the bracket that closes the first one of a text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(at, character)| {
        match character {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

/// Replaces the links that only rustdoc can follow by their texts.
fn plain_links(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('[') {
        let Some(end) = closing(&rest[start..]).map(|end| start + end) else { break };
        let (text, behind) = (&rest[start + 1..end], &rest[end + 1..]);
        let target = behind.strip_prefix('(').and_then(|target| target.split_once(')'));
        plain += &rest[..start];
        rest = match target {
            Some((target, behind)) if !target.starts_with("http") => {
                plain += text;
                behind
            }
            None if text.starts_with('`') && text.ends_with('`') => {
                plain += text;
                behind
            }
            _ => {
                write!(plain, "[{text}]").expect("a String takes all");
                behind
            }
        };
    }
    plain + rest
}
