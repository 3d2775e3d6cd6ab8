//! Rules of the envelope and drift of the generated types.

mod envelope;
#[cfg(feature = "schema")]
mod schema;
#[cfg(feature = "ts")]
mod typescript;
