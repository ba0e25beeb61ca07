//! A sound JSON object made unsound, in the ways that no provider's answer may be.

use serde_json::Value;

/// Whatever is not the one object, whole and with each of its names once.
pub(crate) fn not_one_object(sound: &Value) -> Vec<String> {
    let whole = sound.to_string();
    vec![
        String::new(),
        "null".into(),
        "{}".into(),
        format!("[{whole}]"),
        format!(r#"{{"data":{whole}}}"#),
        format!("{whole}{whole}"),
        format!("{whole}x"),
        format!("\u{feff}{whole}"),
        whole[..whole.len() - 1].to_owned(),
        "<html></html>".into(),
        twice(sound, "x", &"[".repeat(200)),
        twice(sound, "x", &format!(r#""{}""#, "y".repeat(300 * 1024))),
    ]
}

/// With this in front: a second time, where it is there.
pub(crate) fn twice(sound: &Value, field: &str, first: &str) -> String {
    sound.to_string().replacen('{', &format!(r#"{{"{field}":{first},"#), 1)
}

/// With another value of a field.
pub(crate) fn with(mut sound: Value, field: &str, value: Value) -> String {
    sound[field] = value;
    sound.to_string()
}

/// Without a field.
pub(crate) fn without(mut sound: Value, field: &str) -> String {
    sound.as_object_mut().unwrap().remove(field);
    sound.to_string()
}
