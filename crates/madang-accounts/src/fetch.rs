//! Asking outside issuers: configured addresses alone, no redirects, little time, few bytes.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Url};
use serde::de::DeserializeOwned;

use crate::issuers::is_loopback;
use crate::{Settings, SettingsError};

/// Why an issuer gave no answer that can be used. For the log alone.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// It can't be reached, or took too long.
    #[error("the issuer can't be reached")]
    Reach(#[source] reqwest::Error),
    /// It answered something else than 200.
    #[error("the issuer answered {0}")]
    Status(u16),
    /// Its answer is longer than allowed.
    #[error("the issuer's answer is too long")]
    TooLong,
    /// Its answer is not what it should be.
    #[error("the issuer's answer has the wrong form: {0}")]
    Form(String),
}

/// Two clients: one that never uses a proxy, for issuers on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Fetcher {
    far: Client,
    near: Client,
    bytes_max: usize,
}

/// A form to be sent, with what we show for ourselves.
pub(crate) struct Form<'a> {
    pub(crate) fields: Vec<(&'a str, &'a str)>,
    pub(crate) authorization: Option<String>,
}

impl Fetcher {
    /// Makes the clients; opens no connection.
    pub(crate) fn new(settings: &Settings) -> Result<Fetcher, SettingsError> {
        let time = Duration::from_millis(settings.fetch_ms);
        let builder = || {
            Client::builder()
                .user_agent(concat!("madang/", env!("CARGO_PKG_VERSION")))
                .redirect(Policy::none())
                .connect_timeout(time)
                .timeout(time)
        };
        let failed = |_| SettingsError("no HTTP client can be made for identity providers".to_owned());
        let far = builder().build().map_err(failed)?;
        let near = builder().no_proxy().build().map_err(failed)?;
        Ok(Fetcher { far, near, bytes_max: settings.fetch_bytes_max })
    }

    /// Gets a JSON document.
    pub(crate) async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, FetchError> {
        let (client, url) = self.client(url)?;
        self.answer(client.get(url)).await
    }

    /// Gets a JSON document with an access token.
    pub(crate) async fn get_with<T: DeserializeOwned>(
        &self,
        url: &str,
        token: &str,
    ) -> Result<T, FetchError> {
        let (client, url) = self.client(url)?;
        self.answer(client.get(url).bearer_auth(token)).await
    }

    /// Sends a form, and reads the JSON that answers it.
    pub(crate) async fn post<T: DeserializeOwned>(&self, url: &str, form: Form<'_>) -> Result<T, FetchError> {
        let (client, url) = self.client(url)?;
        let mut body = Url::parse("form:").map_err(|error| FetchError::Form(error.to_string()))?;
        body.query_pairs_mut().extend_pairs(&form.fields);
        let body = body.query().unwrap_or_default().to_owned();
        let mut request =
            client.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        if let Some(authorization) = form.authorization {
            let value = HeaderValue::from_str(&authorization);
            let mut value = value.map_err(|_| FetchError::Form("the client's secret".to_owned()))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        self.answer(request).await
    }

    fn client(&self, url: &str) -> Result<(&Client, Url), FetchError> {
        let parsed = Url::parse(url).map_err(|error| FetchError::Form(error.to_string()))?;
        if !crate::issuers::is_safe(url) {
            return Err(FetchError::Form("an address that is not https".to_owned()));
        }
        Ok((if is_loopback(&parsed) { &self.near } else { &self.far }, parsed))
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, FetchError> {
        let mut response =
            request.header(ACCEPT, "application/json").send().await.map_err(FetchError::Reach)?;
        if response.status().as_u16() != 200 {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(FetchError::Reach)? {
            if bytes.len() + chunk.len() > self.bytes_max {
                return Err(FetchError::TooLong);
            }
            bytes.extend_from_slice(&chunk);
        }
        // The text of a wrong answer may hold a token: serde says where, not what.
        serde_json::from_slice(&bytes)
            .map_err(|error| FetchError::Form(format!("line {}, column {}", error.line(), error.column())))
    }
}
