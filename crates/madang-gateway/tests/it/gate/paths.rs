//! Every path of the API, asked by everyone. The code of the routers is read, so that a path without a line fails.

use super::data::{Sort, Thing};
use super::scene::{Column, Scene, World};
use futures_util::future::join_all;

/// One operation.
pub(crate) struct Operation {
    pub(super) method: String,
    pub(super) path: String,
}

impl Operation {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path.trim_start_matches("/api/v1"))
    }
}

/// The sources of the routers.
const SOURCES: &[&str] = &[
    include_str!("../../../src/router.rs"),
    include_str!("../../../src/router/accounts.rs"),
    include_str!("../../../src/router/admin_people.rs"),
    include_str!("../../../src/router/admin_server.rs"),
    include_str!("../../../src/router/openapi.rs"),
    include_str!("../../../src/router/portability.rs"),
    include_str!("../../../src/router/rest.rs"),
    include_str!("../../../src/router/sse.rs"),
];

/// Every operation below `/api/v1` that the routers have, in order.
pub(crate) fn all() -> Vec<Operation> {
    let mut all: Vec<(String, String)> = SOURCES.iter().flat_map(|source| of_source(source)).collect();
    all.sort();
    all.into_iter().map(|(path, method)| Operation { method, path }).collect()
}

/// The `(path, METHOD)` pairs of `.route("path", get(x).post(y))`.
pub(crate) fn of_source(source: &str) -> Vec<(String, String)> {
    let source = source.replace("IMPORT, post", "\"/api/v1/sessions/import\", post");
    let mut found = Vec::new();
    for route in source.split(".route(").skip(1) {
        let Some((path, rest)) = route.trim_start().trim_start_matches('"').split_once('"') else { continue };
        let methods = rest.split("\n        .").next().unwrap().split("\n}").next().unwrap();
        if !path.starts_with("/api/v1/") || path == "/api/v1/ws" {
            continue;
        }
        for method in ["get", "post", "put", "patch", "delete"] {
            if methods.contains(&format!(" {method}(")) || methods.contains(&format!(").{method}(")) {
                found.push((path.to_owned(), method.to_uppercase()));
            }
        }
    }
    found
}

/// What comes of it for each column, in the session and in one that they may not know of.
pub(super) async fn row(world: &World, operation: &Operation) -> Vec<String> {
    let scene = Scene::new(world, Thing::In(Sort::Plain)).await;
    let scene = &scene;
    let cells = join_all(Column::ALL.iter().map(|&column| async move {
        let mut ways = Vec::new();
        for session in [&scene.session, &scene.elsewhere().0] {
            if !operation.path.contains("{session_id}") && session != &scene.session {
                continue;
            }
            // What ends nobody's access and changes nothing that another cell rests on.
            let id = "usr_00000000000000000000000000000000";
            let path = operation.path.replace("{session_id}", session).replace("{id}", id);
            let path = path.replace("{type}", "session_status");
            let body = body(&operation.method, &operation.path).replace("NAME", column.name());
            ways.push(world.ask(column, (&operation.method, &path), &[], &body).await);
        }
        ways.join("/")
    }))
    .await;
    scene.clean(world).await;
    cells
}

/// A body that is refused by whoever is let in, or does no harm.
fn body(method: &str, path: &str) -> &'static str {
    match (method, path) {
        ("POST", "/api/v1/sessions/import") => "[]",
        ("POST", "/api/v1/commands/{type}") => r#"{"session_id":"ses_00000000000000000000000000000000"}"#,
        ("POST", "/api/v1/me/password") => r#"{"new":"short"}"#,
        ("POST", "/api/v1/me/tokens") => r#"{"name":"","scope":"read","expires_in_days":1}"#,
        ("PATCH", "/api/v1/me") => r#"{"color":"no colour"}"#,
        ("POST", "/api/v1/login") => r#"{"name":"NAME?","password":"wrong password"}"#,
        ("POST", "/api/v1/sign-up") => r#"{"name":"x","password":"short","display_name":"x"}"#,
        ("POST", "/api/v1/bootstrap") => {
            r#"{"token":"wrong","name":"x","password":"long enough a word","display_name":"x"}"#
        }
        ("POST", "/api/v1/invites/look") => r#"{"code":"no such code"}"#,
        ("POST", "/api/v1/admin/users") => r#"{"name":"","display_name":""}"#,
        ("PATCH", "/api/v1/admin/users/{id}") => r#"{"disabled":true}"#,
        ("POST", "/api/v1/admin/invites") => r#"{"uses":0}"#,
        ("PUT", _) => r#"{"budget":null}"#,
        ("POST", _) => "{}",
        _ => "",
    }
}

/// A new file with routes must not be left out of the list above.
#[test]
fn ht1_every_file_with_routes_is_read() {
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let mut found = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read_to_string(&path).unwrap().contains("\"/api/v1/") {
                let source = std::fs::read_to_string(&path).unwrap();
                if source.contains(".route(") {
                    assert!(SOURCES.contains(&source.as_str()), "{} is in no list", path.display());
                    found += 1;
                }
            }
        }
    }
    assert_eq!(found, SOURCES.len());
    assert!(all().iter().any(|operation| operation.name() == "POST /oidc/{id}/link"));
}
