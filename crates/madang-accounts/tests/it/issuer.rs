//! An issuer of tokens: keys of every kind, and an address that serves the public ones and counts who asks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::START;

/// A key pair.
pub(crate) struct Pair {
    pub(crate) algorithm: Algorithm,
    pub(crate) public_pem: String,
    private: EncodingKey,
}

impl Pair {
    pub(crate) fn rsa() -> Pair {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let private = EncodingKey::from_rsa_pem(key.serialize_pem().as_bytes()).unwrap();
        Pair { algorithm: Algorithm::RS256, public_pem: key.public_key_pem(), private }
    }

    pub(crate) fn ec() -> Pair {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let private = EncodingKey::from_ec_pem(key.serialize_pem().as_bytes()).unwrap();
        Pair { algorithm: Algorithm::ES256, public_pem: key.public_key_pem(), private }
    }

    pub(crate) fn sign(&self, kid: Option<&str>, claims: &Value) -> String {
        let header = Header { kid: kid.map(str::to_owned), ..Header::new(self.algorithm) };
        encode(&header, claims, &self.private).unwrap()
    }

    pub(crate) fn jwk(&self, kid: &str) -> Jwk {
        let mut jwk = Jwk::from_encoding_key(&self.private, self.algorithm).unwrap();
        jwk.common.key_id = Some(kid.to_owned());
        jwk
    }
}

/// A shared key's token.
pub(crate) fn shared(secret: &[u8], claims: &Value) -> String {
    encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(secret)).unwrap()
}

/// A token with any header and any signature.
pub(crate) fn forged(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |value: &Value| B64.encode(value.to_string());
    format!("{}.{}.{}", part(header), part(claims), B64.encode(signature))
}

/// Claims that are good.
pub(crate) fn good(issuer: &str) -> Value {
    json!({ "iss": issuer, "aud": "madang", "sub": "u-17", "name": "Mina Kim", "exp": START / 1000 + 600 })
}

/// The same with another claim, or without one.
pub(crate) fn with(mut claims: Value, name: &str, value: Value) -> Value {
    match value.is_null() {
        true => claims.as_object_mut().unwrap().remove(name),
        false => claims.as_object_mut().unwrap().insert(name.to_owned(), value),
    };
    claims
}

/// Serves a key set over plain HTTP on loopback.
pub(crate) struct KeyServer {
    pub(crate) address: SocketAddr,
    pub(crate) asked: Arc<AtomicUsize>,
    answer: Arc<Mutex<String>>,
}

impl KeyServer {
    pub(crate) async fn start() -> KeyServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(String::new())));
        let (counter, body) = (Arc::clone(&asked), Arc::clone(&answer));
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut head = [0; 4096];
                drop(socket.read(&mut head).await);
                counter.fetch_add(1, Ordering::Relaxed);
                let answer = body.lock().clone();
                drop(socket.write_all(answer.as_bytes()).await);
                drop(socket.shutdown().await);
            }
        });
        KeyServer { address, asked, answer }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    /// From now on it serves these keys.
    pub(crate) fn serve(&self, keys: Vec<Jwk>) {
        let body = serde_json::to_string(&JwkSet { keys }).unwrap();
        self.say(&format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ));
    }

    /// From now on it answers with this.
    pub(crate) fn say(&self, text: &str) {
        text.clone_into(&mut self.answer.lock());
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}
