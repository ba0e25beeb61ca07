//! A verifier of share codes: the guide's main flow (step 4) before a route.

use std::fmt;

use super::{ApiError, ErrorKind, PassidClient, Redemption};
use crate::{BoxFuture, DenyReason, ShareCode, Token, Verdict, Verify};

/// Takes a **one-time share code** in the place of a token, and redeems it (guide, step 4): for the
/// route that a customer's read-out code is sent to.
///
/// Opt-in, because it uses the code up. One request is one redemption:
///
/// - The code is burnt before the policy looks at the claims, also when the policy then refuses, and
///   also when the caller has gone in the meantime.
/// - The same request a second time is 401: the code was used. Protect a route that is sent once, and
///   keep what the handler made of it; do not protect routes that are loaded again.
/// - Nothing is kept or cached, and a redemption is never repeated once bytes of it may have left
///   (decision D12). When its result is lost the guard answers 503, and the customer has to be asked
///   for a new code.
/// - What is no share code is refused without a call.
///
/// Give the guard [`TokenSources::share_codes`](crate::TokenSources::share_codes), which read codes in
/// any spelling from `X-PASSID-Code`; the default sources look for tokens.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use passid_core::client::RedeemingVerifier;
/// use passid_core::{ApiKey, Guard, PassidClient, Policy, Token, TokenSources, Verdict, Verify};
///
/// let sandbox = passid_sandbox::Sandbox::start().await?;
/// let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key())?)
///     .base_url(sandbox.url())
///     .build()?;
///
/// let verifier = RedeemingVerifier::new(client);
/// let policy = Policy::builder().require_claims(["income_verified"]).build()?;
/// let guard = Guard::builder(verifier.clone(), policy)
///     .token_sources(TokenSources::share_codes())
///     .build();
/// # let _ = guard;
///
/// // What the guard does with a code that it finds:
/// let verdict = verifier.verify(Token::parse("KE8V-3TXY-Z72L")?).await;
/// assert!(matches!(verdict, Verdict::Valid(_)));
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Clone)]
pub struct RedeemingVerifier {
    client: PassidClient,
}

impl RedeemingVerifier {
    /// Redeems with this client.
    pub fn new(client: PassidClient) -> Self {
        Self { client }
    }
}

impl fmt::Debug for RedeemingVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedeemingVerifier").field(&self.client).finish()
    }
}

impl Verify for RedeemingVerifier {
    fn recognises(&self, presented: &Token) -> bool {
        ShareCode::parse(presented.expose()).is_ok()
    }

    /// Asking burns the code: kept, it would let a used code pass (decision P52).
    fn is_repeatable(&self) -> bool {
        false
    }

    fn verify(&self, presented: Token) -> BoxFuture<'static, Verdict> {
        let client = self.client.clone();
        Box::pin(async move {
            let Ok(code) = ShareCode::parse(presented.expose()) else {
                return Verdict::Invalid(DenyReason::CodeNotFound);
            };
            match client.redeem_code(&code).await {
                Ok(redemption) => verdict_on(&redemption),
                Err(error) => verdict_of(error),
            }
        })
    }
}

/// A redemption without a verified credential is no pass (decision D16); its status is the reason.
fn verdict_on(redemption: &Redemption) -> Verdict {
    match redemption.credential() {
        Some(credential) => Verdict::Valid(credential.clone()),
        None => Verdict::Invalid(DenyReason::from(redemption.status().as_str())),
    }
}

fn verdict_of(error: ApiError) -> Verdict {
    match error.kind() {
        ErrorKind::Refused(reason) => Verdict::Invalid(reason.clone()),
        ErrorKind::CodeNotFound => Verdict::Invalid(DenyReason::CodeNotFound),
        ErrorKind::AlreadyRedeemed => Verdict::Invalid(DenyReason::CodeAlreadyRedeemed),
        _ => Verdict::Unavailable(error.into_unavailable()),
    }
}
