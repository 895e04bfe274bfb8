//! The explorer's whole state. It never holds all rows: it asks questions and draws from the last
//! answer.
//!
//! Not here: what happens to it (`update`), and how it looks (`view`).

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use ratatui::layout::Rect;

use crate::answer::{Anchor, Answer, Order, Question, Row, Sort};
use crate::event::field::Field;
use crate::event::{Class, Event, Identity};
use crate::fetch::Exchange;
use crate::interval::Interval;
use crate::query::{Expr, Glob, Query, Subject, Test, parse};
use crate::timestamp::Timestamp;

use super::asides::{Asides, Waiting};
use super::effect::Effect;
use super::errands::Errands;
use super::feed::{Feed, SourceInfo};
use super::find::{self, Find};
use super::keymap::{Action, Focus, Keymap};
use super::layout::{self, Regions, Shown};
use super::leaving::{Kept, Leaving};
use super::lens::LensWords;
use super::marks::Marks;
use super::notes::{Notes, Weight};
use super::overlay::{Overlay, sources, welcome};
use super::pane::{detail, facets, filter, histogram, table};
use super::scope::{History, Scope};
use super::session::{Saved, View};
use super::setup::{Opened, Setup, Wish};
use super::singles::Batch;
use super::study::Studies;
use super::theme::Theme;
use super::update::ahead::Ahead;
use super::update::views;
use super::widget::bars::Plan;
use super::zone::{self, Zone, Zones};

/// What the explorer starts with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The window, its end fixed.
    pub window: Interval,
    /// The filter; it is pushed from the first page where it is not empty.
    pub filter: String,
    /// The sources, merged into one timeline.
    pub sources: Vec<SourceInfo>,
    /// How it looks.
    pub theme: Theme,
    /// Which key does what.
    pub keymap: Keymap,
    /// The zones in which times can be shown besides UTC.
    pub zones: Zones,
    /// The present instant.
    pub now: Timestamp,
    /// The screen's size: columns, rows.
    pub size: (u16, u16),
    /// What was opened, and what else could be.
    pub setup: Setup,
}

/// What is known of a single record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Single {
    /// It is being fetched.
    Loading,
    /// It could not be fetched; why.
    Failed(String),
}

/// How urgently a new answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Want {
    /// The last one stands.
    Nothing,
    /// The store has more: once the open question is answered.
    Soon,
    /// The user wants something else: at once.
    Now,
}

/// What an open question is for.
#[derive(Debug, Clone)]
pub(super) enum Purpose {
    /// The screen: its rows begin at this place.
    Screen {
        /// The first row asked for.
        from: usize,
        /// What the selection held on to.
        hold: table::Hold,
    },
    /// A jump to the next row of some classes.
    Jump(Jump),
    /// A step to the next hit of a find.
    Hit(find::Step),
    /// How many of our own reads are hidden while following.
    OwnReads,
}

/// What rows are of: as long as it is the same, they are those that were asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Looked {
    /// The stretch; `None`: whatever came, where the window follows that.
    stretch: Option<Interval>,
    query: Arc<Query>,
    order: Order,
    sort: Option<Sort>,
    reveal: bool,
}

/// What was seen of the rows before something was tried that can be taken back.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    answer: Answer,
    answered_from: usize,
    answered: Option<Looked>,
    top: usize,
    selected: usize,
    hold: table::Hold,
}

/// A jump to the next row of some classes, from a row on.
#[derive(Debug, Clone)]
pub(super) struct Jump {
    /// From this row.
    pub(super) from: Arc<Event>,
    /// To a newer one; else to an older one.
    pub(super) newer: bool,
    /// Of these classes.
    pub(super) classes: &'static [Class],
    /// How many candidates were asked for.
    pub(super) most: usize,
}

/// Which screen-wide thing the keys go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    /// The table.
    Table,
    /// The histogram.
    Histogram,
    /// The detail.
    Detail,
    /// The facets.
    Facets,
}

/// The state.
#[derive(Debug)]
pub struct Model {
    pub(super) size: (u16, u16),
    pub(super) now: Timestamp,
    pub(super) theme: Theme,
    pub(super) keymap: Keymap,
    pub(super) zones: Zones,
    pub(super) times: zone::Style,

    pub(super) scope: Scope,
    pub(super) history: History,
    pub(super) order: Order,
    /// The field that the rows stand by, where it is not time alone.
    pub(super) sort: Option<Sort>,
    /// The order to come back to from a lens, which has its own.
    pub(super) order_before_lens: Option<Order>,
    /// Whether what the filter removed is shown among the rest.
    pub(super) reveal: bool,
    /// What was looked for last without filtering.
    pub(super) find: Option<Find>,
    pub(super) studies: Studies,
    /// The groups of the lens in force, in words, once they are counted.
    pub(super) lens_words: Option<LensWords>,
    /// The window that followed what came, where it does.
    pub(super) spans: Option<Interval>,

    pub(super) feed: Feed,
    pub(super) errands: Errands,
    /// What the servers were asked to filter by at the start.
    pub(super) pushed_at_start: Option<Arc<Query>>,
    pub(super) setup: Setup,
    pub(super) mouse: bool,
    /// Whether the terminal was asked for its background by hand, and has not answered.
    pub(super) asks_background: bool,
    /// When the explorer began.
    pub(super) started: Timestamp,
    /// What was looked at in the last session, until one went there.
    pub(super) last_session: Option<View>,
    /// What is to be opened in place of what is, once the loop has ended.
    pub(super) wish: Option<Wish>,
    /// How many entries of how many are exported, while that goes on.
    pub(super) exporting: Option<(usize, usize)>,
    /// The requests so far, oldest first, and when they were told.
    pub(super) requests: VecDeque<(Timestamp, Exchange)>,
    pub(super) notes: Notes,
    /// What is kept of what was fetched.
    pub(super) kept: Kept,

    pub(super) generation: u64,
    pub(super) open: Option<Purpose>,
    pub(super) want: Want,
    pub(super) answer: Answer,
    pub(super) answered_from: usize,
    /// What the last answer is of; `None`: there is none yet.
    pub(super) answered: Option<Looked>,
    /// Why the last question of the screen was not answered; what is seen is of before.
    pub(super) refused: Option<String>,
    /// What was pressed ahead of its answer.
    pub(super) ahead: Ahead,

    pub(super) focus: Region,
    pub(super) filter: filter::State,
    pub(super) histogram: histogram::State,
    pub(super) table: table::State,
    pub(super) detail: Option<detail::State>,
    pub(super) facets: Option<facets::State>,
    pub(super) overlays: Vec<Overlay>,

    pub(super) singles: HashMap<Identity, Single>,
    /// What waits of that which is fetched besides the window.
    pub(super) asides: Asides,
    /// Single records that are fetched in numbers.
    pub(super) batch: Option<Batch>,
    pub(super) untold_asked: u64,
    pub(super) marks: Marks,
    /// How many histories were opened.
    pub(super) traces: u64,
    /// The history that more is fetched for.
    pub(super) reaching: Option<u64>,
    pub(super) cancelled_at: Option<Timestamp>,
    pub(super) wake_at: Option<Timestamp>,
}

impl Model {
    /// The explorer at its start, and what it wants done first.
    pub fn new(settings: Settings) -> (Self, Vec<Effect>) {
        let Settings { window, filter, sources, theme, keymap, zones, now, size, setup } = settings;
        let mut notes = Notes::default();
        let everything = Scope { text: String::new(), query: Arc::default(), window, zoom: None, lens: None };
        let scope = Scope::new(&filter, window, now).unwrap_or_else(|error: parse::Error| {
            notes.tell(Weight::Failure, format!("the filter is not in force: {error}"), now);
            everything
        });
        let push = (!scope.query.is_all()).then(|| scope.query.clone());
        let mut model = Self {
            size,
            now,
            theme,
            keymap,
            zones,
            times: zones.first(),
            scope,
            history: History::default(),
            order: Order::NewestFirst,
            sort: None,
            order_before_lens: None,
            reveal: false,
            find: None,
            studies: Studies::default(),
            lens_words: None,
            facets: None,
            spans: None,
            feed: Feed::new(sources),
            errands: Errands::default(),
            pushed_at_start: None,
            mouse: setup.mouse,
            asks_background: false,
            started: now,
            last_session: None,
            wish: None,
            exporting: None,
            requests: VecDeque::new(),
            setup,
            notes,
            kept: Kept::default(),
            generation: 0,
            open: None,
            want: Want::Now,
            answer: Answer::default(),
            answered_from: 0,
            answered: None,
            refused: None,
            ahead: Ahead::default(),
            focus: Region::Table,
            filter: filter::State::default(),
            histogram: histogram::State::default(),
            table: table::State::default(),
            detail: None,
            overlays: Vec::new(),
            singles: HashMap::new(),
            asides: Asides::default(),
            batch: None,
            untold_asked: 0,
            marks: Marks::default(),
            traces: 0,
            reaching: None,
            cancelled_at: None,
            wake_at: None,
        };
        if model.setup.opened == Opened::Nothing {
            let welcome = Overlay::Welcome(welcome::State::default());
            model.overlays.push(if model.setup.known.is_empty() {
                welcome
            } else {
                Overlay::Sources(sources::State::new(&model))
            });
            let effects = vec![model.ask()];
            return (model, effects);
        }
        let arrangement = std::mem::take(&mut model.setup.arrangement);
        model.arrange(&arrangement);
        model.last_session = model.setup.saved.last_of(&views::names(&model)).cloned();
        if let Some(view) = &model.last_session {
            let key = model.keymap.key_of(Action::Back);
            let key = key.map(|key| key.to_string()).unwrap_or_default();
            let words = format!("{key} restores the session of {}", views::day(view));
            model.notes.tell(Weight::Info, words, now);
        }
        model.feed.ask(window, push.clone(), None);
        model.pushed_at_start.clone_from(&push);
        let effects = vec![Effect::Fetch { window, push, parts: None }, model.ask()];
        (model, effects)
    }

    /// What is to be opened in place of what is, where the loop ended for that.
    pub fn take_wish(&mut self) -> Option<Wish> {
        self.wish.take()
    }

    /// Looks at a view from the start, and what that wants done.
    pub fn begin_with(&mut self, view: &View) -> Vec<Effect> {
        let mut effects = Vec::new();
        views::look_at(self, view, &mut effects);
        effects
    }

    /// What to keep for the next run, with what is looked at now; `None`: nothing was opened.
    pub fn session(&self) -> Option<Saved> {
        if !self.setup.has_servers() && self.setup.opened != Opened::Archive {
            return None;
        }
        let mut saved = self.setup.saved.clone();
        let mut last = views::present(self, "");
        if let Some(before) = &self.last_session {
            // Nobody went back there: its marks bear notes that are nowhere else.
            let marked: HashSet<_> = last.marks.iter().map(|mark| mark.entry.clone()).collect();
            let others = before.marks.iter().filter(|mark| !marked.contains(&mark.entry));
            last.marks.splice(0..0, others.cloned());
        }
        saved.keep_last(last);
        Some(saved)
    }

    /// Says that something failed.
    pub fn tell_failure(&mut self, why: String) {
        let now = self.now;
        self.notes.tell(Weight::Failure, why, now);
    }

    /// How it looks, for what is opened in its place: the theme, whether it follows the terminal, and
    /// whether the mouse is captured.
    pub fn into_look(self) -> (Theme, bool, bool) {
        (self.theme, self.setup.follows, self.mouse)
    }

    /// Whether all that was begun is done: nothing is fetched, asked, or waited for.
    pub fn is_settled(&self) -> bool {
        self.open.is_none()
            && self.want == Want::Nothing
            && self.errands.is_empty()
            && (!self.feed.is_active() || self.feed.is_paused())
            && self.studies.are_done()
            && self.exporting.is_none()
            && self.batch.is_none()
            && !matches!(self.kept.leaving, Leaving::Keeping { .. })
            && !self.loads_singles()
            && self.detail.as_ref().is_none_or(|detail| detail.ask_at.is_none())
            && !self.overlays.iter().any(Overlay::is_waiting)
    }

    /// Whether any single record is being fetched.
    pub(super) fn loads_singles(&self) -> bool {
        self.singles.values().any(|single| *single == Single::Loading)
    }

    /// The wait for a server that ends first, of walks and of what is fetched besides.
    pub(super) fn next_wait(&self) -> Option<Waiting> {
        let of_walks = self.feed.next_wait().map(|(part, why, until, attempt)| {
            let part = part.clone();
            Waiting { part, why, until, attempt }
        });
        of_walks.into_iter().chain(self.asides.next_wait().cloned()).min_by_key(|wait| wait.until)
    }

    /// Whether the open question's answer changes what is seen: other rows, or buckets of another
    /// stretch, were asked for than those that are here.
    pub fn is_about_to_know(&self) -> bool {
        let is_blank = self.answer.listed > 0 && self.selected().is_none();
        let moved = self.answer.histogram.as_ref().is_some_and(|known| known.window != self.scope.view());
        matches!(self.open, Some(Purpose::Screen { .. })) && (is_blank || moved || !self.is_answered())
    }

    /// The present screen as an SVG picture.
    pub fn picture(&self) -> String {
        super::update::handing::picture(self)
    }

    /// The screen.
    pub(super) fn area(&self) -> Rect {
        Rect::new(0, 0, self.size.0, self.size.1)
    }

    /// The regions of a screen of this area.
    pub(super) fn regions_of(&self, area: Rect) -> Option<Regions> {
        let shown = Shown {
            histogram: !self.histogram.hidden,
            detail: self.detail.is_some(),
            facets: self.facets.is_some(),
            strip: Plan::new(area.width).strip_lines(&self.theme),
            rows: self.answer.matched,
        };
        layout::regions(area, shown)
    }

    /// The regions of the screen; none of them has an area where it is too small.
    pub(super) fn regions(&self) -> Regions {
        self.regions_of(self.area()).unwrap_or_default()
    }

    /// How many rows the table shows.
    pub(super) fn page(&self) -> usize {
        usize::from(table::rows(self, self.regions().table).height).max(1)
    }

    /// The zone of the shown times.
    pub(super) fn zone(&self) -> Zone {
        self.zones.of(self.times)
    }

    /// The row at a place among those that match, where the last answer has it.
    pub(super) fn row(&self, place: usize) -> Option<&Row> {
        self.answer.rows.get(place.checked_sub(self.answered_from)?)
    }

    /// The selected row.
    pub(super) fn selected(&self) -> Option<&Row> {
        self.row(self.table.selected)
    }

    /// What is seen of the rows at present.
    pub(super) fn seen(&self) -> Seen {
        Seen {
            answer: self.answer.clone(),
            answered_from: self.answered_from,
            answered: self.answered.clone(),
            top: self.table.top,
            selected: self.table.selected,
            hold: self.table.hold,
        }
    }

    /// Sees again what was seen then, so that the next key acts on it; it may be older than the store,
    /// which is to be asked all the same.
    pub(super) fn see_again(&mut self, seen: Seen) {
        let Seen { answer, answered_from, answered, top, selected, hold } = seen;
        (self.answer, self.answered_from, self.answered) = (answer, answered_from, answered);
        (self.table.top, self.table.selected, self.table.hold) = (top, selected, hold);
        // The screen may have another size by now.
        self.scroll_into_view();
    }

    /// Scrolls the table so that the selected row is seen, on a screen of whatever size.
    pub(super) fn scroll_into_view(&mut self) {
        let (lines, page) = (table::lines(self, self.answer.listed), self.page());
        self.table.scroll_into_view(lines, page);
    }

    /// Whether the last answer is of what is looked at now.
    pub(super) fn is_answered(&self) -> bool {
        self.answered.as_ref() == Some(&self.looked())
    }

    /// What is looked at now.
    pub(super) fn looked(&self) -> Looked {
        let Scope { window, zoom, query, .. } = &self.scope;
        let follows = zoom.is_none() && self.spans == Some(*window);
        Looked {
            stretch: (!follows).then(|| self.scope.view()),
            query: query.clone(),
            order: self.order,
            sort: self.sort,
            reveal: self.reveal,
        }
    }

    /// The focus whose keys are in force.
    pub(super) fn key_focus(&self) -> Focus {
        if self.kept.leaving == Leaving::Asked {
            return Focus::Leaving;
        }
        if let Some(overlay) = self.overlays.last() {
            return overlay.focus();
        }
        if self.filter.is_editing() {
            return Focus::Prompt;
        }
        match self.focus {
            Region::Table => Focus::Table,
            Region::Histogram => Focus::Histogram,
            Region::Detail => Focus::Detail,
            Region::Facets if self.facets.as_ref().is_some_and(|state| state.list.narrowing) => Focus::Prompt,
            Region::Facets => Focus::List,
        }
    }

    /// Whether the keys go to this region: nothing lies above it, and nothing is typed.
    pub(super) fn has_focus(&self, region: Region) -> bool {
        self.focus == region && self.overlays.is_empty() && !self.filter.is_editing()
    }

    /// The source of an entry.
    pub(super) fn source(&self, event: &Event) -> Option<&SourceInfo> {
        self.feed.sources().iter().find(|source| source.name == event.source)
    }

    /// The rows to ask for: those seen, and as many again before and after.
    fn wanted_rows(&self) -> Range<usize> {
        let page = self.page();
        let from = self.table.top.saturating_sub(page);
        from..self.table.top + 2 * page + 1
    }

    /// The filter of the entries in force of which a single record may tell more: those of systems
    /// that have single records, whatever the filter asks of their changes. `None` without such a
    /// system.
    pub(super) fn telling(&self) -> Option<Arc<Query>> {
        let sources = self.feed.sources().iter().filter(|source| source.has_single);
        let names: Vec<Test> = sources.map(|source| Test::Whole(Glob::exact(&source.name))).collect();
        let of_them = Expr::leaf(Subject::Field(Field::Source), names.clone());
        (!names.is_empty()).then(|| Arc::new(self.scope.query.before_changes().and(of_them)))
    }

    /// What the present screen wants besides rows and the histogram by class.
    fn beside(&self) -> Question {
        let (view, query) = (self.scope.view(), &self.scope.query);
        let columns_are_buckets = Plan::new(self.size.0).buckets_a_column() == 1;
        Question {
            stack: self.histogram.stack.filter(|_| !self.histogram.hidden),
            volume: !query.is_all()
                && columns_are_buckets
                && !self.histogram.hidden
                && self.feed.share(view, &Query::all()) >= 1.0,
            told: query.needs_changes().then(|| self.telling()).flatten(),
            ..Question::newest(query.clone(), view, 0)
        }
    }

    /// What stands in the table while it shows what the filter removed: everything, or all that the
    /// lens in force finds.
    pub(super) fn revealed(&self) -> Arc<Query> {
        let through = self.scope.lens.as_ref().map(|lens| lens.filter());
        through.unwrap_or_default().into()
    }

    /// The filter whose rows stand in the table.
    pub(super) fn listed(&self) -> Arc<Query> {
        if self.reveal { self.revealed() } else { self.scope.query.clone() }
    }

    /// The question of the present screen.
    pub(super) fn ask(&mut self) -> Effect {
        let rows = self.wanted_rows();
        let question = Question {
            filter: self.errands.shown(&self.scope.query),
            window: self.scope.view(),
            order: self.order,
            sort: self.sort,
            among: self.reveal.then(|| self.revealed()),
            rows: rows.clone(),
            locate: match self.table.hold {
                table::Hold::Row(row) => Some(Anchor::Row(row)),
                table::Hold::Time(time) => Some(Anchor::Time(time)),
                table::Hold::First | table::Hold::Place => None,
            },
            histogram: Some(self.scope.view()),
            facets: Vec::new(),
            ..self.beside()
        };
        self.generation += 1;
        self.open = Some(Purpose::Screen { from: rows.start, hold: self.table.hold });
        self.want = Want::Nothing;
        self.refused = None;
        Effect::Ask { generation: self.generation, question }
    }
}
