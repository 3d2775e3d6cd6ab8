//! Ids made from the request, so that the same question gets the same ids streamed and not.

/// Ids of everything one response creates.
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    digest: blake3::Hash,
}

/// Letters of the ids: base 58, as in the real ones.
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Letters after the `01` of an id, as in the real ones.
const ID_LETTERS: usize = 22;

impl Ids {
    pub(crate) fn of(digest: blake3::Hash) -> Self {
        Self { digest }
    }

    pub(crate) fn message(&self) -> String {
        self.make("msg", 0)
    }

    /// The id of the n-th client tool call.
    pub(crate) fn tool(&self, n: usize) -> String {
        self.make("toolu", n)
    }

    /// The id of the n-th server tool call.
    pub(crate) fn server_tool(&self, n: usize) -> String {
        self.make("srvtoolu", n)
    }

    /// Opaque base-16 data, such as an encrypted search result.
    pub(crate) fn opaque(&self, label: &str) -> String {
        format!("Eo{}", &blake3::Hash::from(self.hash(label, 0)).to_hex()[..48])
    }

    fn make(&self, prefix: &str, n: usize) -> String {
        named(prefix, &self.hash(prefix, n))
    }

    fn hash(&self, label: &str, n: usize) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.digest.as_bytes()).update(label.as_bytes()).update(&n.to_le_bytes());
        *hasher.finalize().as_bytes()
    }
}

/// The id of the n-th request since the start.
pub(crate) fn request_id(n: u64) -> String {
    named("req", blake3::hash(&n.to_le_bytes()).as_bytes())
}

fn named(prefix: &str, bytes: &[u8; 32]) -> String {
    let letters =
        bytes.iter().take(ID_LETTERS).map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
    format!("{prefix}_01{}", letters.collect::<String>())
}
