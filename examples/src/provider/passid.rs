//! PASSID: people have their tokens from its app.

use passid_sandbox::demo;
use tokio::runtime::Handle;

use super::Prepared;
use crate::SettingsError;
use crate::inside::Inside;
use crate::page::Site;
use crate::reply::Reply;
use crate::settings::{Connected, connect_beside};

pub(super) async fn connect(
    runtime: &Handle,
    inside: &mut Inside,
) -> Result<(Connected, Vec<Prepared>), SettingsError> {
    let connected = connect_beside(inside, |client| client.runtime(runtime.clone())).await?;
    // Also for the PASSID of a base URL, which may be a sandbox on its own.
    let prepared = vec![
        Prepared { token: demo::KENYA_TOKEN.to_owned(), what: "a credential of this hour" },
        Prepared { token: demo::STALE_TOKEN.to_owned(), what: "a credential that is too old" },
    ];
    Ok((connected, prepared))
}

pub(super) fn invite(site: &Site, in_a_sandbox: bool) -> Reply {
    let token = if in_a_sandbox { demo::KENYA_TOKEN } else { "" };
    site.page("Take your token from the PASSID app.", token)
}
