//! What a link is to whoever looks at it and signs up by it: the same as to whoever joins by it (SE5, SE7).

use madang_accounts::{By, Decision};
use serde_json::{Value, json};

use crate::accounts::{Browser, PASSWORD, code, post, server};
use crate::raw::Answer;
use crate::server::{TestServer, with_guests};

/// A session, and someone of it who may have made a link.
struct Scene {
    server: TestServer,
    owner: Browser,
    maker: Browser,
    session: Value,
}

impl Scene {
    async fn new() -> Scene {
        let server = server(with_guests(), madang_accounts::Settings::default()).await;
        let (owner, maker) =
            (Browser::new(&server, "owner", true).await, Browser::new(&server, "maker", false).await);
        let session = command(&server, &owner, "create_session", json!({})).await["session_id"].clone();
        let scene = Scene { server, owner, maker, session };
        let entry = scene.link(&scene.owner, "collaborator").await;
        command(&scene.server, &scene.maker, "join_collaboration", json!({"session_id": entry})).await;
        scene
    }

    async fn link(&self, by: &Browser, role: &str) -> String {
        let data = json!({"session_id": self.session, "role": role, "uses": 9});
        let made = command(&self.server, by, "create_invite", data).await;
        made["code"].as_str().unwrap().to_owned()
    }

    async fn set(&self, role: &str, rights: &[&str]) {
        let data = json!({"session_id": self.session, "target_user_id": self.maker.user, "role": role, "rights": rights});
        command(&self.server, &self.owner, "set_role", data).await;
    }

    async fn decide(&self, who: &Browser, decision: Decision) {
        self.server.accounts.decide(who.user.parse().unwrap(), decision, &By::operator()).await.unwrap();
    }

    async fn look(&self, link: &str) -> Answer {
        post(&self.server, "/invites/look", &json!({"code": link})).await
    }

    async fn sign_up(&self, link: &str, name: &str) -> Answer {
        post(&self.server, "/sign-up", &json!({"name": name, "password": PASSWORD, "code": link})).await
    }

    /// Both say what they say of a link that never was, byte by byte but for the request's own id.
    async fn assert_shut(&self, link: &str, why: &str) {
        let unknown = "mdi1.AAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let looked = [self.look(link).await, self.look(unknown).await];
        let signed = [self.sign_up(link, "late").await, self.sign_up(unknown, "late").await];
        for [answer, wanted] in [looked, signed] {
            assert_eq!(code(&answer), (404, "NOT_FOUND".into()), "{why}: {answer:?}");
            assert_eq!(answer.json(), wanted.json(), "{why}");
        }
        assert!(self.server.accounts.store().account_named("late").await.unwrap().is_none(), "{why}");
    }
}

async fn command(server: &TestServer, by: &Browser, kind: &str, data: Value) -> Value {
    let answer = by.ask(server, "POST", &format!("/commands/{kind}"), &data).await;
    assert_eq!(answer.status / 100, 2, "{kind}: {answer:?}");
    answer.json()["data"].clone()
}

#[tokio::test]
async fn se5_a_link_whose_maker_may_not_invite_is_shut_to_whoever_looks_and_signs_up() {
    let scene = Scene::new().await;
    scene.set("collaborator", &["invite"]).await;
    let link = scene.link(&scene.maker, "collaborator").await;
    let look = scene.look(&link).await;
    assert_eq!((look.status, &look.json()["session_id"]), (200, &scene.session), "{look:?}");
    assert_eq!(scene.sign_up(&link, "first").await.status, 200);
    scene.set("collaborator", &[]).await;
    scene.assert_shut(&link, "without the right").await;
    // To its people it stays a name of the session (SE7).
    let own = scene.maker.ask(&scene.server, "POST", "/invites/look", &json!({"code": link})).await;
    assert_eq!((own.status, &own.json()["member"]), (200, &json!(true)), "{own:?}");
    scene.set("viewer", &[]).await;
    scene.assert_shut(&link, "demoted").await;
    scene.set("collaborator", &["invite"]).await;
    scene.decide(&scene.maker, Decision { disabled: Some(true), ..Decision::default() }).await;
    scene.assert_shut(&link, "suspended").await;
    scene.decide(&scene.maker, Decision { disabled: Some(false), ..Decision::default() }).await;
    assert_eq!(scene.look(&link).await.status, 200, "given back");
    assert_eq!(scene.sign_up(&link, "second").await.status, 200);
    let who = json!({"session_id": scene.session, "target_user_id": scene.maker.user});
    command(&scene.server, &scene.owner, "remove_user", who).await;
    scene.assert_shut(&link, "removed").await;
}

#[tokio::test]
async fn se5_a_look_at_a_link_asks_no_session_that_it_does_not_lead_into() {
    let scene = Scene::new().await;
    let link = scene.link(&scene.owner, "viewer").await;
    let before =
        command(&scene.server, &scene.owner, "session_status", json!({"session_id": scene.session})).await;
    assert_eq!(scene.look(&link).await.status, 200);
    let after =
        command(&scene.server, &scene.owner, "session_status", json!({"session_id": scene.session})).await;
    assert_eq!(before, after, "nobody is there for having looked");
    let live = scene.server.hub.stats().live_sessions;
    for body in [json!({"code": "mdi1.AAAA"}), json!({"code": scene.session})] {
        assert_eq!(code(&post(&scene.server, "/invites/look", &body).await), (404, "NOT_FOUND".into()));
    }
    assert_eq!(scene.server.hub.stats().live_sessions, live);
}

#[tokio::test]
async fn au12_a_link_of_somebody_who_administers_no_more_is_shut_to_whoever_looks() {
    let scene = Scene::new().await;
    let made = scene.owner.ask(&scene.server, "POST", "/admin/invites", &json!({"uses": 9})).await.json();
    let link = made["code"].as_str().unwrap();
    assert_eq!(scene.look(link).await.status, 200);
    scene.decide(&scene.maker, Decision { admin: Some(true), ..Decision::default() }).await;
    scene.decide(&scene.owner, Decision { admin: Some(false), ..Decision::default() }).await;
    scene.assert_shut(link, "no administrator").await;
}
