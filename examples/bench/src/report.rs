//! The report: medians over the rounds, and their ratios to the peers.

use std::fmt::Write;

use crate::{
    load::{Figures, Unit, WORKS, Work},
    servers::Server,
};

/// Everything that was measured.
#[derive(Debug, Default)]
pub struct Results {
    runs: Vec<(&'static str, Server, Figures)>,
}

impl Results {
    /// Adds one measurement.
    pub fn add(&mut self, work: &Work, server: Server, figures: Figures) {
        self.runs.push((work.name, server, figures));
    }

    /// Returns two tables in Markdown: figures by the clock, and by the CPU time of the server.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let by_clock = self.table("each second; memory in bytes", |figures| Some(figures.value));
        let by_cpu = self.table("each CPU second of the server", |figures| figures.per_cpu_second);
        format!("{by_clock}\n{by_cpu}")
    }

    fn table(&self, title: &str, figure: fn(&Figures) -> Option<f64>) -> String {
        let [ours, peers @ ..] = Server::ALL;
        let mut table = format!("| {title} |");
        for server in Server::ALL {
            let _ = write!(table, " {} |", server.name());
        }
        for peer in peers {
            let _ = write!(table, " × {} |", peer.name());
        }
        table.push_str("\n|---|");
        table.push_str(&"---:|".repeat(Server::ALL.len() + peers.len()));
        for work in &WORKS {
            let Some(own) = self.median(work, ours, figure) else { continue };
            let _ = write!(table, "\n| {} |", work.title);
            for server in Server::ALL {
                let value = self.median(work, server, figure);
                let _ = write!(table, " {} |", value.map_or("–".to_owned(), |value| human(value, work.unit)));
            }
            for peer in peers {
                let ratio = self.median(work, peer, figure).map(|other| own / other);
                let _ = write!(table, " {} |", ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}")));
            }
        }
        table.push('\n');
        table
    }

    fn median(&self, work: &Work, server: Server, figure: fn(&Figures) -> Option<f64>) -> Option<f64> {
        let runs = self.runs.iter().filter(|(name, known, _)| *name == work.name && *known == server);
        let mut values: Vec<f64> = runs.filter_map(|(_, _, figures)| figure(figures)).collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        match values.len() {
            0 => None,
            odd if odd % 2 == 1 => Some(values[middle]),
            _ => Some(f64::midpoint(values[middle - 1], values[middle])),
        }
    }
}

fn human(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Bytes => format!("{value:.0} B"),
        Unit::PerSecond if value >= 1e6 => format!("{:.2} M", value / 1e6),
        Unit::PerSecond => format!("{:.1} k", value / 1e3),
    }
}
