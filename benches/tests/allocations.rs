//! What a hit allocates over the bare handler, exactly: the figures of `count_allocations`, which fails
//! by itself when two requests of a case differ.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::HashMap;
use std::process::Command;

/// Allocations per request, by case.
fn counted() -> HashMap<String, usize> {
    let output = Command::new(env!("CARGO_BIN_EXE_count_allocations")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let fields = lines.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    fields.map(|fields| (fields[0].to_owned(), fields[1].parse().unwrap())).collect()
}

#[test]
fn a_hit_keeps_to_its_allocations() {
    let counted = counted();
    let over_bare = |case: &str| {
        let (framework, _) = case.split_once('/').unwrap();
        counted[case] - counted[&format!("{framework}/bare")]
    };
    // The token that is read out of the header; the credential among the extensions.
    assert_eq!(over_bare("axum/immediate-outside"), 2);
    // The same: the credential shares the token (decision P53).
    assert_eq!(over_bare("axum/cached-outside"), 2);
    // Inside a router axum itself takes two for any layer.
    assert_eq!(over_bare("axum/idle-layer"), 2);
    assert_eq!(over_bare("axum/cached"), 4);
    // On actix-web the first extension of a request makes their map too.
    assert_eq!(over_bare("actix/immediate"), 3);
    assert_eq!(over_bare("actix/cached"), 3);
    assert_eq!(over_bare("actix/cached-outside"), 3);
}
