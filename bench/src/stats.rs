//! Percentiles, and the lines that are printed.

/// Samples of one figure, in microseconds.
#[derive(Default, Clone)]
pub(crate) struct Samples(Vec<u64>);

impl Samples {
    pub(crate) fn add(&mut self, micros: u64) {
        self.0.push(micros);
    }

    pub(crate) fn merge(&mut self, other: Samples) {
        self.0.extend(other.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The value below which `percent` of the samples are, in milliseconds.
    pub(crate) fn percentile_ms(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
        sorted.get(place).map_or(f64::NAN, |micros| *micros as f64 / 1_000.0)
    }
}

/// Prints one figure: what, value, and the bound it is held against.
#[expect(clippy::print_stdout, reason = "a benchmark's output is its result")]
pub(crate) fn figure(what: &str, value: &str, bound: &str) {
    println!("| {what} | {value} | {bound} |");
}

/// Begins a table.
#[expect(clippy::print_stdout, reason = "a benchmark's output is its result")]
pub(crate) fn table(title: &str) {
    println!("\n## {title}\n| what | measured | bound |\n|---|---|---|");
}
