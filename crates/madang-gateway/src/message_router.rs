//! The message router: what every command passes on its way to the hub, from a socket or over HTTP alike.
//!
//! [`FILTERS`] is the whole list of what may refuse a command, in order; around them stands one middleware that times
//! each command and counts and logs how it came out. What is refused is answered, never dropped. Who may do what in a
//! session is not decided here but by the one gate behind it (`authorize`, SE2).

mod counts;
mod unanswered;

use std::net::IpAddr;

use madang_hub::Caller;
use madang_protocol::{Budget, Command, ErrorCode, InboundError, RateClass, UserId};

use crate::error::ApiError;
use crate::gateway::Shared;
use crate::refusals::Refused;
pub(crate) use counts::Counts;
pub(crate) use unanswered::{Answered, Unanswered};

/// The way a command came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// On a WebSocket, which stays.
    Socket,
    /// As a request of its own, which names the command.
    Http,
    /// As a request for a thing, which chose the command itself.
    Resource,
}

/// Who sends a command, as far as that is known.
#[derive(Clone, Copy)]
pub(crate) enum Who<'a> {
    /// A socket that has not said `hello`, though its credential is known.
    Silent,
    /// A socket whose credential is not known yet.
    Nameless,
    /// A person.
    Known(&'a Caller),
}

/// A sender at the router's door.
#[derive(Clone, Copy)]
pub(crate) struct Sender<'a> {
    pub(crate) way: Way,
    pub(crate) who: Who<'a>,
}

/// What a filter says.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Go on.
    Pass,
    /// Answer with this.
    Refuse(ApiError),
    /// Of several of this kind only the newest counts: wait so many milliseconds, and then ask again (CM5).
    Hold(u64),
}

/// One filter: sees who asks what, and takes nothing but time.
type Filter = fn(&Shared, Sender<'_>, &Command) -> Verdict;

/// What may refuse a command before the hub sees it, in this order.
const FILTERS: [Filter; 4] = [authenticated, fitting, exact, paced];

/// Sends a command through the filters.
pub(crate) fn admit(shared: &Shared, sender: Sender<'_>, command: &Command) -> Verdict {
    for filter in FILTERS {
        match filter(shared, sender, command) {
            Verdict::Pass => {}
            other @ (Verdict::Refuse(_) | Verdict::Hold(_)) => return other,
        }
    }
    Verdict::Pass
}

/// The first words of a connection are those that say who it is (CN1, CN4).
fn authenticated(_: &Shared, sender: Sender<'_>, command: &Command) -> Verdict {
    let first = matches!(command, Command::Hello(_) | Command::Auth(_) | Command::Ping(_));
    match sender.who {
        Who::Known(_) => Verdict::Pass,
        Who::Silent | Who::Nameless if first => Verdict::Pass,
        Who::Silent => Verdict::Refuse(ApiError::new(ErrorCode::InvalidData, "`hello` must come first.")),
        Who::Nameless => {
            Verdict::Refuse(ApiError::new(ErrorCode::InvalidAuth, "Say who you are first, with `auth`."))
        }
    }
}

/// What makes sense only on a connection that stays is no request.
fn fitting(_: &Shared, sender: Sender<'_>, command: &Command) -> Verdict {
    match sender.way {
        Way::Http if needs_a_socket(command.kind()) => Verdict::Refuse(ApiError::new(
            ErrorCode::UnknownType,
            "This command needs a connection that stays: send it on the WebSocket.",
        )),
        Way::Http | Way::Resource | Way::Socket => Verdict::Pass,
    }
}

/// Amounts that a browser could not hold exactly are none (SE8).
fn exact(_: &Shared, _: Sender<'_>, command: &Command) -> Verdict {
    let Command::SetBudget(data) = command else { return Verdict::Pass };
    data.budget.map_or(Ok(()), check_amounts).map_or_else(Verdict::Refuse, |()| Verdict::Pass)
}

/// Refuses a budget with an amount that a browser could not hold exactly.
///
/// # Errors
/// INVALID_DATA, with the amount's name.
pub(crate) fn check_amounts(budget: Budget) -> Result<(), ApiError> {
    let Some(name) = budget.too_large() else { return Ok(()) };
    let sentence = format!("An amount is a whole number of at most {}.", Budget::AMOUNT_MAX);
    Err(ApiError::new(ErrorCode::InvalidData, sentence).details(name))
}

/// Rates by class, per person (CM5).
fn paced(shared: &Shared, sender: Sender<'_>, command: &Command) -> Verdict {
    let Who::Known(caller) = sender.who else { return Verdict::Pass };
    match shared.limiter.command(caller.user, command.class(), shared.now_us()) {
        Ok(()) => Verdict::Pass,
        Err(wait_ms) if command.class() == RateClass::Awareness => Verdict::Hold(wait_ms),
        Err(wait_ms) => Verdict::Refuse(ApiError::of(ErrorCode::RateLimited).retry_after(wait_ms)),
    }
}

/// Commands that mean something only while a connection lasts.
pub(crate) fn needs_a_socket(kind: &str) -> bool {
    matches!(
        kind,
        "hello"
            | "auth"
            | "ping"
            | "follow_session"
            | "unfollow_session"
            | "set_typing"
            | "close_document"
            | "cursor_update"
    )
}

/// The kind under which a message that is no command is counted; never the sender's own word for it.
pub(crate) fn kind_of(error: &InboundError, digest_input: &str) -> &'static str {
    match error {
        InboundError::Envelope(_) => Counts::NO_ENVELOPE,
        InboundError::UnknownType(_) => Counts::UNKNOWN,
        InboundError::Data(_) => {
            let named = digest_input.split('\n').next().unwrap_or_default();
            Command::TYPES.iter().find(|kind| **kind == named).copied().unwrap_or(Counts::UNKNOWN)
        }
    }
}

/// The hash that tells a repeat from a reuse of a command's id (CM2).
pub(crate) fn digest(input: &str) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&blake3::hash(input.as_bytes()).as_bytes()[..16]);
    half
}

/// Writes the one line of a command, counts it, and has a refusal audited: one over HTTP is, like all requests, by
/// what surrounds them, which knows the address.
pub(crate) fn note(shared: &Shared, answered: &Answered, (user, address): (Option<UserId>, Option<IpAddr>)) {
    let Answered { kind, outcome, duration_us, way, session } = *answered;
    if outcome == Some(ErrorCode::Forbidden) && way == Way::Socket {
        shared.refusals.note(Refused { user, what: kind.to_owned(), session, address }, shared.now());
    }
    shared.commands.count(kind, outcome, duration_us);
    let outcome = outcome.map_or("OK", ErrorCode::as_str);
    tracing::debug!(command = kind, outcome, duration_us, user.id = ?user, ?way, "command");
}
