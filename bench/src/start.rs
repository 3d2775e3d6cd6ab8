//! Start to ready, and memory when nothing happens.

use crate::process::Programs;
use crate::stats::{Samples, figure, table};

/// Starts that are measured, after one that warms the file cache.
const STARTS: usize = 10;

/// Measures from the program's start to its ready line.
pub(crate) async fn run(programs: &Programs) -> anyhow::Result<()> {
    programs.server(None, "").await?.stop().await?;
    let mut ready = Samples::default();
    let mut memory = Vec::new();
    for _ in 0..STARTS {
        let server = programs.server(None, "").await?;
        ready.add(u64::try_from(server.ready.as_micros())?);
        memory.push(server.pss_kib()?);
        server.stop().await?;
    }
    memory.sort_unstable();
    table(&format!("Start, {STARTS} times on a new data directory"));
    figure("start to ready p50", &format!("{:.0} ms", ready.percentile_ms(50)), "≤ 100 ms");
    figure("start to ready, slowest", &format!("{:.0} ms", ready.percentile_ms(100)), "");
    figure(
        "idle memory (Pss), median",
        &format!("{:.1} MiB", memory[STARTS / 2] as f64 / 1024.0),
        "≤ 30 MiB",
    );
    Ok(())
}
