//! Export and import.

/// Where conversations are imported.
pub(super) const IMPORT: &str = "/api/v1/sessions/import";
