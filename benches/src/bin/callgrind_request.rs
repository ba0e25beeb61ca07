//! `callgrind_request CASE N` serves N requests of one case and does nothing else, so that the
//! difference between two runs under a counting tool is the cost of the requests between them.
//! Without arguments it lists the cases. `callgrind_request verification N` makes N verifications with
//! the client, without a network.
#![allow(clippy::print_stdout, reason = "the list of cases is for the script that calls this")]

use std::env;
use std::error::Error;

use passid_benches::{Case, UnknownCase, verify_many};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => Case::all().for_each(|case| println!("{case}")),
        [verification, count] if verification == "verification" => verify_many(count.parse()?),
        [case, requests] => {
            let case: Case = case.parse().map_err(|unknown: UnknownCase| unknown.to_string())?;
            case.app().serve_many(requests.parse()?);
        }
        _ => return Err("usage: callgrind_request [CASE N]".into()),
    }
    Ok(())
}
