//! What must hold when a storm is over.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::person::Person;
use super::world::Figures;

/// Compares what everyone knows with the log, whose n-th entry has position n + 1.
pub(crate) fn judge(
    mut figures: Figures,
    log: &[(String, Value)],
    people: &[Person],
    ids: &[String],
) -> Figures {
    let faults: Vec<_> = people
        .iter()
        .enumerate()
        .flat_map(|(n, person)| person.mirror.faults.iter().map(move |fault| format!("person {n}: {fault}")))
        .collect();
    assert!(
        faults.is_empty(),
        "{} broken promises, the first: {:#?}",
        faults.len(),
        &faults[..faults.len().min(8)]
    );
    let texts = once_each(log);
    for (n, person) in people.iter().enumerate() {
        same_log(log, n, person);
        nothing_lost(&texts, n, person);
        nothing_forbidden(log, &ids[n], n, person);
        figures.acked += person.acked.len();
        figures.connections += person.connections;
        figures.resumed += person.mirror.resumed;
        figures.states += person.mirror.states;
    }
    figures.turns = one_end_each(log);
    figures.events = log.len();
    figures.removals = log.iter().filter(|(kind, _)| kind == "member_removed").count();
    assert!(figures.acked > 0 && figures.turns > 0 && figures.resumed > 0, "nothing happened: {figures}");
    figures
}

/// The position of each text that was said; none is there twice (I3).
fn once_each(log: &[(String, Value)]) -> BTreeMap<&str, u64> {
    let mut texts = BTreeMap::new();
    for (place, (kind, data)) in log.iter().enumerate() {
        if kind == "message_created" {
            let text = data["message"]["content"].as_str().unwrap_or_default();
            let before = texts.insert(text, place as u64 + 1);
            assert_eq!(before, None, "{text:.60} is in the log twice");
        }
    }
    texts
}

/// Everyone was sent what the log has, at the same positions (I2, I4, I7).
fn same_log(log: &[(String, Value)], n: usize, person: &Person) {
    for (seq, entry) in &person.mirror.log {
        let stored = &log[usize::try_from(*seq).unwrap() - 1];
        assert!(
            stored.0.is_empty() || stored == entry,
            "person {n} at {seq}: {entry:?} instead of {stored:?}"
        );
    }
}

/// What was acked is in the log, where the ack said (I1).
fn nothing_lost(texts: &BTreeMap<&str, u64>, n: usize, person: &Person) {
    for (id, text) in &person.said {
        let found = texts.get(text.as_str()).copied();
        match person.acked.get(id) {
            Some(seq) => assert_eq!(found, *seq, "person {n}: {id} was acked at {seq:?}"),
            None => assert!(person.refused.contains_key(id), "person {n}: {id} was never answered"),
        }
    }
}

/// After a removal nothing more came until the person had asked to come in again (I6).
fn nothing_forbidden(log: &[(String, Value)], id: &str, n: usize, person: &Person) {
    let places = |kind: &str, of: fn(&Value) -> &Value| -> Vec<u64> {
        let entries = log.iter().enumerate();
        let found = entries.filter(|(_, (name, data))| name == kind && of(data) == id);
        found.map(|(place, _)| place as u64 + 1).collect()
    };
    let removed = places("member_removed", |data| &data["user_id"]);
    let added = places("member_added", |data| &data["participant"]["user_id"]);
    for (asked, seq) in &person.mirror.received {
        for (nth, removal) in removed.iter().enumerate() {
            let back = added.iter().find(|added| *added > removal).copied().unwrap_or(u64::MAX);
            let outside = *removal < *seq && *seq < back;
            // The log is replayed to one who is a member again, with what happened meanwhile.
            let again = *asked as usize > nth + 1;
            assert!(!outside || again, "person {n}, removed at {removal}, was sent {seq}");
        }
    }
}

/// Every reply that began has one end, and none that did not begin (I10).
fn one_end_each(log: &[(String, Value)]) -> usize {
    let mut begun = BTreeSet::new();
    let mut ended = BTreeMap::new();
    for (kind, data) in log {
        match kind.as_str() {
            "turn_started" => {
                let id = data["message"]["message_id"].as_str().unwrap_or_default();
                assert!(begun.insert(id.to_owned()), "{id} began twice");
            }
            "claude_response" => {
                let (id, status) = (data["message_id"].as_str().unwrap_or_default(), data["status"].as_str());
                let terminal = matches!(status, Some("complete" | "cancelled" | "error" | "interrupted"));
                assert!(terminal && data["completed"] == true, "{data}");
                let before = ended.insert(id.to_owned(), status.unwrap_or_default().to_owned());
                assert_eq!(before, None, "{id} ended twice");
            }
            _ => {}
        }
    }
    assert!(begun.iter().all(|id| ended.contains_key(id)), "a reply has no end");
    begun.len()
}
