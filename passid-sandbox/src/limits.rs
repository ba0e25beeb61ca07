//! What ids, addresses and secrets may look like, wherever they come from.

const MAX_ID_BYTES: usize = 64;
const MAX_URL_BYTES: usize = 2_048;
const MAX_SECRET_BYTES: usize = 1_024;

/// Ids stand in paths and in keys of rows.
pub(crate) fn check_id(id: &str) -> Result<(), String> {
    let fits = (1..=MAX_ID_BYTES).contains(&id.len());
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if fits && plain {
        Ok(())
    } else {
        Err(format!("an id has 1 to {MAX_ID_BYTES} letters, digits, hyphens or underscores"))
    }
}

/// The key of another API, of which no form is published: what can stand in a header.
pub(crate) fn check_secret_key(key: &str) -> Result<(), String> {
    let fits = (1..=MAX_SECRET_BYTES).contains(&key.len());
    if fits && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(format!("a secret key has 1 to {MAX_SECRET_BYTES} visible ASCII characters"))
    }
}

/// Where events can be sent: the sandbox is for tests, so plain `http` is taken for every host.
pub(crate) fn check_webhook_url(url: &str) -> Result<(), String> {
    let parsed = (url.len() <= MAX_URL_BYTES).then(|| url::Url::parse(url).ok()).flatten();
    let fine = |url: &url::Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    if parsed.as_ref().is_some_and(fine) {
        Ok(())
    } else {
        Err(format!("a webhook URL is an http or https address of at most {MAX_URL_BYTES} bytes"))
    }
}

/// D27, D32: an empty secret is none; a short one is taken.
pub(crate) fn check_webhook_secret(secret: &str) -> Result<(), String> {
    if !secret.trim().is_empty() && secret.len() <= MAX_SECRET_BYTES {
        Ok(())
    } else {
        Err(format!("a webhook secret has 1 to {MAX_SECRET_BYTES} bytes and is not blank"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_urls_and_secrets_are_checked() {
        assert!(check_id("usr_amina-2").is_ok());
        for bad in ["", "a/b", "a b", "ä", &"x".repeat(65)] {
            assert!(check_id(bad).is_err(), "{bad}");
        }
        assert!(check_webhook_url("http://127.0.0.1:9000/hook?x=1").is_ok());
        for bad in ["", "127.0.0.1", "ftp://a.example/", "http://", "mailto:a@b.example"] {
            assert!(check_webhook_url(bad).is_err(), "{bad}");
        }
        assert!(check_secret_key("5a").is_ok());
        assert!(check_secret_key("").is_err() && check_secret_key("a b").is_err());
        assert!(check_webhook_secret("x").is_ok());
        assert!(check_webhook_secret(" ").is_err());
    }
}
