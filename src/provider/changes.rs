//! How systems tell what changed, and how that becomes a list of [`crate::event::Change`]s.
