//! Names for guests: friendly, the same for the same person, and told apart in one room.

use madang_protocol::UserId;

const ADJECTIVES: [&str; 32] = [
    "Amber", "Brave", "Bright", "Calm", "Cheerful", "Clever", "Cosy", "Curious", "Eager", "Gentle", "Golden",
    "Happy", "Honest", "Jolly", "Kind", "Lively", "Lucky", "Mellow", "Merry", "Misty", "Nimble", "Patient",
    "Quick", "Quiet", "Silver", "Sincere", "Sunny", "Swift", "Tidy", "Warm", "Wise", "Witty",
];
const ANIMALS: [&str; 32] = [
    "Badger", "Bear", "Cat", "Crane", "Deer", "Dove", "Duck", "Finch", "Fox", "Goose", "Hare", "Heron",
    "Jay", "Lark", "Lynx", "Magpie", "Marten", "Mole", "Moth", "Otter", "Owl", "Panda", "Robin", "Seal",
    "Sparrow", "Squirrel", "Stork", "Swallow", "Swan", "Tiger", "Turtle", "Wren",
];

/// The name that others see until a guest chooses one: always the same for the same id.
#[must_use]
pub fn display_name(user: UserId) -> String {
    let hash = blake3::hash(user.to_string().as_bytes());
    let [a, b, c, d, ..] = *hash.as_bytes();
    let number = 100 + u16::from_be_bytes([c, d]) % 900;
    format!("{} {} {number}", ADJECTIVES[usize::from(a) % 32], ANIMALS[usize::from(b) % 32])
}
