//! Time and allocations of each case, by divan. The counting allocator is slower than the system's
//! own, so take the allocations from here and compare times with the `ratios` target.

use divan::{AllocProfiler, Bencher};
use passid_benches::{Framework, Setup, actix_app, axum_app};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

// Two applications each: requests are made by one while the other serves.

#[divan::bench(args = Framework::Axum.setups())]
fn axum(bencher: Bencher, setup: Setup) {
    let maker = axum_app(setup);
    let mut app = axum_app(setup);
    bencher.with_inputs(|| maker.request()).bench_local_values(|request| app.serve(request));
}

#[divan::bench(args = Framework::Actix.setups())]
fn actix(bencher: Bencher, setup: Setup) {
    let maker = actix_app(setup);
    let mut app = actix_app(setup);
    bencher.with_inputs(|| maker.request()).bench_local_values(|request| app.serve(request));
}
