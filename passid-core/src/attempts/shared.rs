//! Attempts counted in Redis: the same numbers as in [`quota`](super::quota), by the clock of Redis.

use std::sync::LazyLock;

use redis::{Script, ScriptInvocation};

use super::subject::Subject;
use crate::redis::{NoAnswer, Redis};

/// All subjects or none. Numbers of microseconds stay far below what a double holds exactly.
static ATTEMPT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local wait = 0
        local next = {}
        for i = 1, #KEYS do
            local used = math.max(tonumber(redis.call('GET', KEYS[i]) or '0'), now)
            next[i] = used + tonumber(ARGV[2 * i - 1])
            wait = math.max(wait, next[i] - now - tonumber(ARGV[2 * i]))
        end
        if wait > 0 then
            return wait
        end
        for i = 1, #KEYS do
            local life = math.ceil((next[i] - now) / 1000)
            redis.call('SET', KEYS[i], string.format('%.0f', next[i]), 'PX', life)
        end
        return 0
        ",
    )
});

static GIVE_BACK: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        for i = 1, #KEYS do
            local used = redis.call('GET', KEYS[i])
            if used then
                local left = tonumber(used) - tonumber(ARGV[2 * i - 1])
                if left > now then
                    local life = math.ceil((left - now) / 1000)
                    redis.call('SET', KEYS[i], string.format('%.0f', left), 'PX', life)
                else
                    redis.call('DEL', KEYS[i])
                end
            end
        end
        return 0
        ",
    )
});

/// One attempt of all subjects, or of none; how many microseconds to wait for it otherwise.
pub(super) async fn attempt(
    redis: &Redis,
    subjects: &[Subject],
) -> Result<Result<(), u64>, NoAnswer> {
    let invocation = with(&ATTEMPT, redis, subjects);
    let (wait, _) = redis
        .ask(redis.deadline(), |mut connection| async move {
            invocation.invoke_async::<u64>(&mut connection).await
        })
        .await?;
    Ok(if wait == 0 { Ok(()) } else { Err(wait) })
}

/// In the background: nobody waits for it.
pub(super) fn give_back(redis: &Redis, subjects: &[Subject]) {
    let invocation = with(&GIVE_BACK, redis, subjects);
    let connection = redis.clone();
    redis.runtime().spawn(async move {
        let given = connection.tell(|mut connection| async move {
            invocation.invoke_async::<i64>(&mut connection).await
        });
        // Counted as failed if it does not come through: that errs on the safe side, and passes.
        let _ = given.await;
    });
}

fn with<'a>(script: &'a Script, redis: &Redis, subjects: &[Subject]) -> ScriptInvocation<'a> {
    let mut invocation = script.prepare_invoke();
    for subject in subjects {
        invocation.key(redis.key("a", subject.id));
        invocation.arg(subject.quota.interval()).arg(subject.quota.period());
    }
    invocation
}
