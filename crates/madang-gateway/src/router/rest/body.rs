//! What a request says, read within limits: nothing is held that was not allowed.

use axum::body::Body;
use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use madang_protocol::ErrorCode;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// Reads a body of at most so many bytes as text.
///
/// # Errors
/// FILE_TOO_LARGE beyond the limit, INVALID_JSON for what is no text.
pub(in crate::router) async fn read(body: Body, bytes_max: usize) -> Result<String, ApiError> {
    let bytes = axum::body::to_bytes(body, bytes_max).await;
    let bytes =
        bytes.map_err(|_| ApiError::of(ErrorCode::FileTooLarge).details(format!("{bytes_max} bytes")))?;
    String::from_utf8(bytes.into())
        .map_err(|_| ApiError::new(ErrorCode::InvalidJson, "The body is not text in UTF-8."))
}

/// The query, in a known shape.
pub(in crate::router) struct Parameters<T>(pub(in crate::router) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Parameters<T>, ApiError> {
        let read = Query::<T>::try_from_uri(&parts.uri);
        let read = read.map_err(|error| ApiError::of(ErrorCode::InvalidData).details(error.to_string()));
        Ok(Parameters(read?.0))
    }
}
