//! The runtime with a scripted origin, the real store, and a test in the loop's place.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt;
use futures::future::BoxFuture;

use super::origin::{Begun, Listener};
use super::*;
use crate::answer::{Question, RowId};
use crate::app::clipboard::plan::{Choice, Multiplexer, Surroundings, Way};
use crate::changes::Duplicates;
use crate::event::Event;
use crate::event::{Change, ChangeOp, Rank, Record, Target};
use crate::fetch::clock::{FakeClock, SystemClock};
use crate::fetch::{self, End, Page, Part, Running, Update, Wait};
use crate::json::Json;
use crate::timestamp::Timestamp;
use crate::ui::feed::SourceInfo;

pub(super) fn event(number: usize, rank: Rank) -> Event {
    Event {
        provider: "somewhere".into(),
        time: Timestamp::from_micros(number as i64),
        status: Some(200),
        message: (rank == Rank::Single).then(|| "in full".to_owned()),
        rank,
        record: Record::from_kept("{}"),
        ..crate::query::generate::bare_event(&format!("req_{number}"), "2026-05-18T00:00:00Z")
    }
}

fn part() -> Part {
    Part { source: "prod".into(), value: None }
}

fn page(number: u64, events: std::ops::Range<usize>) -> Update {
    Update::Page(Page {
        part: part(),
        number,
        events: events.map(|number| event(number, Rank::ListRow)).collect(),
        skipped: Vec::new(),
        covered: Vec::new(),
        progress: None,
        resume: None,
    })
}

fn ended() -> Update {
    Update::Ended { part: part(), end: End::Whole }
}

/// What the test holds of each fetch that was begun.
struct Begins {
    window: Interval,
    updates: mpsc::Sender<Update>,
    control: fetch::Control,
}

/// An origin that the test speaks for.
#[derive(Default)]
struct Scripted {
    begun: Mutex<Vec<Begins>>,
    /// Whether the window follows what came.
    follows: AtomicBool,
}

impl Origin for Scripted {
    fn sources(&self) -> Vec<SourceInfo> {
        Vec::new()
    }

    fn begin(
        &self,
        window: Interval,
        _push: Option<Arc<Query>>,
        _parts: Option<&[(fetch::Part, Interval)]>,
    ) -> Option<Vec<Begun>> {
        let (updates, receiver) = mpsc::channel(1);
        let control = fetch::Control::default();
        let running = Running { updates: receiver, control: control.clone() };
        self.begun.lock().expect("one at a time").push(Begins { window, updates, control });
        Some(vec![Begun { running, max_events: 10 }])
    }

    fn duplicates(&self) -> Duplicates {
        Duplicates::KeepOne
    }

    fn follows(&self, came: Interval) -> Option<Interval> {
        self.follows.load(Ordering::SeqCst).then_some(came)
    }

    fn request(&self, _event: &Event) -> Result<String, String> {
        Ok("curl".to_owned())
    }

    fn provider(&self, _event: &Event) -> Option<Arc<crate::provider::Provider>> {
        None
    }

    fn history(
        &self,
        record: &crate::changes::RecordKey,
        _window: Interval,
        _listener: Listener,
    ) -> BoxFuture<'static, Result<Vec<Event>, String>> {
        let mut old = event(0, Rank::ListRow);
        old.target.id = Some(record.id.to_string());
        async { Ok(vec![old]) }.boxed()
    }

    fn single(&self, event: &Event, listener: Listener) -> BoxFuture<'static, Result<Event, String>> {
        let single = match event.id.as_deref() {
            Some("req_1") => Ok(self::event(1, Rank::Single)),
            _ => Err("404: no such record".to_owned()),
        };
        let is_endless = event.id.as_deref() == Some("req_3");
        async move {
            let (part, until) = (part(), Timestamp::from_micros(9));
            let waits = Update::Waiting { part, why: Wait::RateLimited, until, attempt: 2 };
            let _ = listener.send(waits).await;
            if is_endless {
                std::future::pending::<()>().await;
            }
            single
        }
        .boxed()
    }
}

struct Stage {
    runtime: Runtime,
    origin: Arc<Scripted>,
    mail: mpsc::Receiver<Mail>,
    _controls: mpsc::Receiver<Control>,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn new(clock: Arc<dyn Clock>) -> Self {
        let origin = Arc::new(Scripted::default());
        let (mail, mail_receiver) = mpsc::channel(MAILS);
        let (controls, controls_receiver) = mpsc::channel(4);
        let folder = tempfile::tempdir().expect("a folder");
        let surroundings = Surroundings {
            remote: true,
            display: false,
            multiplexer: Multiplexer::None,
            runtime_dir: folder.path().to_owned(),
        };
        let runtime = Runtime::new(
            Handle::current(),
            Arc::clone(&origin) as Arc<dyn Origin>,
            Clipboard::new(Choice::Only(Way::Osc52), surroundings),
            clock,
            &mail,
            &controls,
        )
        .expect("threads");
        Self { runtime, origin, mail: mail_receiver, _controls: controls_receiver, _folder: folder }
    }

    fn fetch(&mut self) {
        self.runtime.perform(Effect::Fetch { window: Interval::ALL, push: None, parts: None });
    }

    /// A handle on the fetch begun as this one.
    fn begun(&self, number: usize) -> (mpsc::Sender<Update>, fetch::Control) {
        let begun = self.origin.begun.lock().expect("one at a time");
        (begun[number].updates.clone(), begun[number].control.clone())
    }

    /// The next mail, and whether it still counts.
    async fn next(&mut self) -> (Message, bool) {
        match self.mail.recv().await.expect("the runtime lives") {
            Mail::Message(message) => (message, true),
            Mail::OfFetch { message, superseded } => (message, !superseded.is_cancelled()),
            Mail::Bytes(_) => panic!("a message"),
        }
    }

    /// The next message once the source has nothing more to say.
    async fn message_after(&mut self, updates: mpsc::Sender<Update>) -> Message {
        self.origin.begun.lock().expect("one at a time").clear();
        drop(updates);
        self.message().await
    }

    /// The next message that still counts.
    async fn message(&mut self) -> Message {
        loop {
            if let (message, true) = self.next().await {
                return message;
            }
        }
    }
}

fn question() -> Question {
    Question::newest(Arc::new(Query::default()), Interval::ALL, 5)
}

#[tokio::test]
async fn entries_go_into_the_store_and_the_loop_learns_of_them() {
    let mut stage = Stage::new(Arc::new(SystemClock));
    stage.fetch();
    let (updates, _) = stage.begun(0);
    updates.send(page(1, 0..3)).await.expect("forwarded");
    let Message::Fetched { update: Update::Page(page), snapshot: Some(snapshot) } = stage.message().await
    else {
        panic!("a page with a snapshot")
    };
    assert!(page.events.is_empty());
    assert_eq!(snapshot.len(), 3);
    updates.send(ended()).await.expect("forwarded");
    let Message::Fetched { update: Update::Ended { .. }, snapshot: None } = stage.message().await else {
        panic!("an end that changed nothing")
    };
    stage.runtime.perform(Effect::Ask { generation: 7, question: question() });
    let Message::Answered { generation: 7, answer } = stage.message().await else { panic!("an answer") };
    assert_eq!((answer.matched, answer.rows.len()), (3, 3));
}

#[tokio::test]
async fn the_window_follows_what_came_where_the_origin_wants_it() {
    let mut stage = Stage::new(Arc::new(SystemClock));
    stage.origin.follows.store(true, Ordering::SeqCst);
    stage.fetch();
    let (updates, _) = stage.begun(0);
    let mut windows = Vec::new();
    for (number, events) in [0..3, 3..9, 4..6, 20..21].into_iter().enumerate() {
        updates.send(page(number as u64 + 1, events)).await.expect("forwarded");
        loop {
            match stage.message().await {
                Message::Spans(window) => {
                    windows.push((number, window.since.micros(), window.until.micros()));
                }
                Message::Fetched { .. } => break,
                _ => {}
            }
        }
    }
    assert_eq!(windows, [(0, 0, 3), (1, 0, 9), (3, 0, 21)]);
}

#[tokio::test]
async fn a_new_fetch_ends_the_one_before_and_silences_it() {
    let mut stage = Stage::new(Arc::new(SystemClock));
    stage.fetch();
    let (old, old_control) = stage.begun(0);
    old.send(page(1, 0..3)).await.expect("forwarded");
    stage.message().await;
    stage.runtime.perform(Effect::Fetch {
        window: Interval::new(Timestamp::from_micros(1), Timestamp::from_micros(2)),
        push: None,
        parts: None,
    });
    assert!(old_control.cancel.is_cancelled());
    assert_eq!(stage.origin.begun.lock().expect("one at a time")[1].window.micros(), 1);
    // The old one may still speak; nobody listens.
    let _ = old.send(ended()).await;
    let (new, _) = stage.begun(1);
    new.send(ended()).await.expect("forwarded");
    // The first news of a fetch bears a snapshot, for that of the last one may have been dropped.
    let Message::Fetched { update: Update::Ended { .. }, snapshot: Some(snapshot) } = stage.message().await
    else {
        panic!("the new fetch's end")
    };
    assert_eq!(snapshot.len(), 3);
}

/// Entries that the archive holds, as they come.
fn archived(events: &[Event]) -> Update {
    let mut builder = crate::store::Builder::new();
    for event in events {
        builder.push(&crate::store::Row::of_event(event));
    }
    Update::Archived(fetch::Archived {
        source: "prod".into(),
        batch: Some(Box::new(builder.finish())),
        telling: Vec::new(),
        unreadable: Vec::new(),
        covered: vec![(part(), Interval::ALL)],
        progress: 1.0,
    })
}

#[tokio::test]
async fn what_the_archive_holds_counts_whatever_is_fetched_meanwhile_and_never_stands_above_that() {
    let mut stage = Stage::new(Arc::new(SystemClock));
    stage.fetch();
    let (old, old_control) = stage.begun(0);
    let Update::Page(mut fetched) = page(1, 0..1) else { panic!("a page") };
    fetched.events[0].action = Some("as fetched".to_owned());
    old.send(Update::Page(fetched)).await.expect("forwarded");
    stage.message().await;
    stage.fetch();
    assert!(old_control.cancel.is_cancelled() && !old_control.reading.is_cancelled());
    // More than the source may bring at once; and a fetched copy is there already.
    let held: Vec<Event> = (0..30).map(|number| event(number, Rank::ListRow)).collect();
    old.send(archived(&held)).await.expect("forwarded");
    let Message::Fetched { update: Update::Archived(told), snapshot: Some(snapshot) } = stage.message().await
    else {
        panic!("what the archive holds, with a snapshot")
    };
    assert!(told.batch.is_none() && told.covered.len() == 1);
    assert_eq!(snapshot.len(), 30);
    let fetched = snapshot.event(RowId(0)).expect("it is there");
    assert_eq!(fetched.action.as_deref(), Some("as fetched"));
    // A single record stands above it all the same.
    let single = Event { message: Some("in full".to_owned()), ..event(0, Rank::Single) };
    old.send(archived(&[single])).await.expect("forwarded");
    let Message::Fetched { snapshot: Some(snapshot), .. } = stage.message().await else { panic!("more") };
    assert_eq!(snapshot.event(RowId(0)).expect("it is there").message.as_deref(), Some("in full"));
    // The user's own word ends reading too.
    let (_, new_control) = stage.begun(1);
    stage.runtime.perform(Effect::CancelFetch);
    assert!(new_control.reading.is_cancelled());
}

#[tokio::test]
async fn pause_resume_and_cancel_reach_the_fetching() {
    let mut stage = Stage::new(Arc::new(SystemClock));
    stage.fetch();
    let (updates, control) = stage.begun(0);
    stage.runtime.perform(Effect::Pause);
    assert!(*control.paused.borrow());
    stage.runtime.perform(Effect::Resume);
    assert!(!*control.paused.borrow());
    stage.runtime.perform(Effect::CancelFetch);
    assert!(control.cancel.is_cancelled());
    // What the user stopped still tells its end.
    updates.send(Update::Ended { part: part(), end: End::Cancelled }).await.expect("forwarded");
    let Message::Fetched { update: Update::Ended { end: End::Cancelled, .. }, .. } = stage.message().await
    else {
        panic!("the end")
    };
}

#[tokio::test]
async fn a_source_pauses_at_max_events_and_goes_on_for_as_many_more() {
    let mut stage = Stage::new(Arc::new(SystemClock));
    stage.fetch();
    let (updates, control) = stage.begun(0);
    for (round, ends) in [(0, [6, 12]), (1, [18, 24])] {
        assert!(!*control.paused.borrow());
        for (at, end) in ends.into_iter().enumerate() {
            updates.send(page(1, end - 6..end)).await.expect("forwarded");
            let Message::Fetched { update: Update::Page(_), .. } = stage.message().await else {
                panic!("a page")
            };
            if at == 1 {
                let Message::Full { source, came } = stage.message().await else { panic!("full") };
                assert_eq!((&*source, came), ("prod", end), "round {round}");
            }
        }
        assert!(*control.paused.borrow());
        stage.runtime.perform(Effect::Resume);
    }
}

/// What a message tells of a part's end.
fn end_of(message: Message) -> End {
    match message {
        Message::Fetched { update: Update::Ended { end, .. }, .. } => end,
        _ => panic!("an end"),
    }
}

#[tokio::test]
async fn once_the_room_is_full_nothing_more_is_loaded_and_that_is_told() {
    let mut stage = Stage::new(Arc::new(SystemClock));
    stage.runtime = stage.runtime.with_memory(1);
    stage.fetch();
    let (updates, control) = stage.begun(0);
    updates.send(page(1, 0..3)).await.expect("forwarded");
    let Message::Fetched { snapshot: Some(snapshot), .. } = stage.message().await else { panic!("a page") };
    assert_eq!(snapshot.len(), 3, "what fills the room is in it");
    control.cancel.cancelled().await;
    // What was on its way is turned away, and then nothing is whole, whatever the source believes.
    updates.send(page(2, 3..6)).await.expect("forwarded");
    updates.send(ended()).await.expect("forwarded");
    let End::Failed { error, missing } = end_of(stage.message().await) else { panic!("a failure") };
    assert!(error.message.starts_with("prod: 3 entries fill --max-memory (1 bytes): the rest is not loaded"));
    assert_eq!(missing, [Interval::ALL]);
    let Message::Over = stage.message_after(updates).await else { panic!("all is over") };
    // Whatever is asked for later finds no room either.
    stage.fetch();
    let (updates, control) = stage.begun(0);
    control.cancel.cancelled().await;
    updates.send(Update::Ended { part: part(), end: End::Cancelled }).await.expect("forwarded");
    assert!(matches!(end_of(stage.message().await), End::Failed { .. }));
}

#[tokio::test]
async fn what_just_fills_the_room_is_whole() {
    let mut stage = Stage::new(Arc::new(SystemClock));
    stage.runtime = stage.runtime.with_memory(1);
    stage.fetch();
    let (updates, control) = stage.begun(0);
    updates.send(page(1, 0..3)).await.expect("forwarded");
    control.cancel.cancelled().await;
    updates.send(ended()).await.expect("forwarded");
    assert!(matches!(stage.message().await, Message::Fetched { snapshot: Some(_), .. }));
    assert!(matches!(end_of(stage.message().await), End::Whole));
}

#[tokio::test]
async fn a_single_record_stands_above_the_row() {
    let mut stage = Stage::new(Arc::new(SystemClock));
    stage.fetch();
    let (updates, _) = stage.begun(0);
    updates.send(page(1, 1..3)).await.expect("forwarded");
    stage.message().await;
    stage.runtime.perform(Effect::Ask { generation: 1, question: question() });
    let Message::Answered { answer, .. } = stage.message().await else { panic!("an answer") };
    let [two, one] = &answer.rows[..] else { panic!("two rows") };
    for row in [one, two] {
        stage.runtime.perform(Effect::Single(Arc::clone(&row.event)));
        let told = stage.message().await;
        assert!(matches!(told, Message::Aside(Update::Waiting { .. })), "{told:?}");
        let Message::Single { identity, result, snapshot } = stage.message().await else {
            panic!("a single record")
        };
        assert_eq!(identity, row.event.identity);
        if row.id == one.id {
            assert_eq!(result.expect("it is there").message.as_deref(), Some("in full"));
            assert_eq!(snapshot.expect("the store changed").len(), 2);
        } else {
            assert_eq!(result.expect_err("it is not there"), "404: no such record");
            assert!(snapshot.is_none());
        }
    }
    stage.runtime.perform(Effect::Ask { generation: 2, question: question() });
    let Message::Answered { answer, .. } = stage.message().await else { panic!("an answer") };
    assert_eq!(answer.rows[1].event.message.as_deref(), Some("in full"));
}

#[tokio::test]
async fn a_single_record_of_what_is_no_row_becomes_none_and_what_is_let_go_tells_nothing() {
    let mut stage = Stage::new(Arc::new(SystemClock));
    stage.fetch();
    let (updates, _) = stage.begun(0);
    updates.send(page(1, 2..3)).await.expect("forwarded");
    stage.message().await;
    // More of them than are fetched at once, and none of them ends.
    for _ in 0..=SINGLES {
        stage.runtime.perform(Effect::Single(event(3, Rank::ListRow).into()));
    }
    stage.runtime.perform(Effect::EndSingles);
    stage.runtime.perform(Effect::Single(event(1, Rank::ListRow).into()));
    let came = loop {
        match stage.message().await {
            Message::Aside(_) => {}
            other => break other,
        }
    };
    let Message::Single { identity, result, snapshot } = came else { panic!("{came:?}") };
    assert_eq!(identity, event(1, Rank::ListRow).identity);
    assert_eq!(result.expect("it is there").message.as_deref(), Some("in full"));
    assert!(snapshot.is_none(), "the store has no row of it");
}

/// A setting that was changed at these instants, each record telling only what was before.
#[tokio::test]
async fn what_a_later_entry_tells_of_an_earlier_one_is_filled_in_whichever_came_first() {
    let changed = |number: usize, before: &str| {
        let before = Some(Json::from_text(before));
        let change = Change { op: ChangeOp::Replace, path: "/days".to_owned(), before, after: None };
        let target = Target { id: Some("settings".to_owned()), ..Target::default() };
        Event { target, changes: Some(vec![change]), ..event(number, Rank::ListRow) }
    };
    let mut stage = Stage::new(Arc::new(SystemClock));
    stage.fetch();
    let (updates, _) = stage.begun(0);
    for (number, before) in [(2, "30"), (1, "7")] {
        let Update::Page(mut page) = page(1, 0..0) else { panic!("a page") };
        page.events.push(changed(number, before));
        updates.send(Update::Page(page)).await.expect("forwarded");
        stage.message().await;
    }
    stage.runtime.perform(Effect::Ask { generation: 1, question: question() });
    let Message::Answered { answer, .. } = stage.message().await else { panic!("an answer") };
    let after = |row: usize| answer.rows[row].event.changes.as_ref().expect("changes")[0].after.clone();
    assert_eq!(after(0), None);
    assert_eq!(after(1), Some(Json::from_text("30")));
}

#[tokio::test]
async fn copying_sends_its_bytes_before_it_is_told() {
    let mut stage = Stage::new(Arc::new(SystemClock));
    stage.runtime.perform(Effect::Copy("req_1".to_owned()));
    let Some(Mail::Bytes(bytes)) = stage.mail.recv().await else { panic!("bytes") };
    assert_eq!(bytes, b"\x1b]52;c;cmVxXzE=\x07");
    let Message::Copied { text, handed: Handed::Sent(_) } = stage.message().await else { panic!("sent") };
    assert_eq!(text, "req_1");
}

#[tokio::test]
async fn it_wakes_at_the_earliest_instant_asked_for() {
    let clock = FakeClock::at(Timestamp::from_micros(0));
    let mut stage = Stage::new(Arc::new(clock.clone()));
    stage.runtime.perform(Effect::WakeAt(Timestamp::from_micros(9_000_000)));
    stage.runtime.perform(Effect::WakeAt(Timestamp::from_micros(2_000_000)));
    stage.runtime.perform(Effect::WakeAt(Timestamp::from_micros(5_000_000)));
    assert!(matches!(stage.message().await, Message::Woke));
    assert_eq!(clock.now(), Timestamp::from_micros(2_000_000));
    // A past instant is now.
    stage.runtime.perform(Effect::WakeAt(Timestamp::from_micros(1)));
    assert!(matches!(stage.message().await, Message::Woke));
    assert_eq!(clock.now(), Timestamp::from_micros(2_000_000));
}

#[test]
fn a_part_that_breaks_down_ends_the_program_with_a_sentence() {
    let (controls, mut receiver) = mpsc::channel(1);
    let broken = std::thread::spawn(move || {
        let _watched = Watched { part: "the store", controls };
        panic!("on purpose");
    });
    assert!(broken.join().is_err());
    let Some(Control::Broken(why)) = receiver.blocking_recv() else { panic!("told") };
    assert!(why.starts_with("the store broke down"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_single_records_may_tell_is_counted_and_a_history_is_put_together() {
    let mut stage = Stage::new(Arc::new(SystemClock));
    stage.fetch();
    let (updates, _) = stage.begun(0);
    let on_record = |number: usize| {
        let mut event = event(number, Rank::ListRow);
        event.target.id = Some("r1".to_owned());
        event
    };
    let Update::Page(mut page) = page(1, 2..4) else { panic!("a page") };
    page.events = vec![on_record(2), on_record(3)];
    updates.send(Update::Page(page)).await.expect("taken");
    let _ = stage.message().await;
    stage.runtime.perform(Effect::Untold {
        number: 7,
        filter: Arc::new(Query::all()),
        window: Interval::ALL,
        sources: vec!["prod".into()],
    });
    let Message::Untold { number, untold } = stage.message().await else { panic!("the count") };
    assert_eq!((number, untold.count, untold.rows.len(), untold.matched), (7, 2, 2, 2));
    let record = crate::changes::RecordKey::of(&on_record(2)).expect("a target");
    stage.runtime.perform(Effect::Earlier { number: 8, record: record.clone(), window: Interval::ALL });
    let Message::Earlier { number: 8, result: Ok(besides) } = stage.message().await else {
        panic!("the entries")
    };
    let besides = besides.into_iter().map(Arc::new).collect();
    stage.runtime.perform(Effect::Trace { number: 8, record, besides });
    let Message::Traced { number: 8, trace } = stage.message().await else { panic!("the history") };
    assert_eq!(trace.history.steps().len(), 3);
    assert_eq!(trace.rows.iter().filter(|row| row.is_some()).count(), 2, "one is not in the store");
    stage.runtime.perform(Effect::EndEarlier);
}
