//! Starting, running, draining, stopping.
//!
//! The order is the point: settings are checked before this, the data is taken before the port opens, and the line that
//! says "ready" comes last. On the way out the edge drains, then the database closes.

use std::io::{IsTerminal as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context as _, anyhow, bail};
use madang_accounts::Accounts;
use madang_gateway::{Gateway, Host};
use madang_hub::{Clock as _, Hub, SystemClock};
use madang_store::{Integrity, SqliteStore};
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::config::Config;
use crate::control::Control;
use crate::lifecycle::{Signals, allow_many_files, use_small_pages};
use crate::secrets::Secrets;
use crate::tls::{self, Authority};
use crate::{assets, logging};

/// The file in the data directory with the link for the first administrator.
const BOOTSTRAP: &str = "bootstrap";
/// What a task that can't be stopped (a lookup of a name, a read of a slow disk) gets before it is left behind.
const LEFT_BEHIND_AFTER: Duration = Duration::from_secs(2);

/// Runs the server until it is told to stop.
///
/// # Errors
/// One sentence when it can't start, when a part of it crashed, or when it was stopped before it had drained.
pub fn run(config: &Config) -> anyhow::Result<()> {
    logging::start(config.log_format, &config.log)?;
    // Only fails when a provider is there already, and then TLS has what it needs.
    let _already_there = rustls::crypto::aws_lc_rs::default_provider().install_default();
    allow_many_files();
    use_small_pages();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads to run on")?;
    let outcome = runtime.block_on(serve(config));
    runtime.shutdown_timeout(LEFT_BEHIND_AFTER);
    outcome
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    // From here on a signal waits to be looked at instead of killing.
    let mut signals = Signals::listen()?;
    let unusable = || format!("the data directory {} can't be used", config.data_dir.display());
    let store = SqliteStore::open(&config.data_dir, config.store.clone()).await.with_context(unusable)?;
    let store = Arc::new(store);
    let secrets = Secrets::open(&config.data_dir)?;
    let tls = tls(config, &secrets)?;
    let accounts = accounts(config, Arc::clone(&store))?;
    let gateway = gateway(config, &secrets, (Arc::clone(&store), accounts.clone())).await?;
    let in_use = || format!("{} can't be listened on", config.listen);
    let listener = TcpListener::bind(config.listen).await.with_context(in_use)?;

    let address = listener.local_addr()?;
    let first = first_administrator(config, &accounts, address).await?;
    let control = Control::open(&config.data_dir).map(|control| tokio::spawn(control.serve(accounts)));
    if let Err(error) = &control {
        tracing::warn!(%error, "`madang user` works only while this server is stopped");
    }
    announce(config, address, (tls.as_ref().and_then(|tls| tls.authority.as_ref()), first.as_deref()))?;
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async {
        // An error says that this function is gone, which is a reason to stop as well.
        let _told = stopped.await;
    };
    let mut edge =
        tokio::spawn(madang_gateway::serve(gateway, listener, tls.map(|tls| tls.config), shutdown));
    tokio::select! {
        () = signals.next() => {}
        ended = &mut edge => bail!(ended_early(ended)),
    }
    tracing::info!("draining");
    drop(stop);
    tokio::select! {
        ended = &mut edge => ended.map_err(|_| anyhow!("the edge crashed while it drained"))??,
        () = signals.next() => bail!("stopped before everyone was told; what was acknowledged is on disk"),
    }
    if let Ok(control) = control {
        control.abort();
        // Its end, whatever it is, is that of the socket.
        drop(control.await);
    }
    store.close().await.context("the database was not closed cleanly; the next start checks it")
}

/// Why the edge ended without being told to.
fn ended_early(ended: Result<std::io::Result<()>, tokio::task::JoinError>) -> anyhow::Error {
    match ended {
        Ok(Ok(())) => anyhow!("the edge ended without being told to"),
        Ok(Err(error)) => anyhow::Error::new(error).context("the edge failed"),
        Err(_) => anyhow!("the edge crashed"),
    }
}

/// Who people are.
fn accounts(config: &Config, store: Arc<SqliteStore>) -> anyhow::Result<Accounts> {
    let clock = Arc::new(|| SystemClock.now());
    Accounts::new(config.accounts.clone(), store, clock).context("the section [accounts]")
}

/// The link for the first administrator, while there is none.
async fn first_administrator(
    config: &Config,
    accounts: &Accounts,
    address: SocketAddr,
) -> anyhow::Result<Option<String>> {
    let here = format!("{}://{}", scheme(config), reachable(address));
    let base = config.gateway.public_url.clone().unwrap_or(here);
    Ok(accounts.open_bootstrap(&config.data_dir.join(BOOTSTRAP), &base).await?)
}

/// Everything behind the port.
async fn gateway(
    config: &Config,
    secrets: &Secrets,
    (store, accounts): (Arc<SqliteStore>, Accounts),
) -> anyhow::Result<Gateway> {
    let model = madang_model::from_settings(&config.model).context("the section [model]")?;
    let bus = Arc::new(madang_bus::LocalBus::default());
    let clock = Arc::new(SystemClock);
    let host = host(config, Arc::clone(&store));
    let hub = Hub::start(config.hub.clone(), store, model, bus, clock)
        .await
        .context("the stored sessions can't be read")?;
    let key = secrets.signing_key()?;
    let gateway = Gateway::new(
        config.gateway.clone(),
        (hub, accounts),
        &key,
        Some(assets::router(config.is_https_for_good())),
    );
    Ok(gateway.context("the section [gateway]")?.with_host(host))
}

/// What an administrator is told of the program around the edge.
fn host(config: &Config, store: Arc<SqliteStore>) -> impl Fn() -> Host + Send + Sync + 'static {
    let warnings: Vec<String> = config.warnings().iter().map(ToString::to_string).collect();
    move || {
        let integrity = match store.integrity() {
            Integrity::NotNeeded => "the last stop was clean".to_owned(),
            Integrity::Running => "the data is being checked".to_owned(),
            Integrity::Sound => "the data was checked and is whole".to_owned(),
            Integrity::Damaged(findings) => format!("damaged: {} findings, see the log", findings.len()),
            Integrity::Unfinished(_) => "the check did not end; the next start does it again".to_owned(),
        };
        Host { warnings: warnings.clone(), integrity }
    }
}

/// How TLS is spoken.
struct Tls {
    config: Arc<ServerConfig>,
    /// For a certificate made here.
    authority: Option<Authority>,
}

fn tls(config: &Config, secrets: &Secrets) -> anyhow::Result<Option<Tls>> {
    if config.dev_tls {
        let now = UNIX_EPOCH + Duration::from_millis(SystemClock.now().0);
        let (tls, authority) = tls::for_development(secrets, config.listen.ip(), now)?;
        return Ok(Some(Tls { config: tls, authority: Some(authority) }));
    }
    let (Some(cert), Some(key)) = (&config.tls_cert, &config.tls_key) else { return Ok(None) };
    Ok(Some(Tls { config: tls::from_files(cert, key)?, authority: None }))
}

/// Prints what one should know in a line, and then the line that says that all is ready.
fn announce(
    config: &Config,
    address: SocketAddr,
    (authority, first): (Option<&Authority>, Option<&str>),
) -> anyhow::Result<()> {
    let mut warnings: Vec<String> = config.warnings().iter().map(ToString::to_string).collect();
    if let Some(Authority { path, fingerprint }) = authority {
        warnings.push(format!(
            "browsers trust the certificate once {} is installed (SHA-256 {fingerprint})",
            path.display()
        ));
    }
    let file = config.data_dir.join(BOOTSTRAP);
    let mut text = String::new();
    match first {
        // On a terminal alone: what is printed elsewhere is kept, and a link in a log is a link for its readers.
        Some(link) if std::io::stdout().is_terminal() => {
            text = format!(
                "Become the first administrator, within a day: {link} (also in {})\n",
                file.display()
            );
        }
        Some(_) => warnings.push(format!(
            "there is no administrator yet, {} holds the link to become the first one",
            file.display()
        )),
        None => {}
    }
    if !warnings.is_empty() {
        text += &format!("Warning: {}\n", warnings.join("; "));
    }
    text += &format!("Madang is ready at {}://{}\n", scheme(config), reachable(address));
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("standard output can't be written")
}

fn scheme(config: &Config) -> &'static str {
    if config.has_tls() { "https" } else { "http" }
}

/// An address that can be opened here: a listener on all addresses is also on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other @ (IpAddr::V4(_) | IpAddr::V6(_)) => other,
    };
    SocketAddr::new(ip, address.port())
}
