//! What can happen.

use proptest::prelude::*;
use proptest::sample::Index;

use super::ledger::Place;

/// One thing that happens. Leases and entries are picked by number from all that there were.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Small numbers, so that repetitions by either key are common, and late arrivals too.
    Deliver {
        place: Place,
        body: u8,
        semantic: Option<u8>,
        subject: Option<u8>,
        occurred: u64,
    },
    Claim {
        place: Place,
        max: u32,
    },
    Pass {
        seconds: u64,
    },
    Extend {
        lease: usize,
    },
    Complete {
        lease: usize,
    },
    /// Given up without a delay.
    Fail {
        lease: usize,
        after: Option<u64>,
    },
    Release {
        lease: usize,
    },
    Replay {
        entry: usize,
    },
    Purge {
        place: Place,
        done: u64,
        dead: u64,
        entries: Option<u64>,
    },
}

fn place() -> impl Strategy<Value = Place> {
    // Most happens in one place, or little would meet.
    prop_oneof![
        6 => Just(Place::ALL[0]),
        1 => Just(Place::ALL[1]),
        1 => Just(Place::ALL[2]),
        1 => Just(Place::ALL[3]),
    ]
}

/// Of the newest leases rather than of old ones.
fn lease() -> impl Strategy<Value = usize> {
    prop_oneof![any::<Index>().prop_map(|index| index.index(1000)), 0_usize..8]
}

fn step() -> impl Strategy<Value = Step> {
    let deliver = (
        place(),
        0_u8..14,
        proptest::option::of(0_u8..10),
        proptest::option::weighted(0.8, 0_u8..3),
        0_u64..20,
    );
    let seconds = prop_oneof![0_u64..3, 30_u64..70, 100_u64..2000];
    let purge = (place(), 0_u64..300, 0_u64..300, proptest::option::of(0_u64..600));
    prop_oneof![
        6 => deliver.prop_map(|(place, body, semantic, subject, occurred)| {
            Step::Deliver { place, body, semantic, subject, occurred }
        }),
        6 => (place(), 1_u32..5).prop_map(|(place, max)| Step::Claim { place, max }),
        4 => seconds.prop_map(|seconds| Step::Pass { seconds }),
        1 => lease().prop_map(|lease| Step::Extend { lease }),
        4 => lease().prop_map(|lease| Step::Complete { lease }),
        3 => (lease(), proptest::option::weighted(0.8, 0_u64..100))
            .prop_map(|(lease, after)| Step::Fail { lease, after }),
        1 => lease().prop_map(|lease| Step::Release { lease }),
        1 => (0_usize..20).prop_map(|entry| Step::Replay { entry }),
        1 => purge.prop_map(|(place, done, dead, entries)| {
            Step::Purge { place, done, dead, entries }
        }),
    ]
}

/// Up to so many steps.
pub(crate) fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 1..most)
}
