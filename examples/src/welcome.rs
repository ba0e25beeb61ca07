use std::net::SocketAddr;

use passid_core::{Clock, Policy, SystemClock, Token, Verdict, Verify};

use crate::page::Site;
use crate::provider::{Prepared, Provider, ProviderName};

/// A guarded route that the first words show.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The method.
    pub method: &'static str,
    /// The path.
    pub path: &'static str,
    /// The header that the token is in.
    pub header: &'static str,
    /// What it demands.
    pub policy: &'a Policy,
    /// The only provider that counts there, if there is one.
    pub only: Option<ProviderName>,
}

impl<'a> Shown<'a> {
    /// A route of every provider, with the token in the usual header.
    pub fn new(method: &'static str, path: &'static str, policy: &'a Policy) -> Self {
        Self { method, path, header: "X-PASSID-Token", policy, only: None }
    }
}

/// The first words of an example: where it listens, and commands to paste. What they say will come of a
/// token was found out: whatever the policy, and whatever the provider knows.
pub async fn welcome(
    name: &str,
    address: SocketAddr,
    site: &Site,
    providers: &[Provider],
    routes: &[Shown<'_>],
) -> String {
    let places = providers.iter().map(|provider| provider.place() + "\n").collect::<String>();
    let mut words = format!("{places}{name} listens on http://{address}\n");
    for route in routes {
        let command = format!("curl -i -X {} {}{}", route.method, site.url(), route.path);
        words += &format!("\nRefused (401), because there is no token:\n  {command}\n");
        for provider in providers {
            // Of several providers one each is enough to paste.
            let prepared = provider.prepared().iter();
            for prepared in prepared.take(if providers.len() == 1 { usize::MAX } else { 1 }) {
                let comes_of_it = comes_of(provider, prepared, route).await;
                let token = &prepared.token;
                words += &format!("{comes_of_it}:\n  {command} -H '{}: {token}'\n", route.header);
            }
            if provider.prepared().is_empty() {
                words += &format!(
                    "With the token of somebody who was verified:\n  \
                     {command} -H '{}: TOKEN'\n",
                    route.header
                );
            }
        }
    }
    words.push('\n');
    for provider in providers {
        words += &format!("In a browser: {}\n", site.verify(provider.name()));
    }
    words
}

async fn comes_of(provider: &Provider, prepared: &Prepared, route: &Shown<'_>) -> String {
    let what = prepared.what;
    if route.only.is_some_and(|only| only != provider.name()) {
        return format!("Refused (401), {what}, because the provider does not count here");
    }
    // Nobody else's API is asked for the sake of a greeting.
    if provider.sandbox_url().is_none() {
        return format!("In a sandbox, {what}");
    }
    let Ok(token) = Token::parse(&prepared.token) else { return format!("No token, {what}") };
    match provider.verifier().verify(token).await {
        Verdict::Valid(credential) => match route.policy.evaluate(&credential, SystemClock.now()) {
            Ok(()) => format!("Accepted (200), {what}"),
            Err(violation) => format!("Refused (403), {what}; {violation}"),
        },
        Verdict::Invalid(_) => format!("Refused (401), {what}"),
        Verdict::Unavailable(_) => format!("Refused (503), {what}"),
    }
}
