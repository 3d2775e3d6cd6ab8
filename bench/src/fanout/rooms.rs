//! Sessions full of connections that follow them: of people who were let in by a link, each on a few devices.

use anyhow::Context;

use crate::client::{Socket, field, guest};

/// Sessions of the same size, filled.
pub(crate) struct Rooms {
    /// Their ids.
    pub(crate) sessions: Vec<String>,
    /// The connections, session by session, person by person; a session's first is its owner's.
    pub(crate) sockets: Vec<Socket>,
    /// Whose each connection is, by number over all sessions, and who that is.
    pub(crate) people: Vec<usize>,
    /// The person behind each number.
    pub(crate) users: Vec<String>,
}

impl Rooms {
    /// Makes so many sessions of so many connections of so many people each.
    pub(crate) async fn fill(
        address: &str,
        rooms: usize,
        connections: usize,
        people: usize,
        model: &str,
    ) -> anyhow::Result<Rooms> {
        let mut all = Rooms { sessions: vec![], sockets: vec![], people: vec![], users: vec![] };
        for _ in 0..rooms {
            all.enter(address, connections, people, model).await?;
        }
        Ok(all)
    }

    async fn enter(
        &mut self,
        address: &str,
        connections: usize,
        people: usize,
        model: &str,
    ) -> anyhow::Result<()> {
        let devices = connections.div_ceil(people);
        let mut token = guest(address).await?;
        let mut owner = self.connect(address, &token, true).await?;
        let session = owner.session(model).await?;
        let code = if people > 1 { link(&mut owner, &session).await? } else { String::new() };
        self.sockets.push(owner);
        for place in 1..connections {
            let first = place.is_multiple_of(devices);
            if first {
                token = guest(address).await?;
            }
            let mut socket = self.connect(address, &token, first).await?;
            if first {
                socket.send("join_collaboration", &format!(r#"{{"session_id":"{code}"}}"#)).await?;
            } else {
                socket.send("follow_session", &format!(r#"{{"session_id":"{session}"}}"#)).await?;
            }
            socket.until(r#""type":"session_state""#).await?;
            self.sockets.push(socket);
        }
        self.sessions.push(session);
        Ok(())
    }

    async fn connect(&mut self, address: &str, token: &str, first: bool) -> anyhow::Result<Socket> {
        let (socket, connected) = Socket::introduced(address, token).await?;
        if first {
            self.users.push(field(&connected, "user_id").context("nobody was let in")?.to_owned());
        }
        self.people.push(self.users.len() - 1);
        Ok(socket)
    }

    /// The bare sockets; what was read and not looked at is lost.
    pub(crate) fn take_sockets(&mut self) -> anyhow::Result<Vec<std::net::TcpStream>> {
        std::mem::take(&mut self.sockets).into_iter().map(Socket::into_std).collect()
    }
}

/// The code of a link that lets everyone in.
async fn link(owner: &mut Socket, session: &str) -> anyhow::Result<String> {
    let link = format!(r#"{{"session_id":"{session}","role":"collaborator","uses":1000}}"#);
    owner.send("create_invite", &link).await?;
    let made = owner.until(r#""type":"invite_created""#).await?;
    Ok(field(&made, "code").context("no code")?.to_owned())
}
