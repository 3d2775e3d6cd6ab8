//! Full-text search.

use madang_protocol::{Role, SessionStatus};
use madang_store::{Append, MemberRow, SessionRow, Store, StoreError, TextHit, TextQuery, TextRow};

use crate::support::people::{room, text};
use crate::support::{at, commit, commit_together, creation, message, row, session, user};

/// No message.
const NONE: [u64; 0] = [];

async fn say(store: &dyn Store, n: u64, texts: impl IntoIterator<Item = TextRow>) {
    let texts = texts.into_iter().map(|row| (session(n), row)).collect();
    commit(store, Append { texts, ..Append::default() }).await.unwrap();
}

fn query(words: &str) -> TextQuery {
    TextQuery { words: words.into(), session: None, cursor: None, limit: 100 }
}

async fn hits(store: &dyn Store, who: u64, query: TextQuery) -> Vec<TextHit> {
    let page = store.search(user(who), query).await.unwrap();
    assert_eq!(page.next, None);
    page.hits
}

/// Which of the messages 1 to 999 are found, with what matched in brackets.
async fn found(store: &dyn Store, who: u64, words: &str) -> Vec<(u64, String)> {
    let hits = hits(store, who, query(words)).await;
    let number = |hit: &TextHit| (1..1_000).find(|&n| message(n) == hit.row.message).unwrap();
    let shown =
        |hit: &TextHit| hit.row.text.as_ref().unwrap().replace('\u{e000}', "[").replace('\u{e001}', "]");
    hits.iter().map(|hit| (number(hit), shown(hit))).collect()
}

async fn numbers(store: &dyn Store, who: u64, words: &str) -> Vec<u64> {
    found(store, who, words).await.into_iter().map(|(n, _)| n).collect()
}

pub(crate) async fn korean_words_are_found_wherever_they_stand(store: &dyn Store) {
    room(store, 1, &[1]).await;
    let said = [
        "서버를 껐다",
        "웹서버에 배포했어요",
        "서 버스 정류장",
        "서버API는 느리다",
        "\u{1109}\u{1165}\u{1107}\u{1165}",
    ];
    say(store, 1, (1..).zip(said).map(|(n, said)| text(n, said))).await;
    let marked = ["[서버]", "[서버]API는 느리다", "웹[서버]에 배포했어요", "[서버]를 껐다"];
    let expected: Vec<_> = [5, 4, 2, 1].into_iter().zip(marked.map(str::to_owned)).collect();
    assert_eq!(found(store, 1, "서버").await, expected);
    assert_eq!(numbers(store, 1, "\u{1109}\u{1165}\u{1107}\u{1165}").await, [5, 4, 2, 1]);
    assert_eq!(numbers(store, 1, "웹서버").await, [2]);
    assert_eq!(numbers(store, 1, "서버 배포").await, [2], "all words, in any order");
    assert_eq!(numbers(store, 1, "배포 서버").await, [2]);
    assert_eq!(numbers(store, 1, "서").await, [5, 4, 3, 2, 1], "one syllable");
    assert_eq!(numbers(store, 1, "장").await, [3], "the last of a word too");
    assert_eq!(numbers(store, 1, "서버api").await, [4]);
    assert_eq!(numbers(store, 1, "버서").await, NONE);
}

pub(crate) async fn english_words_are_found_by_their_beginning(store: &dyn Store) {
    room(store, 1, &[1]).await;
    let said = [
        "The deployment failed",
        "we DEPLOY on Fridays: café, snake_case",
        "redeploy it",
        "fail over, then deploy",
    ];
    say(store, 1, (1..).zip(said).map(|(n, said)| text(n, said))).await;
    assert_eq!(numbers(store, 1, "deploy").await, [4, 2, 1]);
    assert_eq!(numbers(store, 1, "DEPLOYM").await, [1]);
    assert_eq!(found(store, 1, "deploy fail").await[1], (1, "The [deployment] [failed]".into()));
    assert_eq!(numbers(store, 1, "CAFE").await, [2]);
    assert_eq!(numbers(store, 1, "snake_case").await, [2]);
    assert_eq!(numbers(store, 1, "case_snake").await, NONE);
    assert_eq!(numbers(store, 1, "ｄｅｐｌｏｙ friday").await, [2]);
    assert_eq!(numbers(store, 1, "eploy").await, NONE);
}

pub(crate) async fn hits_are_those_of_ones_sessions_alone(store: &dyn Store) {
    room(store, 1, &[1, 2]).await;
    room(store, 2, &[1]).await;
    room(store, 3, &[1, 2]).await;
    for n in 1..=3 {
        say(store, n, [text(n, "the secret word")]).await;
    }
    assert_eq!(numbers(store, 1, "secret").await, [3, 2, 1]);
    assert_eq!(numbers(store, 2, "secret").await, [3, 1]);
    assert_eq!(numbers(store, 3, "secret").await, NONE, "a stranger finds nothing");
    let within = |n| TextQuery { session: Some(session(n)), ..query("secret") };
    let hit = &hits(store, 2, within(1)).await[0];
    let shown = TextRow { text: Some("the \u{e000}secret\u{e001} word".into()), ..text(1, "") };
    assert_eq!(*hit, TextHit { session: session(1), title: "room 1".into(), row: shown });
    assert_eq!(hits(store, 2, within(2)).await, []);
    assert_eq!(hits(store, 2, within(404)).await, []);
    let removed = MemberRow { user: user(2), role: None };
    let deleted = SessionRow { status: SessionStatus::Deleted, ..row(3, "room 3") };
    let append =
        Append { members: vec![(session(1), removed)], sessions: vec![deleted], ..Append::default() };
    commit(store, append).await.unwrap();
    assert_eq!(numbers(store, 2, "secret").await, NONE, "removed from one, the other is deleted");
    assert_eq!(hits(store, 2, within(1)).await, []);
    assert_eq!(numbers(store, 1, "secret").await, [2, 1]);
    // The session's own word in the index is nothing that people say.
    assert_eq!(numbers(store, 1, &session(1).to_string()["ses_".len()..]).await, NONE);
}

pub(crate) async fn hits_of_many_sessions_are_ones_own_too(store: &dyn Store) {
    for n in 1..=300 {
        let role = |m| (session(n), MemberRow { user: user(m), role: Some(Role::Viewer) });
        let mut members = vec![role(1)];
        members.extend((n % 2 == 0).then(|| role(2)));
        let texts = vec![(session(n), text(n, "the same words"))];
        commit(store, Append { members, texts, ..creation(n, "") }).await.unwrap();
    }
    // Person 1 has more sessions than the index is asked about, person 2 fewer.
    for (who, hits) in [(1, 300), (2, 150), (3, 0)] {
        let page = store.search(user(who), TextQuery { limit: 300, ..query("same words") }).await.unwrap();
        assert_eq!(page.hits.len(), hits);
        assert!(who == 1 || page.hits.iter().all(|hit| hit.row.at.0 % 2 == 0), "each in an even session");
    }
}

pub(crate) async fn hits_come_newest_first_in_pages(store: &dyn Store) {
    room(store, 1, &[1]).await;
    // Written in another order than they were said, as an import does.
    let order: Vec<u64> = (1..=50).map(|n| n * 7 % 51).filter(|n| *n > 0).collect();
    for some in order.chunks(5) {
        say(store, 1, some.iter().map(|&n| text(n, "word"))).await;
    }
    let (mut seen, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.search(user(1), TextQuery { cursor, limit: 20, ..query("word") }).await.unwrap();
        seen.extend(page.hits.iter().map(|hit| hit.row.at));
        pages += 1;
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!((seen, pages), (Vec::from_iter((1..=50).rev().map(at)), 3));
    assert_eq!(hits(store, 1, TextQuery { limit: 0, ..query("word") }).await, []);
}

pub(crate) async fn messages_of_one_moment_are_all_found(store: &dyn Store) {
    room(store, 1, &[1]).await;
    for some in Vec::from_iter(1..=600).chunks(200) {
        say(store, 1, some.iter().map(|&n| TextRow { at: at(5), ..text(n, "word") })).await;
    }
    let later = TextRow { at: at(1_000_000), ..text(601, "word") };
    say(store, 1, [later.clone()]).await;
    let page = store.search(user(1), TextQuery { limit: 1_000, ..query("word") }).await.unwrap();
    assert_eq!(page.hits.len(), 601);
    assert_eq!(page.hits[0].row.message, later.message);
    for at in [0, u64::MAX] {
        let n = 700 + at % 2;
        say(store, 1, [TextRow { at: madang_protocol::UnixMs(at), ..text(n, "odd") }]).await;
    }
    assert_eq!(numbers(store, 1, "odd").await, [701, 700]);
}

pub(crate) async fn a_changed_text_is_found_by_its_new_words_alone(store: &dyn Store) {
    room(store, 1, &[1]).await;
    say(store, 1, [text(1, "first version"), text(2, "other")]).await;
    say(store, 1, [TextRow { author_name: "미나".into(), ..text(1, "second version") }]).await;
    assert_eq!(numbers(store, 1, "first").await, NONE);
    let hit = &hits(store, 1, query("second")).await[0];
    assert_eq!((hit.row.author_name.as_str(), hit.row.at), ("미나", at(1)));
    assert_eq!(numbers(store, 1, "version").await, [1]);
    // Several in a group, the last one counts.
    let changes = (1..=30)
        .map(|n| Append { texts: vec![(session(1), text(1, &format!("draft{n}")))], ..Append::default() });
    for answer in commit_together(store, changes.collect()).await {
        answer.unwrap();
    }
    assert_eq!(numbers(store, 1, "draft30").await, [1]);
    assert_eq!(numbers(store, 1, "draft").await, [1]);
    assert_eq!(numbers(store, 1, "draft2").await, NONE);
}

pub(crate) async fn a_forks_copies_are_texts_of_their_own(store: &dyn Store) {
    for n in 1..=3 {
        room(store, n, &[n, 9]).await;
        say(store, n, [text(1, "copied"), text(900, "copied too")]).await;
    }
    assert_eq!(numbers(store, 9, "copied").await, [900, 900, 900, 1, 1, 1]);
    say(store, 2, [text(1, "changed"), TextRow { text: None, ..text(900, "") }]).await;
    assert_eq!(numbers(store, 1, "copied").await, [900, 1]);
    assert_eq!(numbers(store, 2, "copied").await, NONE);
    assert_eq!(numbers(store, 2, "changed").await, [1]);
    assert_eq!(numbers(store, 3, "copied").await, [900, 1]);
}

pub(crate) async fn texts_are_found_and_changed_before_and_after_they_are_indexed(store: &dyn Store) {
    room(store, 1, &[1]).await;
    let mut last = 0;
    // More than wait to be indexed, one by one and many at once.
    for count in [1, 62, 1, 1, 200, 1] {
        let new = last + 1..=last + count;
        say(store, 1, new.clone().map(|n| text(n, &format!("number{n}x 여러")))).await;
        last += count;
        let page = store.search(user(1), TextQuery { limit: 999, ..query("여러") }).await.unwrap();
        let found: Vec<_> = page.hits.iter().map(|hit| hit.row.at).collect();
        assert_eq!(found, Vec::from_iter((1..=last).rev().map(at)));
        for n in [1, last] {
            assert_eq!(numbers(store, 1, &format!("number{n}x 여러")).await.last(), Some(&n));
        }
    }
    for n in [1, last] {
        say(store, 1, [text(n, "changed")]).await;
        assert_eq!(numbers(store, 1, "changed").await, [n]);
        say(store, 1, [TextRow { text: None, ..text(n, "") }]).await;
        assert_eq!(numbers(store, 1, "changed").await, NONE);
        let page = store.search(user(1), TextQuery { limit: 2, ..query("여러") }).await.unwrap();
        assert_eq!(page.hits[0].row.at, at(last - u64::from(n == last)));
        assert!(page.next.is_some());
    }
}

pub(crate) async fn a_deleted_text_is_not_found(store: &dyn Store) {
    room(store, 1, &[1]).await;
    say(store, 1, [text(1, "keep this"), text(2, "drop this")]).await;
    let gone = |n| TextRow { text: None, ..text(n, "") };
    say(store, 1, [gone(2), gone(404)]).await;
    assert_eq!(numbers(store, 1, "this").await, [1]);
    assert_eq!(numbers(store, 1, "drop").await, NONE);
    say(store, 1, [text(2, "said again")]).await;
    assert_eq!(numbers(store, 1, "again").await, [2]);
    say(store, 1, [text(3, "never seen"), gone(3), text(4, "")]).await;
    assert_eq!(numbers(store, 1, "never").await, NONE);
}

/// SplitMix64.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

pub(crate) async fn what_is_sought_is_never_syntax(store: &dyn Store) {
    const PIECES: [&str; 40] = [
        "\"",
        "'",
        "*",
        "^",
        "(",
        ")",
        "{",
        "}",
        ":",
        "-",
        "+",
        ",",
        ".",
        ";",
        "--",
        "/*",
        "AND",
        "OR",
        "NOT",
        "NEAR",
        "NEAR(",
        "words",
        "session",
        "words:",
        "session :",
        "rank",
        "\0",
        "\u{e000}",
        "\u{301}",
        "%",
        "_",
        "\\",
        " ",
        "\n",
        "a",
        "서버",
        "ㅋ",
        "👍",
        "\u{200d}",
        "\u{10ffff}",
    ];
    room(store, 1, &[1]).await;
    say(store, 1, [text(1, "plain text"), text(2, "AND OR NOT NEAR words session rank")]).await;
    room(store, 2, &[2]).await;
    say(store, 2, [text(3, &PIECES.join(" "))]).await;
    let mut seed = 20_261_122;
    for _ in 0..600 {
        let n = 1 + random(&mut seed) % 12;
        let words: String = (0..n).map(|_| PIECES[random(&mut seed) as usize % PIECES.len()]).collect();
        let answer = store.search(user(1), query(&words)).await;
        let hits = answer.unwrap_or_else(|error| panic!("{words:?}: {error:?}")).hits;
        assert!(hits.iter().all(|hit| hit.session == session(1)), "{words:?}");
    }
    for (words, found) in [
        ("or", vec![2]),
        ("NOT plain", vec![]),
        ("plain OR near", vec![]),
        ("plain*", vec![1]),
        ("words:plain", vec![]),
        ("session", vec![2]),
        ("", vec![]),
        ("\"", vec![]),
        (" \n ", vec![]),
    ] {
        assert_eq!(numbers(store, 1, words).await, found, "{words:?}");
    }
    assert_eq!(hits(store, 1, query(&"plain ".repeat(10_000))).await, []);
    assert_eq!(numbers(store, 1, &"plain ".repeat(300)).await, [1]);
}

pub(crate) async fn any_part_of_a_text_finds_it(store: &dyn Store) {
    const SAID: [&str; 6] = [
        "웹서버를 새로 배포했습니다. 그런데 느려요ㅠㅠ",
        "Ça c'est l'été: naïve façade, ÅNGSTRÖM & Straße",
        "東京タワーへ行きました。とても高い",
        "fn main() { println!(\"hello_world {}\", x.y) } // 주석",
        "สวัสดีครับ हिन्दी में עברית العربية Ελληνικός Ёжик",
        "e\u{301}\u{301}x 👩‍👩‍👧 ok👍🏽서버 ﷺ ½ ㎏ ｱｲｳ İI ß",
    ];
    room(store, 1, &[1]).await;
    say(store, 1, (1..).zip(SAID).map(|(n, said)| text(n, said))).await;
    for (n, said) in (1..).zip(SAID) {
        let words: Vec<&str> = said.split_whitespace().collect();
        for from in 0..words.len() {
            for to in from..words.len() {
                let part = words[from..=to].join(" ");
                if part.chars().any(char::is_alphanumeric) {
                    let found = found(store, 1, &part).await;
                    let hit = found.iter().find(|(found, _)| *found == n);
                    let (_, shown) = hit.unwrap_or_else(|| panic!("{part} in {said}"));
                    assert!(shown.contains('['), "{part}: {shown}");
                }
            }
        }
    }
}

pub(crate) async fn a_foreign_search_cursor_is_refused(store: &dyn Store) {
    for cursor in ["", "-1", "+1", "x", "1.5", "99999999999999999999", " 1"] {
        let answer = store.search(user(1), TextQuery { cursor: Some(cursor.into()), ..query("a") }).await;
        assert!(matches!(answer, Err(StoreError::BadCursor)), "{cursor}: {answer:?}");
    }
}

pub(crate) async fn a_text_in_no_session_is_refused_alone(store: &dyn Store) {
    room(store, 1, &[1]).await;
    let one = |s, n| Append { texts: vec![(session(s), text(n, "word"))], ..Append::default() };
    let answers = commit_together(store, vec![one(1, 1), one(404, 2), one(1, 3)]).await;
    assert!(matches!(answers[..], [Ok(()), Err(StoreError::Failed { .. }), Ok(())]), "{answers:?}");
    assert_eq!(numbers(store, 1, "word").await, [3, 1]);
}
