//! The code of the guide is that of the examples: a fence below a line that names an example in backticks, such as
//! `examples/secure.rs`, shows lines of that file.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Stands in a fence for lines of the example that are left out.
const LEFT_OUT: &str = "// …";

/// Code of a page that is taken from an example.
#[derive(Debug)]
struct Excerpt {
    /// Page and line, for messages.
    place: String,
    /// The path of the example from the root of the repository.
    file: String,
    /// What the example must contain in this order: runs of consecutive lines, without their indentation.
    runs: Vec<Vec<String>>,
}

/// Returns the excerpts of a page. A line that rustdoc hides separates runs, like lines that are left out.
fn excerpts(page: &str, text: &str) -> Vec<Excerpt> {
    let mut excerpts = Vec::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((number, line)) = lines.next() {
        let Some(file) = line.strip_prefix("`examples/").and_then(|rest| rest.strip_suffix('`')) else {
            continue;
        };
        let place = format!("{page}:{number}");
        let fence = lines.next().map_or("", |(_, line)| line);
        assert!(fence.starts_with("```"), "{place}: no code follows, but {fence:?}");
        let is_rust = !["js", "ts"].iter().any(|language| fence.contains(language));
        let mut runs = vec![Vec::new()];
        let code = lines.by_ref().map(|(_, line)| line.trim()).take_while(|line| *line != "```");
        for line in code {
            let hidden = is_rust && (line == "#" || line.starts_with("# "));
            if hidden || line == LEFT_OUT {
                runs.push(Vec::new());
            } else {
                runs.last_mut().expect("there is always one").push(line.to_owned());
            }
        }
        for run in &mut runs {
            let is_blank = |line: &String| line.is_empty();
            run.drain(..run.iter().take_while(|line| is_blank(line)).count());
            run.truncate(run.len() - run.iter().rev().take_while(|line| is_blank(line)).count());
        }
        runs.retain(|run| !run.is_empty());
        excerpts.push(Excerpt { place, file: format!("examples/{file}"), runs });
    }
    excerpts
}

/// Returns why an excerpt is not in its example, or `None` if it is.
fn missing(excerpt: &Excerpt, example: &str) -> Option<String> {
    let lines: Vec<&str> = example.lines().map(str::trim).collect();
    let mut rest = &*lines;
    for run in &excerpt.runs {
        let shared = |at: usize| rest[at..].iter().zip(run).take_while(|(line, shown)| line == shown).count();
        let Some(at) = (0..rest.len()).find(|at| shared(*at) == run.len()) else {
            let differs = &run[(0..rest.len()).map(shared).max().unwrap_or(0)];
            return Some(format!("{}: not in {}, or not there: {differs}", excerpt.place, excerpt.file));
        };
        rest = &rest[at + run.len()..];
    }
    excerpt.runs.is_empty().then(|| format!("{} shows nothing", excerpt.place))
}

/// Returns the paths of all pages.
fn pages() -> BTreeSet<PathBuf> {
    let pages = fs::read_dir(Path::new(ROOT).join("ws-runtime/docs/guide")).expect("the guide is there");
    pages.map(|page| page.expect("it can be listed").path()).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("it is text")
}

fn all_excerpts() -> Vec<Excerpt> {
    let name = |path: &Path| path.file_name().expect("a file has a name").display().to_string();
    pages().iter().flat_map(|path| excerpts(&name(path), &read(path))).collect()
}

#[test]
fn its_code_stands_in_the_examples() {
    let faults: Vec<String> = all_excerpts()
        .iter()
        .filter_map(|excerpt| match fs::read_to_string(Path::new(ROOT).join(&excerpt.file)) {
            Ok(example) => missing(excerpt, &example),
            Err(error) => Some(format!("{}: {}: {error}", excerpt.place, excerpt.file)),
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// `tests/python` runs or checks each file of `docs/deploy`.
#[test]
fn it_shows_the_configurations_that_are_tested() {
    let files = fs::read_dir(Path::new(ROOT).join("docs/deploy")).expect("the configurations are there");
    let pages: String = pages().iter().map(|path| read(path)).collect();
    for file in files {
        let path = file.expect("it can be listed").path();
        let text = read(&path);
        assert!(pages.contains(&format!("\n{text}```\n")), "no page shows {}", path.display());
        let is_wide = |line: &&str| line.chars().count() > WIDEST;
        assert_eq!(text.lines().find(is_wide), None, "{}", path.display());
    }
}

/// The widest line of code, in columns. A page has no room for more.
const WIDEST: usize = 90;

/// Returns the lines of code that are too wide. Fences of text and JSON show what programs print. rustdoc hides lines of
/// Rust that begin with `#`.
fn too_wide(text: &str) -> Vec<(usize, &str)> {
    let mut language = None;
    let mut wide = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(fence) = line.trim_start().strip_prefix("```") {
            language = language.is_none().then_some(fence);
            continue;
        }
        let is_rust = language.is_some_and(|language| {
            matches!(language.split(',').next(), Some("" | "rust" | "no_run" | "ignore" | "compile_fail"))
        });
        let is_shown = match language {
            None | Some("text" | "json") => false,
            Some(_) => !(is_rust && line.starts_with("# ")),
        };
        if is_shown && line.chars().count() > WIDEST {
            wide.push((number, line));
        }
    }
    wide
}

#[test]
fn no_line_of_code_is_wider_than_a_page() {
    let others = ["README.md", "ws-runtime/docs/dependency.md", "ws-runtime/docs/websocket.md"];
    let paths = pages().into_iter().chain(others.map(|path| Path::new(ROOT).join(path)));
    let mut faults = Vec::new();
    for path in paths {
        let text = read(&path);
        faults
            .extend(too_wide(&text).iter().map(|(line, code)| format!("{}:{line}: {code}", path.display())));
    }
    assert!(faults.is_empty(), "over {WIDEST} columns:\n{}", faults.join("\n"));
}

#[test]
fn lines_that_are_too_wide_are_found() {
    let (wide, narrow) = ("x".repeat(WIDEST + 1), "x".repeat(WIDEST));
    let page = format!(
        "{wide}\n```\n{narrow}\n# {wide}\n{wide}\n```\n{wide}\n```json\n{wide}\n```\n```sh\n# {wide}\n```\n"
    );
    let lines: Vec<usize> = too_wide(&page).into_iter().map(|(number, _)| number).collect();
    assert_eq!(lines, [5, 12]);
}

#[test]
fn most_examples_are_in_it() {
    let shown: BTreeSet<_> = all_excerpts().into_iter().map(|excerpt| excerpt.file).collect();
    for name in ["close_codes", "custom_errors", "items", "secure", "timeout", "heartbeat", "typed_messages"]
    {
        assert!(shown.contains(&format!("examples/{name}.rs")), "{name} is in {shown:#?}");
    }
    assert!(shown.contains("examples/client.rs") && shown.contains("examples/chat/chat.rs"), "{shown:#?}");
    assert!(
        shown.contains("examples/board/page.ts") && shown.contains("examples/board/main.rs"),
        "{shown:#?}"
    );
}

#[test]
fn what_differs_is_found() {
    let example = "fn one() {\n    1;\n    2;\n}\n\nfn two() {\n    3;\n}\n";
    let is_missing = |code: &str| {
        let page = format!("Text.\n\n`examples/one.rs`\n```no_run\n{code}\n```\n");
        let excerpts = excerpts("page.md", &page);
        assert_eq!(excerpts.len(), 1);
        missing(&excerpts[0], example).is_some()
    };
    // Different indentation, hidden lines, and lines that are left out are allowed.
    assert!(!is_missing("1;\n2;"));
    assert!(!is_missing("# use all::of::it;\nfn one() {\n1;\n// …\n}\n\nfn two() {\n# 2;\n3;\n}"));
    // A different line, a different order, lines missing without a mark, and an empty fence are not.
    assert!(is_missing("fn one() {\n    7;"));
    assert!(is_missing("fn two() {\n// …\nfn one() {"));
    assert!(is_missing("fn one() {\n    2;"));
    assert!(is_missing("# hidden();"));
}
