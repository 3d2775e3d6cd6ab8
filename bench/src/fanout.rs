//! Fan-out: one message to many viewers, beside Bun's uWebSockets in the same run.
//!
//! Both get the same publishers, payloads and viewers, and a processor for themselves; payloads are counted, not frames.

use std::io::{Read, Write};
use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::client::{Socket, field, guest};
use crate::crowd::{Crowd, Frame, PAYLOAD, Window, text_frame};
use crate::process::{Programs, Running};
use crate::stats::{figure, table};

/// Connections that view.
const VIEWERS: usize = 1_000;
/// Of them, those that publish.
const PUBLISHERS: usize = 200;
/// Messages a second in one room.
const RATES: [u64; 3] = [100, 500, 2_000];
/// Rooms of five, and messages a second in all of them.
const ROOMS: (usize, u64) = (200, 5_000);
/// Seconds at the rate before anything is counted.
const WARM_UP: f64 = 1.0;
/// Limits of the product out of the way.
const CONFIG: &str = "[gateway]\nconnections_max = 60000\nchat_per_second = 1000000\nchat_burst = 1000000\n\
     control_per_second = 1000000\ncontrol_burst = 1000000\nguests_per_minute = 1000000\nheartbeat_ms = 600000\n\
     backlog_bytes = 67108864\n";

/// Who is measured, and how.
pub(crate) struct Plan {
    pub(crate) seconds: u64,
    /// Bun's program; without it Madang is measured alone.
    pub(crate) bun: Option<PathBuf>,
    /// Its script.
    pub(crate) script: PathBuf,
    /// People whose devices the viewers are.
    pub(crate) people: usize,
    /// Only the part with this many sessions.
    pub(crate) sessions: Option<usize>,
}

/// One measurement of one server.
struct Measured {
    cpu_us: f64,
    p99_ms: f64,
    p50_ms: f64,
    delivered: f64,
}

/// Measures one room at each rate, and many small rooms.
pub(crate) async fn run(programs: &Programs, plan: &Plan) -> anyhow::Result<()> {
    programs.keep_off_the_servers_processor().await?;
    let parts = [(1, &RATES[..]), (ROOMS.0, &[ROOMS.1][..])];
    for (rooms, rates) in parts.into_iter().filter(|part| plan.sessions.is_none_or(|only| only == part.0)) {
        let many = if rooms == 1 {
            "one session".to_owned()
        } else {
            format!("{rooms} sessions of {}", VIEWERS / rooms)
        };
        table(&format!(
            "Fan-out: {many}, {VIEWERS} viewers, {PAYLOAD}-byte payloads, {} s, durable chat",
            plan.seconds
        ));
        for rate in rates {
            let ours = madang(programs, plan, rooms, *rate).await?;
            let theirs = match &plan.bun {
                Some(bun) => Some(peer(programs, (bun, &plan.script), rooms, *rate, plan.seconds).await?),
                None => None,
            };
            show(*rate, &ours, theirs.as_ref());
        }
    }
    Ok(())
}

fn show(rate: u64, ours: &Measured, theirs: Option<&Measured>) {
    let line = |what: &str, ours: f64, theirs: Option<f64>, unit: &str, bound: &str| {
        let beside =
            theirs.map_or(String::new(), |theirs| format!(", Bun {theirs:.2} {unit}: {:.2}×", ours / theirs));
        figure(&format!("{rate}/s: {what}"), &format!("{ours:.2} {unit}{beside}"), bound);
    };
    line("server CPU per delivery", ours.cpu_us, theirs.map(|t| t.cpu_us), "µs", "≤ 1.1×");
    line("p50", ours.p50_ms, theirs.map(|t| t.p50_ms), "ms", "");
    line("p99", ours.p99_ms, theirs.map(|t| t.p99_ms), "ms", "≤ 1.2× beyond the commit");
    line("delivered", ours.delivered, theirs.map(|t| t.delivered), "%", "100 %");
}

/// Warms up, then measures.
fn measure(
    crowd: &mut Crowd,
    server: &Running,
    rate: u64,
    seconds: u64,
    fan: u64,
) -> anyhow::Result<Measured> {
    crowd.window(rate, WARM_UP, fan)?;
    let before = server.cpu()?;
    let Window { sent, delivered, ages, .. } = crowd.window(rate, seconds as f64, fan)?;
    let cpu = server.cpu()? - before;
    Ok(Measured {
        cpu_us: cpu.as_secs_f64() * 1e6 / delivered as f64,
        p50_ms: ages.percentile_ms(50),
        p99_ms: ages.percentile_ms(99),
        delivered: delivered as f64 * 100.0 / (sent * fan) as f64,
    })
}

/// Every how many connections one publishes.
fn publishers() -> Vec<usize> {
    (0..VIEWERS).step_by(VIEWERS / PUBLISHERS).collect()
}

async fn madang(programs: &Programs, plan: &Plan, rooms: usize, rate: u64) -> anyhow::Result<Measured> {
    let server = programs.server(None, CONFIG).await?;
    let fan = VIEWERS / rooms;
    let mut sockets = Vec::with_capacity(VIEWERS);
    let mut sessions = Vec::new();
    for _ in 0..rooms {
        let (session, room) = enter(&server.address, fan, plan.people).await?;
        sockets.extend(room);
        sessions.push(session);
    }
    let sockets = sockets.into_iter().map(Socket::into_std).collect::<anyhow::Result<Vec<_>>>()?;
    let (places, rooms_of) = (publishers(), publishers());
    let frame: Frame = Box::new(move |out, n, payload| {
        let session = &sessions[rooms_of[n % rooms_of.len()] / fan];
        let text = format!(
            r#"{{"type":"chat_message","data":{{"session_id":"{session}","content":"{payload}"}},"timestamp":0,"id":"f{n}"}}"#
        );
        text_frame(out, text.as_bytes());
    });
    let mut crowd = Crowd::new(sockets, places, frame)?;
    crowd.settle()?;
    let measured = measure(&mut crowd, &server, rate, plan.seconds, fan as u64)?;
    drop(crowd);
    server.stop().await?;
    Ok(measured)
}

/// A session with so many connections that follow it: of people who were let in by a link, each on a few devices.
async fn enter(address: &str, connections: usize, people: usize) -> anyhow::Result<(String, Vec<Socket>)> {
    let devices = connections.div_ceil(people);
    let mut token = guest(address).await?;
    let mut owner = Socket::connect_as(address, &token).await?;
    let session = owner.session("simulated").await?;
    let code = if people > 1 { link(&mut owner, &session).await? } else { String::new() };
    let mut sockets = vec![owner];
    for place in 1..connections {
        let first = place.is_multiple_of(devices);
        if first {
            token = guest(address).await?;
        }
        let mut socket = Socket::connect_as(address, &token).await?;
        if first {
            socket.send("join_collaboration", &format!(r#"{{"session_id":"{code}"}}"#)).await?;
        } else {
            socket.send("follow_session", &format!(r#"{{"session_id":"{session}"}}"#)).await?;
        }
        socket.until(r#""type":"session_state""#).await?;
        sockets.push(socket);
    }
    Ok((session, sockets))
}

/// The code of a link that lets everyone in.
async fn link(owner: &mut Socket, session: &str) -> anyhow::Result<String> {
    let link = format!(r#"{{"session_id":"{session}","role":"collaborator","uses":1000}}"#);
    owner.send("create_invite", &link).await?;
    let made = owner.until(r#""type":"invite_created""#).await?;
    Ok(field(&made, "code").context("no code")?.to_owned())
}

async fn peer(
    programs: &Programs,
    (bun, script): (&PathBuf, &PathBuf),
    rooms: usize,
    rate: u64,
    seconds: u64,
) -> anyhow::Result<Measured> {
    let server = programs.peer(bun, script).await?;
    let fan = VIEWERS / rooms;
    let sockets: Vec<_> =
        (0..VIEWERS).map(|place| join_peer(&server.address, place / fan)).collect::<anyhow::Result<_>>()?;
    let frame: Frame = Box::new(|out, _, payload| text_frame(out, payload.as_bytes()));
    let mut crowd = Crowd::new(sockets, publishers(), frame)?;
    crowd.settle()?;
    let measured = measure(&mut crowd, &server, rate, seconds, fan as u64)?;
    drop(crowd);
    server.kill().await?;
    Ok(measured)
}

fn join_peer(address: &str, room: usize) -> anyhow::Result<std::net::TcpStream> {
    let mut socket = std::net::TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    let head = format!(
        "GET /?room=r{room} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.write_all(head.as_bytes())?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0; 1];
        socket.read_exact(&mut byte)?;
        answer.push(byte[0]);
    }
    if !answer.starts_with(b"HTTP/1.1 101") {
        bail!("the peer refused: {}", String::from_utf8_lossy(&answer));
    }
    Ok(socket)
}
