//! Chat: each message is on disk before anyone sees it, so the disk is measured in the same run.

use anyhow::Context;

use super::rooms::Rooms;
use super::{Measured, Plan, Shape, WARM_UP, config, measure, publishers};
use crate::crowd::{Crowd, Marked, text_frame};
use crate::disk::{Load, probe};
use crate::process::Programs;

/// Measures one shape.
pub(super) async fn run(programs: &Programs, plan: &Plan, shape: &Shape) -> anyhow::Result<Measured> {
    let server = programs.server(None, &config("")).await?;
    let fan = shape.fan();
    let mut rooms = Rooms::fill(&server.address, shape.rooms, fan, plan.people.min(fan), "simulated").await?;
    let sockets = rooms.take_sockets()?;
    let (places, sessions) = (publishers(), rooms.sessions);
    let wire = Marked(move |out: &mut Vec<u8>, n: usize, payload: &str| {
        let places = publishers();
        let session = &sessions[places[n % places.len()] / fan];
        let text = format!(
            r#"{{"type":"chat_message","data":{{"session_id":"{session}","content":"{payload}"}},"timestamp":0,"id":"f{n}"}}"#
        );
        text_frame(out, text.as_bytes());
    });
    let mut crowd = Crowd::new(sockets, &places, Box::new(wire))?;
    crowd.settle()?;
    let before = server.written()?;
    let sent = crowd.window(shape.rate, WARM_UP, fan as u64)?.sent;
    let load = Load { rate: shape.rate, bytes: (server.written()? - before) / sent.max(1) };
    let folder = server.folder().context("the server has a folder of its own")?;
    // The disk alone, before and after: its moods change.
    let mut disk = probe(folder, load, shape.seconds / 2.0)?;
    let mut measured = measure(&mut crowd, &server, shape, shape.seconds)?;
    disk.merge(probe(folder, load, shape.seconds / 2.0)?);
    measured.disk = Some(disk);
    drop(crowd);
    server.stop().await?;
    Ok(measured)
}
