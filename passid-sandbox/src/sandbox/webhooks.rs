//! What was told to applications, and the task that tells them.

use std::sync::Arc;
use std::time::Duration;

use passid_core::{Clock, Environment};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Sandbox;
use crate::demo;
use crate::state::{SandboxClock, State, Tenant, World};
use crate::webhook::{
    self, DeliveryFilter, RecordedDelivery, SenderLimits, WebhookFault, WebhookFaultError,
};

impl Sandbox {
    /// Every delivery of every API with all its attempts, the oldest event first.
    pub fn deliveries(&self) -> Vec<RecordedDelivery> {
        self.state.deliveries(&DeliveryFilter::default())
    }

    /// Waits until no delivery is due or in flight, at most so long in real time. Whether it came to
    /// that.
    pub async fn deliveries_settled(&self, patience: Duration) -> bool {
        self.state.deliveries_settled(patience).await
    }

    /// Sends an event once more, now and whatever has become of it. Whether that can be done: there
    /// is such a delivery, none is waiting to be sent so already, and it was not done 20 times.
    pub fn redeliver(&self, delivery_id: &str) -> bool {
        self.state.change_now(|world, now| world.redeliver(delivery_id, now)).0.is_ok()
    }

    /// Sends a signed `webhook.test` of the demo institution in the sandbox environment, as the
    /// vendor's dashboard does (guide, step 10), and gives the id of its delivery. `None` when no
    /// webhook URL is set or 10,000 deliveries are pending.
    pub fn send_test_event(&self, message: &str) -> Option<String> {
        let institution = demo::INSTITUTION_ID.to_owned();
        let tenant = Tenant { institution, environment: Environment::Sandbox };
        let send = |world: &mut World, now| world.send_test_event(&tenant, message, now);
        self.state.change_now(send).0.ok()
    }

    /// Lets something go wrong with the next events.
    ///
    /// # Errors
    ///
    /// [`WebhookFaultError`] when the fault is beyond a limit, or 1,000 wait already.
    pub fn inject_webhook_fault(&self, fault: WebhookFault) -> Result<(), WebhookFaultError> {
        self.state.change_now(|world, _| world.inject_webhook_fault(fault)).0
    }
}

/// The task that sends webhooks. Dropping it stops it at once; what it was about to send stays
/// pending.
pub(crate) struct Sender {
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Sender {
    pub(crate) fn start(state: &Arc<State>, answer: Duration) -> Self {
        let (stop, stopping) = watch::channel(());
        let limits = SenderLimits { answer, ..SenderLimits::default() };
        let clock: Arc<dyn Clock> = Arc::<SandboxClock>::clone(state.clock());
        let work = webhook::run(Arc::clone(state), clock, state.wake(), stopping, limits);
        Self { stop, task: tokio::spawn(work) }
    }

    /// Lets attempts in flight end for a moment.
    pub(super) async fn stop(mut self) {
        self.stop.send_replace(());
        // Ends by itself; an error could only be a panic, of which there is nothing to clean up.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.task.abort();
    }
}
