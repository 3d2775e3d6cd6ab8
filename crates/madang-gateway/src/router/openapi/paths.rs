//! The paths of the API beside the commands: one line each. A test compares them with the routers, both ways.

/// What an operation is answered with.
pub(super) enum Answer {
    /// 204.
    Nothing,
    /// 302.
    Redirect,
    /// 200 and an object.
    Json,
    /// A status and a known type.
    Schema(&'static str, &'static str),
    /// 200 and one of these types of content.
    Media(&'static [&'static str]),
}

/// One operation.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) query: &'static [(&'static str, &'static str)],
    pub(super) headers: &'static [(&'static str, &'static str)],
    /// An example of the body, as JSON.
    pub(super) body: Option<&'static str>,
    pub(super) answer: Answer,
    /// Whether it is answered to nobody in particular.
    pub(super) public: bool,
}

/// The groups, in the order in which they are shown.
pub(super) const TAGS: &[(&str, &str)] = &[
    ("sessions", "Sessions, their messages and their events."),
    ("commands", "Every command of the WebSocket that needs no connection. The body is the command's data."),
    ("entering", "Coming in and going out."),
    ("account", "One's own account, logins and tokens."),
    ("administration", "For administrators, with a credential that reaches everything."),
    ("about", "What this server is."),
];

const fn op(
    (method, path): (&'static str, &'static str),
    tag: &'static str,
    summary: &'static str,
    answer: Answer,
) -> Operation {
    Operation { method, path, tag, summary, query: &[], headers: &[], body: None, answer, public: false }
}

impl Operation {
    const fn query(mut self, query: &'static [(&'static str, &'static str)]) -> Operation {
        self.query = query;
        self
    }

    const fn body(mut self, body: &'static str) -> Operation {
        self.body = Some(body);
        self
    }

    const fn headers(mut self, headers: &'static [(&'static str, &'static str)]) -> Operation {
        self.headers = headers;
        self
    }

    const fn public(mut self) -> Operation {
        self.public = true;
        self
    }
}

const KEY: &[(&str, &str)] =
    &[("Idempotency-Key", "A repeat with the same key is answered with the first answer.")];
const PAGE: &[(&str, &str)] = &[("query", "string"), ("cursor", "string"), ("limit", "integer")];
const CREDENTIAL: &str = r#"{"name":"ann","password":"a long enough password"}"#;
const NEW_ACCOUNT: &str = r#"{"name":"ann","password":"a long enough password","display_name":"Ann"}"#;

use Answer::{Json, Media, Nothing, Redirect, Schema};

/// Every operation that is no command.
pub(super) const PATHS: &[Operation] = &[
    op(
        ("get", "/api/v1/sessions"),
        "sessions",
        "One's sessions, newest activity first.",
        Schema("200", "Sessions"),
    )
    .query(PAGE),
    op(("post", "/api/v1/sessions"), "sessions", "Makes a session.", Schema("201", "Ack"))
        .headers(KEY)
        .body(r#"{"title":"Tea"}"#),
    op(
        ("get", "/api/v1/sessions/{session_id}"),
        "sessions",
        "A session whole: people, newest messages, running turn.",
        Schema("200", "SessionState"),
    ),
    op(
        ("get", "/api/v1/sessions/{session_id}/messages"),
        "sessions",
        "A page of the transcript's shown branch.",
        Schema("200", "History"),
    )
    .query(&[("before", "string"), ("limit", "integer")]),
    op(
        ("post", "/api/v1/sessions/{session_id}/commands/{type}"),
        "sessions",
        "A command, with the session in the path.",
        Json,
    )
    .headers(KEY)
    .body(r#"{"content":"Hello"}"#),
    op(
        ("get", "/api/v1/sessions/{session_id}/events"),
        "sessions",
        "The session as server-sent events: the state or what was missed, then everything as it happens.",
        Media(&["text/event-stream"]),
    )
    .query(&[("ticket", "string")])
    .headers(&[(
        "Last-Event-ID",
        "EPOCH:SEQ, the id of the last event one has; exactly what came after it follows.",
    )]),
    op(
        ("get", "/api/v1/sessions/{session_id}/export"),
        "sessions",
        "The shown branch, whole.",
        Media(&["text/markdown", "application/json"]),
    )
    .query(&[("format", "string")]),
    op(
        ("post", "/api/v1/sessions/import"),
        "sessions",
        "Makes sessions of a file of conversations: our export, Claude's or ChatGPT's.",
        Json,
    )
    .headers(KEY)
    .body("[]"),
    op(("post", "/api/v1/commands/{type}"), "commands", "A command; each has a path of its own below.", Json)
        .headers(KEY)
        .body("{}"),
    op(("post", "/api/v1/guests"), "entering", "Makes a guest, where guests are let in.", Json).public(),
    op(
        ("post", "/api/v1/tickets"),
        "entering",
        "A credential of one use and half a minute, for a socket or an event stream.",
        Json,
    ),
    op(("post", "/api/v1/login"), "entering", "Signs in; the cookie is the credential.", Json)
        .body(CREDENTIAL)
        .public(),
    op(("post", "/api/v1/logout"), "entering", "Ends this login.", Nothing).public(),
    op(
        ("post", "/api/v1/sign-up"),
        "entering",
        "Makes an account, where one may; a guest keeps their id.",
        Json,
    )
    .body(NEW_ACCOUNT)
    .public(),
    op(("post", "/api/v1/bootstrap"), "entering", "Makes the first administrator, once.", Json)
        .body(r#"{"token":"…","name":"ann","password":"a long enough password","display_name":"Ann"}"#)
        .public(),
    op(("post", "/api/v1/invites/look"), "entering", "What an invite code leads to.", Json)
        .body(r#"{"code":"…"}"#)
        .public(),
    op(
        ("get", "/api/v1/oidc/{id}/start"),
        "entering",
        "Begins to sign in at an identity provider.",
        Redirect,
    )
    .query(&[("return_to", "string")])
    .public(),
    op(
        ("get", "/api/v1/oidc/{id}/callback"),
        "entering",
        "Where an identity provider sends people back to.",
        Redirect,
    )
    .public(),
    op(
        ("post", "/api/v1/oidc/{id}/link"),
        "entering",
        "Begins to tie an identity at a provider to one's account.",
        Json,
    ),
    op(("get", "/api/v1/me"), "account", "Who one is.", Json),
    op(("patch", "/api/v1/me"), "account", "Another name, colour or language.", Json)
        .body(r#"{"display_name":"Ann"}"#),
    op(
        ("post", "/api/v1/me/password"),
        "account",
        "Another password; ends all other logins and all tokens.",
        Nothing,
    )
    .body(r#"{"old":"…","new":"a long enough password"}"#),
    op(("get", "/api/v1/me/logins"), "account", "One's logins.", Json),
    op(
        ("delete", "/api/v1/me/logins"),
        "account",
        "Ends all other logins; with `all=true` this one too.",
        Nothing,
    )
    .query(&[("all", "boolean")]),
    op(("delete", "/api/v1/me/logins/{id}"), "account", "Ends a login.", Nothing),
    op(("get", "/api/v1/me/identities"), "account", "One's outside identities.", Json),
    op(
        ("delete", "/api/v1/me/identities/{id}"),
        "account",
        "Takes an outside identity away; not the last way in.",
        Nothing,
    ),
    op(("get", "/api/v1/me/tokens"), "account", "One's API tokens.", Json),
    op(("post", "/api/v1/me/tokens"), "account", "Makes an API token, which is shown this once.", Json)
        .body(r#"{"name":"script","scope":"write","expires_in_days":30}"#),
    op(("delete", "/api/v1/me/tokens/{id}"), "account", "Ends a token.", Nothing),
    op(("get", "/api/v1/admin/users"), "administration", "Accounts.", Json).query(PAGE),
    op(("post", "/api/v1/admin/users"), "administration", "Makes an account.", Json)
        .body(r#"{"name":"ben","display_name":"Ben"}"#),
    op(
        ("patch", "/api/v1/admin/users/{id}"),
        "administration",
        "Suspends someone, makes them an administrator, names them.",
        Json,
    )
    .body(r#"{"disabled":true}"#),
    op(
        ("post", "/api/v1/admin/users/{id}/reset-password"),
        "administration",
        "Gives someone a generated password.",
        Json,
    ),
    op(("delete", "/api/v1/admin/users/{id}/logins"), "administration", "Ends someone's logins.", Nothing),
    op(("get", "/api/v1/admin/invites"), "administration", "Links that let people sign up.", Json),
    op(("post", "/api/v1/admin/invites"), "administration", "Makes such a link.", Json).body(r#"{"uses":1}"#),
    op(("delete", "/api/v1/admin/invites/{id}"), "administration", "Ends such a link.", Nothing),
    op(
        ("get", "/api/v1/admin/budgets"),
        "administration",
        "What the server and, in pages, those people who have a budget may spend, and what they have: `{server, server_used?, \
        items: [{user_id, name, display_name, budget, used}], next_cursor?}`.",
        Json,
    )
    .query(&[("cursor", "string"), ("limit", "integer")]),
    op(("put", "/api/v1/admin/budgets/server"), "administration", "What the server may spend.", Nothing)
        .body(r#"{"budget":{"micro_usd":5000000,"period":"day"}}"#),
    op(("put", "/api/v1/admin/budgets/users/{id}"), "administration", "What a person may spend.", Nothing)
        .body(r#"{"budget":{"tokens":1000000,"period":"month"}}"#),
    op(("get", "/api/v1/admin/audit"), "administration", "The audit log, newest first.", Json)
        .query(&[("before", "integer"), ("limit", "integer")]),
    op(("post", "/api/v1/admin/audit/verify"), "administration", "Goes through the whole audit log.", Json),
    op(("get", "/api/v1/admin/sessions"), "administration", "Everyone's sessions, without content.", Json)
        .query(PAGE),
    op(("get", "/api/v1/admin/usage"), "administration", "What was spent, summed up.", Json).query(&[
        ("by", "string"),
        ("from", "integer"),
        ("to", "integer"),
        ("limit", "integer"),
    ]),
    op(("get", "/api/v1/admin/health"), "administration", "How the server does.", Json),
    op(("get", "/api/v1/admin/connections"), "administration", "Live connections.", Json)
        .query(&[("limit", "integer")]),
    op(("get", "/api/v1/site"), "about", "What anyone may know of this server.", Json).public(),
    op(("get", "/api/v1/openapi.json"), "about", "This description.", Media(&["application/json"])).public(),
    op(("get", "/api/v1/docs"), "about", "This description, as a page.", Media(&["text/html"])).public(),
    op(("get", "/api/v1/docs.css"), "about", "The page's style.", Media(&["text/css"])).public(),
];
