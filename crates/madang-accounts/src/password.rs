//! Passwords: which are taken, how they are stored, and that checking them costs the server a bounded amount.
//!
//! A password must never leave this file but as a PHC string.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use madang_protocol::ErrorCode;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, oneshot};

use crate::Refusal;
use crate::common::COMMON;

/// Characters of a password at most: more is no safer, and has to be hashed.
pub const PASSWORD_CHARS_MAX: usize = 128;
/// KiB that one hash fills (OWASP, ASVS appendix C: m=47104, t=1, p=1).
const MEMORY_KIB: u32 = 47_104;
/// Hashes at once: more than two would take more than 92 MiB, and all cores of a small machine.
const AT_ONCE: usize = 2;

/// By how much the threads that hash are less urgent than others (`nice`): whoever floods the login must not take the
/// processor from those who talk.
const NICE: i32 = 10;
/// The least urgent there is.
const NICE_MAX: i32 = 19;

/// A hash to be made.
type Job = Box<dyn FnOnce() + Send>;

/// Hashes and checks passwords.
pub(crate) struct Passwords {
    /// Started with the first password; they end when this goes.
    threads: OnceLock<SyncSender<Job>>,
    argon: Argon2<'static>,
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    waiting_max: usize,
    /// Of no password: checked for names that don't exist, so that time tells nothing.
    decoy: String,
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// Not the password.
    Wrong,
    /// The password.
    Right,
    /// The password, stored by other parameters than today's: store it anew.
    Stale,
}

impl Passwords {
    pub(crate) fn new(waiting_max: usize) -> Passwords {
        let params =
            Params::new(MEMORY_KIB, 1, 1, None).expect("these parameters are within argon2's bounds");
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let slots = Arc::new(Semaphore::new(AT_ONCE));
        let decoy = decoy();
        Passwords { threads: OnceLock::new(), argon, slots, waiting: AtomicUsize::new(0), waiting_max, decoy }
    }

    /// Makes the PHC string of a password.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Refusal> {
        let argon = self.argon.clone();
        let hashed = self.work(move || argon.hash_password(password.as_bytes()).map(|hash| hash.to_string()));
        hashed.await?.map_err(|error| fault(error.to_string()))
    }

    /// Checks a password; the same work is done when there is none to check against.
    pub(crate) async fn check(&self, password: String, phc: Option<String>) -> Result<Check, Refusal> {
        let exists = phc.is_some();
        let phc = phc.unwrap_or_else(|| self.decoy.clone());
        let argon = self.argon.clone();
        let checked = self.work(move || {
            let Ok(stored) = PasswordHash::new(&phc) else { return Check::Wrong };
            // Longer ones can't have been set; hashed all the same, cut to a bounded size.
            let bytes = password.as_bytes();
            let fits = password.chars().count() <= PASSWORD_CHARS_MAX;
            let bytes = if fits { bytes } else { &bytes[..PASSWORD_CHARS_MAX] };
            let right = argon.verify_password(bytes, &stored).is_ok() && fits;
            match (right, Params::try_from(&stored)) {
                (false, _) => Check::Wrong,
                (true, Ok(params)) if same(&params, argon.params()) => Check::Right,
                (true, _) => Check::Stale,
            }
        });
        checked.await.map(|check| if exists { check } else { Check::Wrong })
    }

    /// Runs a hash on one of the two threads for it, with a bounded number waiting.
    async fn work<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let permit = match Arc::clone(&self.slots).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let place = Place::take(&self.waiting, self.waiting_max)?;
                let permit = Arc::clone(&self.slots).acquire_owned().await;
                drop(place);
                permit.map_err(|error| fault(error.to_string()))?
            }
        };
        let (tell, done) = oneshot::channel();
        let job = Box::new(move || {
            let out = job();
            drop(permit);
            // Whoever asked may have gone.
            drop(tell.send(out));
        });
        // There is room: as many as the threads and the queue hold have a permit.
        let begun = self.threads.get_or_init(start_threads).try_send(job);
        begun.map_err(|error| fault(error.to_string()))?;
        done.await.map_err(|error| fault(error.to_string()))
    }
}

/// Starts the threads that hash: apart from those that serve, and less urgent.
fn start_threads() -> SyncSender<Job> {
    let (jobs, waiting) = sync_channel::<Job>(AT_ONCE);
    let waiting = Arc::new(Mutex::new(waiting));
    for _ in 0..AT_ONCE {
        let waiting = Arc::clone(&waiting);
        let work = move || {
            // Where the system does not allow it they are as urgent as others.
            if let Err(error) = give_way() {
                tracing::debug!(%error, "threads that hash passwords are as urgent as others");
            }
            loop {
                let job = waiting.lock().recv();
                let Ok(job) = job else { return };
                // One that panics has dropped the other end, by which its asker knows.
                drop(std::panic::catch_unwind(AssertUnwindSafe(job)));
            }
        };
        if let Err(error) = std::thread::Builder::new().name("password".to_owned()).spawn(work) {
            tracing::error!(%error, "no thread for passwords could be started");
        }
    }
    jobs
}

/// Makes this thread less urgent than the program's others.
fn give_way() -> rustix::io::Result<()> {
    let own = Some(rustix::thread::gettid());
    let nice = rustix::process::getpriority_process(own)?;
    rustix::process::setpriority_process(own, (nice + NICE).min(NICE_MAX))
}

/// One who waits for a slot; a request that is given up gives its place back.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, max: usize) -> Result<Place<'a>, Refusal> {
        let taken =
            waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| (now < max).then_some(now + 1));
        taken.map(|_| Place(waiting)).map_err(|_| Refusal::rate_limited(1_000))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A PHC string with today's parameters that no password has: its tag is random.
fn decoy() -> String {
    use base64::Engine as _;
    let b64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes);
    let (salt, tag) = (b64(&crate::secret::random::<16>()), b64(&crate::secret::random::<32>()));
    format!("$argon2id$v=19$m={MEMORY_KIB},t=1,p=1${salt}${tag}")
}

fn same(one: &Params, other: &Params) -> bool {
    (one.m_cost(), one.t_cost(), one.p_cost()) == (other.m_cost(), other.t_cost(), other.p_cost())
}

fn fault(cause: String) -> Refusal {
    Refusal::new(ErrorCode::InternalError, "Something went wrong on the server.").caused_by(cause)
}

/// Whether a password may be chosen; there are no rules of composition.
pub(crate) fn check_choice(password: &str, name: &str, chars_min: usize) -> Result<(), Refusal> {
    let refuse = |message: String| {
        Err(Refusal { details: Some("password".into()), ..Refusal::new(ErrorCode::InvalidData, message) })
    };
    let chars = password.chars().count();
    if chars < chars_min {
        return refuse(format!("A password needs at least {chars_min} characters. A few words will do."));
    }
    if chars > PASSWORD_CHARS_MAX {
        return refuse(format!("A password has at most {PASSWORD_CHARS_MAX} characters."));
    }
    let folded = password.to_lowercase();
    let same = folded.chars().all(|one| folded.starts_with(one));
    if same
        || COMMON.binary_search(&folded.as_str()).is_ok()
        || is_run(&folded)
        || folded == name.to_lowercase()
    {
        return refuse("This password is among those that are tried first. Choose another.".to_owned());
    }
    Ok(())
}

/// `123456789012`, `abcdefghijkl`, and backwards.
fn is_run(text: &str) -> bool {
    let steps = || text.chars().zip(text.chars().skip(1));
    let next = |(one, two): (char, char)| u32::from(one) + 1 == u32::from(two) || (one, two) == ('9', '0');
    steps().all(next) || steps().all(|(one, two)| next((two, one)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_and_others_are_not() {
        let passwords = Passwords::new(8);
        let phc = passwords.hash("correct horse battery".into()).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"), "{phc}");
        let check = async |password: &str, phc: Option<&String>| {
            passwords.check(password.to_owned(), phc.cloned()).await.unwrap()
        };
        assert_eq!(check("correct horse battery", Some(&phc)).await, Check::Right);
        assert_eq!(check("correct horse batterz", Some(&phc)).await, Check::Wrong);
        assert_eq!(check("correct horse battery", None).await, Check::Wrong);
        assert_eq!(check(&"x".repeat(100_000), Some(&phc)).await, Check::Wrong);
    }

    #[tokio::test]
    async fn a_password_stored_by_older_parameters_is_stored_anew() {
        let older =
            Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).unwrap());
        let phc = older.hash_password(b"correct horse battery").unwrap().to_string();
        let passwords = Passwords::new(8);
        assert_eq!(passwords.check("correct horse battery".into(), Some(phc)).await.unwrap(), Check::Stale);
    }

    #[tokio::test]
    async fn au16_two_hashes_at_once_a_few_wait_and_the_rest_is_refused() {
        let passwords = Arc::new(Passwords::new(3));
        let held = Arc::clone(&passwords.slots).acquire_many_owned(2).await.unwrap();
        let mut waiting = Vec::new();
        for _ in 0..3 {
            let passwords = Arc::clone(&passwords);
            waiting.push(tokio::spawn(async move { passwords.check("x".into(), None).await }));
        }
        while passwords.waiting.load(Ordering::Relaxed) < 3 {
            tokio::task::yield_now().await;
        }
        let refused = passwords.check("x".into(), None).await.unwrap_err();
        assert_eq!((refused.code, refused.retry_after_ms), (ErrorCode::RateLimited, Some(1_000)));
        drop(held);
        for check in waiting {
            assert_eq!(check.await.unwrap().unwrap(), Check::Wrong);
        }
        assert_eq!(passwords.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn au16_passwords_are_hashed_on_two_threads_that_are_less_urgent() {
        let passwords = Arc::new(Passwords::new(8));
        let look = || {
            let thread = std::thread::current();
            let nice = rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap();
            (thread.name().map(str::to_owned), nice, thread.id())
        };
        let own = look();
        let mut threads = std::collections::HashSet::new();
        for _ in 0..20 {
            let (name, nice, thread) = passwords.work(look).await.unwrap();
            assert_eq!(name.as_deref(), Some("password"));
            assert_eq!(nice, (own.1 + NICE).min(NICE_MAX));
            threads.insert(thread);
        }
        assert!(threads.len() <= AT_ONCE && !threads.contains(&own.2));
        // A hash that fails takes no thread with it.
        for _ in 0..5 {
            let failed = passwords.work(move || assert!(own.1 > 99, "as a test said")).await;
            assert_eq!(failed.unwrap_err().code, ErrorCode::InternalError);
        }
        assert!(passwords.work(look).await.is_ok());
    }

    #[test]
    fn what_may_be_chosen() {
        let code =
            |password: &str| check_choice(password, "Mina.Kim@example", 12).map_err(|refusal| refusal.code);
        let bad = Err(ErrorCode::InvalidData);
        for (password, wanted) in [
            ("correct horse battery", Ok(())),
            ("아침에 마시는 커피 한 잔", Ok(())),
            ("elevenchars", bad),
            ("PasswordPassword", bad),
            ("aaaaaaaaaaaaaa", bad),
            ("123456789012", bad),
            ("890123456789", bad),
            ("lkjihgfedcba", bad),
            ("mina.kim@EXAMPLE", bad),
        ] {
            assert_eq!(code(password), wanted, "{password}");
        }
        assert_eq!(code(&"가나".repeat(65)), bad);
        assert_eq!(code(&"가나".repeat(64)), Ok(()));
    }
}
