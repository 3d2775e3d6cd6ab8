//! A reply's pieces: the model writes them at the rate, and everyone who follows sees them. With a roll-up of 0 unless asked
//! otherwise: each leaves at once.

use super::rooms::Rooms;
use super::{Measured, Plan, Shape, VIEWERS, WARM_UP, config, measure};
use crate::crowd::{Crowd, Marked, text_frame};
use crate::model::{MODEL, Model, delta, end};
use crate::process::Programs;

/// Pieces of one reply: a reply of the product has at most 1 MiB.
const PIECES_MAX: u64 = 6_000;

/// The window for which one reply of each session lasts at this rate, at most the one wanted.
pub(super) fn seconds(shape: &Shape) -> f64 {
    shape.seconds.min((PIECES_MAX * shape.rooms as u64) as f64 / shape.rate as f64)
}

/// Measures one shape.
pub(super) async fn run(programs: &Programs, plan: &Plan, shape: &Shape) -> anyhow::Result<Measured> {
    let model = Model::start()?;
    let hub = format!("rollup_ms = {}\n", plan.rollup_ms);
    let server = programs.server(Some(&model.address), &config(&hub)).await?;
    let mut rooms =
        Rooms::fill(&server.address, shape.rooms, shape.fan(), plan.people.min(shape.fan()), MODEL).await?;
    let prompts = |n| rooms.sessions.iter().map(|session| prompt(session, n)).collect::<Vec<_>>();
    let prompts = (prompts(1), prompts(2));
    let sockets = rooms.take_sockets()?;
    let owners: Vec<_> = (0..VIEWERS)
        .step_by(shape.fan())
        .map(|place| sockets[place].try_clone())
        .collect::<Result<_, _>>()?;
    let wire = Marked(|out: &mut Vec<u8>, _, payload: &str| delta(out, payload));
    let mut crowd = Crowd::new(sockets, &[], Box::new(wire))?;
    crowd.settle()?;
    begin(&mut crowd, &model, &owners, &prompts.0)?;
    crowd.window(shape.rate, WARM_UP, shape.fan() as u64)?;
    crowd.all_say(&end())?;
    crowd.settle()?;
    begin(&mut crowd, &model, &owners, &prompts.1)?;
    let measured = measure(&mut crowd, &server, shape, seconds(shape))?;
    drop(crowd);
    server.stop().await?;
    Ok(measured)
}

/// Asks in each session, and publishes through the replies from then on.
fn begin(
    crowd: &mut Crowd,
    model: &Model,
    owners: &[std::net::TcpStream],
    prompts: &[Vec<u8>],
) -> anyhow::Result<()> {
    for (mut owner, prompt) in owners.iter().zip(prompts) {
        std::io::Write::write_all(&mut owner, prompt)?;
    }
    crowd.speak_through(model.replies(owners.len())?)?;
    crowd.settle()
}

/// A prompt, each time under an id of its own.
fn prompt(session: &str, n: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let text = format!(
        r#"{{"type":"claude_message","data":{{"session_id":"{session}","content":"Go.","stream":true}},"timestamp":0,"id":"p{n}"}}"#
    );
    text_frame(&mut out, text.as_bytes());
    out
}
