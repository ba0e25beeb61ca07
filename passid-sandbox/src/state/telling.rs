//! Telling an institution what happened: the state's side of the webhooks.

use jiff::Timestamp;
use passid_core::Environment;

use super::access::Tenant;
use super::world::World;
use super::{NotKept, State};
use crate::webhook::{
    Attempt, AttemptId, AttemptResult, DeliverySource, Event, EventData, NewDelivery, Secrets,
};

/// Why there is no test event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotTold {
    NoInstitution,
    NoUrl,
    TooMany,
}

impl World {
    /// Tells an institution, if it has said where: P27.
    pub(super) fn emit(&mut self, tenant: &Tenant, data: EventData<'_>, now: Timestamp) {
        match self.tell_about(tenant, data, now) {
            Ok(_) | Err(NotTold::NoInstitution | NotTold::NoUrl) => {}
            Err(NotTold::TooMany) => {
                tracing::warn!("an event is lost: too many deliveries are pending");
            }
        }
    }

    /// `webhook.test` on demand, as the dashboard's button sends it (guide, step 10), and the id of
    /// its delivery.
    pub(crate) fn send_test_event(
        &mut self,
        tenant: &Tenant,
        message: &str,
        now: Timestamp,
    ) -> Result<String, NotTold> {
        self.tell_about(tenant, EventData::Test { message }, now)
    }

    fn tell_about(
        &mut self,
        tenant: &Tenant,
        data: EventData<'_>,
        now: Timestamp,
    ) -> Result<String, NotTold> {
        let institution = self.institution(&tenant.institution).ok_or(NotTold::NoInstitution)?;
        let webhook = &institution.access(tenant.environment).webhook;
        let url = webhook.url.clone().ok_or(NotTold::NoUrl)?;
        let id = self.unused_delivery_id();
        let event = Event { institution_id: &tenant.institution, timestamp: now, data };
        let new = NewDelivery { id: id.clone(), environment: tenant.environment, url, event };
        self.deliveries.enqueue(new, now).map_err(|_| NotTold::TooMany)?;
        self.wake_sender = true;
        Ok(id)
    }

    pub(super) fn unused_delivery_id(&mut self) -> String {
        // A state that was put together by hand may have deliveries beyond its counter.
        loop {
            let candidate = self.counters_mut().delivery_id();
            if self.deliveries.get(&candidate).is_none() {
                return candidate;
            }
        }
    }
}

impl DeliverySource for State {
    async fn take_due(&self, now: Timestamp, limit: usize) -> Vec<Attempt> {
        self.change(|world, _| world.deliveries.take_due(now, limit)).await.unwrap_or_default()
    }

    async fn record(&self, attempt: &AttemptId, result: AttemptResult, now: Timestamp) {
        let recorded = self.change(|world, _| world.deliveries.record(attempt, result, now)).await;
        if let Err(NotKept) = recorded {
            tracing::error!("what came of a delivery could not be kept; it will be sent again");
        }
    }

    async fn next_due(&self) -> Option<Timestamp> {
        self.read(|world, _| world.deliveries.next_due())
    }

    async fn secrets_of(&self, institution: &str, environment: Environment) -> Option<Secrets> {
        self.read(|world, _| {
            let webhook = &world.institution(institution)?.access(environment).webhook;
            Some(Secrets {
                current: webhook.secret.clone(),
                previous: webhook.previous_secret.clone(),
            })
        })
    }
}
