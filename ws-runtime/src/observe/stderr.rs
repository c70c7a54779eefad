//! Output for a program without a `tracing` subscriber: the address that it serves on, and its errors.
//!
//! Without a subscriber, events are lost, and a server that does not say why it closes with 1011 is hard to try out.
//! The few events above the debug level therefore go to standard error until a subscriber is set.

use std::{
    fmt::{self, Write as _},
    io::{self, Write as _},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::brief;

/// The largest length of a line, in bytes, which leaves room for an error and its causes.
const MAX_LINE: usize = 1024;

/// The number of lines that may be written within a [`WINDOW`].
const MAX_LINES: u32 = 10;

const WINDOW: Duration = Duration::from_secs(1);

/// Counts the lines that were written, and those that were held back.
static LINES: Mutex<Lines> = Mutex::new(Lines { window: None, written: 0, held_back: 0 });

struct Lines {
    window: Option<Instant>,
    written: u32,
    held_back: u64,
}

impl Lines {
    /// Returns how many lines were held back before this one, or `None` if it is held back as well.
    fn pass(&mut self, now: Instant) -> Option<u64> {
        if self.window.is_none_or(|window| now.saturating_duration_since(window) >= WINDOW) {
            (self.window, self.written) = (Some(now), 0);
        }
        if self.written >= MAX_LINES {
            self.held_back += 1;
            return None;
        }
        self.written += 1;
        Some(std::mem::take(&mut self.held_back))
    }
}

/// Returns `true` if nobody listens to `tracing` in this process.
pub(crate) fn is_unheard() -> bool {
    !tracing::dispatcher::has_been_set()
}

/// Writes a text as a single line, unless too many were written recently.
pub(crate) fn line(level: &str, text: fmt::Arguments<'_>) {
    let held_back = LINES.lock().unwrap_or_else(PoisonError::into_inner).pass(Instant::now());
    let Some(held_back) = held_back else { return };
    let mut line = format!("ws-runtime: {level}{}\n", OneLine(&brief(&text.to_string(), MAX_LINE)));
    if held_back > 0 {
        line.insert_str(0, &format!("ws-runtime: {held_back} lines were held back\n"));
    }
    // A program without standard error still has to work.
    let _ = io::stderr().lock().write_all(line.as_bytes());
}

/// Displays a text without line breaks and other control characters, with which a client could forge lines.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| {
            if character.is_control() {
                write!(f, "{}", character.escape_default())
            } else {
                f.write_char(character)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(OneLine("a\nb\r\u{1b}[31m é\u{85}").to_string(), r"a\nb\r\u{1b}[31m é\u{85}");
    }

    #[test]
    fn too_many_lines_are_held_back_and_counted() {
        let mut lines = Lines { window: None, written: 0, held_back: 0 };
        let now = Instant::now();
        let passed = (0..25).filter(|_| lines.pass(now).is_some()).count();
        assert_eq!(passed, 10);
        assert_eq!(lines.pass(now + WINDOW), Some(15));
        assert_eq!(lines.pass(now + WINDOW), Some(0));
    }
}
