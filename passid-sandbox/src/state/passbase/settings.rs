use crate::passbase::PassbaseSettings;
use crate::state::table::Row;

impl Row for PassbaseSettings {
    const TABLE: &'static str = "passbase_settings";
}
