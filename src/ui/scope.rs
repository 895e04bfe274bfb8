//! What is looked at: filter, window and zoom; and the way there and back, as in a browser.

use std::sync::Arc;

use crate::answer::lens::Lens;
use crate::interval::Interval;
use crate::query::Query;
use crate::query::parse::{self, parse};
use crate::timestamp::Timestamp;

/// How many steps back are kept.
const STEPS: usize = 200;

/// What is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    /// The filter as it stands in the filter line.
    pub text: String,
    /// What it means.
    pub query: Arc<Query>,
    /// The window that is fetched.
    pub window: Interval,
    /// The part of the window that is looked at, where it is not the whole.
    pub zoom: Option<Interval>,
    /// The lens that it is looked at through; the filter stands on top of it.
    pub lens: Option<Arc<Lens>>,
}

impl Scope {
    /// Everything in a window that matches a filter; ages in the filter count back from `now`.
    pub fn new(text: &str, window: Interval, now: Timestamp) -> Result<Self, parse::Error> {
        let query = Arc::new(parse(text, now)?);
        Ok(Self { text: text.to_owned(), query, window, zoom: None, lens: None })
    }

    /// The stretch that is looked at.
    pub fn view(&self) -> Interval {
        self.zoom.unwrap_or(self.window)
    }

    /// The same with another filter. The lens stays as long as the filter asks for it.
    pub fn with_query(&self, query: Query) -> Self {
        let through = self.lens.clone().map(|lens| (lens.filter().expr, lens));
        match through.filter(|(expr, _)| query.conjuncts().contains(expr)) {
            Some((expr, lens)) => {
                let text = query.clone().without(&expr).to_string();
                Self { text, query: Arc::new(query), lens: Some(lens), ..self.clone() }
            }
            None => Self { text: query.to_string(), query: Arc::new(query), lens: None, ..self.clone() },
        }
    }

    /// The whole window through a lens, past whatever filter.
    pub fn through(&self, lens: Lens) -> Self {
        Self {
            text: String::new(),
            query: Arc::new(lens.filter()),
            zoom: None,
            lens: Some(Arc::new(lens)),
            window: self.window,
        }
    }

    /// Another filter as typed, on top of the lens where there is one.
    pub fn with_text(&self, text: &str, now: Timestamp) -> Result<Self, parse::Error> {
        let typed = parse(text, now)?;
        let query = match &self.lens {
            Some(lens) => lens.filter().and(typed.expr),
            None => typed,
        };
        Ok(Self { text: text.to_owned(), query: Arc::new(query), ..self.clone() })
    }

    /// The same without filter and lens.
    pub fn unfiltered(&self) -> Self {
        Self { text: String::new(), query: Arc::default(), lens: None, ..self.clone() }
    }

    /// The same, zoomed to a stretch of the window; the whole window is no zoom.
    pub fn zoomed(&self, stretch: Interval) -> Self {
        let inside = stretch.intersect(self.window);
        let zoom = (!inside.is_empty() && inside != self.window).then_some(inside);
        Self { zoom, ..self.clone() }
    }
}

/// Where one was and came back from.
#[derive(Debug, Clone, Default)]
pub struct History {
    past: Vec<Scope>,
    future: Vec<Scope>,
}

impl History {
    /// One goes on from here.
    pub fn leave(&mut self, scope: Scope) {
        if self.past.last() != Some(&scope) {
            self.past.push(scope);
        }
        if self.past.len() > STEPS {
            self.past.remove(0);
        }
        self.future.clear();
    }

    /// One step back from here.
    pub fn back(&mut self, here: &Scope) -> Option<Scope> {
        let there = self.past.pop()?;
        self.future.push(here.clone());
        Some(there)
    }

    /// One step forward again.
    pub fn forward(&mut self, here: &Scope) -> Option<Scope> {
        let there = self.future.pop()?;
        self.past.push(here.clone());
        Some(there)
    }
}
