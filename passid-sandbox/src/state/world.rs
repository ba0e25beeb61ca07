//! Everything that the sandbox knows and that outlives a request: rows, and the indexes over them.

use std::collections::HashMap;

use jiff::Timestamp;
use passid_core::Environment;
use serde_json::{Map, Value};

use super::access::{SecretIndex, Tenant};
use super::aged::{Aged, Limits};
use super::clock::ClockSetting;
use super::customer::Customer;
use super::docverify::{Documents, Ids};
use super::idempotency::{self, Answer, IdempotencyScope, KeyReused, Remembered};
use super::institution::Institution;
use super::issued::Credential;
use super::ledger::Code;
use super::numbers::{Counters, Speller};
use super::outcome::Outcome;
use super::passbase::PassbaseTables;
use super::session::Session;
use super::table::{Change, Row, Table};
use super::verification::Verification;
use crate::demo;
use crate::limits::check_id;
use crate::webhook::{
    Deliveries, Delivery, DeliveryLimits, LoadError, RedeliverError, WebhookFault,
    WebhookFaultError,
};

/// The key of the rows of which there is one.
pub(super) const ONLY: &str = "only";

#[derive(Debug)]
pub(crate) struct World {
    pub(super) institutions: Table<Institution>,
    pub(super) customers: Table<Customer>,
    pub(super) tokens: Table<Credential>,
    pub(super) codes: Table<Code>,
    pub(super) sessions: Aged<Session>,
    pub(super) verifications: Aged<Verification>,
    pub(super) outcomes: Aged<Outcome>,
    answers: Aged<Remembered>,
    pub(super) deliveries: Deliveries,
    pub(super) passbase: PassbaseTables,
    pub(crate) docverify: Documents,
    counters: Table<Counters>,
    clock: Table<ClockSetting>,

    // Worked out from the rows, never kept.
    keys: SecretIndex<Tenant>,
    institution_jwts: SecretIndex<Tenant>,
    pub(super) user_jwts: SecretIndex<String>,
    pub(super) session_codes: HashMap<String, String>,

    /// Whether there is something new to send.
    pub(super) wake_sender: bool,
    /// The rows of a world that this one has replaced.
    removed: Vec<Change>,
    pub(super) speller: Speller,
}

/// Does the same with every table, to look at it or to change it.
macro_rules! every_table {
    (ref $world:expr, $table:ident => $work:expr) => {{
        let world = $world;
        every_table!(@each $table => $work;
            &world.institutions, &world.customers, &world.tokens, &world.codes,
            world.sessions.table(), world.verifications.table(), world.outcomes.table(),
            world.answers.table(), world.passbase.identities.table(), &world.passbase.settings,
            &world.passbase.told, world.docverify.sessions.table(), world.docverify.images.table(),
            world.docverify.tokens.table(), &world.docverify.settings, &world.counters,
            &world.clock)
    }};
    (mut $world:expr, $table:ident => $work:expr) => {{
        let world = $world;
        every_table!(@each $table => $work;
            &mut world.institutions, &mut world.customers, &mut world.tokens, &mut world.codes,
            world.sessions.table_mut(), world.verifications.table_mut(),
            world.outcomes.table_mut(), world.answers.table_mut(),
            world.passbase.identities.table_mut(), &mut world.passbase.settings,
            &mut world.passbase.told, world.docverify.sessions.table_mut(),
            world.docverify.images.table_mut(), world.docverify.tokens.table_mut(),
            &mut world.docverify.settings, &mut world.counters, &mut world.clock)
    }};
    (@each $name:ident => $work:expr; $($table:expr),+) => {{
        $({
            let $name = $table;
            $work;
        })+
    }};
}

/// A row of a data file or an export that cannot be taken. Never repeats what is in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadRow {
    #[error("there is no table {0}")]
    UnknownTable(String),
    #[error("a row of {table} cannot be read (column {column} of its JSON)")]
    Unreadable { table: String, column: usize },
    #[error("institution {institution} has a key that this process was started with")]
    KeyTaken { institution: String },
    #[error("a row of {0} has a key that it cannot have, or holds what cannot be")]
    Key(&'static str),
}

impl World {
    /// Nothing at all.
    pub(crate) fn empty(seed: u64, limits: Limits) -> Self {
        Self {
            institutions: Table::default(),
            customers: Table::default(),
            tokens: Table::default(),
            codes: Table::default(),
            sessions: Aged::new(limits),
            verifications: Aged::new(limits),
            outcomes: Aged::new(limits),
            answers: Aged::new(idempotency::LIMITS),
            deliveries: Deliveries::new(DeliveryLimits::default()),
            passbase: PassbaseTables::new(limits),
            docverify: Documents::new(limits),
            counters: Table::default(),
            clock: Table::default(),
            keys: SecretIndex::default(),
            institution_jwts: SecretIndex::default(),
            user_jwts: SecretIndex::default(),
            session_codes: HashMap::new(),
            wake_sender: false,
            removed: Vec::new(),
            speller: Speller::new(seed),
        }
    }

    pub(super) fn counters_mut(&mut self) -> &mut Counters {
        self.counters.get_or_default(ONLY)
    }

    /// Changes what there is of Document Verification; ids and tokens are numbers of this world.
    pub(crate) fn with_docverify<R>(
        &mut self,
        work: impl FnOnce(&mut Documents, Ids<'_>) -> R,
    ) -> R {
        let speller = self.speller;
        let counters = self.counters.get_or_default(ONLY);
        work(&mut self.docverify, &mut || speller.hex(counters.spelt()))
    }

    pub(super) fn clock_setting(&self) -> ClockSetting {
        self.clock.get(ONLY).copied().unwrap_or_default()
    }

    pub(super) fn keep_clock_setting(&mut self, setting: ClockSetting) {
        self.clock.insert(ONLY, setting);
    }

    /// Puts an institution in, in place of the one with this id.
    pub(super) fn put_institution(&mut self, id: &str, institution: Institution) {
        if self.institutions.contains(id) {
            self.institutions.insert(id, institution);
            self.index_institutions();
        } else {
            self.index_institution(id, &institution);
            self.institutions.insert(id, institution);
        }
    }

    fn index_institutions(&mut self) {
        self.keys = SecretIndex::default();
        self.institution_jwts = SecretIndex::default();
        let institutions = std::mem::take(&mut self.institutions);
        // The demo institution last: its keys are this process's, whatever a data file says.
        let is_demo = |id: &str| id == demo::INSTITUTION_ID;
        let others = institutions.iter().filter(|(id, _)| !is_demo(id));
        for (id, institution) in others.chain(institutions.iter().filter(|(id, _)| is_demo(id))) {
            self.index_institution(id, institution);
        }
        self.institutions = institutions;
    }

    fn index_institution(&mut self, id: &str, institution: &Institution) {
        for environment in [Environment::Sandbox, Environment::Live] {
            let tenant = Tenant { institution: id.to_owned(), environment };
            let access = institution.access(environment);
            self.keys.insert(&access.key, tenant.clone());
            self.institution_jwts.insert(&access.jwt, tenant);
        }
    }

    /// Whom a presented institution key belongs to.
    pub(crate) fn tenant_of_key(&self, presented: &[u8]) -> Option<Tenant> {
        self.keys.get(presented).cloned()
    }

    /// Whom a presented institution JWT belongs to.
    pub(crate) fn tenant_of_jwt(&self, presented: &[u8]) -> Option<Tenant> {
        self.institution_jwts.get(presented).cloned()
    }

    /// The customer whose JWT was presented.
    pub(crate) fn customer_of_jwt(&self, presented: &[u8]) -> Option<String> {
        self.user_jwts.get(presented).cloned()
    }

    pub(crate) fn institution(&self, id: &str) -> Option<&Institution> {
        self.institutions.get(id)
    }

    pub(crate) fn delivery(&self, id: &str) -> Option<&Delivery> {
        self.deliveries.get(id)
    }

    /// Sends an event once more.
    pub(crate) fn redeliver(&mut self, id: &str, now: Timestamp) -> Result<(), RedeliverError> {
        self.wake_sender = true;
        self.deliveries.redeliver(id, now)
    }

    pub(crate) fn inject_webhook_fault(
        &mut self,
        fault: WebhookFault,
    ) -> Result<(), WebhookFaultError> {
        self.deliveries.inject_fault(fault)
    }

    pub(crate) fn waiting_webhook_faults(&self) -> Vec<WebhookFault> {
        self.deliveries.waiting_faults()
    }

    pub(crate) fn clear_webhook_faults(&mut self) {
        self.deliveries.clear_faults();
    }

    /// Sets where events go (guide, step 1).
    pub(crate) fn set_webhook(&mut self, tenant: &Tenant, url: String, secret: Option<String>) {
        if let Some(institution) = self.institutions.get_mut(&tenant.institution) {
            institution.access_mut(tenant.environment).webhook.set(url, secret);
        }
    }

    /// D13: gives the answer remembered under an idempotency key, or works it out and remembers it.
    pub(crate) fn once(
        &mut self,
        scope: &IdempotencyScope<'_>,
        request_body: &[u8],
        now: Timestamp,
        work: impl FnOnce(&mut Self) -> Answer,
    ) -> Result<Answer, KeyReused> {
        if let Some(known) = idempotency::recall(&mut self.answers, scope, request_body, now)? {
            return Ok(known);
        }
        let answer = work(self);
        idempotency::remember(&mut self.answers, scope, request_body, &answer, now);
        Ok(answer)
    }

    /// Hands over what changed since the last time.
    pub(super) fn drain_changes(&mut self) -> Vec<Change> {
        let mut changes = std::mem::take(&mut self.removed);
        every_table!(mut &mut *self, table => table.drain_changes(&mut changes));
        self.deliveries.drain_changes(&mut changes);
        changes
    }

    /// Forgets what changed: for a sandbox that keeps nothing.
    pub(super) fn discard_changes(&mut self) {
        self.removed.clear();
        self.deliveries.discard_changes();
        every_table!(mut &mut *self, table => table.discard_changes());
    }

    /// Becomes another world, of which every row counts as changed.
    pub(super) fn replace_with(&mut self, mut other: Self) {
        let mut removed = std::mem::take(&mut self.removed);
        every_table!(ref &*self, table => table.removals(&mut removed));
        // The old ledger of deliveries stays, because it knows what is in flight. The rows were
        // read once before, or made by ourselves.
        if self.deliveries.replace_with(&other.deliveries).is_err() {
            tracing::error!("deliveries could not be taken over");
        }
        std::mem::swap(&mut self.deliveries, &mut other.deliveries);
        *self = other;
        self.removed = removed;
        self.wake_sender = true;
    }

    /// Every row: table by table, key by key.
    pub(super) fn export(&self) -> Map<String, Value> {
        let mut tables = Map::new();
        every_table!(ref self, table => {
            let (name, rows) = table.export();
            tables.insert(name.to_owned(), Value::Object(rows));
        });
        let (name, rows) = self.deliveries.table().export();
        tables.insert(name.to_owned(), Value::Object(rows));
        tables
    }

    /// Takes a row from a data file or an export. [`World::finish_loading`] must follow.
    pub(super) fn load(&mut self, name: &str, key: &str, json: &str) -> Result<(), BadRow> {
        let unreadable = |column| BadRow::Unreadable { table: name.to_owned(), column };
        if name == Delivery::TABLE {
            return self.deliveries.load(key, json).map_err(|error| match error {
                LoadError::Row(error) => unreadable(error.column()),
                LoadError::Key => unreadable(0),
            });
        }
        let mut known = None;
        every_table!(mut &mut *self, table => if table.name() == name { known = Some(table.load(key, json)) });
        match known {
            None => Err(BadRow::UnknownTable(name.to_owned())),
            Some(Err(error)) => Err(unreadable(error.column())),
            Some(Ok(())) => Ok(()),
        }
    }

    /// Looks at the keys, and works the indexes out.
    pub(super) fn finish_loading(&mut self) -> Result<(), BadRow> {
        // Ids stand in the keys of other rows, which tell one institution from another.
        if self.institutions.iter().any(|(id, _)| check_id(id).is_err()) {
            return Err(BadRow::Key(self.institutions.name()));
        }
        if self.customers.iter().any(|(id, _)| check_id(id).is_err()) {
            return Err(BadRow::Key(self.customers.name()));
        }
        if self.sessions.table().iter().any(|(id, session)| *id != session.request_id) {
            return Err(BadRow::Key(self.sessions.table().name()));
        }
        self.sessions.rebuild();
        self.verifications.rebuild();
        self.outcomes.rebuild();
        self.answers.rebuild();
        self.passbase.finish_loading()?;
        self.docverify.finish_loading().map_err(BadRow::Key)?;
        self.index_institutions();
        self.user_jwts = SecretIndex::default();
        for (id, customer) in self.customers.iter() {
            self.user_jwts.insert(&customer.jwt, id.clone());
        }
        let sessions = self.sessions.table().iter();
        self.session_codes =
            sessions.map(|(id, session)| (session.code.clone(), id.clone())).collect();
        Ok(())
    }
}
