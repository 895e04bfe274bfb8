//! How many requests are under way at once: as many as the source says where pages are independent,
//! and the first page alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{RawQuery, State};
use serde_json::json;
use tokio::sync::Barrier;

use super::support::*;

/// A server that answers a later page only once so many are asked for at once.
struct Together {
    barrier: Barrier,
    under_way: AtomicUsize,
    most: AtomicUsize,
}

async fn answer(State(together): State<Arc<Together>>, RawQuery(query): RawQuery) -> String {
    let query = query.unwrap_or_default();
    let page = url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == "page")
        .and_then(|(_, page)| page.parse::<usize>().ok())
        .expect("a page");
    let now = together.under_way.fetch_add(1, Ordering::SeqCst) + 1;
    together.most.fetch_max(now, Ordering::SeqCst);
    if page > 1 {
        together.barrier.wait().await;
    }
    together.under_way.fetch_sub(1, Ordering::SeqCst);
    let pagination = json!({"page": page, "total_pages": 13, "has_next": page < 13});
    json!({"data": {"data": [entry("fileguard", page, page as i64)], "pagination": pagination}}).to_string()
}

#[tokio::test]
async fn as_many_pages_are_under_way_as_the_source_says_and_no_more() {
    for (concurrency, expected) in [(None, 4), (Some(2), 2), (Some(6), 6), (Some(1), 1)] {
        let together = Arc::new(Together {
            barrier: Barrier::new(expected),
            under_way: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&together));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        let mut source = source("fileguard", &format!("http://{address}"));
        source.concurrency = concurrency;
        let told = fetched(source).await;
        told.assert_whole();
        assert_eq!(told.ids().len(), 13);
        assert!(told.ids().iter().zip(1..).all(|(id, page)| **id == page.to_string()), "in order");
        assert_eq!(together.most.load(Ordering::SeqCst), expected);
        serving.abort();
    }
}
