//! One gate (SE2): every command and every path of the API, done by everyone to everything, against a real server; what
//! comes of it is compared with one committed table. `UPDATE=1` writes the table anew; read the difference.

mod data;
mod events;
pub(crate) mod paths;
mod scene;

use std::fmt::Write as _;

use futures_util::future::join_all;
use madang_protocol::{Command, ErrorCode};

use data::{Thing, data, things};
use scene::{Column, Scene, World};

/// The table.
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/gate.table");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn se2_everyone_gets_what_the_table_says_and_nothing_else() {
    let world = World::new().await;
    let mut table = String::from(HEAD);
    let columns: Vec<_> = Column::ALL.iter().map(|column| column.name()).collect();
    writeln!(table, "[commands: {}]", columns.join(" ")).unwrap();
    for kind in Command::TYPES {
        for &thing in things(kind) {
            let cells = row(&world, kind, thing).await;
            line(&mut table, &format!("{kind} {}", thing.name()), &cells);
        }
    }
    writeln!(table, "\n[paths: {}]", columns.join(" ")).unwrap();
    for path in paths::all() {
        let cells = paths::row(&world, &path).await;
        line(&mut table, &path.name(), &cells);
    }
    writeln!(table, "\n[events]").unwrap();
    table.push_str(&events::table(&world).await);
    nobody_finds_what_they_may_not_see(&world).await;
    compare(&table);
}

/// A search is answered to everyone; what is in it is their own.
async fn nobody_finds_what_they_may_not_see(world: &World) {
    let data = serde_json::json!({"query": "secret"});
    for column in Column::ALL.into_iter().filter(|column| world.person(*column).is_some()) {
        let answer = world.known(column).post(&world.server, "/api/v1/commands/search", &data).await;
        assert!(answer.status == 401 || answer.json()["data"]["hits"] == serde_json::json!([]), "{answer:?}");
    }
    let own = world.stranger.command(&world.server, "search", data).await;
    assert_eq!(own["hits"].as_array().unwrap().len(), 1, "the search finds what there is");
}

/// Explains the table to whoever reads its changes.
const HEAD: &str = "\
# Who gets what (SE2, SE4, SE7). Written by `UPDATE=1 cargo nextest run -p madang-gateway se2_everyone`; read by people.
# Columns: people of the session (owner, collaborator, viewer; `reader` is the collaborator with a token of scope `read`),
# then those who are not (none, admin: an administrator, guest, removed: was a collaborator), then credentials that hold
# no longer (suspended account, ended token) and none at all.
# Things: in = the session, other = a session that none of them may know of, own = a thing of one's own in the session,
# anothers = one of another person's there, invited = after being asked in by name, link = with an invite code.
# Cells: OK or the code; `socket/http` where the two ways differ, `-` where there is no such thing.
";

/// What comes of a command for each column; the same on the socket and over HTTP, or both.
async fn row(world: &World, kind: &str, thing: Thing) -> Vec<String> {
    let outsiders = Scene::new(world, thing).await;
    let cells = Column::ALL.iter().map(|&column| {
        let outsiders = &outsiders;
        async move {
            let mut ways = Vec::new();
            for http in [false, true] {
                let own_scene;
                let scene = if column.is_member() {
                    own_scene = Scene::new(world, thing).await;
                    &own_scene
                } else {
                    outsiders
                };
                if thing == Thing::Invited {
                    scene.ask_in(world, column).await;
                }
                let outcome = match data(kind, thing, scene, column) {
                    None => "-".to_owned(),
                    Some(data) if http => world.over_http(column, kind, &data).await,
                    Some(data) => world.on_socket(column, kind, &data).await,
                };
                ways.push(outcome);
                if column.is_member() {
                    scene.clean(world).await;
                }
            }
            if ways[0] == ways[1] { ways.swap_remove(0) } else { ways.join("/") }
        }
    });
    let cells = join_all(cells).await;
    outsiders.clean(world).await;
    cells
}

fn line(table: &mut String, name: &str, cells: &[String]) {
    let cells: Vec<_> = cells.iter().map(|cell| format!("{:<9}", short(cell))).collect();
    writeln!(table, "{name:<34} {}", cells.join(" ").trim_end()).unwrap();
}

/// Codes as the table shows them, so that a line can be read.
fn short(cell: &str) -> String {
    let one = |code: &str| match code {
        "INVALID_AUTH" => "401".to_owned(),
        "FORBIDDEN" => "no".to_owned(),
        "NOT_FOUND" => "404".to_owned(),
        "INVALID_SESSION" => "410".to_owned(),
        "UNKNOWN_TYPE" => "unknown".to_owned(),
        "INVALID_DATA" => "422".to_owned(),
        "CONFLICT" => "409".to_owned(),
        other => other.to_owned(),
    };
    cell.split('/').map(one).collect::<Vec<_>>().join("/")
}

fn compare(table: &str) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(TABLE, table).unwrap();
    }
    let committed = std::fs::read_to_string(TABLE).unwrap_or_default();
    let differing = |(is, was): (&str, &str)| (is != was).then(|| format!("was {was}\nis  {is}"));
    let differences: Vec<_> = table.lines().zip(committed.lines()).filter_map(differing).collect();
    assert!(
        differences.is_empty() && table.lines().count() == committed.lines().count(),
        "the gate is not what the table says:\n{}",
        differences.join("\n")
    );
}

/// The code of a status and body over HTTP; a status that is not the code's own fails the test.
fn code_of(status: u16, code: Option<&str>) -> String {
    let Some(code) = code else {
        assert!((200..400).contains(&status), "{status} without a code");
        return "OK".into();
    };
    let row = ErrorCode::ALL.iter().find(|known| known.as_str() == code).unwrap().row();
    let other = code == "UNKNOWN_TYPE" && status == 404 || status == 405 || status == 415;
    assert!(status == row.status || other, "{code} came as {status}");
    code.to_owned()
}
