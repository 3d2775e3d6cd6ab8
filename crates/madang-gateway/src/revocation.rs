//! What ends when a credential does: every socket, stream and download of it, within a second (SE4).
//!
//! Whoever holds something open for a person registers how it is cut. Registered first and checked again afterwards, so
//! that a credential that ends between a handshake and its registration is no way in.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

pub(crate) use madang_accounts::Which;
use madang_accounts::{Accounts, Proof, Standing};
use madang_hub::{Caller, Via};
use madang_protocol::{CloseCode, LoginId, UnixMs, UserId};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::gateway::Shared;

/// Between looks at what was registered and what ran out: short enough for "within a second".
const LOOK_MS: u64 = 200;
/// Looks between two notes of what is in use: an hour, since that is how often it is written.
const KEEP_ALIVE_EVERY: u64 = 3_600_000 / LOOK_MS;

/// How something is cut: the close code, and the sentence that says why. Must not block.
type Cut = Box<dyn Fn(CloseCode, &'static str) + Send + Sync>;

/// Everything that is open, by person.
#[derive(Default)]
pub(crate) struct Revocations {
    table: Arc<Mutex<Table>>,
}

#[derive(Default)]
struct Table {
    next: u64,
    people: HashMap<UserId, Vec<Entry>>,
    /// What ends by itself, the next first.
    due: BTreeSet<(UnixMs, UserId, u64)>,
    /// What was registered and not yet checked.
    fresh: Vec<(UserId, Via)>,
}

struct Entry {
    id: u64,
    via: Via,
    /// Whether it was let in as an administrator's.
    admin: bool,
    until: Option<UnixMs>,
    cut: Cut,
}

/// Something registered; dropped, it is forgotten.
pub(crate) struct Guard {
    table: Weak<Mutex<Table>>,
    user: UserId,
    id: u64,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(table) = self.table.upgrade() else { return };
        let gone = table.lock().remove(self.user, |entry| entry.id == self.id);
        drop(gone);
    }
}

impl Revocations {
    /// Registers something that is open for a person. When their credential ends, `cut` is called once, with 4401; when
    /// it runs out, with 4201; when what is known of them changed, with 4202, so that they come back as they are now.
    pub(crate) fn register(
        &self,
        caller: &Caller,
        cut: impl Fn(CloseCode, &'static str) + Send + Sync + 'static,
    ) -> Guard {
        let mut table = self.table.lock();
        table.next += 1;
        let (id, user, via) = (table.next, caller.user, caller.via);
        let until = match via {
            Via::Embedder(until) => Some(until),
            Via::Guest | Via::Login(_) | Via::Token(_) => None,
        };
        if let Some(until) = until {
            table.due.insert((until, user, id));
        }
        let entries = table.people.entry(user).or_default();
        // A person has few of them: no spare room for more.
        entries.reserve_exact(1);
        entries.push(Entry { id, via, admin: caller.admin, until, cut: Box::new(cut) });
        table.fresh.push((user, via));
        Guard { table: Arc::downgrade(&self.table), user, id }
    }

    /// Cuts what rests on a credential that holds no longer.
    pub(crate) fn revoke(&self, which: Which) {
        let (code, sentence) = match which {
            Which::Changed(_) => (CloseCode::StateInvalidated, "Something about your account changed."),
            Which::Login(_) | Which::Logins(..) => (CloseCode::BadCredential, "This login was ended."),
            Which::Token(_) | Which::Tokens(_) => (CloseCode::BadCredential, "This token was ended."),
            Which::Person(_) => {
                (CloseCode::BadCredential, "The account was suspended, or its password changed.")
            }
        };
        let cut = {
            let mut table = self.table.lock();
            let users: Vec<UserId> = match which {
                Which::Changed(user) | Which::Person(user) | Which::Tokens(user) | Which::Logins(user, _) => {
                    vec![user]
                }
                Which::Login(_) | Which::Token(_) => table.people.keys().copied().collect(),
            };
            let mut cut = Vec::new();
            for user in users {
                cut.extend(table.remove(user, |entry| ends(which, user, entry.via)));
            }
            cut
        };
        // Outside the lock: what is cut gives its guard back.
        cut.iter().for_each(|entry| (entry.cut)(code, sentence));
    }

    /// Cuts what has run out.
    fn expire(&self, now: UnixMs) {
        let cut = {
            let mut table = self.table.lock();
            let mut cut = Vec::new();
            while let Some((until, user, id)) = table.due.first().copied().filter(|(until, ..)| *until <= now)
            {
                table.due.remove(&(until, user, id));
                cut.extend(table.remove(user, |entry| entry.id == id));
            }
            cut
        };
        let sentence = "The credential has run out: sign in again.";
        cut.iter().for_each(|entry| (entry.cut)(CloseCode::TokenExpired, sentence));
    }

    /// Looks again at the credentials of what was registered since the last look: all of them in a few questions, since
    /// after a restart everyone comes back at once, and what runs out meanwhile has to be cut in time.
    async fn look(&self, accounts: &Accounts) {
        let fresh: HashSet<(UserId, Via)> =
            std::mem::take(&mut self.table.lock().fresh).into_iter().collect();
        if fresh.is_empty() {
            return;
        }
        let fresh: Vec<(UserId, Via)> = fresh.into_iter().collect();
        let asked: Vec<_> = fresh.iter().map(|(user, via)| (*user, proof_of(*via))).collect();
        match accounts.standings(&asked).await {
            Ok(standings) => {
                for ((user, via), standing) in fresh.into_iter().zip(standings) {
                    self.judge(user, via, standing);
                }
            }
            // The store can't be read now: the next look tries again.
            Err(_) => self.table.lock().fresh.extend(fresh),
        }
    }

    /// Cuts what rests on a credential that ended, and what was let in as an administrator's when its person was one no
    /// longer by the time it was registered: a socket may take seconds to say `hello`.
    fn judge(&self, user: UserId, via: Via, standing: Standing) {
        let (cut, code, sentence) = {
            let mut table = self.table.lock();
            match standing {
                Standing::Ended => (
                    table.remove(user, |entry| entry.via == via),
                    CloseCode::BadCredential,
                    "The credential holds no longer: sign in again.",
                ),
                Standing::Holds { until, admin } => {
                    table.ends_at(user, via, until);
                    (
                        table.remove(user, |entry| entry.via == via && entry.admin && !admin),
                        CloseCode::StateInvalidated,
                        "Something about your account changed.",
                    )
                }
            }
        };
        cut.iter().for_each(|entry| (entry.cut)(code, sentence));
    }

    /// How many things are registered.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.table.lock().people.values().map(Vec::len).sum()
    }
}

impl Table {
    /// Takes entries of a person out.
    fn remove(&mut self, user: UserId, which: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        let Some(entries) = self.people.get_mut(&user) else { return Vec::new() };
        let gone: Vec<Entry> = entries.extract_if(.., |entry| which(entry)).collect();
        if entries.is_empty() {
            self.people.remove(&user);
        }
        for entry in &gone {
            if let Some(until) = entry.until {
                self.due.remove(&(until, user, entry.id));
            }
        }
        gone
    }

    /// Notes when a credential ends by itself.
    fn ends_at(&mut self, user: UserId, via: Via, until: Option<UnixMs>) {
        let Some(until) = until else { return };
        let entries = self.people.get_mut(&user).into_iter().flatten();
        for entry in entries.filter(|entry| entry.via == via && entry.until.is_none()) {
            entry.until = Some(until);
            self.due.insert((until, user, entry.id));
        }
    }
}

/// Whether a credential is among those that end; `user` is whose it is.
pub(crate) fn ends(which: Which, user: UserId, via: Via) -> bool {
    match which {
        Which::Login(login) => via == Via::Login(login),
        Which::Logins(whose, keep) => {
            whose == user && matches!(via, Via::Login(login) if Some(login) != keep)
        }
        Which::Token(token) => via == Via::Token(token),
        Which::Tokens(whose) => whose == user && matches!(via, Via::Token(_)),
        Which::Person(whose) | Which::Changed(whose) => whose == user,
    }
}

/// What proves a person who came that way.
fn proof_of(via: Via) -> Option<Proof> {
    match via {
        Via::Guest => None,
        Via::Login(login) => Some(Proof::Login(login)),
        Via::Token(token) => Some(Proof::Token(token)),
        Via::Embedder(until) => Some(Proof::Embedder(until)),
    }
}

/// Notes that the logins of all that is open are in use: one that is looked at all week must not end for want of use.
async fn keep_alive(revocations: &Revocations, accounts: &Accounts) {
    let logins: HashSet<LoginId> = {
        let table = revocations.table.lock();
        let login = |entry: &Entry| match entry.via {
            Via::Login(login) => Some(login),
            Via::Guest | Via::Token(_) | Via::Embedder(_) => None,
        };
        table.people.values().flatten().filter_map(login).collect()
    };
    let logins: Vec<LoginId> = logins.into_iter().collect();
    if let Err(refusal) = accounts.are_in_use(&logins).await {
        tracing::warn!(error = &refusal as &dyn std::error::Error, "the use of logins was not noted");
    }
}

/// Has the accounts say what ends, and watches for what runs out, until told to stop.
pub(crate) async fn watch(shared: Arc<Shared>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(Duration::from_millis(LOOK_MS));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for turn in (1..=KEEP_ALIVE_EVERY).cycle() {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        shared.revocations.expire(shared.now());
        shared.revocations.look(&shared.accounts).await;
        if turn == KEEP_ALIVE_EVERY {
            keep_alive(&shared.revocations, &shared.accounts).await;
        }
    }
}

/// Hears of what ends from the accounts, for as long as the edge is there.
pub(crate) fn listen(shared: &Arc<Shared>) {
    let weak = Arc::downgrade(shared);
    shared.accounts.listen(Box::new(move |which| {
        let Some(shared) = weak.upgrade() else { return };
        shared.identity.tickets.end(|caller| ends(which, caller.user, caller.via));
        shared.revocations.revoke(which);
        if let Which::Person(user) = which {
            shared.hub.look_at_account(user);
        }
    }));
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use madang_protocol::{Scope, TokenId};
    use madang_store::{AccountRow, Append, LoginRow, PersonChange, SqliteStore, Store as _};
    use madang_testkit::FlakyStore;

    use super::*;

    fn caller(user: u8, via: Via) -> Caller {
        let user = UserId::new(UnixMs(1), [user; 10]);
        let text = || Arc::from("");
        Caller {
            user,
            display_name: text(),
            color: text(),
            language: text(),
            guest: false,
            admin: false,
            scope: Scope::Full,
            via,
        }
    }

    fn login(n: u8) -> LoginId {
        LoginId::new(UnixMs(1), [n; 10])
    }

    #[test]
    fn se4_exactly_what_rests_on_the_credential_is_cut() {
        let (one, two) = (caller(1, Via::Guest).user, caller(2, Via::Guest).user);
        let token = TokenId::new(UnixMs(1), [3; 10]);
        let all = [
            caller(1, Via::Login(login(1))),
            caller(1, Via::Login(login(2))),
            caller(1, Via::Token(token)),
            caller(1, Via::Embedder(UnixMs(9))),
            caller(2, Via::Login(login(3))),
        ];
        let cases: [(Which, &[usize]); 7] = [
            (Which::Login(login(2)), &[1]),
            (Which::Logins(one, None), &[0, 1]),
            (Which::Logins(one, Some(login(1))), &[1]),
            (Which::Token(token), &[2]),
            (Which::Tokens(one), &[2]),
            (Which::Person(one), &[0, 1, 2, 3]),
            (Which::Person(two), &[4]),
        ];
        for (which, wanted) in cases {
            let revocations = Revocations::default();
            let (tell, told) = mpsc::channel();
            let mut guards = Vec::new();
            for (index, caller) in all.iter().enumerate() {
                let tell = tell.clone();
                guards.push(revocations.register(caller, move |code, _| tell.send((index, code)).unwrap()));
            }
            revocations.revoke(which);
            revocations.revoke(which);
            let mut cut: Vec<_> = told.try_iter().collect();
            cut.sort_unstable_by_key(|(index, _)| *index);
            let wanted: Vec<_> = wanted.iter().map(|index| (*index, CloseCode::BadCredential)).collect();
            assert_eq!(cut, wanted, "{which:?}");
            assert_eq!(revocations.len(), all.len() - wanted.len());
            drop(guards);
            assert_eq!(revocations.len(), 0);
        }
    }

    #[test]
    fn what_runs_out_is_cut_in_time_and_what_closed_before_is_forgotten() {
        let revocations = Revocations::default();
        let (tell, told) = mpsc::channel();
        let register = |until| {
            let tell = tell.clone();
            let caller = caller(1, Via::Embedder(UnixMs(until)));
            revocations.register(&caller, move |code, _| tell.send((until, code)).unwrap())
        };
        let (_one, _two, gone) = (register(10), register(20), register(5));
        drop(gone);
        revocations.expire(UnixMs(9));
        assert_eq!(told.try_iter().count(), 0);
        revocations.expire(UnixMs(10));
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [(10, CloseCode::TokenExpired)]);
        assert_eq!(revocations.len(), 1);
    }

    /// Ten thousand come back at once: what is asked of the store grows with chunks, and not with people.
    #[tokio::test]
    async fn se4_ten_thousand_that_come_back_are_looked_at_in_a_few_questions() {
        const PEOPLE: u64 = 10_000;
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&dir.path().join("madang.db"), Default::default()).await.unwrap();
        let store = FlakyStore::new(Arc::new(store));
        let clock = Arc::new(|| UnixMs(1_000));
        let accounts = Accounts::new(Default::default(), store.clone(), clock).unwrap();
        let (user, id) = (UserId::new(UnixMs(1), [9; 10]), login(9));
        let account = AccountRow {
            user,
            name: "mina".into(),
            display_name: "Mina".into(),
            color: String::new(),
            language: String::new(),
            password: None,
            admin: false,
            disabled_at: None,
            created_at: UnixMs(1),
        };
        let row = LoginRow {
            login: id,
            hash: [1; 32],
            user,
            created_at: UnixMs(1),
            seen_at: UnixMs(1),
            expires_at: UnixMs(5_000),
            agent: String::new(),
            address: String::new(),
        };
        let people = vec![PersonChange::Account(account), PersonChange::Login(row)];
        store.submit(Append { people, ..Append::default() }).await.unwrap().await.unwrap();
        let revocations = Revocations::default();
        let (tell, told) = mpsc::channel();
        let register = |caller: &Caller| {
            let (tell, via) = (tell.clone(), caller.via);
            revocations.register(caller, move |code, _| tell.send((via, code)).unwrap())
        };
        let mut guards = Vec::new();
        for n in 0..PEOPLE {
            let unique =
                std::array::from_fn(|at| n.to_be_bytes().get(at.wrapping_sub(2)).copied().unwrap_or(0));
            let guest = Caller { user: UserId::new(UnixMs(2), unique), ..caller(1, Via::Guest) };
            guards.push(register(&guest));
        }
        // Of one person with an account: a login that holds, and one that ended before it was registered.
        guards.push(register(&Caller { user, ..caller(1, Via::Login(id)) }));
        guards.push(register(&Caller { user, ..caller(1, Via::Login(login(8))) }));
        let before = store.questions();
        revocations.look(&accounts).await;
        let asked = store.questions() - before;
        assert!((1..=18).contains(&asked), "{asked} questions about {PEOPLE} people");
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [(Via::Login(login(8)), CloseCode::BadCredential)]);
        revocations.expire(UnixMs(5_000));
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [(Via::Login(id), CloseCode::TokenExpired)]);
        // What is open is noted as used in as few, and nothing is asked when nothing is new.
        let before = store.questions();
        revocations.look(&accounts).await;
        keep_alive(&revocations, &accounts).await;
        assert_eq!(store.questions() - before, 0);
    }
}
