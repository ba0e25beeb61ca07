//! The guide's loan application on actix-web: `cargo run --example loan-actix`.

use std::net::TcpListener;
use std::process::ExitCode;
use std::time::SystemTime;

use actix_web::dev::Server;
use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, HttpServer, web};
use passid_actix::{MaybeVerified, PassidMiddleware, Verified};
use passid_core::{Guard, PassidClient, Policy};
use passid_examples::{
    Application, Greeting, Metrics, StartError, answers, asked_to_stop, connect, exit,
    greeting_policy, listen_addr, loan_policy, verifier, welcome,
};
use tokio::runtime::Handle;

#[derive(Clone)]
struct Loans {
    client: PassidClient,
    policy: Policy,
}

async fn apply(credential: Verified) -> web::Json<Application> {
    web::Json(Application::new(credential.claims()))
}

async fn greeting(MaybeVerified(credential): MaybeVerified) -> web::Json<Greeting> {
    web::Json(Greeting::new(credential.is_some()))
}

#[expect(clippy::disallowed_methods, reason = "an application reads the real clock")]
async fn redeem(loans: web::Data<Loans>, body: web::Bytes) -> HttpResponse {
    let now = SystemTime::now();
    let reply = passid_examples::redeem(&loans.client, &loans.policy, &body, now).await;
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status).content_type("application/json").body(reply.body)
}

async fn show_metrics(metrics: web::Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok().content_type(Metrics::CONTENT_TYPE).body(metrics.text())
}

/// From here on the server listens for signals to stop.
fn serve(
    listener: TcpListener,
    client: PassidClient,
    runtime: Handle,
) -> Result<Server, StartError> {
    let policy = loan_policy()?;
    // Built once: the closure below runs in every worker. One cache for both guards, if any.
    let (verifier, metrics) = verifier(&client, runtime)?;
    let guard = Guard::builder(verifier.clone(), policy.clone()).answers(answers()).build();
    let optional = Guard::builder(verifier, greeting_policy()).optional().build();
    let loans = Loans { client, policy };
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(loans.clone()))
            .app_data(web::Data::new(metrics.clone()))
            .service(
                web::resource("/api/apply")
                    .route(web::post().to(apply).wrap(PassidMiddleware::new(guard.clone()))),
            )
            .service(
                web::resource("/api/greeting")
                    .route(web::get().to(greeting).wrap(PassidMiddleware::new(optional.clone()))),
            )
            .service(web::resource("/api/redeem").route(web::post().to(redeem)))
            .service(web::resource("/metrics").route(web::get().to(show_metrics)))
            .service(web::resource("/healthz").route(web::get().to(|| async { "ok" })))
    })
    .shutdown_signal(asked_to_stop()?)
    .listen(listener)?
    .run();
    Ok(server)
}

#[expect(clippy::print_stdout, reason = "the example speaks to the person who started it")]
fn run() -> Result<ExitCode, StartError> {
    // One runtime for the client's connections and the cache's calls, whatever actix-web's workers are doing.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let connected = runtime.block_on(connect(|client| client.runtime(runtime.handle().clone())))?;
    let listener = TcpListener::bind(listen_addr()?)?;
    let welcome = welcome("loan-actix", listener.local_addr()?, connected.sandbox.as_ref());
    actix_web::rt::System::new().block_on(async {
        let server = serve(listener, connected.client, runtime.handle().clone())?;
        println!("{welcome}");
        server.await?;
        Ok(ExitCode::SUCCESS)
    })
}

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    exit(run())
}
