//! What a provider cannot express is listed: in its code with a reason, and on its page.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use passid_tests::provider::docverify::{self, Docverify};
use passid_tests::provider::passbase::{self, Passbase};
use passid_tests::provider::passid::Passid;
use passid_tests::provider::{Gap, Provider};
use passid_tests::table::{inexpressible, rows};

use crate::run::every_row;

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    names.into_iter().collect()
}

/// The list holds every row that is missing, no row that is there, and no row of another name.
fn check(provider: &impl Provider) {
    let name = provider.name();
    let listed: Vec<_> = provider.gaps().iter().flat_map(|gap| gap.rows).copied().collect();
    assert_eq!(listed.len(), set(listed.iter().copied()).len(), "{name}: listed twice");
    assert!(provider.gaps().iter().all(|gap| gap.reason.len() > 20), "{name}: no reason");
    let (listed, missing) = (set(listed), set(inexpressible(provider.cast())));
    assert_eq!(listed, missing, "{name}");

    let own = every_row(provider);
    let names = set(own.iter().map(|row| row.name));
    assert_eq!(names.len(), own.len(), "{name}: two rows of one name");
    let table = rows();
    let lost: Vec<_> = table
        .iter()
        .map(|row| row.name)
        .filter(|row| !names.contains(row) && !listed.contains(row))
        .collect();
    assert!(lost.is_empty(), "{name}: {lost:#?}");
}

/// One line of a page for each reason.
fn lines(gaps: &[Gap]) -> Vec<String> {
    gaps.iter().map(|gap| format!("| {} | {} |", gap.rows.join("; "), gap.reason)).collect()
}

/// The page has a table of exactly these gaps.
fn check_page(page: &str, gaps: &[Gap]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(page);
    let text = fs::read_to_string(path).unwrap();
    let (_, table) = text.split_once("\n| row of the contract | why it cannot be |\n").unwrap();
    let told: Vec<_> = table.lines().skip(1).take_while(|line| line.starts_with('|')).collect();
    assert_eq!(told, lines(gaps), "{page} should say\n{}", lines(gaps).join("\n"));
}

#[tokio::test]
async fn each_provider_expresses_or_lists_every_row_of_the_table() {
    check(&Passid::start().await);
    check(&Passbase::start().await);
    check(&Docverify::start().await);
}

#[tokio::test]
async fn passid_expresses_every_row() {
    assert!(Passid::start().await.gaps().is_empty());
}

#[test]
fn the_page_of_each_provider_lists_what_it_cannot_express() {
    check_page("docs/passbase.md", passbase::GAPS);
    check_page("docs/document-verification.md", docverify::GAPS);
}
