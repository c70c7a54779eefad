//! One request, read by each of the two readers of a server.

use crate::server::{end_of_head, exchange_pieces, response};

/// Sends a request twice: whole, for the reader of handshakes, and in two pieces, for hyper, as the first piece does not hold
/// the whole head. Both must have the same status, and the same headers if it is 101.
pub fn answers_alike(request: &[u8], cut: usize) {
    // hyper looks at a head that has no end when it sees its first bytes alone, and not again.
    let Some(head) = end_of_head(request) else { return };
    let (first, second) = request.split_at(1 + cut % (head - 1));
    let (whole, pieces) = (exchange_pieces(&[request]), exchange_pieces(&[first, second]));
    assert_eq!(answer(&whole), answer(&pieces), "{}", request.escape_ascii());
}

/// The status of the first answer, and all headers of a 101 but `Date` and `Connection`. hyper adds those, and refuses some heads
/// before the library sees them, in fewer words.
fn answer(bytes: &[u8]) -> Option<(u16, Vec<String>)> {
    let (status, rest) = response(bytes)?;
    let head = String::from_utf8_lossy(&bytes[..bytes.len() - rest.len()]).to_ascii_lowercase();
    let added = |line: &&str| line.starts_with("connection:") || line.starts_with("date:");
    let lines = head.lines().filter(|line| status == 101 && !added(line));
    let mut lines: Vec<String> = lines.map(str::to_owned).collect();
    lines.sort();
    Some((status, lines))
}
