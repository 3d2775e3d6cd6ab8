//! What the operating system has a say in: the signals that end the server, the files it may open, the size of pages.

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and SIGINT, listened to from the moment this is made.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Starts to listen.
    pub(crate) fn listen() -> anyhow::Result<Signals> {
        let open = |kind| signal(kind).context("the signals that stop the server can't be listened to");
        Ok(Signals { terminate: open(SignalKind::terminate())?, interrupt: open(SignalKind::interrupt())? })
    }

    /// Waits for the next one.
    ///
    /// # Cancel safety
    /// Safe: a signal that nobody waited for is given to the next call.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Lets this process open as many files as the system allows it: a connection takes one, and the usual soft limit of
/// 1,024 is for programs that use `select`.
pub(crate) fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return;
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, ?current, "the limit of open files stays as it is");
    }
}

/// Has memory in pages of the usual size. The allocator asks for huge ones, of 2 MiB, and what is freed between things
/// that stay is never given back then: with ten thousand connections that rest, a third of what the server held was nobody's.
pub(crate) fn use_small_pages() {
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::warn!(%error, "memory is had in huge pages, and more of it than is used");
    }
}
