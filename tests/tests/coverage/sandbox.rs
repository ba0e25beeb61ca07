//! The sandbox's pages against its routes, flags, codes and decisions.

use std::collections::BTreeSet;

use passid_sandbox::{ASSUMPTIONS, Sandbox, Seed};

use super::page::{code_below, read};
use super::served::operations;

#[tokio::test]
async fn the_sandboxs_readme_has_every_path_it_serves() {
    let readme = read("passid-sandbox/README.md");
    for call in operations().await {
        let (method, path) = call.split_once(' ').unwrap();
        let told = readme.lines().any(|line| {
            line.starts_with('|') && line.contains(method) && line.contains(&format!(" {path}`"))
        });
        assert!(told, "{call}");
    }
}

#[test]
fn the_sandboxs_readme_has_every_flag_and_every_decision() {
    let readme = read("passid-sandbox/README.md");
    let program = read("passid-sandbox/src/main.rs");
    let variables: Vec<_> =
        program.split('"').filter(|text| text.starts_with("PASSID_SANDBOX_")).collect();
    assert!(variables.len() > 10, "{variables:?}");
    for variable in variables {
        let name = variable["PASSID_SANDBOX_".len()..].to_lowercase().replace('_', "-");
        let told = |line: &str| line.contains(&format!("`--{name}")) && line.contains(variable);
        assert!(readme.lines().any(told), "{variable}");
    }
    // The page marks names as code, the list is for terminals too.
    let readme = readme.replace('`', "");
    for assumption in ASSUMPTIONS {
        let row =
            format!("| {} | {} | {} |", assumption.id, assumption.decision, assumption.published);
        assert!(readme.contains(&row), "the table differs from the list: {row}");
    }
}

#[test]
fn every_error_code_of_the_sandbox_is_listed() {
    let page = read("docs/sandbox.md");
    let code = code_below(
        &["api", "control", "server"].map(|folder| format!("passid-sandbox/src/{folder}")),
    );
    let is_code = |text: &&str| {
        text.contains('_') && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    // Words of another API's answers, which are no codes.
    let words = read("passid-sandbox/src/api/passbase/wire.rs");
    let codes: BTreeSet<_> =
        code.split('"').filter(is_code).filter(|code| !words.contains(code)).collect();
    assert!(codes.len() > 30, "{codes:?}");
    for code in codes {
        assert!(page.contains(&format!("`{code}`")), "{code}");
    }
}

/// The first block of this language below a heading of the sandbox's reference.
fn block(page: &str, heading: &str, language: &str) -> String {
    let (_, below) = page.split_once(&format!("\n## {heading}\n")).expect(heading);
    let (_, block) = below.split_once(&format!("```{language}\n")).expect(language);
    block.split_once("```").expect("an end").0.to_owned()
}

#[tokio::test]
async fn the_seed_files_of_the_documentation_are_the_same_and_can_be_planted() {
    let page = read("docs/sandbox.md");
    let json = Seed::from_json(&block(&page, "Seed files", "json")).unwrap();
    let toml = Seed::from_toml(&block(&page, "Seed files", "toml")).unwrap();
    assert_eq!(json, toml);
    Sandbox::builder().seed(json).start().await.unwrap();
}
