/// The scores below which checks count as failed (decision P87).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreFloors {
    score: f64,
    authenticity: f64,
    face_match: f64,
}

impl ScoreFloors {
    /// The vendor's support advises to reject below 75 %.
    pub const DEFAULT: f64 = 0.75;

    /// The same floor for the identity's score, for the authenticity of documents, and for the match
    /// of faces.
    ///
    /// # Errors
    ///
    /// [`ScoreFloorError`] for what is not above 0 and at most 1.
    pub fn all(floor: f64) -> Result<Self, ScoreFloorError> {
        Self { score: floor, authenticity: floor, face_match: floor }.checked()
    }

    /// Another floor for the identity's score.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub fn score(self, floor: f64) -> Result<Self, ScoreFloorError> {
        Self { score: floor, ..self }.checked()
    }

    /// Another floor for the authenticity of documents.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub fn authenticity(self, floor: f64) -> Result<Self, ScoreFloorError> {
        Self { authenticity: floor, ..self }.checked()
    }

    /// Another floor for the match of faces.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub fn face_match(self, floor: f64) -> Result<Self, ScoreFloorError> {
        Self { face_match: floor, ..self }.checked()
    }

    fn checked(self) -> Result<Self, ScoreFloorError> {
        let fits = |floor: f64| floor > 0.0 && floor <= 1.0;
        let all = [self.score, self.authenticity, self.face_match];
        if all.into_iter().all(fits) { Ok(self) } else { Err(ScoreFloorError) }
    }

    pub(super) fn of_score(&self) -> f64 {
        self.score
    }

    pub(super) fn of_authenticity(&self) -> f64 {
        self.authenticity
    }

    pub(super) fn of_face_match(&self) -> f64 {
        self.face_match
    }
}

impl Default for ScoreFloors {
    fn default() -> Self {
        Self { score: Self::DEFAULT, authenticity: Self::DEFAULT, face_match: Self::DEFAULT }
    }
}

/// A floor is not above 0 and at most 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a score floor is above 0 and at most 1; 0.75 is 75 %")]
pub struct ScoreFloorError;
