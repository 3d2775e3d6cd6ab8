//! The connection to the upstream: where it is, how we show who we are, how long we wait.
//!
//! Never names the key or the address in an error: both stay in here.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, Response, Url};

use super::failure::{self, Failure};
use crate::settings::{Settings, SettingsError, ms};

/// The version of the Messages API that this client speaks.
const API_VERSION: &str = "2026-10-21";

/// Bytes of an error's body that are read; it is shown in the log alone, and there cut further.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// What is asked of the upstream.
#[derive(Debug)]
pub(crate) enum Method {
    /// To be told something.
    Get,
    /// To answer the JSON body.
    Post(Bytes),
}

/// The client. Built once: it keeps connections.
pub(crate) struct Http {
    client: Client,
    base: String,
    header_timeout: Duration,
    idle_timeout: Duration,
}

impl fmt::Debug for Http {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Http").finish_non_exhaustive()
    }
}

impl Http {
    /// Makes the client; opens no connection.
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let base = base_url(&settings.base_url)?;
        let keepalive = ms(settings.keepalive_ms);
        let mut builder = Client::builder()
            .user_agent(concat!("madang/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers(settings)?)
            // A redirected POST would be billed twice or carry the key elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(ms(settings.connect_timeout_ms))
            .tcp_keepalive(keepalive)
            .http2_keep_alive_interval(keepalive);
        if is_loopback(&base) {
            builder = builder.no_proxy();
        } else if base.scheme() == "http" {
            tracing::warn!(
                "the address of the Messages API is plain http: key and conversations can be read on the way"
            );
        }
        let builder = with_certificates(builder, settings, &base)?;
        let client = builder.build().map_err(SettingsError::Client)?;
        Ok(Self {
            client,
            base: base.as_str().trim_end_matches('/').to_owned(),
            header_timeout: ms(settings.header_timeout_ms),
            idle_timeout: ms(settings.idle_timeout_ms),
        })
    }

    /// Sends a request and waits until the answer begins.
    pub(crate) async fn send(&self, method: Method, path: &str) -> Result<Response, Failure> {
        let url = format!("{}{path}", self.base);
        let request = match method {
            Method::Get => self.client.get(url),
            Method::Post(body) => self.client.post(url).header(CONTENT_TYPE, "application/json").body(body),
        };
        match tokio::time::timeout(self.header_timeout, request.send()).await {
            Ok(answer) => answer.map_err(failure::of_request),
            Err(_) => Err(failure::of_no_answer(self.header_timeout)),
        }
    }

    /// Reads a whole answer that must be a success of at most `bytes_max` bytes.
    pub(crate) async fn read_answer(&self, response: Response, bytes_max: usize) -> Result<Bytes, Failure> {
        if response.status() != reqwest::StatusCode::OK {
            return Err(self.read_failure(response).await);
        }
        let (body, whole) = self.read(response, bytes_max).await?;
        if whole { Ok(body) } else { Err(failure::of_size("the answer", None)) }
    }

    /// Reads what an answer that is no success says.
    pub(crate) async fn read_failure(&self, response: Response) -> Failure {
        let (status, headers) = (response.status(), response.headers().clone());
        // A body that breaks off says less, but the status says enough.
        let body = self.read(response, ERROR_BYTES_MAX).await.map(|(body, _)| body).unwrap_or_default();
        if status == reqwest::StatusCode::OK {
            failure::of_content_type(&headers, &body)
        } else {
            failure::of_status(status, &headers, &body)
        }
    }

    /// Reads a body up to a limit, and whether that was all of it.
    async fn read(&self, mut response: Response, bytes_max: usize) -> Result<(Bytes, bool), Failure> {
        let mut body = Vec::new();
        loop {
            match tokio::time::timeout(self.idle_timeout, response.chunk()).await {
                Err(_) => return Err(failure::of_silence(self.idle_timeout, None)),
                Ok(Err(error)) => return Err(failure::of_body(error, None)),
                Ok(Ok(None)) => return Ok((body.into(), true)),
                Ok(Ok(Some(chunk))) => {
                    let room = bytes_max - body.len();
                    body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                    if chunk.len() > room {
                        return Ok((body.into(), false));
                    }
                }
            }
        }
    }
}

/// Without TLS no certificates are looked for: a machine may have none, and it takes milliseconds.
fn with_certificates(
    builder: ClientBuilder,
    settings: &Settings,
    base: &Url,
) -> Result<ClientBuilder, SettingsError> {
    if base.scheme() == "http" {
        return Ok(builder.tls_certs_only([]));
    }
    let Some(path) = &settings.ca_path else { return Ok(builder) };
    let pem = std::fs::read(path).map_err(SettingsError::Certificates)?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(SettingsError::Client)?;
    Ok(builder.tls_certs_merge(certificates))
}

fn headers(settings: &Settings) -> Result<HeaderMap, SettingsError> {
    let mut headers = HeaderMap::new();
    headers.insert("anthropic-version", HeaderValue::from_static(API_VERSION));
    if let Some(key) = settings.key() {
        let bearer = format!("Bearer {}", key.expose());
        let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| SettingsError::ApiKey)?;
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
    }
    Ok(headers)
}

fn base_url(text: &str) -> Result<Url, SettingsError> {
    let url = Url::parse(text.trim()).map_err(|_| SettingsError::BaseUrl)?;
    let known_scheme = matches!(url.scheme(), "http" | "https");
    let has_secrets = !url.username().is_empty() || url.password().is_some();
    let has_rest = url.query().is_some() || url.fragment().is_some();
    if !known_scheme || !url.has_host() || has_secrets || has_rest {
        return Err(SettingsError::BaseUrl);
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}
