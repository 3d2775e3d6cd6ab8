//! WebSocket close codes; clients decide about reconnecting by the range alone (CN6).

/// Why a socket is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum CloseCode {
    /// The client said goodbye, or the server finished with it in peace.
    Normal = 1000,
    /// The peer broke RFC 6455.
    ProtocolError = 1002,
    /// A text message was not UTF-8.
    InvalidUtf8 = 1007,
    /// Ten malformed messages in a row (CM4).
    PolicyViolation = 1008,
    /// A message, or its fragments, passed the limit (EN5).
    TooBig = 1009,
    /// A fault of the server.
    InternalError = 1011,
    /// The credential was refused.
    BadCredential = 4401,
    /// Forbidden here, or removed.
    Forbidden = 4403,
    /// No such session.
    NoSuchSession = 4404,
    /// Too many connections or too much load.
    Overloaded = 4100,
    /// The client reads more slowly than its session speaks.
    TooSlow = 4102,
    /// No pong in time (CN5).
    NoPong = 4103,
    /// No `hello` or no credential in time (CN1, CN4).
    NoHello = 4104,
    /// The server is going away (CN8).
    Drain = 4200,
    /// The token ran out: get another and come back.
    TokenExpired = 4201,
    /// The client's position can't be served any more: come back for a snapshot.
    StateInvalidated = 4202,
}

impl CloseCode {
    /// Every code the server sends.
    pub const ALL: [CloseCode; 16] = [
        Self::Normal,
        Self::ProtocolError,
        Self::InvalidUtf8,
        Self::PolicyViolation,
        Self::TooBig,
        Self::InternalError,
        Self::BadCredential,
        Self::Forbidden,
        Self::NoSuchSession,
        Self::Overloaded,
        Self::TooSlow,
        Self::NoPong,
        Self::NoHello,
        Self::Drain,
        Self::TokenExpired,
        Self::StateInvalidated,
    ];

    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> u16 {
        self as u16
    }

    /// The reason text of the close frame; under 123 bytes.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Normal => "goodbye",
            Self::ProtocolError => "protocol error",
            Self::InvalidUtf8 => "text is not UTF-8",
            Self::PolicyViolation => "too many malformed messages",
            Self::TooBig => "message too big",
            Self::InternalError => "server fault",
            Self::BadCredential => "credential refused",
            Self::Forbidden => "not allowed here",
            Self::NoSuchSession => "no such session",
            Self::Overloaded => "server is full",
            Self::TooSlow => "reading too slowly",
            Self::NoPong => "no pong in time",
            Self::NoHello => "no hello in time",
            Self::Drain => "server is restarting",
            Self::TokenExpired => "token expired",
            Self::StateInvalidated => "position no longer kept",
        }
    }
}
