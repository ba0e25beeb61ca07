//! Every answer of every test is held against the sandbox's own OpenAPI document.

use std::sync::LazyLock;

use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Map, Value, json};

/// One operation of the document: its path, cut at the slashes.
struct Operation {
    method: String,
    segments: Vec<String>,
    /// A status, or `default`, and what its body must be.
    bodies: Vec<(String, Validator)>,
}

pub(crate) struct Document {
    operations: Vec<Operation>,
}

impl Document {
    pub(crate) fn new(document: &Value) -> Self {
        let components = &document["components"];
        let mut operations = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let responses = operation["responses"].as_object().unwrap();
                operations.push(Operation {
                    method: method.to_uppercase(),
                    segments: path.split('/').map(str::to_owned).collect(),
                    bodies: responses
                        .iter()
                        .map(|(s, r)| (s.clone(), validator(r, components)))
                        .collect(),
                });
            }
        }
        Self { operations }
    }

    /// Every operation: its method, and its path cut at the slashes.
    pub(crate) fn operations(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.operations.iter().map(|operation| (&*operation.method, &*operation.segments))
    }

    /// Fails when the answer is not what the document says. Paths and methods that are not served,
    /// and answers that a fault made, are not described.
    pub(crate) fn check(&self, method: &Method, path: &str, status: u16, body: &str) {
        let body: Value = serde_json::from_str(body)
            .unwrap_or_else(|error| panic!("{method} {path} {status}: {error}: {body}"));
        if body["error"]["code"] == "INJECTED_FAULT" {
            return;
        }
        let segments: Vec<_> = path.split('/').collect();
        let Some(operation) =
            self.operations.iter().find(|operation| operation.serves(method, &segments))
        else {
            assert!([401, 403, 404, 405].contains(&status), "{method} {path}: {status}");
            return;
        };
        let status = status.to_string();
        let described = |wanted: &str| operation.bodies.iter().find(|(status, _)| status == wanted);
        let (_, validator) = described(&status)
            .or_else(|| described("default"))
            .unwrap_or_else(|| panic!("{method} {path}: {status} is not described"));
        if let Err(error) = validator.validate(&body) {
            panic!("{method} {path} {status}: {error}: {body}");
        }
    }
}

impl Operation {
    fn serves(&self, method: &Method, path: &[&str]) -> bool {
        let fits = |(template, segment): (&String, &&str)| {
            template == segment || (template.starts_with('{') && !segment.is_empty())
        };
        self.method == method.as_str()
            && self.segments.len() == path.len()
            && self.segments.iter().zip(path).all(fits)
    }
}

fn validator(response: &Value, components: &Value) -> Validator {
    let schema = response["content"]["application/json"]["schema"].clone();
    let mut root = match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    };
    root.insert("components".to_owned(), components.clone());
    root.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    jsonschema::validator_for(&Value::Object(root)).unwrap()
}

/// The document of a sandbox; it is the same for all.
pub(crate) static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let thread = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sandbox = passid_sandbox::Sandbox::start().await.unwrap();
            let url = format!("{}/openapi.json", sandbox.admin_url());
            reqwest::get(url).await.unwrap().json::<Value>().await.unwrap()
        })
    });
    Document::new(&thread.join().unwrap())
});
