//! TLS with a certificate made at the start, and with one's own.

use std::path::Path;

use crate::binary::Server;

fn status(url: &str, authority: Option<&Path>) -> Result<u16, reqwest::Error> {
    get(url, authority).map(|response| response.status().as_u16())
}

fn get(url: &str, authority: Option<&Path>) -> Result<reqwest::Response, reqwest::Error> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let mut client = reqwest::Client::builder().https_only(true);
        if let Some(path) = authority {
            let pem = std::fs::read(path).unwrap();
            client = client.tls_certs_only([reqwest::Certificate::from_pem(&pem).unwrap()]);
        }
        client.build()?.get(url).send().await
    })
}

#[test]
fn dev_tls_makes_a_certificate_that_its_authority_vouches_for() {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("secrets/dev-authority.pem");
    let server = Server::start(folder.path(), &["--dev-tls"]);
    assert!(server.url().starts_with("https://127.0.0.1:"), "{}", server.url());
    let warning = &server.printed[0];
    assert!(warning.contains("dev-authority.pem") && warning.contains("SHA-256"), "{warning}");
    let health = format!("{}/healthz", server.url());
    assert_eq!(status(&health, Some(&authority)).unwrap(), 200);
    let by_name = health.replace("127.0.0.1", "localhost");
    assert_eq!(status(&by_name, Some(&authority)).unwrap(), 200);
    let page = get(&format!("{}/", server.url()), Some(&authority)).unwrap();
    assert!(!page.headers().contains_key("strict-transport-security"), "it would outlive the certificate");
    assert!(status(&health, None).is_err(), "a client that doesn't know the authority trusted it");
}

#[test]
fn the_authority_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("secrets/dev-authority.pem");
    let first = Server::start(folder.path(), &["--dev-tls"]);
    let before = std::fs::read(&authority).unwrap();
    first.signal("TERM");
    assert_eq!(first.wait().0, Some(0));
    let second = Server::start(folder.path(), &["--dev-tls"]);
    assert_eq!(std::fs::read(&authority).unwrap(), before);
    assert_eq!(status(&format!("{}/healthz", second.url()), Some(&authority)).unwrap(), 200);
}

#[test]
fn ones_own_certificate_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let cert =
        rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let (cert_path, key_path) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert_path, cert.pem()).unwrap();
    std::fs::write(&key_path, key.serialize_pem()).unwrap();
    let flags = ["--tls-cert", cert_path.to_str().unwrap(), "--tls-key", key_path.to_str().unwrap()];
    let server = Server::start(&folder.path().join("data"), &flags);
    let url = format!("{}/healthz", server.url()).replace("127.0.0.1", "localhost");
    assert_eq!(status(&url, Some(&cert_path)).unwrap(), 200);
    let page = get(&url.replace("/healthz", "/"), Some(&cert_path)).unwrap();
    assert_eq!(page.headers()["strict-transport-security"], "max-age=31536000");
}
