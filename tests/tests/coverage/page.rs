//! The tables of a page: subject, client, sandbox, test.

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All code below some folders.
pub(crate) fn code_below(folders: &[impl AsRef<Path>]) -> String {
    let mut code = String::new();
    for folder in folders {
        collect(&root().join(folder), &mut code);
    }
    code
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

/// A line of one of the tables.
pub(crate) struct Row {
    pub(crate) subject: String,
    pub(crate) client: String,
    pub(crate) sandbox: String,
    pub(crate) test: String,
}

/// The rows of all tables of a page that have these columns.
pub(crate) fn rows(page: &str) -> Vec<Row> {
    let mut inside = false;
    let mut rows = Vec::new();
    for line in read(page).lines() {
        if line.ends_with("| client | sandbox | test |") {
            inside = true;
        } else if !line.starts_with('|') {
            inside = false;
        } else if inside && !line.starts_with("|-") {
            rows.push(row(line));
        }
    }
    rows
}

fn row(line: &str) -> Row {
    let inner = line.strip_prefix('|').and_then(|line| line.strip_suffix('|'));
    let cells: Vec<_> = inner.expect(line).split('|').map(str::trim).collect();
    let [subject, client, sandbox, test] = cells[..] else { panic!("four cells: {line}") };
    let [subject, client, sandbox, test] = [subject, client, sandbox, test].map(str::to_owned);
    Row { subject, client, sandbox, test }
}

/// What stands between backticks.
pub(crate) fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Whether a cell says why there is nothing.
pub(crate) fn is_reason(cell: &str) -> bool {
    cell.strip_prefix("– ").is_some_and(|reason| reason.len() > 3)
}
