use passid_core::Environment;

use super::delivery::{Delivery, StateName};
use super::event::WebhookEvent;
use crate::route::Api;

/// Which deliveries to list. The default is all.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeliveryFilter {
    pub(crate) api: Option<Api>,
    pub(crate) institution_id: Option<String>,
    pub(crate) environment: Option<Environment>,
    pub(crate) event: Option<WebhookEvent>,
    pub(crate) state: Option<StateName>,
}

impl DeliveryFilter {
    pub(super) fn matches(&self, delivery: &Delivery) -> bool {
        let institution = self.institution_id.as_ref();
        self.api.is_none_or(|it| it == delivery.carriage.api())
            && institution.is_none_or(|id| *id == delivery.institution_id)
            && self.environment.is_none_or(|it| it == delivery.environment)
            && self.event.is_none_or(|it| it == delivery.event)
            && self.state.is_none_or(|it| it == delivery.state.name())
    }
}
