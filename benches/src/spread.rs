/// The middle of what was measured, and how far it spreads.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// A tenth is below it.
    pub p10: f64,
    /// Half is below it.
    pub median: f64,
    /// A tenth is above it.
    pub p90: f64,
}

impl Spread {
    /// Of these values; without any, it is not a number.
    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |percent| values.get(values.len() * percent / 100).copied().unwrap_or(f64::NAN);
        Self { p10: at(10), median: at(50), p90: at(90) }
    }
}
