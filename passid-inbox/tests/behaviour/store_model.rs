//! The store in memory behaves as the model of a ledger does.

use passid_inbox::store::MemoryStore;
use proptest::prelude::*;

use crate::model::{run, steps};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_store_in_memory_does_what_the_model_does(steps in steps(80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(&MemoryStore::new(), &steps));
    }
}
