//! Nothing secret in what can be printed.

use passid_core::SharedVerifier;
use passid_core::redis::Redis;

use super::provider::Provider;
use super::secret;

const SECRET: &str = "marker-secret-0123456789abcdef0123456789";

#[tokio::test]
async fn neither_urls_nor_secrets_nor_tokens_are_shown() {
    let url = "redis://marker-user:marker-password@127.0.0.1:1/0";
    let builder = Redis::builder(url, &secret(SECRET)).other_secret(&secret(SECRET));
    let mut shown = format!("{builder:?}");
    let redis = builder.build().unwrap();
    shown += &format!("{redis:?} {redis:#?}");
    let verifier = SharedVerifier::builder(Provider::new(), redis);
    shown += &format!("{verifier:?}");
    let verifier = verifier.build().unwrap();
    shown += &format!("{verifier:?} {verifier:#?} {}", verifier.to_prometheus());
    assert!(!shown.contains("marker"), "{shown}");
}

#[tokio::test]
async fn a_url_that_is_refused_is_not_repeated() {
    for url in [
        "http://marker-user:marker-password@127.0.0.1",
        "redis://:marker-password@marker host",
        "marker",
        "",
    ] {
        let error = Redis::builder(url, &secret(SECRET)).build().unwrap_err();
        let mut shown = format!("{error} {error:?}");
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            shown += &format!(" {error} {error:?}");
            source = error.source();
        }
        assert!(!shown.contains("marker"), "{shown}");
    }
}
