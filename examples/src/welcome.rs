use std::net::SocketAddr;

use passid_sandbox::{Sandbox, demo};

/// The first words of an example: where it listens, and three commands to paste.
pub fn welcome(name: &str, address: SocketAddr, sandbox: Option<&Sandbox>) -> String {
    let inside = match sandbox {
        Some(sandbox) => format!(
            "PASSID_BASE_URL is not set: a PASSID sandbox runs inside this program, at {}\n",
            sandbox.url()
        ),
        None => "The tokens below are those of the sandbox.\n".to_owned(),
    };
    let apply = format!("curl -i -X POST http://{address}/api/apply");
    let (good, old) = (demo::KENYA_TOKEN, demo::STALE_TOKEN);
    format!(
        "{inside}{name} listens on http://{address}\n\
         \n\
         Refused, because there is no token:\n  {apply}\n\
         Accepted:\n  {apply} -H 'X-PASSID-Token: {good}'\n\
         In breach of the policy, because the credential is too old:\n  \
         {apply} -H 'X-PASSID-Token: {old}'\n"
    )
}
