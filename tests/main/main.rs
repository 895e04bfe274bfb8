//! Tests of whole parts against small servers, files and processes.

mod fetch;
