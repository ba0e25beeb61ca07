//! The seam between a cache in the memory of one instance and one beneath it that instances share.

use std::sync::Weak;

use crate::{Subject, Token};

/// What a [`CachedVerifier`](crate::CachedVerifier) needs of a verifier beneath it whose verdicts several
/// instances share: what one of them forgets all must forget. Given by [`Verify::shared_level`].
///
/// [`Verify::shared_level`]: crate::Verify::shared_level
pub trait SharedLevel: Send + Sync + 'static {
    /// What the keys of the caches are made with: the same in every instance, and unknown to everybody
    /// else (decision P74).
    fn key_secret(&self) -> [u8; 64];

    /// From now on has `cache` forget what any instance forgets, for as long as it is there.
    fn connect(&self, cache: Weak<dyn LocalCache>);

    /// Has every instance forget a token. When it returns the caches of this instance have.
    fn forget(&self, token: &Token);

    /// Has every instance forget a subject. When it returns the caches of this instance have. Everything,
    /// for a level that does not know how.
    fn forget_subject(&self, subject: &Subject) {
        let _ = subject;
        self.forget_all();
    }

    /// Has every instance forget everything. When it returns the caches of this instance have.
    fn forget_all(&self);
}

/// A cache in the memory of one instance.
pub trait LocalCache: Send + Sync + 'static {
    /// Forgets what stands under these keys, also what calls that are under way will say.
    fn forget(&self, keys: &[[u8; 16]]);

    /// Forgets what is known of the subjects that stand under these keys, also what calls that are under
    /// way will say. Everything, for a cache that does not know how.
    fn forget_subjects(&self, subjects: &[[u8; 16]]) {
        let _ = subjects;
        self.forget_all();
    }

    /// Forgets everything.
    fn forget_all(&self);
}
