//! The fetch layer against small servers: what comes, what is told, what is sent.

#[cfg(feature = "demo")]
mod concurrency;
mod faults;
mod paging;
mod proxies;
mod support;
#[cfg(feature = "demo")]
mod systems;
mod tls;
mod tokens;
