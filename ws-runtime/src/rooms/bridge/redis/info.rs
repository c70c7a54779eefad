//! [`Info`]: what a server says of itself.

/// The answer to `INFO`.
pub(super) struct Info(pub(super) String);

impl Info {
    /// Returns the value of a field, or nothing if the server does not say it.
    pub(super) fn field(&self, name: &str) -> &str {
        let line = self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map_or("", str::trim)
    }

    /// Returns a text that changes when Redis may have lost something: it started, or another server took its place. One that
    /// writes all changes to disk keeps them when it starts anew.
    pub(super) fn life(&self) -> String {
        let took_over = self.field("master_replid2").bytes().any(|byte| byte != b'0');
        let keeps = self.field("aof_enabled") == "1" && !took_over;
        if keeps { "disk".to_owned() } else { self.field("run_id").to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_ends_with_a_process_that_writes_nothing_down() {
        let life = |aof: u8, second: &str| {
            let run = "# Server\r\nrun_id:abc";
            Info(format!("{run}\r\naof_enabled:{aof}\r\nmaster_replid2:{second}\r\n")).life()
        };
        assert_eq!(life(0, "000"), "abc");
        assert_eq!(life(1, "000"), "disk");
        assert_eq!(life(1, "00f"), "abc");
        assert_eq!(Info(String::new()).life(), "");
    }
}
