use super::*;

#[tokio::test]
async fn after_a_failed_commit_every_write_fails_and_what_was_kept_stays() {
    let (_folder, path) = place();
    // A full disk, as SQLite sees it: no page more than these.
    let limits = StoreLimits { max_bytes: 64 * 1024, ..StoreLimits::default() };
    let (store, _) = Store::open(&path, limits).await.unwrap();
    store.write(vec![put("t", "kept", "v")]).await.unwrap();

    let too_large = store.write(vec![put("t", "small", "v"), put("t", "k", "x".repeat(1 << 20))]);
    let Err(StoreError::Failed { source }) = too_large.await else { panic!("it was written") };
    assert!(source.to_string().contains("full"), "{source}");
    let fits = store.write(vec![put("t", "later", "v")]).await;
    assert!(matches!(fits, Err(StoreError::Failed { .. })), "memory and file differ from here on");
    assert!(matches!(store.write(Vec::new()).await, Err(StoreError::Failed { .. })));
    assert!(matches!(store.close().await, Err(StoreError::Failed { .. })));

    let (_, rows) = open(&path).await;
    assert_eq!(shown(&rows), [("t", "kept", "v")], "the failed group is not there in part");
}

#[tokio::test]
async fn writes_queued_behind_a_failing_one_fail_too() {
    let (_folder, path) = place();
    let limits = StoreLimits { max_bytes: 64 * 1024, ..StoreLimits::default() };
    let (store, _) = Store::open(&path, limits).await.unwrap();
    let failing = store.write(vec![put("t", "k", "x".repeat(1 << 20))]);
    let behind: Vec<_> =
        (0..600).map(|n| store.write(vec![put("t", n.to_string(), "v")])).collect();
    assert!(failing.await.is_err());
    for write in behind {
        assert!(matches!(write.await, Err(StoreError::Failed { .. })));
    }
}

#[test]
fn an_error_says_what_to_do_and_its_source_why() {
    let source = std::sync::Arc::new(sqlx::Error::WorkerCrashed);
    let error = StoreError::Failed { source };
    let said = error.to_string();
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert!(said.contains("start the sandbox again") && !said.contains(&why), "{said}: {why}");
}
