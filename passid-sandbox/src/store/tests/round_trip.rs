use super::*;

#[tokio::test]
async fn what_was_written_is_there_when_the_file_is_opened_again() {
    let (_folder, path) = place();
    let (store, rows) = open(&path).await;
    assert!(rows.is_empty());
    let text = "{\"name\":\"Zoë\\u0000\",\"n\":1}\0tail";
    let first = vec![put("tokens", "b", "1"), put("tokens", "a", text), put("codes", "a", "2")];
    store.write(first).await.unwrap();
    store.write(vec![remove("tokens", "b"), put("codes", "a", "3")]).await.unwrap();
    store.write(vec![remove("tokens", "never there")]).await.unwrap();
    store.close().await.unwrap();

    let (store, rows) = open(&path).await;
    assert_eq!(shown(&rows), [("codes", "a", "3"), ("tokens", "a", text)]);
    store.close().await.unwrap();
}

#[tokio::test]
async fn an_empty_file_becomes_a_data_file() {
    let (folder, path) = place();
    std::fs::write(&path, b"").unwrap();
    let (store, rows) = open(&path).await;
    assert!(rows.is_empty());
    store.close().await.unwrap();
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing stays beside a closed data file");
}

#[tokio::test]
async fn a_file_whose_creation_was_cut_short_is_completed() {
    for left_beside in [None, Some("-journal"), Some("-wal")] {
        let (folder, path) = place();
        let (store, _) = open(&path).await;
        store.close().await.unwrap();
        // Back to how it was before it was switched to WAL mode.
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
        let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
        let back = sqlx::raw_sql("PRAGMA journal_mode = DELETE");
        back.execute(&mut connection).await.unwrap();
        sqlx::Connection::close(connection).await.unwrap();
        if let Some(suffix) = left_beside {
            std::fs::write(super::super::file::beside(&path, suffix), [0; 600]).unwrap();
        }

        let (store, rows) = open(&path).await;
        assert!(rows.is_empty());
        store.write(vec![put("t", "k", "v")]).await.unwrap();
        store.close().await.unwrap();
        assert_eq!(open(&path).await.1.len(), 1, "{left_beside:?}");
        drop(folder);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_can_be_read_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = place();
    let (store, _) = open(&path).await;
    store.write(vec![put("t", "k", "v")]).await.unwrap();
    for suffix in ["", "-wal"] {
        let file = std::fs::metadata(format!("{}{suffix}", path.display())).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "{suffix}");
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn the_order_of_the_calls_is_the_order_of_the_commits() {
    let (_folder, path) = place();
    let (store, _) = open(&path).await;
    // Queued at the call: nothing is awaited before all are made, and the last future first.
    let mut writes: Vec<_> =
        (0..1_000).map(|n| store.write(vec![put("t", "k", n.to_string())])).collect();
    writes.pop().unwrap().await.unwrap();
    drop(writes);
    store.close().await.unwrap();
    let (_, rows) = open(&path).await;
    assert_eq!(shown(&rows), [("t", "k", "999")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_at_once_are_all_kept() {
    let (_folder, path) = place();
    let (store, _) = open(&path).await;
    let store = std::sync::Arc::new(store);
    let writers: Vec<_> = (0..64)
        .map(|writer| {
            let store = std::sync::Arc::clone(&store);
            tokio::spawn(async move {
                for n in 0..20 {
                    let key = format!("{writer:02}/{n:02}");
                    store.write(vec![put("t", key, "v"), put("u", "last", "v")]).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    store.close().await.unwrap();
    let (_, rows) = open(&path).await;
    assert_eq!(rows.len(), 64 * 20 + 1);
}

#[tokio::test]
async fn an_empty_write_waits_for_what_was_queued_before() {
    let (_folder, path) = place();
    let (store, _) = open(&path).await;
    let mut earlier = Box::pin(store.write(vec![put("t", "k", "v")]));
    store.write(Vec::new()).await.unwrap();
    // Resolved by now, so that polling once is enough.
    let done = std::future::poll_fn(|cx| std::task::Poll::Ready(earlier.as_mut().poll(cx))).await;
    assert!(matches!(done, std::task::Poll::Ready(Ok(()))));
}

#[tokio::test]
async fn a_close_writes_what_is_queued_and_refuses_what_comes_after() {
    let (_folder, path) = place();
    let (store, _) = open(&path).await;
    let queued = store.write(vec![put("t", "k", "v")]);
    store.close().await.unwrap();
    queued.await.unwrap();
    let late = store.write(vec![put("t", "late", "v")]).await;
    assert!(matches!(late, Err(StoreError::Closed)));
    store.close().await.unwrap();
    let (_, rows) = open(&path).await;
    assert_eq!(shown(&rows), [("t", "k", "v")]);
}

#[tokio::test]
async fn a_store_that_is_dropped_has_written_what_was_queued() {
    let (_folder, path) = place();
    let (store, _) = open(&path).await;
    let queued = store.write(vec![put("t", "k", "v")]);
    drop(store);
    queued.await.unwrap();
    // The writer lets go of the file in its own time.
    let (_, rows) = loop {
        match Store::open(&path, StoreLimits::default()).await {
            Err(StoreError::InUse { .. }) => tokio::task::yield_now().await,
            opened => break opened.unwrap(),
        }
    };
    assert_eq!(shown(&rows), [("t", "k", "v")]);
}

#[tokio::test]
async fn opening_and_writing_can_move_between_threads() {
    fn movable<T: Send>(value: T) -> T {
        value
    }
    let (_folder, path) = place();
    let (store, _) = movable(Store::open(&path, IMPATIENT)).await.unwrap();
    movable(store.write(Vec::new())).await.unwrap();
    movable(store.close()).await.unwrap();
}
