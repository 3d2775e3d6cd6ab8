//! TLS: the operator's certificate, or one made here for development.
//!
//! The development certificate is signed by an authority that is kept in the data directory, so that a browser has to
//! be told once; the authority can vouch for this machine and its private network alone. Verification is never skipped.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};

use crate::secrets::Secrets;

const DAY: Duration = Duration::from_hours(24);

/// The authority's life: ten years, since a new one means telling every browser again.
const AUTHORITY_LIFE: Duration = DAY.saturating_mul(3650);

/// The certificate's life; a new one is made at every start.
const CERTIFICATE_LIFE: Duration = DAY.saturating_mul(90);

/// Clocks differ: valid from this long before now.
const CLOCK_SKEW: Duration = DAY;

/// Networks that the authority may vouch for: this machine and private ones.
const NETWORKS: &[(IpAddr, u8)] = &[
    (IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(172, 16, 0, 0)), 12),
    (IpAddr::V4(Ipv4Addr::new(192, 168, 0, 0)), 16),
    (IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
    (IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7),
];

/// What a person needs to trust a development certificate.
#[derive(Debug, Clone)]
pub(crate) struct Authority {
    /// The authority's certificate, to be installed in a browser.
    pub(crate) path: PathBuf,
    /// Its SHA-256, as browsers show it.
    pub(crate) fingerprint: String,
}

/// TLS with the operator's certificate chain and key.
pub(crate) fn from_files(cert: &Path, key: &Path) -> anyhow::Result<Arc<ServerConfig>> {
    let no_cert = || format!("tls_cert: {} has no certificate in PEM form", cert.display());
    let chain: Vec<_> =
        CertificateDer::pem_file_iter(cert).and_then(Iterator::collect).with_context(no_cert)?;
    anyhow::ensure!(!chain.is_empty(), no_cert());
    let key_der = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("tls_key: {} has no private key in PEM form", key.display()))?;
    config(chain, key_der).context("tls_cert and tls_key don't fit together")
}

/// TLS with a certificate made now, for this machine and the address it listens on.
pub(crate) fn for_development(
    secrets: &Secrets,
    listen: IpAddr,
    now: SystemTime,
) -> anyhow::Result<(Arc<ServerConfig>, Authority)> {
    let (_, key) = secrets
        .read_or_make("dev-authority.key", || Ok(KeyPair::generate()?.serialize_pem().into_bytes()))?;
    let key =
        KeyPair::from_pem(std::str::from_utf8(&key)?).context("secrets/dev-authority.key is damaged")?;
    let params = authority_params(now)?;
    let (path, pem) =
        secrets.read_or_make("dev-authority.pem", || Ok(params.self_signed(&key)?.pem().into_bytes()))?;
    let der = CertificateDer::from_pem_slice(&pem).context("secrets/dev-authority.pem is damaged")?;
    let issuer = Issuer::from_params(&params, key);

    let leaf_key = KeyPair::generate()?;
    let leaf = leaf_params(listen, now)?.signed_by(&leaf_key, &issuer)?;
    let private = PrivateKeyDer::try_from(leaf_key.serialize_der()).map_err(anyhow::Error::msg)?;
    let tls = config(vec![leaf.der().clone(), der.clone()], private)?;
    Ok((tls, Authority { path, fingerprint: fingerprint(&der) }))
}

fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> anyhow::Result<Arc<ServerConfig>> {
    let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn authority_params(now: SystemTime) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "Madang development authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let names = ["localhost", "local", "internal"].map(|name| GeneralSubtree::DnsName(name.to_owned()));
    let networks = NETWORKS
        .iter()
        .map(|&(network, bits)| GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(network, bits)));
    let permitted_subtrees = names.into_iter().chain(networks).collect();
    params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    params.not_before = (now - CLOCK_SKEW).into();
    params.not_after = (now + AUTHORITY_LIFE).into();
    Ok(params)
}

fn leaf_params(listen: IpAddr, now: SystemTime) -> anyhow::Result<CertificateParams> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    // A name outside of the authority's networks would make the whole certificate invalid.
    if !listen.is_unspecified()
        && !listen.is_loopback()
        && NETWORKS.iter().any(|network| contains(*network, listen))
    {
        names.push(listen.to_string());
    }
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "Madang on this machine");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.not_before = (now - CLOCK_SKEW).into();
    params.not_after = (now + CERTIFICATE_LIFE).into();
    Ok(params)
}

fn contains((network, bits): (IpAddr, u8), address: IpAddr) -> bool {
    let shift = |width: u32| width - u32::from(bits);
    match (network, address) {
        (IpAddr::V4(net), IpAddr::V4(addr)) => {
            (net.to_bits() ^ addr.to_bits()).checked_shr(shift(32)).unwrap_or(0) == 0
        }
        (IpAddr::V6(net), IpAddr::V6(addr)) => {
            (net.to_bits() ^ addr.to_bits()).checked_shr(shift(128)).unwrap_or(0) == 0
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

/// `AB:CD:…`
fn fingerprint(der: &CertificateDer<'_>) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(der) {
        let separator = if text.is_empty() { "" } else { ":" };
        // Writing to a string can't fail.
        let _always_fits = write!(text, "{separator}{byte:02X}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_networks_are_told_from_others() {
        let known =
            |address: &str| NETWORKS.iter().any(|network| contains(*network, address.parse().unwrap()));
        for address in ["127.0.0.1", "10.9.8.7", "172.31.0.1", "192.168.1.2", "::1", "fd00::1"] {
            assert!(known(address), "{address}");
        }
        for address in ["8.8.8.8", "172.32.0.1", "192.169.0.1", "::2", "2001:db8::1"] {
            assert!(!known(address), "{address}");
        }
    }
}
