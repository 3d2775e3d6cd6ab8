//! Chance, from the operating system: ids, tickets, jitter.

/// So many random bytes.
///
/// # Panics
/// When the operating system has no randomness to give: no id of ours would be worth anything then.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}

/// A number below `bound`, near enough to uniform for jitter and shuffling.
pub(crate) fn below(bound: u64) -> u64 {
    u64::from_ne_bytes(bytes()) % bound.max(1)
}
