//! Guarded routes beside what the documented Node middleware does, under the same load and on the same
//! upstream. The Express app is a stand-in: see `node/server.js`. It needs `npm ci` in `benches/node`;
//! without it, only ours are measured, and the table says so.
//!
//! `cargo bench -p passid-benches --bench node_middleware` takes about 30 s; with `-- --quick` about 4 s.
#![allow(clippy::print_stdout, reason = "the table is what this is for")]

use std::error::Error;
use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use passid_benches::net::{Load, Route, Upstream, axum_server, client};
use passid_benches::{Effort, Spread, TOKEN, hit, take_turns};

/// The Express app in a process of its own. It ends when its standard input does, and is waited for.
struct Express {
    process: Child,
    address: SocketAddr,
}

impl Express {
    /// `None` where its packages are not installed.
    fn start(upstream: &Upstream) -> Result<Option<Self>, Box<dyn Error>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
        if !folder.join("node_modules/express").exists() {
            return Ok(None);
        }
        let mut process = Command::new("node")
            .arg("server.js")
            .current_dir(folder)
            .env("UPSTREAM", upstream.url())
            .env("NODE_ENV", "production")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, line.trim().parse()?));
        Ok(Some(Self { process, address }))
    }
}

impl Drop for Express {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It ends by itself now; nothing is to be done where it has already.
        let _ = self.process.wait();
    }
}

/// A server under load.
struct Contestant {
    name: &'static str,
    address: SocketAddr,
    route: Route,
    per_second: Vec<f64>,
    p99: Vec<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let effort = Effort::of_arguments();
    let load = Load {
        connections: effort.choose(64, 64, 2),
        time: Duration::from_millis(effort.choose(500, 300, 50)),
    };
    let rounds = effort.choose(10, 3, 1);
    let upstream = Upstream::start(Duration::ZERO)?;
    let uncached = axum_server(client(&upstream))?;
    let cached = axum_server(hit())?;
    let express = Express::start(&upstream)?;
    let of = |name, address, route| Contestant {
        name,
        address,
        route,
        per_second: Vec::new(),
        p99: Vec::new(),
    };
    let mut contestants = vec![
        of("axum, no cache", uncached.address(), Route::Guarded),
        of("axum, cached", cached.address(), Route::Guarded),
    ];
    match &express {
        Some(express) => {
            contestants.insert(0, of("Express stand-in", express.address, Route::Guarded));
            contestants.push(of("Express, bare route", express.address, Route::Bare));
        }
        None => println!("The Express stand-in is missing: run `npm ci` in `benches/node`.\n"),
    }
    // The first requests of a Node program are slow: they are not counted.
    for contestant in &mut contestants {
        contestant.ask(&load)?;
        contestant.forget();
    }
    take_turns(&mut contestants, rounds, Duration::ZERO, |it| it.ask(&load))?;

    println!("{rounds} rounds of {} ms, {} connections", load.time.as_millis(), load.connections);
    println!();
    println!("| server | requests/s | p10..p90 | times the first | p10..p90 | p99, ms |");
    println!("|---|---:|---:|---:|---:|---:|");
    let Some(first) = contestants.first() else { return Ok(()) };
    for contestant in &contestants {
        let rate = Spread::of(contestant.per_second.iter().copied());
        let rounds = contestant.per_second.iter().zip(&first.per_second);
        let times = Spread::of(rounds.map(|(one, other)| one / other));
        let p99 = Spread::of(contestant.p99.iter().copied());
        println!(
            "| {} | {:.0} | {:.0}..{:.0} | {:.1} | {:.1}..{:.1} | {:.1} |",
            contestant.name,
            rate.median,
            rate.p10,
            rate.p90,
            times.median,
            times.p10,
            times.p90,
            p99.median / 1e3,
        );
    }
    Ok(())
}

impl Contestant {
    fn ask(&mut self, load: &Load) -> io::Result<()> {
        let headers = [(passid_core::TOKEN_HEADER, TOKEN)];
        let achieved = load.run(self.address, self.route.path(), &headers)?;
        self.per_second.push(achieved.per_second);
        self.p99.push(achieved.p99);
        Ok(())
    }

    fn forget(&mut self) {
        self.per_second.clear();
        self.p99.clear();
    }
}
