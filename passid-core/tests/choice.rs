//! One guard before several providers: who is asked about which token, and that nobody else is.
#![cfg(feature = "test-util")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::sync::Arc;

use passid_core::cache::CacheBuildError;
use passid_core::testing::ScriptedVerifier;
use passid_core::{
    AnyOf, BoxFuture, CachedVerifier, Decision, DenyReason, Guard, PassidClient, Policy, Reason,
    RedeemingVerifier, RequestView, Routed, Served, Token, TokenSources, UnavailableKind, Verdict,
    VerificationClaims, Verify,
};
use proptest::prelude::*;

/// A provider whose tokens begin with its own prefix.
#[derive(Clone)]
struct Provider {
    prefix: &'static str,
    script: ScriptedVerifier,
}

impl Provider {
    fn new(prefix: &'static str) -> Self {
        Self { prefix, script: ScriptedVerifier::new() }
    }

    fn accepts(self, token: &str) -> Self {
        let claims =
            VerificationClaims { identity_verified: Some(true), ..VerificationClaims::default() };
        self.script.accept(token, claims);
        self
    }

    fn asked(&self) -> Vec<String> {
        self.script.asked().iter().map(|token| token.expose().to_owned()).collect()
    }
}

impl Verify for Provider {
    fn peek(&self, token: &Token) -> Option<Verdict> {
        self.script.peek(token)
    }

    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        self.script.verify(token)
    }

    fn recognises(&self, token: &Token) -> bool {
        token.expose().starts_with(self.prefix)
    }
}

fn token(raw: &str) -> Token {
    Token::parse(raw).unwrap()
}

struct Request(HashMap<&'static str, Vec<&'static str>>);

impl RequestView for Request {
    fn method(&self) -> &str {
        "GET"
    }

    fn query(&self) -> Option<&str> {
        None
    }

    fn each_header<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for value in self.0.get(name).into_iter().flatten() {
            visit(value.as_bytes());
        }
    }
}

fn with<const N: usize>(headers: [(&'static str, &'static str); N]) -> Request {
    let mut request = HashMap::<_, Vec<_>>::new();
    for (name, value) in headers {
        request.entry(name).or_default().push(value);
    }
    Request(request)
}

/// What stands in the way, if anything does.
async fn decision(guard: &Guard<impl Verify>, request: &Request) -> Result<(), Reason> {
    match guard.check(request).await {
        Decision::Verified(_) => Ok(()),
        Decision::Refused(rejection) => Err(rejection.reason().clone()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_token_is_shown_to_the_provider_whose_form_it_has_and_to_no_other() {
    let (one, two) = (Provider::new("one.").accepts("one.a"), Provider::new("two."));
    let choice = AnyOf::new().or(one.clone()).or(two.clone());
    assert!(matches!(choice.verify(token("one.a")).await, Verdict::Valid(_)));
    assert!(matches!(choice.verify(token("two.b")).await, Verdict::Invalid(_)));
    assert_eq!((one.asked(), two.asked()), (vec!["one.a".to_owned()], vec!["two.b".to_owned()]));
    assert!(choice.recognises(&token("two.x")) && !choice.recognises(&token("three.x")));
}

#[tokio::test]
async fn what_is_nobodys_is_refused_and_nobody_is_asked() {
    let one = Provider::new("one.");
    for choice in [AnyOf::new(), AnyOf::new().or(one.clone())] {
        for asked in
            [choice.verify(token("three.x")).await, choice.peek(&token("three.x")).unwrap()]
        {
            assert!(matches!(asked, Verdict::Invalid(DenyReason::TokenNotFound)));
        }
    }
    let routed = Routed::new().to("one", one.clone());
    for raw in ["one.x", "two:one.x", "one:", ":one.x", "ONE:one.x"] {
        assert!(matches!(
            routed.verify(token(raw)).await,
            Verdict::Invalid(DenyReason::TokenNotFound)
        ));
    }
    assert!(one.asked().is_empty());
}

#[tokio::test]
async fn an_outage_of_one_provider_is_no_reason_to_ask_another() {
    let (one, any) = (Provider::new("one."), Provider::new("").accepts("one.a"));
    one.script.fail("one.a", UnavailableKind::Failed);
    let choice = AnyOf::new().or(one).or(any.clone());
    assert!(matches!(choice.verify(token("one.a")).await, Verdict::Unavailable(_)));
    assert!(any.asked().is_empty());
}

#[tokio::test]
async fn a_form_of_the_applications_own_counts_in_place_of_the_verifiers() {
    let strict = Provider::new("one.").accepts("other");
    let choice = AnyOf::new().or_when(|token| token.expose() == "other", strict.clone());
    assert!(matches!(choice.verify(token("other")).await, Verdict::Valid(_)));
    assert!(matches!(choice.verify(token("one.a")).await, Verdict::Invalid(_)));
    assert_eq!(strict.asked(), ["other"]);
}

#[tokio::test]
async fn a_name_chooses_and_is_not_shown_to_the_provider() {
    let (one, two) = (Provider::new("").accepts("a"), Provider::new("").accepts("b:c"));
    let routed = Routed::new().to("one", one.clone()).otherwise(two.clone());
    let Verdict::Valid(_) = routed.verify(token("one:a")).await else { panic!() };
    let Verdict::Valid(_) = routed.verify(token("b:c")).await else { panic!() };
    assert_eq!((one.asked(), two.asked()), (vec!["a".to_owned()], vec!["b:c".to_owned()]));
}

#[tokio::test]
async fn a_header_chooses_whatever_its_value_says() {
    let (one, two) = (Provider::new("").accepts("a"), Provider::new("").accepts("two:a"));
    let routed = Routed::new().to("one", one.clone()).to("two", two.clone());
    let sources = TokenSources::none().and_header_to("X-One", "one").and_header_to("X-Two", "two");
    let guard = Guard::builder(routed, Policy::verified_only()).token_sources(sources).build();
    decision(&guard, &with([("x-one", "a")])).await.unwrap();
    decision(&guard, &with([("x-two", "two:a")])).await.unwrap();
    assert_eq!((one.asked().len(), two.asked()), (1, vec!["two:a".to_owned()]));
    let both = decision(&guard, &with([("x-one", "a"), ("x-two", "a")])).await;
    assert!(matches!(both, Err(Reason::Presented(_))), "two places, two tokens: {both:?}");
}

#[tokio::test]
async fn a_route_can_take_one_provider_only() {
    let (one, two) = (Provider::new("").accepts("a"), Provider::new(""));
    let routed = Routed::new().to("one", one).to("two", two.clone());
    let guard = Guard::new(routed.only("one").unwrap(), Policy::verified_only());
    decision(&guard, &with([("x-passid-token", "a")])).await.unwrap();
    decision(&guard, &with([("x-passid-token", "two:a")])).await.unwrap_err();
    assert!(two.asked().is_empty() && routed.only("three").is_none());
}

#[tokio::test]
async fn caches_stand_behind_a_choice_and_their_credentials_have_the_providers_own_token() {
    let one = Provider::new("").accepts("a");
    let cached = CachedVerifier::builder(one.clone()).build().unwrap();
    let routed = Routed::new().to("one", cached.clone());
    for served in [Served::Live, Served::Cached] {
        let Verdict::Valid(credential) = routed.verify(token("one:a")).await else { panic!() };
        assert_eq!(credential.served(), served);
    }
    assert!(matches!(routed.peek(&token("one:a")), Some(Verdict::Valid(_))));
    cached.invalidate(&token("a"));
    assert!(routed.peek(&token("one:a")).is_none(), "what the provider takes back is taken back");
    assert_eq!(one.asked().len(), 1);
}

#[tokio::test]
async fn no_cache_stands_before_a_choice() {
    let one = || Provider::new("one.");
    let any = Arc::new(AnyOf::new().or(one()));
    assert_eq!(CachedVerifier::builder(any).build().unwrap_err(), CacheBuildError::Choice);
    let routed = Routed::new().to("one", one());
    assert_eq!(CachedVerifier::builder(routed).build().unwrap_err(), CacheBuildError::Choice);
}

#[tokio::test]
async fn the_two_published_forms_are_passids_and_a_share_code_is_the_redeemers() {
    let key = passid_core::ApiKey::parse("pk_sandbox_1").unwrap();
    let client = PassidClient::builder(key).base_url("http://127.0.0.1:1").build().unwrap();
    for raw in ["PASSID-AB3X-7YQM", "passid ab3x 7yqm", "psid_sandbox_1", "PSID_x"] {
        assert!(client.recognises(&token(raw)), "{raw}");
    }
    for raw in ["KE8V-3TXY-Z72L", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "documents.a.b"] {
        assert!(!client.recognises(&token(raw)), "{raw}");
    }
    let redeemer = RedeemingVerifier::new(client.clone());
    assert!(redeemer.recognises(&token("KE8V-3TXY-Z72L")));
    assert!(!redeemer.recognises(&token("PASSID-AB3X-7YQM")));
    let both = AnyOf::new().or(redeemer).or(client);
    assert!(!both.is_repeatable(), "as its least repeatable member");
}

proptest! {
    /// Whatever is presented, in whatever order the providers stand.
    #[test]
    fn at_most_one_provider_ever_sees_a_token(raw in "[a-z:.]{1,12}", turned in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let providers = ["a", "b", "ab", ":"].map(Provider::new);
        let mut order = providers.to_vec();
        if turned {
            order.reverse();
        }
        let any = order.iter().cloned().fold(AnyOf::new(), AnyOf::or);
        let routed = Routed::new().to("a", order[0].clone()).to("b.", order[1].clone()).otherwise(any);
        let verdict = runtime.block_on(routed.verify(token(&raw)));
        prop_assert!(matches!(verdict, Verdict::Invalid(_)));
        let shown: Vec<_> = providers.iter().flat_map(Provider::asked).collect();
        prop_assert!(shown.len() <= 1, "{shown:?}");
        for seen in shown {
            prop_assert!(raw.ends_with(&seen));
        }
    }
}
