//! The edge's schemas are what the Rust types say, to the byte.

use std::path::Path;

#[test]
fn the_schemas_are_those_of_rust() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../madang-gateway/src/router/openapi/schemas.json");
    let wanted = madang_protocol::schema::generate();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "the schemas have drifted: run `cargo xtask codegen`");
}
