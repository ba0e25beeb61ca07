//! [`Verify`](passid_core::Verify) is the only seam: what stands before it knows no provider by name.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// PASSID's own client is in the core, and the core's texts speak of PASSID; nothing speaks of others.
const FOLDERS: [&str; 4] =
    ["passid-core/src", "passid-axum/src", "passid-actix/src", "passid-inbox/src"];
const OTHER_PROVIDERS: [&str; 3] = ["passbase", "docverify", "document verification"];

/// Within the core: where not even PASSID's client may be named.
const NEUTRAL: [&str; 3] =
    ["passid-core/src/guard", "passid-core/src/policy", "passid-core/src/verify/cache"];

fn texts(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, found);
        } else {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

fn below(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut found = Vec::new();
    folders.iter().for_each(|folder| texts(&root.join(folder), &mut found));
    assert!(!found.is_empty());
    found
}

#[test]
fn no_other_provider_is_named_in_core_adapters_or_inbox() {
    for (path, text) in below(&FOLDERS) {
        let text = text.to_lowercase();
        for name in OTHER_PROVIDERS {
            assert!(!text.contains(name), "{name} in {}", path.display());
        }
    }
}

#[test]
fn guard_policy_and_cache_do_not_use_a_client() {
    for (path, text) in below(&NEUTRAL) {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            assert!(!line.contains("PassidClient"), "{}: {line}", path.display());
            assert!(!line.contains("crate::client"), "{}: {line}", path.display());
        }
    }
}
