//! The tables that hold what an API publishes against this repository: one for each API.

use std::collections::BTreeSet;

use super::page::{Row, code_below, is_reason, quoted, read, rows};
use super::served::operations;

struct Table {
    page: &'static str,
    /// How many rows it has at least.
    rows: usize,
    /// Where the names of its client stand.
    code: &'static [&'static str],
    /// What the sandbox serves this API under.
    below: &'static str,
    events: &'static [&'static str],
}

const TABLES: [Table; 3] = [
    Table {
        page: "docs/coverage.md",
        rows: 70,
        code: &["passid-core/src", "passid-axum/src", "passid-actix/src"],
        below: "",
        events: &[
            "verification.completed",
            "verification.failed",
            "outcome.reported",
            "webhook.test",
        ],
    },
    Table {
        page: "docs/passbase.md",
        rows: 50,
        code: &["passid-passbase/src", "passid-inbox/src", "passid-core/src"],
        below: PASSBASE,
        events: &[
            "VERIFICATION_COMPLETED",
            "VERIFICATION_REVIEWED",
            "DATAPOINT_UPDATED",
            "WATCHLIST_MONITORING",
            "IDENTITY_AUTHENTICATED",
            "AUTHENTICATION_CREATED",
            "AUTHENTICATION_FINISHED",
            "AUTHENTICATION_PROCESSED",
            "AUTHENTICATION_REVIEW_STATUS_CHANGED",
        ],
    },
    Table {
        page: "docs/document-verification.md",
        rows: 60,
        code: &["passid-docverify/src", "passid-core/src"],
        below: DOCVERIFY,
        events: &[],
    },
];

const PASSBASE: &str = "/passbase/verification/v2";
const DOCVERIFY: &str = "/docverify";

/// `GET /docverify/verify/api/v1/…` as the reference prints it: without what goes before.
fn printed(call: &str, below: &str) -> Option<String> {
    let (method, path) = call.split_once(' ')?;
    let path = path.strip_prefix(below)?;
    let path = path.strip_prefix("/verify").filter(|_| below == DOCVERIFY).unwrap_or(path);
    Some(format!("{method} {path}"))
}

#[test]
fn no_cell_is_empty_and_a_dash_has_its_reason() {
    for table in TABLES {
        let rows = rows(table.page);
        assert!(rows.len() > table.rows, "{}: {} rows", table.page, rows.len());
        for row in &rows {
            assert!(!row.subject.is_empty());
            for cell in [&row.client, &row.sandbox, &row.test] {
                assert!(is_reason(cell) || !quoted(cell).is_empty(), "{}: {cell}", row.subject);
            }
        }
    }
}

#[test]
fn every_test_that_is_named_exists() {
    for row in TABLES.iter().flat_map(|table| rows(table.page)) {
        for test in quoted(&row.test) {
            let (file, name) = test.split_once("::").expect(test);
            let source = read(file);
            let at = source.find(&format!("fn {name}("));
            let before = &source[..at.unwrap_or_else(|| panic!("{}: {test}", row.subject))];
            let attribute = before.rfind("#[").map_or("", |at| &before[at..]);
            assert!(attribute.contains("test"), "{test} is no test");
        }
    }
}

#[test]
fn every_place_and_every_call_that_is_named_exists() {
    for table in TABLES {
        let code = code_below(table.code);
        let words: BTreeSet<_> =
            code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        for row in rows(table.page) {
            if !is_reason(&row.sandbox) {
                for place in quoted(&row.sandbox) {
                    read(&format!("passid-sandbox/src/{place}"));
                }
            }
            for name in quoted(&row.client) {
                assert!(words.contains(name), "{}: {name}", row.subject);
            }
        }
    }
}

#[tokio::test]
async fn every_endpoint_of_the_apis_and_every_event_has_its_row() {
    let served = operations().await;
    let own = |call: &String| call.contains(" /_passid/");
    let others = |call: &String| TABLES[1..].iter().any(|t| printed(call, t.below).is_some());
    for table in TABLES {
        let rows = rows(table.page);
        let subjects: BTreeSet<_> = rows.iter().flat_map(|row| quoted(&row.subject)).collect();
        let api: Vec<_> = served
            .iter()
            .filter(|call| !own(call) && (!table.below.is_empty() || !others(call)))
            .filter_map(|call| printed(call, table.below))
            .collect();
        assert!(api.len() >= 6, "{}: {api:?}", table.page);
        for call in &api {
            assert!(subjects.contains(&**call), "{}: no row: {call}", table.page);
        }
        for event in table.events {
            assert!(subjects.contains(event), "{}: no row: {event}", table.page);
        }
        nothing_is_called_served_that_is_not(&rows, &api);
    }
}

fn nothing_is_called_served_that_is_not(rows: &[Row], api: &[String]) {
    let is_call = |row: &&Row| quoted(&row.subject)[..].iter().any(|it| it.contains(" /"));
    for row in rows.iter().filter(is_call) {
        let served = quoted(&row.subject).iter().any(|call| api.iter().any(|known| known == call));
        assert_eq!(served, !is_reason(&row.sandbox), "{}", row.subject);
    }
}

/// The lists of words that the two providers publish are enums of their clients.
#[test]
fn every_list_of_words_has_its_row() {
    for table in &TABLES[1..] {
        let code = code_below(&table.code[..1]);
        let rows = rows(table.page);
        let named: BTreeSet<_> = rows.iter().flat_map(|row| quoted(&row.client)).collect();
        let lists: Vec<_> = code
            .split("open_enum! {")
            .skip(1)
            .filter_map(|block| {
                let mut lines = block.lines().map(str::trim);
                let line = lines.find(|line| !line.is_empty() && !line.starts_with("//"))?;
                line.strip_suffix(" {").filter(|name| name.chars().all(char::is_alphanumeric))
            })
            .collect();
        assert!(lists.len() >= 7, "{}: {lists:?}", table.page);
        for list in lists {
            assert!(named.contains(list), "{}: no row: {list}", table.page);
        }
    }
}

/// The claims that the references map.
#[test]
fn every_claim_that_is_mapped_has_its_row() {
    for table in &TABLES[1..] {
        let rows = rows(table.page);
        let all: String = rows.iter().map(|row| &*row.subject).collect::<Vec<_>>().join("\n");
        for word in [
            "identity_verified",
            "identity_and_fraud_checks_passed",
            "freshness",
            "sanctions",
            "income",
        ] {
            assert!(all.contains(word), "{}: no row: {word}", table.page);
        }
    }
}
