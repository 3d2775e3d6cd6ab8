//! The colours of people.

use crate::UserId;

/// Eight colours for people, equal in lightness (app.md), as CSS; told apart also without colour, by names.
pub const PALETTE: [&str; 8] = [
    "oklch(62% 0.13 20)",
    "oklch(62% 0.13 95)",
    "oklch(62% 0.13 140)",
    "oklch(62% 0.13 180)",
    "oklch(62% 0.13 225)",
    "oklch(62% 0.13 265)",
    "oklch(62% 0.13 305)",
    "oklch(62% 0.13 345)",
];

/// Claude's own colour, as CSS.
pub const CLAUDE_COLOR: &str = "oklch(62% 0.13 45)";

/// The colour of a person who chose none: the same in every session and on every device.
#[must_use]
pub fn color_of(user: UserId) -> &'static str {
    let sum =
        user.to_string().bytes().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    PALETTE[sum % PALETTE.len()]
}
