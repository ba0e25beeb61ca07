//! Every decision that the code names is written down.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const FOLDERS: &[&str] = &[
    "passid-core/src",
    "passid-axum/src",
    "passid-actix/src",
    "passid-docverify/src",
    "passid-inbox/src",
    "passid-passbase/src",
    "passid-sandbox/src",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// `D5` and `P12`, where they stand as words of their own.
fn decisions(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| {
            let number = word.strip_prefix(['D', 'P']).unwrap_or_default();
            (1..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
        })
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_decision_that_the_code_names_is_listed() {
    let root = root();
    let mut files = Vec::new();
    for folder in FOLDERS {
        sources(&root.join(folder), &mut files);
    }
    let comments = |line: &&str| line.trim_start().starts_with("//");
    let mut named = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        named.extend(text.lines().filter(comments).flat_map(decisions));
    }
    let read = |file| fs::read_to_string(root.join(file)).unwrap();
    let page = read("docs/decisions.md");
    let listed = &decisions(&page) | &decisions(&read("passid-sandbox/README.md"));
    let missing: Vec<_> = named.difference(&listed).collect();
    assert!(missing.is_empty(), "not listed: {missing:?}");
    let row = |line: &str| Some(line.strip_prefix("| P")?.split_once(" |")?.0.to_owned());
    let rows: Vec<_> = page.lines().filter_map(row).collect();
    assert!(rows.len() >= 35, "the page has changed its form");
    for number in &rows {
        assert!(named.contains(&format!("P{number}")), "P{number} is not named where it acts");
        let times = rows.iter().filter(|other| *other == number).count();
        assert_eq!(times, 1, "P{number} has more than one row");
    }
    for name in named.iter().filter_map(|name| name.strip_prefix('P')) {
        assert!(rows.iter().any(|row| row == name), "P{name} has no row in docs/decisions.md");
    }
}
