//! One request, read by each of the two readers of a server.

use crate::server::{end_of_head, exchange_pieces};

/// Sends a request whole, so that the reader of handshakes sees it, and once more in two pieces, of which the first is no
/// whole head, so that hyper reads it. Both answers must be the same, but for the date and the order of headers.
pub fn answers_alike(request: &[u8], cut: usize) {
    let head = end_of_head(request).unwrap_or(request.len());
    if head < 2 {
        return;
    }
    let (first, second) = request.split_at(1 + cut % (head - 1));
    let (whole, pieces) = (exchange_pieces(&[request]), exchange_pieces(&[first, second]));
    assert_eq!(heads(&whole), heads(&pieces), "{}", request.escape_ascii());
}

/// The status line, the headers in order of their names, and the body of every answer; of a 101 no more than its head.
fn heads(mut bytes: &[u8]) -> Vec<(String, Vec<String>, Vec<u8>)> {
    let mut answers = Vec::new();
    while let Some(end) = end_of_head(bytes) {
        let head = String::from_utf8_lossy(&bytes[..end - 4]).into_owned();
        let mut lines = head.split("\r\n").map(str::to_owned);
        let status = lines.next().unwrap_or_default();
        let mut headers: Vec<String> = lines.filter(|line| !line.starts_with("date: ")).collect();
        headers.sort();
        if status.starts_with("HTTP/1.1 101") {
            answers.push((status, headers, Vec::new()));
            break;
        }
        let length = headers.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let body = &bytes[end..][..length.unwrap_or(0)];
        answers.push((status, headers, body.to_vec()));
        bytes = &bytes[end + body.len()..];
    }
    answers
}
