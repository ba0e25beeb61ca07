//! The guide's loan application on actix-web: `cargo run --example loan-actix`, with PASSID or another
//! provider.

use std::net::TcpListener;
use std::process::ExitCode;
use std::time::SystemTime;

use actix_web::dev::Server;
use actix_web::http::{StatusCode, header};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use passid_actix::{MaybeVerified, PassidMiddleware, Verified};
use passid_core::{Guard, Policy};
use passid_examples::{
    Application, Desk, Greeting, Metrics, Provider, Reply, Shown, Site, StartError, answers,
    arguments, asked_to_stop, chosen_policy, exit, greeting_policy, listen_addr, verifier, welcome,
};
use tokio::runtime::Handle;

#[derive(Clone)]
struct Loans {
    provider: Provider,
    policy: Policy,
    desk: Desk,
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
    respond(passid_examples::redeem(&loans.provider, &loans.policy, &body, now).await)
}

async fn invite(loans: web::Data<Loans>, provider: web::Path<String>) -> HttpResponse {
    respond(loans.desk.invite(&provider))
}

async fn begin(loans: web::Data<Loans>, provider: web::Path<String>) -> HttpResponse {
    respond(loans.desk.begin(&provider).await)
}

async fn welcome_back(
    loans: web::Data<Loans>,
    provider: web::Path<String>,
    request: HttpRequest,
) -> HttpResponse {
    let cookies: Vec<_> =
        request.headers().get_all(header::COOKIE).map(header::HeaderValue::as_bytes).collect();
    respond(loans.desk.welcome_back(&provider, request.query_string(), &cookies))
}

fn respond(reply: Reply) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for header in reply.headers {
        response.insert_header(header);
    }
    response.body(reply.body)
}

async fn show_metrics(metrics: web::Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok().content_type(Metrics::CONTENT_TYPE).body(metrics.text())
}

/// From here on the server listens for signals to stop.
fn serve(listener: TcpListener, loans: Loans, runtime: Handle) -> Result<Server, StartError> {
    // Built once: the closure below runs in every worker. One cache for both guards, if any.
    let (verifier, metrics) = verifier(&loans.provider, runtime)?;
    let answers = answers(loans.provider.name());
    let guard = Guard::builder(verifier.clone(), loans.policy.clone()).answers(answers).build();
    let optional = Guard::builder(verifier, greeting_policy()).optional().build();
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
            .service(
                web::resource("/verify/{provider}")
                    .route(web::get().to(invite))
                    .route(web::post().to(begin)),
            )
            .service(
                web::resource("/verify/{provider}/callback").route(web::get().to(welcome_back)),
            )
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
    let Some(arguments) = arguments("loan-actix")? else { return Ok(ExitCode::SUCCESS) };
    let policy = chosen_policy(arguments.policy.as_deref())?;
    // One runtime for the client's connections and the cache's calls, whatever actix-web's workers are doing.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let provider = runtime.block_on(Provider::connect(arguments.provider, &handle))?;
    let listener = TcpListener::bind(listen_addr()?)?;
    let address = listener.local_addr()?;
    let site = Site::new(address, "POST", "/api/apply")?;
    let shown = [Shown::new("POST", "/api/apply", &policy)];
    let providers = [provider.clone()];
    let words = runtime.block_on(welcome("loan-actix", address, &site, &providers, &shown));
    let desk = Desk::new(providers, site);
    actix_web::rt::System::new().block_on(async {
        let server = serve(listener, Loans { provider, policy, desk }, handle)?;
        println!("{words}");
        server.await?;
        Ok(ExitCode::SUCCESS)
    })
}

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    exit(run())
}
