//! What the tests of this workspace share: stand-ins, clients and clocks that other crates never ship.
//!
//! Nothing here is linked into the product. Start with [`upstream`], the stand-in of the Claude Messages API.

pub mod upstream;
