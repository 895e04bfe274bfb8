//! The program as a whole: one binary of integration tests, a module each.

mod files;
