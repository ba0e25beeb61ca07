//! The documentation is complete, and what it names exists: `docs/coverage.md` against the sandbox and
//! the tests, the sandbox's pages against its routes, flags, codes and decisions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use passid_sandbox::{ASSUMPTIONS, Sandbox, Seed};
use passid_tests::http::{Request, send};
use serde_json::Value;

const EVENTS: [&str; 4] =
    ["verification.completed", "verification.failed", "outcome.reported", "webhook.test"];
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A line of one of the tables.
struct Row {
    subject: String,
    client: String,
    sandbox: String,
    test: String,
}

fn rows() -> Vec<Row> {
    let page = read("docs/coverage.md");
    let lines = page.lines().filter(|line| line.starts_with('|'));
    // The head of each table, and the rule under it.
    let body = lines.filter(|line| !line.starts_with("|-") && !line.ends_with("| test |"));
    body.map(|line| {
        let inner = line.strip_prefix('|').and_then(|line| line.strip_suffix('|'));
        let cells: Vec<_> = inner.expect(line).split('|').map(str::trim).collect();
        let [subject, client, sandbox, test] = cells[..] else { panic!("four cells: {line}") };
        let [subject, client, sandbox, test] = [subject, client, sandbox, test].map(str::to_owned);
        Row { subject, client, sandbox, test }
    })
    .collect()
}

/// What stands between backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn is_reason(cell: &str) -> bool {
    cell.strip_prefix("– ").is_some_and(|reason| reason.len() > 3)
}

#[test]
fn no_cell_is_empty_and_a_dash_has_its_reason() {
    let rows = rows();
    assert!(rows.len() > 70, "{} rows", rows.len());
    for row in &rows {
        assert!(!row.subject.is_empty());
        for cell in [&row.client, &row.sandbox, &row.test] {
            assert!(is_reason(cell) || !quoted(cell).is_empty(), "{}: {cell}", row.subject);
        }
    }
}

#[test]
fn every_test_that_is_named_exists() {
    for row in rows() {
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
    let mut code = String::new();
    for folder in ["passid-core/src", "passid-axum/src", "passid-actix/src"] {
        collect(&root().join(folder), &mut code);
    }
    let words: BTreeSet<_> = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    for row in rows() {
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

fn collect(folder: &Path, code: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, code);
        } else {
            code.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

/// `POST /v1/verify` and so on, from the sandbox's own description of itself.
async fn operations() -> BTreeSet<String> {
    let sandbox = Sandbox::start().await.unwrap();
    let address = sandbox.url()["http://".len()..].parse().unwrap();
    let answer = send(address, &Request::new("GET", "/_passid/openapi.json")).await.unwrap();
    let document: Value = serde_json::from_str(&answer.body).unwrap();
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let served = METHODS.iter().filter(|method| item.get(**method).is_some());
        operations.extend(served.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    operations
}

#[tokio::test]
async fn every_endpoint_of_the_api_and_every_event_has_its_row() {
    let rows = rows();
    let subjects: BTreeSet<_> = rows.iter().flat_map(|row| quoted(&row.subject)).collect();
    // Other vendors' endpoints have pages of their own.
    let others = [" /_passid/", " /passbase/", " /docverify/"];
    let is_ours = |call: &String| !others.iter().any(|prefix| call.contains(prefix));
    let api: Vec<_> = operations().await.into_iter().filter(is_ours).collect();
    assert!(api.len() >= 17, "{api:?}");
    for call in &api {
        assert!(subjects.contains(&**call), "no row: {call}");
    }
    for event in EVENTS {
        assert!(subjects.contains(event), "no row: {event}");
    }
    // And nothing is called served that is not.
    for row in rows.iter().filter(|row| quoted(&row.subject)[..].iter().any(|it| it.contains(" /")))
    {
        let served = quoted(&row.subject).iter().any(|call| api.iter().any(|known| known == call));
        assert_eq!(served, !is_reason(&row.sandbox), "{}", row.subject);
    }
}

#[tokio::test]
async fn every_endpoint_of_document_verification_is_on_its_page() {
    let page = read("docs/document-verification.md");
    let calls: Vec<_> =
        operations().await.into_iter().filter(|call| call.contains(" /docverify/")).collect();
    assert!(calls.len() >= 9, "{calls:?}");
    for call in calls {
        let below = call.replace(" /docverify/", " /");
        let told = |line: &str| line.starts_with('|') && line.contains(&format!("`{below}`"));
        assert!(page.lines().any(told), "no row: {below}");
    }
}

#[test]
fn what_the_page_of_document_verification_names_exists() {
    let page = read("docs/document-verification.md");
    let mut tests = 0;
    for name in page.lines().filter(|line| line.starts_with('|')).flat_map(quoted) {
        if let Some((file, test)) = name.split_once(".rs::").filter(|(file, _)| !file.is_empty()) {
            let folder = match file.strip_prefix("sandbox: ") {
                Some(file) => format!("passid-sandbox/tests/sandbox/docverify/{file}"),
                None if file.contains('/') => file.to_owned(),
                None => format!("passid-docverify/tests/{file}"),
            };
            assert!(read(&format!("{folder}.rs")).contains(&format!("fn {test}(")), "{name}");
            tests += 1;
        } else if name.ends_with(".rs") {
            read(&format!("passid-sandbox/src/{name}"));
        }
    }
    assert!(tests > 50, "{tests}");
}

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
    let mut code = String::new();
    for folder in ["api", "control", "server"] {
        collect(&root().join("passid-sandbox/src").join(folder), &mut code);
    }
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
