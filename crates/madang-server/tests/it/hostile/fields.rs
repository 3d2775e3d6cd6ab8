//! The fields of every command, read from the types that are generated from the protocol (a drift test keeps them).

/// What `cargo xtask codegen` made.
const GENERATED: &str = include_str!("../../../../../web/protocol/src/generated.ts");

/// Every command with the fields of its data.
pub(crate) fn commands() -> Vec<(&'static str, Vec<&'static str>)> {
    let (_, table) = GENERATED.split_once("export interface CommandData {").expect("the table of commands");
    let (table, _) = table.split_once('}').expect("its end");
    let rows = table.lines().filter_map(|line| line.trim().trim_end_matches(';').split_once(": "));
    rows.map(|(command, data)| (command, fields(data))).collect()
}

/// The fields of a type, without what they mean.
fn fields(data: &str) -> Vec<&'static str> {
    let start = format!("export type {data} = ");
    let (_, body) = GENERATED.split_once(&start).unwrap_or_else(|| panic!("no type {data}"));
    let (body, _) = body.split_once("};").unwrap_or((body, ""));
    let body = body.split("\nexport ").next().unwrap_or_default();
    let lines = body.lines().map(str::trim).filter(|line| !line.starts_with(['/', '*']));
    let names = lines.filter_map(|line| line.split_once(':').map(|(name, _)| name.trim_end_matches('?')));
    names.filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_')).collect()
}

#[test]
fn the_fields_of_commands_are_found() {
    let commands = commands();
    let of = |name: &str| commands.iter().find(|(command, _)| *command == name).unwrap().1.clone();
    assert_eq!(of("create_invite"), ["session_id", "role", "expires_in_ms", "uses"]);
    assert_eq!(of("hello"), ["client", "resume"]);
    assert_eq!(of("list_models"), [""; 0]);
    assert!(commands.len() > 40, "{}", commands.len());
}
