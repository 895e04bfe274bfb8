//! Whole fetches of the five systems from the demo server: exactly what it holds comes.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use auditty::demo::{Listeners, Options, Server, System, World, serve, sources};
use auditty::fetch::clock::FakeClock;
use auditty::fetch::{Fetcher, Request};
use auditty::interval::Interval;
use auditty::timestamp::DAY;

use super::support::{Told, now, provider, told};

static WORLD: LazyLock<Arc<World>> = LazyLock::new(|| Arc::new(World::generate(World::SEED, now())));

/// What a system's demo holds of a window, and what a fetch of it told.
async fn fetched(system: System, window: Interval) -> (BTreeSet<String>, Told) {
    let clock = FakeClock::at(now().plus(60_000_000));
    let options = Options { clock: Arc::new(clock.clone()), ..Options::default() };
    let server: Server = serve(&WORLD, Listeners::any().await.expect("ports"), &options).expect("a server");
    let source = sources(&server).into_iter().find(|source| &*source.provider == system.provider());
    let source = source.expect("a source");
    let fetcher = Fetcher::with_jitter(Arc::new(clock), || 0.5);
    let request = Request::new(Arc::new(source), provider(system.provider()), window);
    let told = told(fetcher.start(request)).await;
    let held = server.held(system).into_iter().filter(|record| window.contains(record.time));
    (held.map(|record| record.json.to_string()).collect(), told)
}

async fn all_of(system: System, window: Interval) {
    let (held, told) = fetched(system, window).await;
    told.assert_whole();
    let events = || told.pages.iter().flat_map(|page| &page.events);
    let came: BTreeSet<String> = events().map(|event| event.record.to_string()).collect();
    assert!(held.len() > 20, "{}", held.len());
    assert!(came == held, "{system:?}: {} came, {} held", came.len(), held.len());
    let identities: BTreeSet<_> = events().map(|event| event.identity).collect();
    assert_eq!(identities.len(), held.len());
    assert!(told.covered().covers(window));
    assert!(told.pages.iter().all(|page| page.skipped.is_empty()));
}

/// The whole demo, and a little around it.
fn everything() -> Interval {
    Interval::new(now().plus(-400 * DAY), now())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_store_by_cursor_in_two_workspaces() {
    all_of(System::Fastio, everything()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_authority_by_offset() {
    all_of(System::Fastpki, everything()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guard_of_uploads_by_page() {
    all_of(System::Fileguard, everything()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_observability_platform_by_windows() {
    all_of(System::Logfire, everything()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_system_by_a_cursor_that_is_a_number() {
    all_of(System::Tofupilot, Interval::new(now().plus(-DAY), now())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_has_just_what_lies_in_it() {
    for system in [System::Fastio, System::Fastpki, System::Fileguard, System::Logfire] {
        let (held, told) =
            fetched(system, Interval::new(now().plus(-3 * DAY + 1), now().plus(-DAY - 123_457))).await;
        let came: BTreeSet<_> =
            told.pages.iter().flat_map(|page| &page.events).map(|event| event.record.to_string()).collect();
        assert!(came == held, "{system:?}: {} came, {} held", came.len(), held.len());
    }
}
