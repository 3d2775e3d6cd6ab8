//! Each thing that keeps the server from starting is one sentence and a non-zero exit.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use crate::binary::{Server, output};

/// Runs `madang serve` and returns its one sentence.
#[track_caller]
fn refusal(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut all = vec!["serve"];
    all.extend(arguments);
    let run = output(&all, variables);
    let said = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(1), "{said}");
    assert_eq!(String::from_utf8(run.stdout).unwrap(), "", "it said it was ready");
    let sentence = said.strip_prefix("madang: ").unwrap_or_else(|| panic!("{said}")).trim_end();
    assert!(!sentence.contains('\n'), "more than a line: {said}");
    sentence.to_owned()
}

fn in_folder<'a>(data: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["--data-dir", data.to_str().unwrap(), "--listen", "127.0.0.1:0"];
    all.extend(more);
    all
}

#[test]
fn a_data_directory_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for data in [file.clone(), file.join("data"), "/proc/nowhere".into()] {
        let sentence = refusal(&in_folder(&data, &[]), &[]);
        let wanted = format!("the data directory {} can't be used", data.display());
        assert!(sentence.starts_with(&wanted), "{sentence}");
    }
}

#[test]
fn a_port_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let arguments = ["--data-dir", folder.path().to_str().unwrap(), "--listen", &address];
    let sentence = refusal(&arguments, &[]);
    assert!(sentence.starts_with(&format!("{address} can't be listened on")), "{sentence}");
}

#[test]
fn a_second_server_on_the_same_data() {
    let folder = tempfile::tempdir().unwrap();
    let first = Server::start(folder.path(), &[]);
    let sentence = refusal(&in_folder(folder.path(), &[]), &[]);
    assert!(sentence.contains("another server uses this data directory"), "{sentence}");
    first.signal("TERM");
    assert_eq!(first.wait().0, Some(0));
    // And once it is gone, the next one may.
    Server::start(folder.path(), &[]);
}

#[test]
fn a_bad_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("madang.toml");
    fs::write(&config, "gests = true").unwrap();
    let by_file = refusal(&in_folder(folder.path(), &["--config", config.to_str().unwrap()]), &[]);
    assert!(by_file.contains("line 1: unknown field `gests`"), "{by_file}");
    let by_variable = refusal(&in_folder(folder.path(), &[]), &[("MADANG_HUB_ROLLUP_MS", "soon")]);
    assert!(by_variable.starts_with("MADANG_HUB_ROLLUP_MS: "), "{by_variable}");
    assert!(!folder.path().join("madang.db").exists(), "it touched the data before it checked");
}

#[test]
fn two_kinds_of_certificate_or_half_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&[&str], &str); 3] = [
        (&["--dev-tls", "--tls-cert", "c", "--tls-key", "k"], "use either it or tls_cert and tls_key"),
        (&["--tls-cert", "c"], "tls_cert needs tls_key"),
        (&["--tls-key", "k"], "tls_key needs tls_cert"),
    ];
    for (flags, wanted) in cases {
        let sentence = refusal(&in_folder(folder.path(), flags), &[]);
        assert!(sentence.contains(wanted), "{sentence}");
    }
}

#[test]
fn certificate_files_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cert.pem");
    fs::write(&file, "no certificate").unwrap();
    let path = file.to_str().unwrap();
    let sentence = refusal(&in_folder(folder.path(), &["--tls-cert", path, "--tls-key", path]), &[]);
    assert!(sentence.contains("has no certificate in PEM form"), "{sentence}");
}

#[test]
fn plain_http_beyond_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let data = folder.path().to_str().unwrap();
        let sentence = refusal(&["--data-dir", data, "--listen", address], &[]);
        assert!(sentence.contains("can be reached from other machines"), "{sentence}");
    }
}

#[test]
fn a_database_of_a_newer_madang() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    server.signal("TERM");
    assert_eq!(server.wait().0, Some(0));
    make_newer(folder.path());
    let sentence = refusal(&in_folder(folder.path(), &[]), &[]);
    assert!(sentence.contains("use a newer madang"), "{sentence}");
}

/// Writes a schema version that no build knows into the database.
fn make_newer(data: &Path) {
    let file = sqlx::sqlite::SqliteConnectOptions::new().filename(data.join("madang.db"));
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let mut database = sqlx::ConnectOptions::connect(&file).await.unwrap();
        sqlx::query("INSERT INTO schema_version (version) VALUES (999999)")
            .execute(&mut database)
            .await
            .unwrap();
        sqlx::Connection::close(database).await.unwrap();
    });
}
