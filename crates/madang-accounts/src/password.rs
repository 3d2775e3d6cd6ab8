//! Passwords: which are taken, how they are stored, and that checking them costs the server a bounded amount.
//!
//! A password must never leave this file but as a PHC string.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use madang_protocol::ErrorCode;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

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

/// How long a thread keeps the memory of its last hash: to have it given and taken away for each one holds up every thread
/// of the program. An idle server has none of it.
const MEMORY_KEPT: Duration = Duration::from_secs(3);

/// What a thread fills with its hashes.
type Memory = Vec<Block>;
/// A hash to be made.
type Job = Box<dyn FnOnce(&mut Memory) + Send>;

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

    /// Takes a turn at hashing, or a place among those who wait for one: before anything else is done for whoever asks, so
    /// that turning a flood away costs next to nothing.
    pub(crate) fn turn(self: &Arc<Self>) -> Result<Turn, Refusal> {
        match Arc::clone(&self.slots).try_acquire_owned() {
            Ok(permit) => Ok(Turn::Now(permit)),
            Err(_) => Ok(Turn::Later(Place::take(self)?)),
        }
    }

    /// Makes the PHC string of a password.
    pub(crate) async fn hash(self: &Arc<Self>, password: String) -> Result<String, Refusal> {
        let (turn, argon) = (self.turn()?, self.argon.clone());
        let hash =
            move |_: &mut Memory| argon.hash_password(password.as_bytes()).map(|hash| hash.to_string());
        self.work(turn, hash).await?.map_err(|error| fault(error.to_string()))
    }

    /// Checks a password; the same work is done when there is none to check against.
    pub(crate) async fn check(
        &self,
        turn: Turn,
        typed: String,
        phc: Option<String>,
    ) -> Result<Check, Refusal> {
        let exists = phc.is_some();
        let phc = phc.unwrap_or_else(|| self.decoy.clone());
        let today = self.argon.params().clone();
        let checked = self.work(turn, move |memory| {
            let Ok(stored) = PasswordHash::new(&phc) else { return Check::Wrong };
            // Longer ones can't have been set; hashed all the same, cut to a bounded size.
            let bytes = typed.as_bytes();
            let fits = typed.chars().count() <= PASSWORD_CHARS_MAX;
            let bytes = if fits { bytes } else { &bytes[..PASSWORD_CHARS_MAX] };
            match (verify(&stored, bytes, memory), fits) {
                (Some(params), true) if same(&params, &today) => Check::Right,
                (Some(_), true) => Check::Stale,
                (Some(_), false) | (None, _) => Check::Wrong,
            }
        });
        checked.await.map(|check| if exists { check } else { Check::Wrong })
    }

    /// Runs a hash on one of the two threads for it, once it is its turn.
    async fn work<T: Send + 'static>(
        &self,
        turn: Turn,
        job: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let permit = match turn {
            Turn::Now(permit) => permit,
            Turn::Later(place) => {
                let permit = Arc::clone(&self.slots).acquire_owned().await;
                drop(place);
                permit.map_err(|error| fault(error.to_string()))?
            }
        };
        let (tell, done) = oneshot::channel();
        let job = Box::new(move |memory: &mut Memory| {
            let out = job(memory);
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

/// The parameters of a stored hash, if it is this password's.
fn verify(stored: &PasswordHash, password: &[u8], memory: &mut Memory) -> Option<Params> {
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
    let version = stored.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
    let params = Params::try_from(stored).ok()?;
    let (salt, wanted) = (stored.salt.as_ref()?, stored.hash.as_ref()?);
    if memory.len() < params.block_count() {
        *memory = vec![Block::default(); params.block_count()];
    }
    let argon = Argon2::new(algorithm, version, params.clone());
    let mut tag = vec![0; wanted.len()];
    argon.hash_password_into_with_memory(password, salt, &mut tag, &mut memory[..]).ok()?;
    // `Output` compares in constant time.
    (Output::new(&tag).ok()? == *wanted).then_some(params)
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
            let mut memory = Memory::new();
            loop {
                match next(&waiting, (!memory.is_empty()).then_some(MEMORY_KEPT)) {
                    // One that panics has dropped the other end, by which its asker knows.
                    Ok(job) => drop(std::panic::catch_unwind(AssertUnwindSafe(|| job(&mut memory)))),
                    Err(RecvTimeoutError::Timeout) => memory = Memory::new(),
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        };
        if let Err(error) = std::thread::Builder::new().name("password".to_owned()).spawn(work) {
            tracing::error!(%error, "no thread for passwords could be started");
        }
    }
    jobs
}

/// The next hash to make. A thread that holds memory waits for it no longer than it may keep that.
fn next(waiting: &Mutex<Receiver<Job>>, kept: Option<Duration>) -> Result<Job, RecvTimeoutError> {
    let Some(kept) = kept else {
        return waiting.lock().recv().map_err(|_| RecvTimeoutError::Disconnected);
    };
    // The other thread may be the one that waits.
    waiting.try_lock_for(kept).ok_or(RecvTimeoutError::Timeout)?.recv_timeout(kept)
}

/// Makes this thread less urgent than the program's others.
fn give_way() -> rustix::io::Result<()> {
    let own = Some(rustix::thread::gettid());
    let nice = rustix::process::getpriority_process(own)?;
    rustix::process::setpriority_process(own, (nice + NICE).min(NICE_MAX))
}

/// A turn at hashing, or a place in the line for one.
pub(crate) enum Turn {
    /// A thread is free.
    Now(OwnedSemaphorePermit),
    /// Others are before.
    Later(Place),
}

/// One who waits for a slot; a request that is given up gives its place back.
pub(crate) struct Place(Arc<Passwords>);

impl Place {
    fn take(passwords: &Arc<Passwords>) -> Result<Place, Refusal> {
        let max = passwords.waiting_max;
        let one_more = |now: usize| (now < max).then_some(now + 1);
        let taken = passwords.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        taken.map(|_| Place(Arc::clone(passwords))).map_err(|_| Refusal::rate_limited(1_000))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
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
        let passwords = Arc::new(Passwords::new(8));
        let phc = passwords.hash("correct horse battery".into()).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"), "{phc}");
        let check = async |password: &str, phc: Option<&String>| {
            let turn = passwords.turn().unwrap();
            passwords.check(turn, password.to_owned(), phc.cloned()).await.unwrap()
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
        let passwords = Arc::new(Passwords::new(8));
        for (password, wanted) in [("correct horse battery", Check::Stale), ("another", Check::Wrong)] {
            let turn = passwords.turn().unwrap();
            let check = passwords.check(turn, password.into(), Some(phc.clone())).await;
            assert_eq!(check.unwrap(), wanted);
        }
    }

    #[tokio::test]
    async fn au16_two_hashes_at_once_a_few_wait_and_the_rest_is_refused() {
        let passwords = Arc::new(Passwords::new(3));
        let held = Arc::clone(&passwords.slots).acquire_many_owned(2).await.unwrap();
        let mut waiting = Vec::new();
        for _ in 0..3 {
            let passwords = Arc::clone(&passwords);
            let turn = passwords.turn().unwrap();
            waiting.push(tokio::spawn(async move { passwords.check(turn, "x".into(), None).await }));
        }
        assert_eq!(passwords.waiting.load(Ordering::Relaxed), 3);
        let Err(refused) = passwords.turn() else { panic!("a fourth waits") };
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
        let look = |_: &mut Memory| {
            let thread = std::thread::current();
            let nice = rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap();
            (thread.name().map(str::to_owned), nice, thread.id())
        };
        let own = look(&mut Memory::new());
        let mut threads = std::collections::HashSet::new();
        for _ in 0..20 {
            let (name, nice, thread) = passwords.work(passwords.turn().unwrap(), look).await.unwrap();
            assert_eq!(name.as_deref(), Some("password"));
            assert_eq!(nice, (own.1 + NICE).min(NICE_MAX));
            threads.insert(thread);
        }
        assert!(threads.len() <= AT_ONCE && !threads.contains(&own.2));
        // A hash that fails takes no thread with it.
        for _ in 0..5 {
            let turn = passwords.turn().unwrap();
            let failed = passwords.work(turn, move |_| assert!(own.1 > 99, "as a test said")).await;
            assert_eq!(failed.unwrap_err().code, ErrorCode::InternalError);
        }
        assert!(passwords.work(passwords.turn().unwrap(), look).await.is_ok());
    }

    #[tokio::test]
    async fn au16_a_thread_fills_the_same_memory_again_and_gives_it_back_when_idle() {
        let passwords = Arc::new(Passwords::new(8));
        let held = |memory: &mut Memory| (memory.as_ptr() as usize, memory.len());
        // One thread alone works while the other is held.
        let (hold, held_up) = std::sync::mpsc::channel::<()>();
        let other = Arc::clone(&passwords);
        let turn = other.turn().unwrap();
        let busy = tokio::spawn(async move { other.work(turn, move |_| held_up.recv().is_ok()).await });
        let mut seen = Vec::new();
        for _ in 0..3 {
            let turn = passwords.turn().unwrap();
            assert_eq!(passwords.check(turn, "x".into(), None).await.unwrap(), Check::Wrong);
            seen.push(passwords.work(passwords.turn().unwrap(), held).await.unwrap());
        }
        assert_eq!(seen, vec![seen[0]; 3]);
        assert_eq!(seen[0].1, MEMORY_KIB as usize);
        drop(hold);
        busy.await.unwrap().unwrap();
        let (jobs, waiting) = sync_channel::<Job>(1);
        let waiting = Mutex::new(waiting);
        jobs.send(Box::new(|_| {})).unwrap();
        let kept = Some(Duration::from_millis(1));
        assert!(next(&waiting, kept).is_ok());
        assert_eq!(next(&waiting, kept).err(), Some(RecvTimeoutError::Timeout), "it gives its memory back");
        let other = waiting.lock();
        assert_eq!(next(&waiting, kept).err(), Some(RecvTimeoutError::Timeout), "also while another waits");
        drop((other, jobs));
        assert_eq!(next(&waiting, None).err(), Some(RecvTimeoutError::Disconnected));
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
