//! Which documents a session has, and which versions of them are kept (DO1, DO6, DO7).

use madang_protocol::limits::{AUTOMATIC_VERSIONS_MAX, DOCUMENTS_MAX, NAMED_VERSIONS_MAX};
use madang_protocol::{Actor, DocumentId, DocumentRef, ErrorCode, UnixMs};
use madang_session::Keep;
use serde_json::json;

use crate::support::{Bench, person};

fn names(bench: &Bench) -> Vec<(u32, String)> {
    bench.session.documents().map(|known| (known.document.0, known.name.clone())).collect()
}

#[test]
fn do1_documents_are_made_named_and_deleted_and_numbers_are_used_once() {
    let mut bench = Bench::new();
    assert_eq!(names(&bench), [(1, "main".to_owned())]);
    let made = json!({"name": "  app.ts "});
    assert_eq!(bench.by(1, "create_document", made.clone()), Ok(vec!["document_created"]));
    assert_eq!(bench.by(1, "create_document", made), Err(ErrorCode::Conflict), "one name, one document");
    let rename = |name: &str| json!({"document": "app.ts", "name": name});
    assert_eq!(bench.by(1, "rename_document", rename("main")), Err(ErrorCode::Conflict));
    assert_eq!(bench.by(1, "rename_document", rename("app.ts")), Ok(vec![]), "as it is");
    assert_eq!(bench.by(1, "rename_document", rename("index.ts")), Ok(vec!["document_renamed"]));
    assert_eq!(bench.by(1, "delete_document", json!({"document": 2})), Ok(vec!["document_deleted"]));
    assert_eq!(bench.by(1, "delete_document", json!({"document": 2})), Err(ErrorCode::NotFound));
    assert_eq!(bench.by(1, "create_document", json!({"name": "b"})), Ok(vec!["document_created"]));
    assert_eq!(names(&bench), [(1, "main".to_owned()), (3, "b".to_owned())]);
    for named in [DocumentRef::Id(DocumentId(3)), DocumentRef::Name("b".into())] {
        assert_eq!(bench.session.document(&named).map(|known| known.document), Ok(DocumentId(3)));
    }
    assert_eq!(bench.session.document(&DocumentRef::Main).map(|known| known.document), Ok(DocumentId::MAIN));
}

#[test]
fn do1_names_and_numbers_have_limits() {
    let mut bench = Bench::new();
    for bad in ["", "  ", "a\nb", &"x".repeat(201)] {
        assert_eq!(
            bench.by(1, "create_document", json!({"name": bad})),
            Err(ErrorCode::InvalidData),
            "{bad}"
        );
    }
    for n in 1..DOCUMENTS_MAX {
        assert!(bench.by(1, "create_document", json!({"name": n.to_string()})).is_ok());
    }
    assert_eq!(bench.by(1, "create_document", json!({"name": "more"})), Err(ErrorCode::Conflict));
}

#[test]
fn do6_a_viewer_and_a_closed_session_have_no_document_changed() {
    let mut bench = Bench::new();
    bench.let_in(2, "viewer");
    for (kind, data) in [
        ("create_document", json!({"name": "a"})),
        ("rename_document", json!({"name": "a"})),
        ("delete_document", json!({})),
    ] {
        assert_eq!(bench.by(2, kind, data), Err(ErrorCode::Forbidden), "{kind}");
    }
    assert_eq!(bench.session.check_edit(&person(2)).unwrap_err().code, ErrorCode::Forbidden);
    assert_eq!(bench.session.check_edit(&person(1)), Ok(()));
    assert!(bench.by(1, "close_session", json!({})).is_ok());
    assert_eq!(bench.session.check_edit(&person(1)).unwrap_err().code, ErrorCode::Conflict);
    assert_eq!(bench.by(1, "create_document", json!({"name": "a"})), Err(ErrorCode::Conflict));
}

#[test]
fn do7_versions_are_kept_by_name_and_by_themselves_within_limits() {
    let mut bench = Bench::new();
    let main = DocumentId::MAIN;
    let mut keep = |version: u64, name: Option<&str>| {
        let by = Actor::User(person(1).user);
        let keep = Keep { by, document: main, version, name };
        bench.session.keep_version(UnixMs(9), &mut rand::rng(), keep).map(drop)
    };
    assert!(keep(1, Some("first")).is_ok());
    for version in 2..=(AUTOMATIC_VERSIONS_MAX as u64 + 2) {
        assert!(keep(version, None).is_ok());
    }
    assert!(keep(1, Some("renamed")).is_ok());
    for n in 1..NAMED_VERSIONS_MAX as u64 {
        assert!(keep(1_000 + n, Some("n")).is_ok());
    }
    assert_eq!(keep(5_000, Some("more")).unwrap_err().code, ErrorCode::Conflict);
    assert_eq!(keep(1, Some(" ")).unwrap_err().code, ErrorCode::InvalidData);
    let kept = bench.session.kept_versions(main);
    assert_eq!(kept.len(), AUTOMATIC_VERSIONS_MAX + NAMED_VERSIONS_MAX);
    assert_eq!((kept[0].saved.version, kept[0].saved.name.as_deref()), (1, Some("renamed")));
    assert_eq!(kept[1].saved.version, 3, "the oldest that nobody named is gone");
    let mut parts: Vec<u32> = kept.iter().map(|kept| kept.part).collect();
    parts.sort_unstable();
    assert!(parts.windows(2).all(|two| two[0] < two[1]), "each has a part of its own");
}
