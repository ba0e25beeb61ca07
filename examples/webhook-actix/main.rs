//! A durable receiver of webhooks on actix-web: `cargo run --example webhook-actix`.

use std::net::TcpListener;
use std::process::ExitCode;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use passid_examples::{StartError, WEBHOOK_PATH, Webhooks, asked_to_stop, exit, listen_addr};
use passid_inbox::Receiver;

const NAME: &str = "webhook-actix";

/// From here on the server listens for signals to stop.
fn serve(listener: TcpListener, receiver: Receiver) -> Result<Server, StartError> {
    let server = HttpServer::new(move || {
        App::new()
            .service(passid_inbox::actix::webhook(WEBHOOK_PATH, receiver.clone()))
            .service(web::resource("/healthz").route(web::get().to(|| async { "ok" })))
    })
    .shutdown_signal(asked_to_stop()?)
    .listen(listener)?
    .run();
    Ok(server)
}

#[expect(clippy::print_stdout, reason = "the example speaks to the person who started it")]
fn run() -> Result<ExitCode, StartError> {
    let listen_addr = listen_addr()?;
    // The worker and the sandbox run here, whatever actix-web's workers are doing.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let webhooks = runtime.block_on(Webhooks::start(NAME))?;
    let listener = TcpListener::bind(listen_addr)?;
    let address = listener.local_addr()?;
    // What is sent now waits at the socket until the server takes it.
    runtime.block_on(webhooks.register(address))?;
    actix_web::rt::System::new().block_on(async {
        let server = serve(listener, webhooks.receiver())?;
        println!("{}", webhooks.welcome(NAME, address));
        server.await?;
        Ok::<(), StartError>(())
    })?;
    runtime.block_on(webhooks.stop());
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    exit(run())
}
