//! What goes wrong on the way to the API: never a pass, never the caller's fault.

use std::time::Duration;

use passid_sandbox::FaultKind;

use super::*;

pub(super) fn rows(cast: &Cast) -> Vec<Row> {
    let good = || with_token(&cast.good);
    let always = |kind| Upstream::Fault(kind, 0);
    let once = |kind| Upstream::Fault(kind, 1);
    let served = || accepted(cast.good_income);
    let outages = [
        ("500 is an outage, after three tries", FaultKind::status(500), 3),
        ("502 is an outage", FaultKind::status(502), 3),
        ("503 is an outage", FaultKind::status(503), 3),
        ("429 is an outage", FaultKind::status(429), 3),
        ("400 is an outage, after one try", FaultKind::status(400), 1),
        ("422 is an outage", FaultKind::status(422), 1),
        ("a redirect is an outage", FaultKind::status(302), 1),
        ("a 200 that reports a failure is an outage", FaultKind::status(200), 1),
        ("a reset connection is an outage", FaultKind::reset(), 3),
        ("an empty answer is an outage", FaultKind::empty(), 3),
        ("an answer that is not HTTP is an outage", FaultKind::garbage(), 3),
        ("a page of HTML is an outage", FaultKind::html(), 1),
        ("a truncated answer is an outage", FaultKind::truncate(), 3),
        ("an oversized answer is an outage", FaultKind::oversize(), 1),
        ("an answer that is lost is an outage", FaultKind::apply_then_drop(), 3),
    ];
    let mut rows: Vec<Row> = outages
        .into_iter()
        .map(|(name, kind, calls)| {
            Row::new(name, good(), unavailable()).upstream(always(kind)).calls(calls)
        })
        .collect();
    let waits = |kind| always(FaultKind::status_with_retry_after(kind, 30));
    rows.extend([
        Row::new("an answer that never comes is an outage", good(), unavailable())
            .upstream(always(FaultKind::delay(Duration::from_secs(60)))),
        Row::new("an answer in drips is an outage", good(), unavailable())
            .upstream(always(FaultKind::slow_body(Duration::from_secs(60)))),
        Row::new("429 hands its delay on", good(), unavailable().header("retry-after", Some("30")))
            .upstream(waits(429))
            .calls(1),
        Row::new("503 hands its delay on", good(), unavailable().header("retry-after", Some("30")))
            .upstream(waits(503))
            .calls(1),
        Row::new("404 is an outage", good(), unavailable())
            .upstream(always(FaultKind::status(404)))
            .calls(1)
            .where_it_holds(cast.not_found_is_an_outage),
        Row::new("401 is our own fault", good(), misconfigured())
            .upstream(always(FaultKind::status(401)))
            .calls(cast.calls_until_401_counts),
        Row::new("403 is our own fault", good(), misconfigured())
            .upstream(always(FaultKind::status(403)))
            .calls(1),
        Row::new("a key that the API does not know is our own fault", good(), misconfigured())
            .upstream(Upstream::UnknownKey)
            .calls(cast.calls_with_unknown_key),
        Row::new("nobody listening is an outage", good(), unavailable()).upstream(Upstream::Down),
        Row::new("one 503 is got over", good(), served())
            .upstream(once(FaultKind::status(503)))
            .calls(2),
        Row::new("one reset is got over", good(), served())
            .upstream(once(FaultKind::reset()))
            .calls(2),
        Row::new("one lost answer is got over", good(), served())
            .upstream(once(FaultKind::apply_then_drop()))
            .calls(2),
        Row::new(
            "a refusal is no outage and is not tried again",
            with_token(&cast.revoked),
            invalid(),
        )
        .calls(1),
        Row::new("a missing token does not notice an outage", apply(), missing())
            .upstream(Upstream::Down),
        Row::new(
            "an optional route does not pass over an outage",
            greet().header("X-PASSID-Token", cast.good.to_string()),
            unavailable(),
        )
        .upstream(always(FaultKind::status(500))),
        Row::new(
            "an optional route does not pass over a refused key",
            greet().header("X-PASSID-Token", cast.good.to_string()),
            misconfigured(),
        )
        .upstream(Upstream::UnknownKey),
        Row::new(
            "an optional route without a token does not notice an outage",
            greet(),
            greeted(false),
        )
        .upstream(Upstream::Down),
        Row::new("an outage is not explained where everything is told", good(), unavailable())
            .setup(Setup::Everything)
            .upstream(always(FaultKind::status(500))),
    ]);
    rows
}
