//! `madang user`, `madang token`, `madang audit`, with the server and without it; the first administrator's link.

use std::io::Write as _;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::binary::{Server, madang};

const PASSWORD: &str = "a quiet courtyard";

/// Runs a command on a data directory; what it printed, or the sentence with which it failed.
fn run(data: &Path, arguments: &[&str], stdin: &str) -> Result<String, String> {
    let mut all: Vec<&str> = arguments.to_vec();
    all.extend(["--data-dir", data.to_str().unwrap()]);
    let mut child = madang(&all, &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    match output.status.success() {
        true => Ok(text(output.stdout)),
        false => Err(text(output.stderr)),
    }
}

/// Sends JSON, as a page of the server's own does; status and body.
fn post(server: &Server, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().build().unwrap();
        let mut request = client.post(format!("{}/api/v1{path}", server.url())).json(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    })
}

/// What follows a sentence on its line.
fn after<'a>(text: &'a str, sentence: &str) -> &'a str {
    let found = text.lines().find_map(|line| line.strip_prefix(sentence));
    found.unwrap_or_else(|| panic!("no line begins {sentence:?}: {text}"))
}

fn log_in(server: &Server, name: &str, password: &str) -> u16 {
    post(server, "/login", None, &json!({ "name": name, "password": password })).0
}

#[test]
fn people_are_made_while_the_server_is_stopped_and_changed_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let added = run(&data, &["user", "add", "admin", "--admin", "--generate"], "").unwrap();
    let password = after(&added, "The password, shown this once: ").to_owned();
    let listed = run(&data, &["user", "list"], "").unwrap();
    assert!(listed.contains("admin  (admin)  administrator"), "{listed}");
    let refused = run(&data, &["user", "add", "ADMIN", "--generate"], "").unwrap_err();
    assert_eq!(refused, "madang: That name is taken.\n");
    assert!(!data.join("bootstrap").exists() && !data.join("control.sock").exists());

    let server = Server::start(&data, &[]);
    assert!(!data.join("bootstrap").exists(), "there is an administrator");
    assert!(!server.printed[0].contains("administrator"), "{:?}", server.printed);
    let socket = data.join("control.sock").metadata().unwrap();
    assert!(socket.file_type().is_socket());
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
    assert_eq!(log_in(&server, "admin", &password), 200);
    let added = run(&data, &["user", "add", "mina", "--display-name", "Mina Kim"], PASSWORD).unwrap();
    assert!(added.contains("mina  (Mina Kim)") && !added.contains(PASSWORD), "{added}");
    assert_eq!(log_in(&server, "mina", PASSWORD), 200);
    assert!(run(&data, &["user", "add", "other"], "").unwrap_err().contains("--generate"));
    assert!(run(&data, &["user", "add", "other"], "short").unwrap_err().contains("at least 12 characters"));
    let token = run(&data, &["token", "create", "mina", "--name", "ci", "--days", "7"], "").unwrap();
    let (id, token) =
        (token.lines().next().unwrap().to_owned(), after(&token, "The token, shown this once: ").to_owned());
    assert_eq!(post(&server, "/tickets", Some(&token), &json!({})).0, 200);
    assert!(run(&data, &["token", "list", "mina"], "").unwrap().contains(&id));
    assert_eq!(run(&data, &["token", "revoke", "mina", &id], "").unwrap(), "Done.\n");
    assert_eq!(post(&server, "/tickets", Some(&token), &json!({})).0, 401);
    let reset = run(&data, &["user", "reset-password", "mina", "--generate"], "").unwrap();
    let reset = after(&reset, "The password, shown this once: ").to_owned();
    assert_eq!((log_in(&server, "mina", PASSWORD), log_in(&server, "mina", &reset)), (401, 200));
    run(&data, &["user", "disable", "mina"], "").unwrap();
    assert_eq!(log_in(&server, "mina", &reset), 401);
    run(&data, &["user", "enable", "mina"], "").unwrap();
    assert_eq!(log_in(&server, "mina", &reset), 200);
    assert!(run(&data, &["user", "disable", "nobody"], "").unwrap_err().contains("no account of that name"));
    let whole = run(&data, &["audit", "verify"], "").unwrap();
    assert!(whole.starts_with("The audit log is whole: "), "{whole}");

    server.signal("TERM");
    assert_eq!(server.wait().0, Some(0));
    assert!(!data.join("control.sock").exists());
    assert_eq!(run(&data, &["audit", "verify"], "").unwrap(), whole, "the same log, without the server");
}

#[test]
fn au17_the_first_administrators_link_is_in_a_file_and_in_no_log() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let link = |data: &Path| {
        std::fs::read_to_string(data.join("bootstrap")).unwrap().lines().next().unwrap().to_owned()
    };
    let server = Server::start(one.path(), &[]);
    let other = Server::start(two.path(), &[]);
    let path = one.path().join("bootstrap");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let printed = server.printed.join("\n");
    assert!(printed.contains("there is no administrator yet") && !printed.contains("mdb1."), "{printed}");
    assert_ne!(link(one.path()).split_once('#').unwrap().1, link(two.path()).split_once('#').unwrap().1);
    drop(other);
    let first = link(one.path());
    assert!(first.starts_with(&format!("{}/bootstrap#mdb1.", server.url())), "{first}");
    server.signal("TERM");
    assert_eq!(server.wait().0, Some(0));
    let server = Server::start(one.path(), &[]);
    let token = link(one.path()).split_once('#').unwrap().1.to_owned();
    assert!(first.ends_with(&token), "a restart keeps it");
    let new = json!({ "token": token, "name": "admin", "password": PASSWORD, "display_name": "Admin" });
    let (status, me) = post(&server, "/bootstrap", None, &new);
    assert_eq!((status, &me["admin"]), (200, &json!(true)), "{me}");
    assert!(!path.exists());
    assert_eq!(post(&server, "/bootstrap", None, &new).0, 404);
    drop(server);
    let server = Server::start(one.path(), &[]);
    assert!(!path.exists() && !server.printed.join("\n").contains("administrator"));
}

#[test]
fn secrets_of_issuers_come_from_files_and_variables_and_are_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("madang.toml");
    let key = "a key of more than thirty-two bytes, shared";
    std::fs::write(folder.path().join("key"), format!("{key}\n")).unwrap();
    let text = |more: &str| {
        format!(
            "[accounts]\nsign_up = \"closed\"\n[[accounts.embedders]]\nid = \"shop\"\nissuer = \"https://shop.example\"\n\
             audience = \"madang\"\nalgorithm = \"HS256\"\n{more}\n"
        )
    };
    let check = |more: &str, variables: &[(&str, &str)]| {
        std::fs::write(&path, text(more)).unwrap();
        let output =
            madang(&["config", "check", "--config", path.to_str().unwrap()], variables).output().unwrap();
        let shown = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!shown.contains(key), "{shown}");
        (output.status.success(), shown)
    };
    let by_file = format!("key_file = \"{}\"", folder.path().join("key").display());
    assert!(check(&by_file, &[]).0);
    assert!(check("key_env = \"SHOP_KEY\"", &[("SHOP_KEY", key)]).0);
    let (good, shown) = check("key_env = \"SHOP_KEY\"", &[]);
    assert!(!good && shown.contains("the variable SHOP_KEY is not set"), "{shown}");
    let (good, shown) = check(&format!("key = \"{key}\""), &[]);
    assert!(!good && shown.contains("holds a key and can be read by others"), "{shown}");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(check(&format!("key = \"{key}\""), &[]).0);
    let (good, shown) = check("key = \"short\"", &[]);
    assert!(!good && shown.contains("a shared key needs at least 32 bytes"), "{shown}");
    let (good, shown) = check("", &[]);
    assert!(!good && shown.contains("it needs a key or jwks_url"), "{shown}");
}
