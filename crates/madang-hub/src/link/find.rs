//! From what a client wrote to what it means: sessions by id, by default or by an invite code; people by id or name.

use madang_protocol::limits::{HITS_PAGE_MAX, QUERY_CHARS_MAX};
use madang_protocol::{
    Author, Command, CreateSession, ErrorCode, ProtocolVersion, Search, SearchHit, SearchResults, SessionId,
    SessionRef, UserId,
};
use madang_session::{Action, Object, Rejection, Target, authorize};
use madang_store::{AccountRow, SecretHash, TextHit, TextQuery};

use super::{Link, Submission};
use crate::hub::store_rejection;
use crate::invite::{invite_hash, is_code};
use crate::live::Origin;

/// Before an embedding application's subject, where it is to be no login name: those have no colon.
const SUBJECT: &str = "sub:";
/// Bytes of the longest text that is looked up as a person.
const PERSON_BYTES_MAX: usize = 256;

/// The session that a command means, and the invite code that it was named by.
pub(super) struct Found {
    pub(super) session: SessionId,
    pub(super) code: Option<SecretHash>,
}

impl Link {
    /// The session a client means. Only version 1 has a default one (TU1).
    pub(super) async fn find_session(&self, named: &SessionRef) -> Result<Found, Rejection> {
        let known = |session| Found { session, code: None };
        match named {
            SessionRef::Id(id) => Ok(known(*id)),
            SessionRef::Other(text) if is_code(text) => self.find_by_code(text).await,
            SessionRef::Other(_) => {
                Err(Rejection::new(ErrorCode::InvalidSession, "This is not a session id.")
                    .details("session_id"))
            }
            SessionRef::Default if self.viewer.version() == ProtocolVersion::V1 => {
                self.default_session().await.map(known)
            }
            SessionRef::Default => Err(Rejection::invalid("session_id", "is missing")),
        }
    }

    /// The session of an invite link, whether it still lets in or not: to its people the code is a name of it (SE7). To
    /// everyone else the session's task says no more than that there is none.
    async fn find_by_code(&self, code: &str) -> Result<Found, Rejection> {
        let hash = invite_hash(code);
        let row = self.hub.inner.store.invite(hash).await.map_err(|error| store_rejection(&error))?;
        let session = row.and_then(|row| row.session).ok_or_else(|| Rejection::not_found("session"))?;
        Ok(Found { session, code: Some(hash) })
    }

    /// The person's default session, made when it is first needed.
    async fn default_session(&self) -> Result<SessionId, Rejection> {
        let _making = self.hub.making(self.caller.user).await;
        let found = self.hub.find_default(self.caller.user).await;
        if let Some(session) = found.map_err(|error| store_rejection(&error))? {
            return Ok(session);
        }
        authorize(self.caller.standing(), Action::CreateSession, Object::Server)?;
        let data = CreateSession { title: None, model: None, effort: None };
        let command = Command::CreateSession(data.clone());
        let submission = Submission { id: String::new(), idempotent: false, digest: [0; 16], command };
        self.make(submission, Origin::New { data, default: true }).await
    }

    /// The person that a client means: by user id, by login name, by the subject of an embedding application (SE1).
    /// The two are names of their own: what is both, of two people, names neither.
    pub(super) async fn find_person(&self, named: &str) -> Result<Option<Target>, Rejection> {
        if named.is_empty() || named.len() > PERSON_BYTES_MAX {
            return Ok(None);
        }
        let store = &self.hub.inner.store;
        let failed = |error| store_rejection(&error);
        if let Ok(user) = named.parse::<UserId>() {
            let account = store.account(user).await.map_err(failed)?;
            return match account {
                Some(account) => Ok(Some(target(account))),
                None => {
                    let known = store.user(user).await.map_err(failed)?.map(|known| known.display_name);
                    // A guest who has done nothing yet is in no table, but can be seen.
                    let name = known.or_else(|| Some(self.hub.inner.people.name(user)?.to_string()));
                    Ok(name.map(|display_name| Target { user, display_name }))
                }
            };
        }
        let subject = named.strip_prefix(SUBJECT);
        let mut found = store.accounts_of_any_subject(subject.unwrap_or(named)).await.map_err(failed)?;
        if subject.is_none() {
            found.extend(store.account_named(named).await.map_err(failed)?);
        }
        // Two issuers may call two people the same, and a person may have chosen as a login name what an issuer calls
        // somebody else: then it names neither, so that nobody is asked in in another's place.
        let first = found.pop();
        Ok(first.filter(|first| found.iter().all(|other| other.user == first.user)).map(target))
    }

    /// Finds messages of the sessions that the person belongs to.
    pub(super) async fn search(&self, asked: &Search) -> Result<SearchResults, Rejection> {
        let words = asked.query.trim();
        if words.is_empty() {
            return Err(Rejection::invalid("query", "is empty"));
        }
        if words.chars().count() > QUERY_CHARS_MAX {
            return Err(Rejection::invalid("query", "is too long")
                .details(format!("query: {QUERY_CHARS_MAX} characters at most")));
        }
        let most = u32::try_from(HITS_PAGE_MAX).unwrap_or(u32::MAX);
        let query = TextQuery {
            words: words.to_owned(),
            session: asked.session_id,
            cursor: asked.cursor.clone(),
            limit: asked.limit.unwrap_or(most).clamp(1, most),
        };
        let page = self.hub.inner.store.search(self.caller.user, query).await;
        let page = page.map_err(|error| store_rejection(&error))?;
        Ok(SearchResults { hits: page.hits.into_iter().map(hit).collect(), next: page.next })
    }
}

fn target(account: AccountRow) -> Target {
    Target { user: account.user, display_name: account.display_name }
}

fn hit(found: TextHit) -> SearchHit {
    SearchHit {
        session_id: found.session,
        title: found.title,
        message_id: found.row.message,
        author: Author { user_id: found.row.author, display_name: found.row.author_name },
        created_at: found.row.at,
        snippet: found.row.text.unwrap_or_default(),
    }
}
