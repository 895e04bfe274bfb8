//! The line that says where what is loaded ends, or that something is missing among the rows.
//!
//! Not here: where it stands among the rows (`pane::table`), and what is missing (`feed`).

use crate::answer::Order;
use crate::interval::Interval;
use crate::ui::cells::{Cut, Text};
use crate::ui::model::Model;
use crate::ui::pane::top;
use crate::ui::theme::Role;

/// Where among the rows those belong that were not fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// Behind the last row, mostly: where what is loaded ends it is said.
    Last,
    /// Before the first row, or between any two: that is said above them all.
    Anywhere,
}

impl Gap {
    /// `None`: all of the window is here.
    pub fn of(model: &Model) -> Option<Self> {
        let whole = model.feed.share(model.scope.view(), &model.scope.query) >= 1.0;
        match (model.order, model.sort) {
            _ if whole => None,
            (Order::NewestFirst, None) => Some(Self::Last),
            (Order::OldestFirst, _) | (_, Some(_)) => Some(Self::Anywhere),
        }
    }
}

/// How much of the window is not here, and from when on all of it is; in fewer words where there is
/// no room for all of them.
pub fn line(model: &Model, width: u16) -> Text {
    let theme = &model.theme;
    let room = usize::from(width.saturating_sub(1));
    let rule = theme.glyphs().rule;
    let ruled = |words: &str| {
        let text = Text::own(&format!("{rule}{rule} "), Role::Dim, theme).and(words, Role::Notice, theme);
        text.and(&format!(" {rule}{rule}"), Role::Dim, theme)
    };
    let said = words(model);
    // The words without their rules, before there are fewer of them.
    let both = said.iter().flat_map(|words| [ruled(words), Text::own(words, Role::Notice, theme)]);
    let shortest = both.clone().last().unwrap_or_default().fitted(room, Cut::End, theme);
    both.into_iter().find(|text| text.width() <= room).unwrap_or(shortest)
}

/// The same thing in ever fewer words.
fn words(model: &Model) -> Vec<String> {
    let (view, query) = (model.scope.view(), &model.scope.query);
    let percent = 100 - top::percent(model.feed.share(view, query));
    let [missing, short] =
        [format!("{percent} % of the window not fetched"), format!("{percent} % not fetched")];
    let since = model.feed.unbroken_since(view, query);
    if let Some(sort) = model.sort {
        let before = format!("by {} of what is fetched; ", sort.field.name());
        return vec![format!("{before}{missing}"), short];
    }
    if since == view.until {
        return vec![missing, short];
    }
    let bound = model.zone().bound(since, model.zone().tells_years(view));
    // Of what is older some may be here, of one source more than of another.
    let patches = model.feed.share(Interval::new(view.since, since), query) > 0.0;
    let (long, few) = match model.order {
        Order::OldestFirst => {
            (format!("{missing}, without a gap from {bound} on"), format!("{short}, whole from {bound} on"))
        }
        Order::NewestFirst if patches => {
            (format!("loaded without a gap from {bound}, {missing}"), format!("whole from {bound}, {short}"))
        }
        Order::NewestFirst => {
            (format!("oldest loaded {bound}, {missing}"), format!("oldest {bound}, {short}"))
        }
    };
    vec![long, few, short]
}
