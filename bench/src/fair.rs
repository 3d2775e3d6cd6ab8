//! Fairness at the model: how long people wait for their first word beside one who asks 200 times at once.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::client::{Socket, field, guest, now_us};
use crate::process::Programs;
use crate::stats::{Samples, figure, table};

/// People who ask once, each in a session of their own.
const PEOPLE: usize = 50;
/// Prompts of the hog, each in a session of its own.
const HOGGED: usize = 200;
/// Sessions that one connection follows here; 32 is the most it may.
const SESSIONS_PER_CONNECTION: usize = 25;
/// Replies that run at once: few, so that there is a queue.
const PLACES: usize = 10;
/// Of one person: a quarter of the places, as by default.
const PLACES_PER_PERSON: usize = PLACES / 4;
/// A reply takes half a second: its first token after 100 ms, then 20 tokens.
const MODEL: &str = "sim-normal?rate=50&n=20&ttft=100";
/// Everyone has had their first word in so long, or something is wrong.
const END: Duration = Duration::from_secs(300);
/// How much longer others may wait because of the hog.
const RATIO_MAX: f64 = 1.5;

/// Which of them ask.
#[derive(Clone, Copy)]
struct Who {
    people: bool,
    hog: bool,
}

/// How long each waited from the prompt to the first delta.
struct Waits {
    people: Samples,
    hog: Samples,
}

/// Asks thrice, each time at a new server: the people, the hog, and both.
pub(crate) async fn run(programs: &Programs) -> anyhow::Result<()> {
    for per_person in [PLACES_PER_PERSON, PLACES] {
        let alone = once(programs, Who { people: true, hog: false }, per_person).await?;
        let hog = once(programs, Who { people: false, hog: true }, per_person).await?;
        let both = once(programs, Who { people: true, hog: true }, per_person).await?;
        table(&format!(
            "Fairness: {PEOPLE} people ask once, one asks {HOGGED} times just before, {PLACES} places, \
             {per_person} for one person, 0.5 s a reply"
        ));
        compare("wait of the others", &alone.people, &both.people, &format!("p50 ≤ {RATIO_MAX}"));
        compare("wait of the one who hogs", &hog.hog, &both.hog, "");
    }
    Ok(())
}

fn compare(what: &str, without: &Samples, with: &Samples, bound: &str) {
    let both = |percent| (without.percentile_ms(percent) / 1_000.0, with.percentile_ms(percent) / 1_000.0);
    let ((median, beside), (late, late_beside)) = (both(50), both(95));
    figure(
        &format!("{what}, p50: without the other, beside, ratio"),
        &format!("{median:.2} s, {beside:.2} s, {:.2}", beside / median),
        bound,
    );
    figure(
        &format!("{what}, p95: without the other, beside, ratio"),
        &format!("{late:.2} s, {late_beside:.2} s, {:.2}", late_beside / late),
        "",
    );
}

async fn once(programs: &Programs, who: Who, per_person: usize) -> anyhow::Result<Waits> {
    let upstream = programs.upstream().await?;
    let config = format!(
        "[hub]\nrunning_turns_max = {PLACES}\nrunning_turns_per_person_max = {per_person}\n\
         [gateway]\nguests_per_minute = 100000\nchat_per_second = 10000\nchat_burst = 10000\n\
         control_per_second = 10000\ncontrol_burst = 10000\n"
    );
    let server = programs.server(Some(&upstream.address), &config).await?;
    let mut people = Vec::new();
    for _ in 0..if who.people { PEOPLE } else { 0 } {
        let token = guest(&server.address).await?;
        people.push(Asker::new(&server.address, &token, 1).await?);
    }
    let token = guest(&server.address).await?;
    let mut hog = Vec::new();
    for _ in 0..if who.hog { HOGGED / SESSIONS_PER_CONNECTION } else { 0 } {
        hog.push(Asker::new(&server.address, &token, SESSIONS_PER_CONNECTION).await?);
    }
    let (hog, accepted): (Vec<_>, Vec<_>) = hog.into_iter().map(Asker::begin).unzip();
    for accepted in accepted {
        accepted.await.context("the one who hogs was refused")?;
    }
    let (people, _): (Vec<_>, Vec<_>) = people.into_iter().map(Asker::begin).unzip();
    let waits = Waits { people: all(people).await?, hog: all(hog).await? };
    let expected = (if who.people { PEOPLE } else { 0 }, if who.hog { HOGGED } else { 0 });
    ensure!((waits.people.len(), waits.hog.len()) == expected, "not every prompt was answered");
    server.stop().await?;
    upstream.stop().await?;
    Ok(waits)
}

async fn all(asking: Vec<JoinHandle<anyhow::Result<Samples>>>) -> anyhow::Result<Samples> {
    let mut waits = Samples::default();
    for one in asking {
        waits.merge(timeout(END, one).await.context("someone waits for ever")???);
    }
    Ok(waits)
}

/// A connection with empty sessions.
struct Asker {
    socket: Socket,
    sessions: Vec<String>,
}

impl Asker {
    async fn new(address: &str, token: &str, sessions: usize) -> anyhow::Result<Asker> {
        let mut socket = Socket::connect_as(address, token).await?;
        let mut all = Vec::with_capacity(sessions);
        // Two commands of a person with one id are one command, whatever connection they come by.
        let name = now_us();
        for n in 0..sessions {
            let id = format!("{name}-{n}");
            socket.send_as(&id, "create_session", &format!(r#"{{"model":"{MODEL}"}}"#)).await?;
            let ack = socket.until(&format!(r#""correlation_id":"{id}""#)).await?;
            all.push(field(&ack, "session_id").context("no session id")?.to_owned());
        }
        Ok(Asker { socket, sessions: all })
    }

    /// Asks; says when all prompts are accepted, and then how long each took to its first delta.
    fn begin(self) -> (JoinHandle<anyhow::Result<Samples>>, oneshot::Receiver<()>) {
        let (accepted, all_wait) = oneshot::channel();
        (tokio::spawn(self.ask(Some(accepted))), all_wait)
    }

    async fn ask(mut self, mut accepted: Option<oneshot::Sender<()>>) -> anyhow::Result<Samples> {
        let mut asked = HashMap::with_capacity(self.sessions.len());
        for session in std::mem::take(&mut self.sessions) {
            let prompt = format!(r#"{{"session_id":"{session}","content":"Go.","stream":true}}"#);
            self.socket.send_as(&session, "claude_message", &prompt).await?;
            asked.insert(session, Instant::now());
        }
        let (mut acks, prompts) = (0, asked.len());
        let mut waits = Samples::default();
        while !asked.is_empty() {
            let text = self.socket.next().await?;
            ensure!(!text.contains(r#""type":"error""#), "refused: {text}");
            if text.contains(r#""type":"ack""#) {
                acks += 1;
                if acks == prompts {
                    // Nobody may be waiting for it.
                    accepted.take().map(|accepted| accepted.send(()).ok());
                }
            } else if text.contains(r#""type":"claude_response""#) {
                let is_of_whom_waits =
                    field(text, "session_id").is_some_and(|session| asked.contains_key(session));
                ensure!(
                    !is_of_whom_waits || text.contains(r#""completed":false"#),
                    "ended without a word: {text}"
                );
                let session = field(text, "session_id").context("a reply without a session")?;
                if let Some(begun) = asked.remove(session) {
                    waits.add(u64::try_from(begun.elapsed().as_micros())?);
                }
            }
        }
        Ok(waits)
    }
}
