//! Accounts over HTTP: what REST.md and the rows AU and RE of `trust.md` promise, as bytes on the wire.

use std::collections::HashSet;

use madang_accounts::{By, NameAndPassword, NewAccount, NewToken, SignUp};
use madang_gateway::Settings;
use madang_protocol::{Actor, Budget, Period, Scope, UnixMs, UserId};
use madang_store::{Append, PersonChange, Purse};
use serde_json::{Value, json};

use crate::http::send;
use crate::raw::{Answer, RawClient, V2};
use crate::refusals;
use crate::server::{TestServer, with_guests};

/// A password that may be chosen.
pub(crate) const PASSWORD: &str = "a quiet courtyard";
/// What a browser sends with requests of the app's own pages.
const OWN_PAGE: &str = "Sec-Fetch-Site: same-origin";

/// A server whose settings of accounts are given.
pub(crate) async fn server(settings: Settings, accounts: madang_accounts::Settings) -> TestServer {
    let hub = madang_hub::Settings { rollup_ms: 0, ..Default::default() };
    TestServer::start_whole(settings, (hub, accounts), None).await
}

/// Somebody with an account, by the cookie of a login.
pub(crate) struct Browser {
    pub(crate) cookie: String,
    pub(crate) user: String,
}

impl Browser {
    /// Makes an account and logs it in.
    pub(crate) async fn new(server: &TestServer, name: &str, admin: bool) -> Browser {
        let new = NewAccount { name: name.into(), password: PASSWORD.into(), ..NewAccount::default() };
        let (row, _) = server.accounts.create(new, admin, &By::operator()).await.unwrap();
        Browser { user: row.user.to_string(), ..Browser::enter(server, name).await }
    }

    /// Logs in once more.
    pub(crate) async fn enter(server: &TestServer, name: &str) -> Browser {
        let typed = NameAndPassword { name: name.into(), password: PASSWORD.into() };
        let entered = server.accounts.log_in(typed, &By::operator(), None).await.unwrap();
        Browser { cookie: format!("__Host-madang={}", entered.token), user: entered.account.user.to_string() }
    }

    /// Sends a request as one of the app's own pages does.
    pub(crate) async fn ask(&self, server: &TestServer, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let cookie = format!("Cookie: {}", self.cookie);
        send(server, method, &format!("/api/v1{path}"), &[&cookie, OWN_PAGE], &body).await
    }

    /// The token in the cookie.
    pub(crate) fn token(&self) -> &str {
        self.cookie.split_once('=').unwrap().1
    }

    /// A socket of this browser.
    pub(crate) async fn socket(&self, server: &TestServer) -> RawClient {
        let cookie = format!("Cookie: {}", self.cookie);
        let mut client = RawClient::connect(server, "/ws", &[V2, &cookie, "Origin: http://localhost"]).await;
        client.hello().await;
        client
    }
}

/// Posts as nobody, from a page of our own.
pub(crate) async fn post(server: &TestServer, path: &str, body: &Value) -> Answer {
    send(server, "POST", &format!("/api/v1{path}"), &[OWN_PAGE], &body.to_string()).await
}

fn cookie_of(answer: &Answer) -> String {
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

pub(crate) fn code(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_person_logs_in_is_known_and_logs_out() {
    let server = server(Settings::default(), madang_accounts::Settings::default()).await;
    let browser = Browser::new(&server, "mina", false).await;
    let site = send(&server, "GET", "/api/v1/site", &[], "").await.json();
    let wanted = json!({
        "version": env!("CARGO_PKG_VERSION"), "guests": false, "sign_up": "invite", "bootstrap": true, "oidc": [],
        "simulated": site["simulated"],
    });
    assert_eq!(site, wanted);
    let nobody = send(&server, "GET", "/api/v1/me", &[], "").await;
    assert_eq!(code(&nobody), (401, "INVALID_AUTH".into()));
    assert!(nobody.header("set-cookie").is_none());
    let answer = post(&server, "/login", &json!({"name": "Mina", "password": PASSWORD})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let set = answer.header("set-cookie").unwrap();
    for part in ["__Host-madang=mdl1.", "; HttpOnly", "; Secure", "; SameSite=Lax", "; Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Domain"));
    assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
    let me = Browser { cookie: cookie_of(&answer), user: browser.user.clone() };
    let known = me.ask(&server, "GET", "/me", &Value::Null).await.json();
    assert_eq!(known, answer.json());
    assert_eq!(known["user_id"], browser.user.as_str());
    assert_eq!(
        (&known["name"], &known["guest"], &known["scope"], &known["language"]),
        (&json!("mina"), &json!(false), &json!("full"), &Value::Null)
    );
    let out = me.ask(&server, "POST", "/logout", &Value::Null).await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(me.ask(&server, "GET", "/me", &Value::Null).await.status, 401);
    assert_eq!(browser.ask(&server, "GET", "/me", &Value::Null).await.status, 200, "another login stays");
}

#[tokio::test]
async fn au16_wrong_passwords_are_answered_alike_and_slowed() {
    let server = server(Settings::default(), madang_accounts::Settings::default()).await;
    Browser::new(&server, "mina", false).await;
    let wrong = post(&server, "/login", &json!({"name": "mina", "password": "a wrong password"})).await;
    let unknown = post(&server, "/login", &json!({"name": "nobody", "password": "a wrong password"})).await;
    assert_eq!(code(&wrong), (401, "INVALID_AUTH".into()));
    assert_eq!(wrong.body, unknown.body);
    assert!(wrong.header("set-cookie").is_none());
    for _ in 0..4 {
        post(&server, "/login", &json!({"name": "mina", "password": "a wrong password"})).await;
    }
    let slowed = post(&server, "/login", &json!({"name": "mina", "password": PASSWORD})).await;
    assert_eq!(code(&slowed), (429, "RATE_LIMITED".into()));
    assert!((1..=12).contains(&slowed.header("retry-after").unwrap().parse::<u32>().unwrap()));
}

#[tokio::test]
async fn re01_a_page_of_another_site_changes_nothing() {
    let server = server(Settings::default(), madang_accounts::Settings::default()).await;
    let browser = Browser::new(&server, "mina", true).await;
    let cookie = format!("Cookie: {}", browser.cookie);
    let body = json!({"display_name": "Evil"}).to_string();
    for header in [
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
        "Origin: https://evil.example",
        "Origin: null",
        "X: y",
    ] {
        for (method, path) in
            [("PATCH", "/api/v1/me"), ("POST", "/api/v1/logout"), ("POST", "/api/v1/admin/users")]
        {
            let answer = send(&server, method, path, &[&cookie, header], &body).await;
            assert_eq!(answer.status, 403, "{header} {method} {path}: {answer:?}");
        }
    }
    // A form can send no JSON, whatever it contains.
    let form = [cookie.as_str(), OWN_PAGE, "Content-Type: text/plain"];
    assert_eq!(send(&server, "PATCH", "/api/v1/me", &form, &body).await.status, 415);
    let me = browser.ask(&server, "GET", "/me", &Value::Null).await.json();
    assert_eq!(me["display_name"], "mina");
}

#[tokio::test]
async fn au09_one_credential_has_one_verdict_however_it_comes() {
    let server = server(with_guests(), madang_accounts::Settings::default()).await;
    let browser = Browser::new(&server, "mina", false).await;
    let user: madang_protocol::UserId = browser.user.parse().unwrap();
    let new = NewToken { name: "ci".into(), scope: Scope::Write, days: 1 };
    let (_, personal) = server.accounts.create_token(user, new, &By::operator()).await.unwrap();
    let guest = RawClient::v2(&server).await.token();
    let suspended = Browser::new(&server, "gone", false).await;
    let decision = madang_accounts::Decision { disabled: Some(true), ..Default::default() };
    server.accounts.decide(suspended.user.parse().unwrap(), decision, &By::operator()).await.unwrap();
    let good = [browser.token(), &personal, &guest];
    let bad = [suspended.token(), "mdl1.x", "mdp1.x", "nonsense", "a.b.c"];
    for (token, wanted) in good.map(|token| (token, true)).into_iter().chain(bad.map(|token| (token, false)))
    {
        let bearer = format!("Authorization: Bearer {token}");
        let by_header = send(&server, "GET", "/api/v1/me", &[&bearer], "").await.status == 200;
        let cookie = format!("Cookie: __Host-madang={token}");
        let by_cookie = send(&server, "GET", "/api/v1/me", &[&cookie, OWN_PAGE], "").await.status == 200;
        let by_ticket = send(&server, "POST", "/api/v1/tickets", &[&bearer], "").await.status == 200;
        let query = format!("/ws?token={token}");
        let by_query = RawClient::try_connect(&server, &query, &[]).await.answer.status == 101;
        let mut socket = RawClient::v2(&server).await;
        socket.command("a", "auth", json!({"token": token})).await;
        let by_auth = socket.answer_to("a").await["type"] == "connected";
        assert_eq!([by_header, by_cookie, by_ticket, by_query, by_auth], [wanted; 5], "{token}");
        // Headers that others take for a credential mean nothing here (AU-08), nor does a credential in an address (AU-21).
        let forged = [
            format!("X-Api-Key: {token}"),
            format!("X-User-Id: {}", browser.user),
            format!("X-Forwarded-User: {}", browser.user),
        ];
        for header in &forged {
            assert_eq!(send(&server, "GET", "/api/v1/me", &[header], "").await.status, 401);
        }
        assert_eq!(send(&server, "GET", &format!("/api/v1/me?token={token}"), &[], "").await.status, 401);
    }
}

#[tokio::test]
async fn scopes_are_kept() {
    let server = server(Settings::default(), madang_accounts::Settings::default()).await;
    let admin = Browser::new(&server, "admin", true).await;
    let made = admin
        .ask(&server, "POST", "/me/tokens", &json!({"name": "r", "scope": "write", "expires_in_days": 7}))
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    let bearer = format!("Authorization: Bearer {}", made["token"].as_str().unwrap());
    assert_eq!(send(&server, "GET", "/api/v1/me", &[&bearer], "").await.json()["scope"], "write");
    for (method, path, body) in [
        ("GET", "/me/tokens", json!(null)),
        ("POST", "/me/tokens", json!({"name": "more", "scope": "full", "expires_in_days": 7})),
        ("GET", "/me/logins", json!(null)),
        ("DELETE", "/me/logins", json!(null)),
        ("PATCH", "/me", json!({"display_name": "x"})),
        ("POST", "/me/password", json!({"old": PASSWORD, "new": "another quiet yard"})),
        ("GET", "/admin/users", json!(null)),
        ("GET", "/admin/audit", json!(null)),
    ] {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = send(&server, method, &format!("/api/v1{path}"), &[&bearer], &body).await;
        assert_eq!(code(&answer), (403, "FORBIDDEN".into()), "{method} {path}");
    }
    let listed = admin.ask(&server, "GET", "/me/tokens", &Value::Null).await.json();
    assert_eq!(listed["tokens"].as_array().unwrap().len(), 1);
    assert!(listed["tokens"][0].get("token").is_none(), "it is shown once");
    let id = made["token_id"].as_str().unwrap();
    assert_eq!(admin.ask(&server, "DELETE", &format!("/me/tokens/{id}"), &Value::Null).await.status, 204);
    assert_eq!(send(&server, "GET", "/api/v1/me", &[&bearer], "").await.status, 401);
}

/// Every route of administrators, and a body that it would take.
const ADMIN_ROUTES: [(&str, &str, &str); 15] = [
    ("GET", "/admin/users", ""),
    ("POST", "/admin/users", r#"{"name":"x","password":"a quiet courtyard"}"#),
    ("PATCH", "/admin/users/USER", r#"{"admin":true}"#),
    ("PATCH", "/admin/users/USER", r#"{"disabled":true}"#),
    ("POST", "/admin/users/USER/reset-password", ""),
    ("DELETE", "/admin/users/USER/logins", ""),
    ("GET", "/admin/invites", ""),
    ("POST", "/admin/invites", "{}"),
    ("DELETE", "/admin/invites/inv_00000000000070008000000000000000", ""),
    ("GET", "/admin/budgets", ""),
    ("PUT", "/admin/budgets/server", r#"{"budget":null}"#),
    ("PUT", "/admin/budgets/users/USER", r#"{"budget":null}"#),
    ("GET", "/admin/audit", ""),
    ("POST", "/admin/audit/verify", ""),
    ("GET", "/admin/audit?before=3", ""),
];

#[tokio::test]
async fn what_administrators_do_nobody_else_does() {
    let server = server(with_guests(), madang_accounts::Settings::default()).await;
    let person = Browser::new(&server, "mina", false).await;
    let guest = format!("Cookie: __Host-madang={}", RawClient::v2(&server).await.token());
    let person_cookie = format!("Cookie: {}", person.cookie);
    for (method, path, body) in ADMIN_ROUTES {
        let path = format!("/api/v1{}", path.replace("USER", &person.user));
        assert_eq!(send(&server, method, &path, &[OWN_PAGE], body).await.status, 401, "{method} {path}");
        for cookie in [&guest, &person_cookie] {
            let answer = send(&server, method, &path, &[cookie, OWN_PAGE], body).await;
            assert_eq!(answer.status, 403, "{method} {path}: {answer:?}");
        }
    }
    let admin = Browser::new(&server, "admin", true).await;
    // Each refusal of somebody known has its line; what differs in query or body alone is one action.
    let actions: HashSet<_> = ADMIN_ROUTES.map(|(method, path, _)| (method, path.split('?').next())).into();
    let wanted = 2 * actions.len();
    let rows = refusals::audited(&server, |rows| {
        rows.iter().filter(|row| row.actor != Actor::Server).count() >= wanted
    });
    let rows = rows.await;
    assert_eq!(rows.iter().filter(|row| row.actor != Actor::Server).count(), wanted);
    assert!(
        rows.iter().any(|row| row.details == r#"{"times":1,"what":"PATCH /api/v1/admin/users/{id}"}"#),
        "{rows:?}"
    );
    let verdict = admin.ask(&server, "POST", "/admin/audit/verify", &Value::Null).await.json();
    assert_eq!(verdict["whole"], true, "{verdict}");
}

#[tokio::test]
async fn an_administrator_makes_changes_and_ends_people() {
    let server = server(Settings::default(), madang_accounts::Settings::default()).await;
    let admin = Browser::new(&server, "admin", true).await;
    let made =
        admin.ask(&server, "POST", "/admin/users", &json!({"name": "mina", "display_name": "Mina"})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let (user, password) = (made.json()["user"].clone(), made.json()["password"].clone());
    let entered = post(&server, "/login", &json!({"name": "mina", "password": password})).await;
    let mina = Browser { cookie: cookie_of(&entered), user: user["user_id"].as_str().unwrap().into() };
    let taken = admin.ask(&server, "POST", "/admin/users", &json!({"name": "MINA"})).await;
    assert_eq!(code(&taken), (409, "CONFLICT".into()));
    let page = admin.ask(&server, "GET", "/admin/users?query=min&limit=1", &Value::Null).await.json();
    assert!(page["next"].is_string() || page["users"].as_array().unwrap().len() == 1, "{page}");
    let own = admin
        .ask(&server, "PATCH", &format!("/admin/users/{}", admin.user), &json!({"disabled": true}))
        .await;
    assert_eq!(own.status, 409);
    let path = format!("/admin/users/{}", mina.user);
    let budget = json!({"budget": {"tokens": 1000, "period": "day"}});
    let set = admin.ask(&server, "PUT", &format!("/admin/budgets/users/{}", mina.user), &budget).await;
    assert_eq!(set.status, 204, "{set:?}");
    let budgets = admin.ask(&server, "GET", "/admin/budgets", &Value::Null).await.json();
    assert_eq!(budgets["items"][0]["user_id"], mina.user.as_str());
    assert_eq!(budgets["items"][0]["budget"]["tokens"], 1000);
    let suspended = admin.ask(&server, "PATCH", &path, &json!({"disabled": true})).await;
    assert!(suspended.json()["disabled_at"].is_number(), "{suspended:?}");
    assert_eq!(mina.ask(&server, "GET", "/me", &Value::Null).await.status, 401);
    assert_eq!(admin.ask(&server, "PATCH", &path, &json!({"disabled": false})).await.status, 200);
    let reset = admin.ask(&server, "POST", &format!("{path}/reset-password"), &Value::Null).await.json();
    assert_ne!(reset["password"], password);
    let entered = post(&server, "/login", &json!({"name": "mina", "password": reset["password"]})).await;
    assert_eq!(entered.status, 200);
    for bad in ["usr_x", "../me", "usr_00000000000070008000000000000000"] {
        let answer =
            admin.ask(&server, "PATCH", &format!("/admin/users/{bad}"), &json!({"admin": true})).await;
        assert_eq!(answer.status, 404, "{bad}");
    }
}

#[tokio::test]
async fn au12_a_link_to_sign_up_works_once_and_a_guest_keeps_their_id() {
    let server = server(with_guests(), madang_accounts::Settings::default()).await;
    let admin = Browser::new(&server, "admin", true).await;
    let made = admin.ask(&server, "POST", "/admin/invites", &json!({})).await.json();
    let code_text = made["code"].as_str().unwrap();
    let look = post(&server, "/invites/look", &json!({"code": code_text})).await;
    let look = look.json();
    assert_eq!(
        (&look["session_id"], &look["sign_up"], &look["member"]),
        (&Value::Null, &json!(true), &json!(false))
    );
    assert_eq!(look["by"]["display_name"], "admin");
    let socket = RawClient::v2(&server).await;
    let guest = Browser { cookie: format!("__Host-madang={}", socket.token()), user: String::new() };
    let before = guest.ask(&server, "GET", "/me", &Value::Null).await.json();
    assert_eq!((&before["guest"], &before["name"]), (&json!(true), &Value::Null));
    let data = json!({"name": "mina", "password": PASSWORD, "display_name": "Mina", "code": code_text, "language": "ko"});
    let entered = guest.ask(&server, "POST", "/sign-up", &data).await;
    assert_eq!(entered.status, 200, "{entered:?}");
    let me = entered.json();
    assert_eq!(
        (&me["user_id"], &me["guest"], &me["language"]),
        (&before["user_id"], &json!(false), &json!("ko"))
    );
    assert_eq!(
        guest.ask(&server, "GET", "/me", &Value::Null).await.status,
        401,
        "the guest's credential is void"
    );
    // Its socket comes back as who they are now.
    socket.must_close(4202).await;
    for body in [json!({"code": code_text}), json!({"code": ""}), json!({"code": "mdi1.AAAA"})] {
        assert_eq!(code(&post(&server, "/invites/look", &body).await), (404, "NOT_FOUND".into()));
    }
    let again = json!({"name": "late", "password": PASSWORD, "code": code_text});
    assert_eq!(code(&post(&server, "/sign-up", &again).await), (404, "NOT_FOUND".into()));
    let without = json!({"name": "late", "password": PASSWORD});
    assert_eq!(code(&post(&server, "/sign-up", &without).await), (403, "FORBIDDEN".into()));
    for id in [made["invite"]["invite_id"].as_str().unwrap()] {
        assert_eq!(
            admin.ask(&server, "DELETE", &format!("/admin/invites/{id}"), &Value::Null).await.status,
            204
        );
    }
}

#[tokio::test]
async fn au17_the_first_administrator_comes_by_the_link() {
    let server = server(Settings::default(), madang_accounts::Settings::default()).await;
    let dir = tempfile::tempdir().unwrap();
    let link =
        server.accounts.open_bootstrap(&dir.path().join("bootstrap"), "http://localhost").await.unwrap();
    let token = link.unwrap().split_once('#').unwrap().1.to_owned();
    let data =
        |token: &Value| json!({"token": token, "name": "admin", "password": PASSWORD, "display_name": "A"});
    for bad in [json!(""), json!("mdb1.x")] {
        assert_eq!(code(&post(&server, "/bootstrap", &data(&bad)).await), (404, "NOT_FOUND".into()));
    }
    for bad in [json!(null), json!([]), json!(0)] {
        assert_eq!(code(&post(&server, "/bootstrap", &data(&bad)).await), (422, "INVALID_DATA".into()));
    }
    let bearer = format!("Authorization: Bearer {token}");
    assert_eq!(send(&server, "GET", "/api/v1/me", &[&bearer], "").await.status, 401);
    let made = post(&server, "/bootstrap", &data(&json!(token))).await;
    assert_eq!((made.status, &made.json()["admin"]), (200, &json!(true)));
    assert_eq!(post(&server, "/bootstrap", &data(&json!(token))).await.status, 404);
    let site = send(&server, "GET", "/api/v1/site", &[], "").await.json();
    assert_eq!(site["bootstrap"], false);
}

#[tokio::test]
async fn bodies_of_the_wrong_form_are_refused_and_never_repeated() {
    let open = madang_accounts::Settings { sign_up: SignUp::Open, ..Default::default() };
    let server = server(Settings::default(), open).await;
    let secret = "hunter2-hunter2-hunter2";
    for (body, wanted) in [
        ("", 415),
        ("{", 400),
        ("[]", 422),
        ("null", 422),
        (r#"{"name":"a"}"#, 422),
        (r#"{"name":"a","password":["hunter2-hunter2-hunter2"]}"#, 422),
        (r#"{"name":"a","password":"hunter2-hunter2-hunter2","is_admin":true}"#, 422),
        (r#"{"name":"a\u202eb","password":"hunter2-hunter2-hunter2"}"#, 422),
        (r#"{"name":"hunter2-hunter2-hunter2","password":"hunter2-hunter2-hunter2"}"#, 422),
        (r#"{"name":"a","password":"short"}"#, 422),
    ] {
        let answer = send(&server, "POST", "/api/v1/sign-up", &[OWN_PAGE], body).await;
        assert_eq!(answer.status, wanted, "{body}: {answer:?}");
        assert_eq!(answer.header("content-type").as_deref(), Some("application/problem+json"));
        assert!(!answer.body.contains(secret), "{answer:?}");
    }
}

#[tokio::test]
async fn se8_budgets_are_listed_in_pages_with_what_was_spent() {
    const PEOPLE: u64 = 2_100;
    let server = server(Settings::default(), madang_accounts::Settings::default()).await;
    let admin = Browser::new(&server, "admin", true).await;
    let user = |n: u64| {
        UserId::new(
            UnixMs(1),
            std::array::from_fn(|at| n.to_be_bytes().get(at.wrapping_sub(2)).copied().unwrap_or(0)),
        )
    };
    let budget = Budget { tokens: Some(7), micro_usd: None, period: Period::Day };
    let people: Vec<_> =
        (0..PEOPLE).map(|n| PersonChange::Budget(Purse::User(user(n)), Some(budget))).collect();
    server.accounts.store().submit(Append { people, ..Append::default() }).await.unwrap().await.unwrap();
    let set = json!({"budget": {"micro_usd": 5, "period": "month"}});
    assert_eq!(admin.ask(&server, "PUT", "/admin/budgets/server", &set).await.status, 204);
    let own = format!("/admin/budgets/users/{}", admin.user);
    assert_eq!(admin.ask(&server, "PUT", &own, &set).await.status, 204);
    let (mut seen, mut path) = (Vec::new(), "/admin/budgets?limit=200".to_owned());
    loop {
        let page = admin.ask(&server, "GET", &path, &Value::Null).await.json();
        assert_eq!(
            (&page["server"]["micro_usd"], &page["server_used"]),
            (&json!(5), &json!({"tokens": 0, "micro_usd": 0}))
        );
        seen.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/admin/budgets?limit=200&cursor={cursor}");
    }
    assert_eq!(seen.len() as u64, PEOPLE + 1, "everyone who has one, once");
    let wanted = json!({
        "user_id": user(3), "name": null, "display_name": "",
        "budget": {"tokens": 7, "period": "day"}, "used": {"tokens": 0, "micro_usd": 0},
    });
    assert_eq!(seen[3], wanted);
    assert_eq!((&seen[2_100]["name"], &seen[2_100]["user_id"]), (&json!("admin"), &json!(admin.user)));
    let foreign = admin.ask(&server, "GET", "/admin/budgets?cursor=nonsense", &Value::Null).await;
    assert_eq!(
        (code(&foreign), &foreign.json()["details"]),
        ((422, "INVALID_DATA".into()), &json!("cursor"))
    );
}

#[tokio::test]
async fn se8_an_amount_that_a_browser_cannot_hold_is_none() {
    let server = server(with_guests(), madang_accounts::Settings::default()).await;
    let admin = Browser::new(&server, "admin", true).await;
    let made = admin.ask(&server, "POST", "/sessions", &json!({"title": "Room"})).await.json();
    let session = made["session_id"].as_str().unwrap().to_owned();
    let mut socket = admin.socket(&server).await;
    let own = format!("/admin/budgets/users/{}", admin.user);
    let (most, beyond) = (9_007_199_254_740_991_u64, 9_007_199_254_740_992_u64);
    for (field, amount, fits) in [
        ("tokens", most, true),
        ("micro_usd", most, true),
        ("tokens", beyond, false),
        ("micro_usd", u64::MAX, false),
    ] {
        let data = json!({"budget": {field: amount, "period": "day"}});
        let command = format!("/sessions/{session}/commands/set_budget");
        for (method, path) in [("PUT", "/admin/budgets/server"), ("PUT", &own), ("POST", &command)] {
            let answer = admin.ask(&server, method, path, &data).await;
            assert_eq!(answer.status < 300, fits, "{path} {field} {amount}: {answer:?}");
            if !fits {
                assert_eq!((answer.status, &answer.json()["details"]), (422, &json!(field)), "{path}");
                assert_eq!(
                    answer.json()["detail"],
                    "An amount is a whole number of at most 9007199254740991."
                );
            }
        }
        let id = format!("b{field}{amount}");
        let data = json!({"session_id": session, "budget": {field: amount, "period": "day"}});
        socket.command(&id, "set_budget", data).await;
        let told = socket.answer_to(&id).await;
        assert_eq!(told["data"]["code"], if fits { Value::Null } else { json!("INVALID_DATA") }, "{told}");
    }
}
