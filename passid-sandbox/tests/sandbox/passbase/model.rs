//! The states of identities against a model of them.

use passid_sandbox::Sandbox;
use passid_sandbox::passbase::{NewIdentity, Passbase, Thresholds, TransitionError};
use proptest::prelude::*;
use serde_json::{Value, json};

const APPROVE: f64 = 0.8;
const DECLINE: f64 = 0.4;

#[derive(Clone, Copy, Debug)]
enum Step {
    Submit,
    Process,
    Review(bool),
    Screen(bool),
    Authenticate,
    Edit,
    Thresholds(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Submit),
        2 => Just(Step::Process),
        2 => any::<bool>().prop_map(Step::Review),
        2 => any::<bool>().prop_map(Step::Screen),
        1 => Just(Step::Authenticate),
        1 => Just(Step::Edit),
        1 => any::<bool>().prop_map(Step::Thresholds),
    ]
}

/// What must be so, worked out from the documentation and not from the sandbox.
struct Oracle {
    status: &'static str,
    score: f64,
    listed: bool,
    decides: bool,
    told: Vec<(&'static str, Option<&'static str>)>,
}

impl Oracle {
    fn decision(&self) -> &'static str {
        match self.score {
            _ if !self.decides => "pending",
            score if score >= APPROVE => "approved",
            score if score < DECLINE => "declined",
            _ => "pending",
        }
    }

    /// Whether the step is possible.
    fn take(&mut self, step: Step) -> bool {
        match (step, self.status) {
            (Step::Submit, "created") => self.status = "processing",
            (Step::Process, "processing") => {
                let decision = self.decision();
                self.told.push(("VERIFICATION_COMPLETED", Some(decision)));
                if self.listed {
                    self.told.push(("WATCHLIST_MONITORING", Some("pending")));
                } else if decision != "pending" {
                    self.told.push(("VERIFICATION_REVIEWED", Some(decision)));
                }
                self.status = if self.listed { "pending" } else { decision };
            }
            (Step::Review(approve), "pending" | "approved" | "declined") => {
                self.status = if approve { "approved" } else { "declined" };
                self.told.push(("VERIFICATION_REVIEWED", Some(self.status)));
            }
            (Step::Authenticate, "approved") => {
                self.told.push(("IDENTITY_AUTHENTICATED", Some("approved")));
            }
            (Step::Screen(listed), status) => {
                self.listed = listed;
                if listed && !["created", "processing"].contains(&status) {
                    self.told.push(("WATCHLIST_MONITORING", Some("pending")));
                }
                if listed && status == "approved" {
                    self.status = "pending";
                }
            }
            (Step::Edit, _) => self.told.push(("DATAPOINT_UPDATED", None)),
            (Step::Thresholds(decides), _) => self.decides = decides,
            _ => return false,
        }
        true
    }
}

fn take(passbase: Passbase<'_>, key: &str, step: Step) -> Result<(), TransitionError> {
    match step {
        Step::Submit => passbase.submit(key),
        Step::Process => passbase.process(key),
        Step::Review(approve) => passbase.review(key, approve),
        Step::Screen(listed) => passbase.screen(key, if listed { &["pep"] } else { &[] }),
        Step::Authenticate => passbase.authenticate(key),
        Step::Edit => passbase.edit(key, "sex", json!("F")),
        Step::Thresholds(decides) => {
            let limits = Thresholds { approve: APPROVE, decline: DECLINE };
            passbase.set_thresholds(decides.then_some(limits)).unwrap();
            Ok(())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_identity_is_always_in_the_state_that_the_model_has(
        score in prop_oneof![Just(0.1), Just(DECLINE), Just(0.6), Just(APPROVE), Just(1.0)],
        steps in proptest::collection::vec(step(), 1..24),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sandbox = Sandbox::start().await.unwrap();
            let passbase = sandbox.passbase();
            let key = passbase.begin(NewIdentity { score, ..NewIdentity::default() }).unwrap();
            let mut oracle =
                Oracle { status: "created", score, listed: false, decides: false, told: vec![] };
            for step in &steps {
                let before = oracle.status;
                let taken = take(passbase, &key, *step);
                if oracle.take(*step) {
                    assert_eq!(taken, Ok(()), "{step:?} from {before}");
                } else {
                    assert_eq!(taken, Err(TransitionError::State { status: before }), "{step:?}");
                }
                assert_eq!(passbase.status(&key), Some(oracle.status), "after {step:?}");
            }
            let told: Vec<Value> = passbase
                .take_webhooks()
                .iter()
                .map(|webhook| serde_json::from_str(&webhook.body).unwrap())
                .collect();
            let said: Vec<_> =
                told.iter().map(|it| (it["event"].as_str().unwrap(), it["status"].as_str())).collect();
            assert_eq!(said, oracle.told);
        });
    }
}
