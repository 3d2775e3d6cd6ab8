//! `web/protocol` holds what the Rust types say, to the byte.

use std::path::Path;

#[test]
fn the_typescript_types_are_those_of_rust() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/protocol/src/generated.ts");
    let wanted = madang_protocol::typescript::generate();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "web/protocol has drifted: run `cargo xtask codegen`");
}
