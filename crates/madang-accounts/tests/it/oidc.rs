//! Signing in at a real identity provider: `oidc-provider` from npm, in `tests/oidc`, on a loopback port.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use madang_accounts::{Accounts, Begin, Begun, Finished, Provider, Refusal, Returned, Secret, Settings};
use madang_protocol::{ErrorCode, UserId};
use reqwest::Url;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};

use crate::support::{World, from, seen};

/// Where the provider sends the browser; nothing listens there.
const CALLBACK: &str = "http://127.0.0.1:9/api/v1/oidc/local/callback";
/// Redirects that are followed before something is wrong.
const HOPS_MAX: usize = 12;

/// The provider, which ends with its standard input.
struct Node {
    child: Child,
    /// Kept open: it may have more to say.
    _stdout: BufReader<ChildStdout>,
    issuer: String,
}

impl Node {
    fn start() -> Node {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc");
        assert!(
            folder.join("node_modules/oidc-provider").exists(),
            "the identity provider is not installed: run `make setup` (it runs `npm ci` in {})",
            folder.display()
        );
        let mut child = Command::new("node")
            .args(["provider.mjs", CALLBACK])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("node runs");
        let mut issuer = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut issuer).unwrap();
        assert!(issuer.starts_with("http://127.0.0.1:"), "the provider did not start");
        Node { child, _stdout: stdout, issuer: issuer.trim().to_owned() }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn provider(node: &Node) -> Provider {
    provider_at(&node.issuer)
}

/// A provider of which only its address is known.
pub(crate) fn provider_at(issuer: &str) -> Provider {
    Provider {
        id: "local".to_owned(),
        name: "Local".to_owned(),
        issuer: issuer.to_owned(),
        client_id: "madang".to_owned(),
        client_secret: Some(Secret::new("a client's secret: 100% & more")),
        client_secret_file: None,
        client_secret_env: None,
        sign_up: true,
        email_domains: Vec::new(),
    }
}

async fn world(provider: Provider) -> World {
    let world = World::with(Settings { oidc: vec![provider], ..Settings::default() }).await;
    // The provider's tokens have the machine's time.
    let seconds = jsonwebtoken::get_current_timestamp();
    world.clock.store(seconds * 1_000, std::sync::atomic::Ordering::Relaxed);
    world
}

fn begin() -> Begin {
    Begin { redirect_uri: CALLBACK.to_owned(), return_to: "/s/1".to_owned(), ..Begin::default() }
}

/// A browser with cookies: goes where it is sent, until it is sent to us.
async fn browse(begun: &Begun, who: &str) -> Returned {
    let browser =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let mut cookies: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut url = Url::parse(&begun.location).unwrap();
    url.query_pairs_mut().append_pair("login_hint", who);
    for _ in 0..HOPS_MAX {
        let jar: Vec<_> = cookies
            .iter()
            .filter(|((_, path), _)| url.path().starts_with(path.as_str()))
            .map(|((name, _), value)| format!("{name}={value}"))
            .collect();
        let response = browser.get(url.clone()).header(COOKIE, jar.join("; ")).send().await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            let path = cookie.split("; ").find_map(|part| part.strip_prefix("path=")).unwrap();
            let key = (name.to_owned(), path.to_owned());
            match cookie.contains("01 Jan 1970") {
                true => cookies.remove(&key),
                false => cookies.insert(key, value.to_owned()),
            };
        }
        let status = response.status();
        let Some(location) = response.headers().get(LOCATION) else {
            panic!("{url} answered {status} {}", response.text().await.unwrap())
        };
        url = url.join(location.to_str().unwrap()).unwrap();
        if url.as_str().starts_with(CALLBACK) {
            let given: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
            let text = |name: &str| given.get(name).cloned().unwrap_or_default();
            return Returned {
                state: text("state"),
                code: text("code"),
                error: given.get("error").cloned(),
                iss: given.get("iss").cloned(),
            };
        }
    }
    panic!("sent around for ever, last to {url}")
}

async fn finish(accounts: &Accounts, returned: Returned, kept: &str) -> Result<Finished, Refusal> {
    accounts.finish_oidc("local", (returned, kept), (None, None), &from("127.0.0.1")).await
}

/// The whole way.
async fn sign_in(world: &World, who: &str, begin: Begin) -> Result<Finished, Refusal> {
    let begun = world.accounts.begin_oidc("local", begin, &from("127.0.0.1")).await.unwrap();
    let returned = browse(&begun, who).await;
    finish(&world.accounts, returned, &begun.kept).await
}

#[tokio::test]
async fn a_newcomer_gets_an_account_and_finds_it_again() {
    let node = Node::start();
    let world = world(provider(&node)).await;
    let guest = UserId::new(madang_protocol::UnixMs(1), [7; 10]);
    let first = sign_in(&world, "mina", Begin { guest: Some(guest), ..begin() }).await.unwrap();
    assert_eq!(first.return_to, "/s/1");
    let entered = first.logged_in.unwrap();
    assert_eq!((entered.account.name.as_str(), entered.account.display_name.as_str()), ("mina", "Mina Kim"));
    assert_eq!(entered.account.user, guest, "a guest keeps their id");
    assert_eq!(world.verdict(&entered.token).await, Ok("mina".to_owned()));
    let second = sign_in(&world, "mina", begin()).await.unwrap().logged_in.unwrap();
    assert_eq!(second.account.user, guest);
    assert_eq!(world.audited().await, ["account.created", "login.ok", "login.ok"]);
    assert_eq!(seen(sign_in(&world, "nobody", begin()).await).0, ErrorCode::InvalidAuth);
}

#[tokio::test]
async fn a_public_client_signs_in_with_pkce_alone() {
    let node = Node::start();
    let public = Provider { client_id: "public".to_owned(), client_secret: None, ..provider(&node) };
    let world = world(public).await;
    assert!(sign_in(&world, "mina", begin()).await.unwrap().logged_in.is_some());
    let wrong = Provider { client_secret: Some(Secret::new("wrong")), ..provider(&node) };
    let world = self::world(wrong).await;
    assert_eq!(seen(sign_in(&world, "mina", begin()).await).0, ErrorCode::InvalidAuth);
}

#[tokio::test]
async fn au19_only_the_browser_that_began_ends_a_login_and_once() {
    let node = Node::start();
    let world = world(provider(&node)).await;
    let by = from("127.0.0.1");
    let accounts = &world.accounts;
    let mine = accounts.begin_oidc("local", begin(), &by).await.unwrap();
    let other = accounts.begin_oidc("local", begin(), &by).await.unwrap();
    let returned = browse(&mine, "mina").await;
    let with_state = |state: &str| Returned { state: state.to_owned(), ..returned.clone() };
    let cases = [
        (returned.clone(), other.kept.clone()),
        (returned.clone(), String::new()),
        (returned.clone(), "e30.AAAA".to_owned()),
        (returned.clone(), format!("x{}", mine.kept)),
        (with_state(""), mine.kept.clone()),
        (with_state("null"), mine.kept.clone()),
        (Returned { iss: Some("https://evil.example".into()), ..returned.clone() }, mine.kept.clone()),
        (Returned { code: "made-up".into(), ..returned.clone() }, mine.kept.clone()),
        (Returned { code: String::new(), ..returned.clone() }, mine.kept.clone()),
    ];
    for (returned, kept) in cases {
        let shown = format!("{returned:?} {kept}");
        assert_eq!(seen(finish(accounts, returned, &kept).await).0, ErrorCode::InvalidAuth, "{shown}");
    }
    // A code of another login does not fit this one's verifier, nor its nonce.
    let theirs = browse(&other, "eve").await;
    let mixed = Returned { code: theirs.code, ..returned.clone() };
    assert_eq!(seen(finish(accounts, mixed, &mine.kept).await).0, ErrorCode::InvalidAuth);
    assert!(finish(accounts, returned.clone(), &mine.kept).await.is_ok());
    assert_eq!(
        seen(finish(accounts, returned, &mine.kept).await).0,
        ErrorCode::InvalidAuth,
        "a code works once"
    );
    let late = accounts.begin_oidc("local", begin(), &by).await.unwrap();
    let returned = browse(&late, "mina").await;
    world.pass(10 * 60_000);
    assert_eq!(seen(finish(accounts, returned, &late.kept).await).0, ErrorCode::InvalidAuth);
}

#[tokio::test]
async fn who_is_let_in_is_the_operators_choice() {
    let node = Node::start();
    let domains = Provider { email_domains: vec!["Example.com".to_owned()], ..provider(&node) };
    let world = world(domains).await;
    assert!(sign_in(&world, "mina", begin()).await.is_ok());
    for who in ["eve", "raw"] {
        assert_eq!(seen(sign_in(&world, who, begin()).await).0, ErrorCode::Forbidden, "{who}");
    }
    let linked = Provider { sign_up: false, ..provider(&node) };
    let world = self::world(linked).await;
    assert_eq!(seen(sign_in(&world, "mina", begin()).await).0, ErrorCode::Forbidden);
    // Linked by the person themselves, in the browser in which they are logged in.
    let row = world.person("someone").await;
    let by = from("127.0.0.1").acting_as(row.user);
    let link = Begin { link: Some(row.user), ..begin() };
    let begun = world.accounts.begin_oidc("local", link, &by).await.unwrap();
    let returned = browse(&begun, "mina").await;
    let nobody = finish(&world.accounts, returned.clone(), &begun.kept).await;
    assert_eq!(seen(nobody).0, ErrorCode::InvalidAuth, "another browser can't end it");
    let begun =
        world.accounts.begin_oidc("local", Begin { link: Some(row.user), ..begin() }, &by).await.unwrap();
    let returned = browse(&begun, "mina").await;
    let whole = (returned, begun.kept.as_str());
    let done = world.accounts.finish_oidc("local", whole, (Some(row.user), None), &by).await.unwrap();
    assert!(done.logged_in.is_none());
    let entered = sign_in(&world, "mina", begin()).await.unwrap().logged_in.unwrap();
    assert_eq!(entered.account.user, row.user);
}

#[tokio::test]
async fn a_provider_that_lies_or_is_away_signs_nobody_in() {
    let node = Node::start();
    let by = from("127.0.0.1");
    let away = Provider { issuer: "http://127.0.0.1:9".to_owned(), ..provider(&node) };
    let world = world(away).await;
    let refused = world.accounts.begin_oidc("local", begin(), &by).await;
    assert_eq!(seen(refused.map(|_| ())).0, ErrorCode::ServiceUnavailable);
    // The same provider under another name is another issuer.
    let renamed = Provider { issuer: node.issuer.replace("127.0.0.1", "localhost"), ..provider(&node) };
    let world = self::world(renamed).await;
    let refused = world.accounts.begin_oidc("local", begin(), &by).await;
    assert_eq!(seen(refused.map(|_| ())).0, ErrorCode::ServiceUnavailable);
    let refused = world.accounts.begin_oidc("another", begin(), &by).await;
    assert_eq!(seen(refused.map(|_| ())).0, ErrorCode::NotFound);
}
