//! A descriptor as written (TOML), and how it becomes a [`super::Provider`].
