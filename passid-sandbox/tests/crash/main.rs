//! The program, really killed in the middle of concurrent writes: whatever it acknowledged is there
//! after the restart, and events that were pending go on to be delivered.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where its expectation does"
)]
#![allow(clippy::disallowed_methods, reason = "the program is another process, in real time")]

mod ledger;
mod program;
#[path = "../sandbox/receiver.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod receiver;
mod writers;

use std::sync::Arc;
use std::time::Duration;

use crate::ledger::Ledger;
use crate::program::Program;
use crate::receiver::Receiver;
use crate::writers::{Chance, WRITERS, Writer};

/// Attempts in flight that one institution may have.
const IN_FLIGHT: usize = 16;
const PATIENCE: Duration = Duration::from_secs(60);

/// Lets the writers work until enough is acknowledged, and hands their ledger back once `end` has
/// stopped the program under them.
async fn write_until(
    program: Program,
    ledger: Ledger,
    round: u64,
    enough: usize,
    end: impl AsyncFnOnce(Program),
) -> Ledger {
    let ledger = Arc::new(std::sync::Mutex::new(ledger));
    let before = ledger.lock().unwrap().acknowledged;
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let chance = Chance::new(round * WRITERS + number);
            let writer = Writer::new(&program, Arc::clone(&ledger), chance, number, round);
            tokio::spawn(writer.work())
        })
        .collect();
    let reached = async {
        while ledger.lock().unwrap().acknowledged < before + enough {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, reached).await.expect("the writers stand still");
    end(program).await;
    for writer in writers {
        writer.await.unwrap();
    }
    Arc::into_inner(ledger).unwrap().into_inner().unwrap()
}

/// Everything that was acknowledged, event by event.
async fn check_deliveries(program: &Program, receiver: &Receiver, ledger: &Ledger, ends: usize) {
    assert!(program.settle().await, "deliveries go on after the restart");
    let received = receiver.received();
    let mut twice = 0;
    for event in &ledger.events {
        let times = received.iter().filter(|received| event.is(&received.json())).count();
        assert!(times > 0, "{event:?} was acknowledged and never arrived");
        twice += times - 1;
    }
    assert!(twice <= ends * IN_FLIGHT, "{twice} events arrived twice after {ends} restarts");
    program.check_told_outcomes(&received).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_program_is_killed() {
    let receiver = Receiver::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let mut chance = Chance::new(0xdead);
    let mut ledger = Ledger::default();
    let rounds = 5;
    for round in 0..rounds {
        let program = Program::start(&file);
        program.set_webhook(&receiver.url(), &mut ledger).await;
        ledger.check(&program).await;
        let enough = 20 + usize::try_from(chance.below(120)).unwrap();
        ledger = write_until(program, ledger, round, enough, async |program| program.kill()).await;
    }
    assert!(ledger.acknowledged > 100 && !ledger.events.is_empty());
    let program = Program::start(&file);
    ledger.check(&program).await;
    check_deliveries(&program, &receiver, &ledger, usize::try_from(rounds).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_in_the_middle_of_calls_loses_nothing_and_succeeds() {
    let receiver = Receiver::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let mut ledger = Ledger::default();
    for round in 0..2 {
        let program = Program::start(&file);
        program.set_webhook(&receiver.url(), &mut ledger).await;
        ledger.check(&program).await;
        let stop = async |program: Program| assert_eq!(program.terminate(), Some(0));
        ledger = write_until(program, ledger, 100 + round, 60, stop).await;
    }
    let program = Program::start(&file);
    ledger.check(&program).await;
    check_deliveries(&program, &receiver, &ledger, 2).await;
}
