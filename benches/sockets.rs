//! How many requests a second a guarded route serves beside a bare one of the same server, over
//! sockets: one thread serves, one thread asks. The `control` is the bare route once more.
//!
//! `cargo bench -p passid-benches --bench sockets` takes about 40 s; with `-- --quick` about 4 s.
#![allow(clippy::print_stdout, reason = "the table is what this is for")]

use std::error::Error;
use std::io;
use std::time::Duration;

use passid_benches::net::{Achieved, Listening, Load, Route, actix_server, axum_server};
use passid_benches::{Effort, Spread, TOKEN, hit, take_turns};

const CONNECTIONS: usize = 32;

/// A route under load.
struct Contestant<'a> {
    name: &'static str,
    server: &'a Listening,
    route: Route,
    achieved: Vec<Achieved>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let effort = Effort::of_arguments();
    let load = Load {
        connections: effort.choose(CONNECTIONS, CONNECTIONS, 2),
        time: Duration::from_millis(effort.choose(400, 150, 20)),
    };
    let rounds = effort.choose(16, 4, 1);
    println!("{rounds} rounds of {} ms, {} connections", load.time.as_millis(), load.connections);
    println!();
    println!(
        "| route | requests/s | p10..p90 | ratio to bare | p10..p90 | p99, µs | ratio to bare |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for (framework, server) in [("axum", axum_server(hit())?), ("actix", actix_server(hit())?)] {
        let of = |name, route| Contestant { name, server: &server, route, achieved: Vec::new() };
        let mut contestants = [
            of("bare", Route::Bare),
            of("cached", Route::Guarded),
            of("bare (control)", Route::Bare),
        ];
        take_turns(&mut contestants, rounds, Duration::ZERO, |it| it.ask(&load))?;
        let [bare, ..] = &contestants;
        contestants.iter().for_each(|contestant| contestant.print(framework, bare));
    }
    Ok(())
}

impl Contestant<'_> {
    fn ask(&mut self, load: &Load) -> io::Result<()> {
        let headers = [(passid_core::TOKEN_HEADER, TOKEN)];
        self.achieved.push(load.run(self.server.address(), self.route.path(), &headers)?);
        Ok(())
    }

    fn spread(&self, of: impl Fn(&Achieved) -> f64) -> Spread {
        Spread::of(self.achieved.iter().map(of))
    }

    fn ratio(&self, bare: &Self, of: impl Fn(&Achieved) -> f64) -> Spread {
        let rounds = self.achieved.iter().zip(&bare.achieved);
        Spread::of(rounds.map(|(one, other)| of(one) / of(other)))
    }

    fn print(&self, framework: &str, bare: &Self) {
        let rate = self.spread(|it| it.per_second);
        let rate_ratio = self.ratio(bare, |it| it.per_second);
        let p99 = self.spread(|it| it.p99);
        let p99_ratio = self.ratio(bare, |it| it.p99);
        println!(
            "| {framework}/{} | {:.0} | {:.0}..{:.0} | {:.2} | {:.2}..{:.2} | {:.0} | {:.2} |",
            self.name,
            rate.median,
            rate.p10,
            rate.p90,
            rate_ratio.median,
            rate_ratio.p10,
            rate_ratio.p90,
            p99.median,
            p99_ratio.median,
        );
    }
}
