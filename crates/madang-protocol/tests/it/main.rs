//! Rules of the envelope and drift of the generated types.

mod envelope;
#[cfg(feature = "ts")]
mod typescript;
