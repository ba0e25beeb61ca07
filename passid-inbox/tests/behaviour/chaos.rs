//! Workers that come and go over a store that fails, at random: nothing is lost, and nobody works on
//! two events of one token at a time.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex};

use passid_core::Clock;
use passid_core::webhook::Event;
use passid_inbox::store::{Replay, State};
use passid_inbox::{Context, HandlerError, Receipt, RetrySchedule, Running};
use proptest::prelude::*;

use crate::desk::name;
use crate::faulty::{Call, Fault, FaultyStore};
use crate::stage::{MINUTE, SECOND, Stage, completed, settle};

type Inboxes = Stage<FaultyStore>;

#[derive(Clone, Debug)]
enum Step {
    Deliver { token: u8, second: u64 },
    Start,
    Drop { worker: usize },
    Shutdown { worker: usize },
    Pass { seconds: u32 },
    Spoil { call: Call, fault: Fault },
    Replay { entry: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let call = proptest::sample::select(vec![
        Call::Insert,
        Call::Claim,
        Call::Extend,
        Call::Complete,
        Call::Fail,
        Call::Release,
    ]);
    let fault = proptest::sample::select(vec![
        Fault::Fails,
        Fault::Hangs,
        Fault::LosesAnswer,
        Fault::DoesAndHangs,
    ]);
    prop_oneof![
        5 => (0_u8..4, 0_u64..30).prop_map(|(token, second)| Step::Deliver { token, second }),
        2 => Just(Step::Start),
        1 => (0_usize..4).prop_map(|worker| Step::Drop { worker }),
        1 => (0_usize..4).prop_map(|worker| Step::Shutdown { worker }),
        4 => (1_u32..100).prop_map(|seconds| Step::Pass { seconds }),
        3 => (call, fault).prop_map(|(call, fault)| Step::Spoil { call, fault }),
        1 => (0_usize..20).prop_map(|entry| Step::Replay { entry }),
    ]
}

/// Who is worked on, and what went wrong.
#[derive(Debug, Default)]
struct Watch {
    busy: Mutex<HashSet<String>>,
    wrong: Mutex<Vec<String>>,
    worked: Mutex<HashSet<i64>>,
}

struct Busy<'a>(&'a Watch, String);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy.lock().unwrap().remove(&self.1);
    }
}

/// Does something else at each try, and the same in every run.
async fn handle(
    stage: Arc<Inboxes>,
    watch: Arc<Watch>,
    event: Event,
    context: Context,
) -> Result<(), HandlerError> {
    let token = name(&event);
    if !watch.busy.lock().unwrap().insert(token.clone()) {
        watch.wrong.lock().unwrap().push(format!("two at work on {token}"));
    }
    let _busy = Busy(&watch, token);
    let id = context.id.get();
    match (id * 7 + i64::from(context.attempt) * 3 + i64::from(context.replays)) % 9 {
        0 => return Err(HandlerError::retry("BUSY")),
        1 => panic!("at work on {id}"),
        2 => std::future::pending().await,
        3 => stage.clock.sleep(150 * SECOND).await,
        4 => stage.clock.sleep(5 * SECOND).await,
        5 if context.replays == 0 => return Err(HandlerError::give_up("HOPELESS")),
        _ => {}
    }
    watch.worked.lock().unwrap().insert(id);
    Ok(())
}

fn start(stage: &Arc<Inboxes>, watch: &Arc<Watch>) -> Running {
    let (at, by) = (Arc::clone(stage), Arc::clone(watch));
    let schedule = RetrySchedule { first: SECOND, longest: MINUTE, max_attempts: 6 };
    let worker = stage.inbox.worker().concurrency(3).lease(MINUTE).handler_timeout(4 * MINUTE);
    let handler = move |event, context| handle(Arc::clone(&at), Arc::clone(&by), event, context);
    worker.retries(schedule).on(handler).start().unwrap()
}

async fn pass(stage: &Inboxes, seconds: u32) {
    // Well below the sixth of a lease that is left to stop a handler in.
    for _ in 0..seconds.div_ceil(3) {
        stage.clock.advance(3 * SECOND);
        settle().await;
    }
}

async fn run(steps: Vec<Step>) {
    let store = FaultyStore::new();
    let (stage, watch) = (Arc::new(Stage::over(store.clone())), Arc::<Watch>::default());
    let (mut workers, mut accepted) = (Vec::new(), BTreeSet::new());
    for step in steps {
        match step {
            Step::Deliver { token, second } => {
                let body = completed(&format!("PASSID-{token}"), second);
                let (receipt, ()) = tokio::join!(stage.accept(&body), pass(&stage, 9));
                accepted.extend(receipt.ok().map(Receipt::id));
            }
            Step::Start => workers.push(start(&stage, &watch)),
            Step::Drop { worker } if worker < workers.len() => drop(workers.swap_remove(worker)),
            Step::Shutdown { worker } if worker < workers.len() => {
                let running = workers.swap_remove(worker);
                tokio::join!(running.shutdown(10 * SECOND), pass(&stage, 15));
            }
            Step::Drop { .. } | Step::Shutdown { .. } => {}
            Step::Pass { seconds } => pass(&stage, seconds).await,
            Step::Spoil { call, fault } => store.spoil(call, fault, 1),
            Step::Replay { entry } => {
                let Some(id) = accepted.iter().copied().nth(entry) else { continue };
                let replayed = stage.inbox.replay(id).await.unwrap();
                assert!(matches!(replayed, Replay::Ready | Replay::Leased));
            }
        }
    }
    store.heal();
    workers.push(start(&stage, &watch));
    // Six tries of up to five minutes for everything that one token has.
    for _ in 0..600 {
        let counts = stage.inbox.counts().await.unwrap();
        if counts.ready + counts.leased == 0 {
            break;
        }
        pass(&stage, 60).await;
    }
    let wrong = watch.wrong.lock().unwrap().clone();
    assert!(wrong.is_empty(), "{wrong:?}");
    for id in accepted {
        let entry = stage.entry(id).await;
        let worked = watch.worked.lock().unwrap().contains(&id.get());
        match entry.state {
            State::Done => assert!(worked, "{entry:?}"),
            State::Dead => assert!(entry.last_error.is_some(), "{entry:?}"),
            State::Ready | State::Leased => panic!("{entry:?}"),
        }
    }
    drop(workers);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_is_lost_and_no_token_is_worked_on_twice_at_a_time(
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(steps));
    }
}
