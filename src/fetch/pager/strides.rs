//! Paging by offset and by page number: the first page alone, whose length is the stride; then pages
//! run ahead side by side, and an overshoot is thrown away (the contract's section 7).

use super::{Error, Facts, Next, Position};
use crate::provider::Paging;

/// So many empty pages in a row are followed while the server says that there are more.
const EMPTY_PAGES: u32 = 100;

/// A walk by offset or page number.
#[derive(Debug)]
pub struct Strides {
    /// The first page's number; `None`: by offset.
    first_page: Option<u64>,
    /// How many entries a page is asked for, where it is.
    size: Option<u32>,
    asked: u64,
    answered: u64,
    /// How many entries the first page had.
    stride: u64,
    longest: usize,
    /// How many pages there are, where the server says so and nothing speaks against it.
    total: Option<u64>,
    empty: u32,
    /// The fingerprint of the page that came last.
    last: Option<u64>,
    ended: bool,
}

/// Where a walk is: the page that came last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which page, from 0.
    pub index: u64,
    /// How many entries the first page had.
    pub stride: u64,
    /// How many the longest had.
    pub longest: usize,
}

impl Strides {
    /// A walk that goes on with the page that came last, which is asked for again.
    pub fn resumed(paging: &Paging, size: Option<u32>, place: Place) -> Self {
        let Place { index, stride, longest } = place;
        Self { asked: index, answered: index, stride, longest, ..Self::new(paging, size) }
    }

    /// The page that came last.
    pub fn place(&self) -> Option<Place> {
        let index = self.answered.checked_sub(1)?;
        Some(Place { index, stride: self.stride, longest: self.longest })
    }

    /// A walk that has not begun.
    pub fn new(paging: &Paging, size: Option<u32>) -> Self {
        let first_page = match paging {
            Paging::Page { first, .. } => Some(*first),
            _ => None,
        };
        Self {
            first_page,
            size,
            asked: 0,
            answered: 0,
            stride: 0,
            longest: 0,
            total: None,
            empty: 0,
            last: None,
            ended: false,
        }
    }

    /// The next page that may be asked for now.
    pub fn ask(&mut self) -> Option<Position> {
        // After a first page that is shorter than was asked for, the log may be at its end; one
        // more request tells, and four would only be thrown away.
        let short = self.size.is_some_and(|size| self.longest < size as usize);
        let alone = self.answered == 0 || (self.answered == 1 && short && self.total.is_none());
        let must_wait = alone && self.asked > self.answered;
        if self.ended || must_wait || self.total.is_some_and(|total| self.asked >= total) {
            return None;
        }
        let index = self.asked;
        self.asked += 1;
        Some(match self.first_page {
            Some(first) => Position::Page(first.saturating_add(index)),
            None => Position::Offset(index.saturating_mul(self.stride)),
        })
    }

    /// The next page came.
    pub fn came(&mut self, facts: &Facts) -> Result<Next, Error> {
        self.answered += 1;
        if self.answered == 1 {
            self.stride = facts.items as u64;
        }
        let short = facts.items == 0 || facts.items < self.longest;
        self.longest = self.longest.max(facts.items);
        let more = match (self.first_page, facts.more, facts.total_pages) {
            (Some(_), Some(more), total) => {
                self.total = total.filter(|total| *total > self.answered);
                more
            }
            (Some(_), None, Some(total)) => {
                self.total = Some(total);
                self.answered < total
            }
            (Some(_), None, None) | (None, ..) => !short,
        };
        self.empty = if facts.items == 0 { self.empty + 1 } else { 0 };
        if more && self.empty >= EMPTY_PAGES {
            return Err(Error::Empty(self.empty));
        }
        let same = facts.items > 0 && facts.fingerprint.is_some() && facts.fingerprint == self.last;
        if more && same {
            return Err(Error::SamePage);
        }
        self.last = facts.fingerprint;
        self.ended = !more;
        Ok(if more { Next::More } else { Next::End })
    }

    /// How much of the walk is done, where the server says how many pages there are.
    pub fn progress(&self) -> Option<f64> {
        self.total.filter(|total| *total > 0).map(|total| (self.answered as f64 / total as f64).min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::PageSize;

    fn size() -> PageSize {
        PageSize { param: "limit".into(), min: 1, max: Some(100), only_if_set: false }
    }

    fn by_offset(size_sent: u32) -> Strides {
        Strides::new(&Paging::Offset { offset: "skip".into(), size: size() }, Some(size_sent))
    }

    fn by_page() -> Strides {
        let paging =
            Paging::Page { page: "page".into(), first: 1, size: size(), more: None, total_pages: None };
        Strides::new(&paging, Some(100))
    }

    fn items(items: usize) -> Facts {
        Facts { items, ..Facts::default() }
    }

    #[test]
    fn the_first_page_alone_tells_the_stride_and_then_pages_run_ahead() {
        let mut walk = by_offset(50);
        assert_eq!(walk.ask(), Some(Position::Offset(0)));
        assert_eq!(walk.ask(), None);
        assert_eq!(walk.came(&items(50)), Ok(Next::More));
        assert_eq!(walk.ask(), Some(Position::Offset(50)));
        assert_eq!(walk.ask(), Some(Position::Offset(100)));
        assert_eq!(walk.came(&items(50)), Ok(Next::More));
        assert_eq!(walk.came(&items(49)), Ok(Next::End));
        assert_eq!(walk.ask(), None);
    }

    #[test]
    fn a_server_that_gives_less_than_was_asked_for_is_walked_in_its_own_strides() {
        let mut walk = by_offset(1000);
        assert_eq!(walk.ask(), Some(Position::Offset(0)));
        assert_eq!(walk.came(&items(100)), Ok(Next::More));
        assert_eq!(walk.ask(), Some(Position::Offset(100)));
        assert_eq!(walk.ask(), None, "one page tells whether that was all");
        assert_eq!(walk.came(&items(100)), Ok(Next::More));
        assert_eq!((walk.ask(), walk.ask()), (Some(Position::Offset(200)), Some(Position::Offset(300))));
        assert_eq!(walk.came(&items(0)), Ok(Next::End));
    }

    #[test]
    fn an_empty_log_takes_one_request() {
        let mut walk = by_offset(1000);
        walk.ask();
        assert_eq!(walk.came(&items(0)), Ok(Next::End));
    }

    #[test]
    fn page_numbers_follow_what_the_server_says() {
        let mut walk = by_page();
        assert_eq!(walk.ask(), Some(Position::Page(1)));
        let told = Facts { items: 20, more: Some(true), total_pages: Some(3), ..Facts::default() };
        assert_eq!(walk.came(&told), Ok(Next::More));
        assert_eq!(
            (walk.ask(), walk.ask(), walk.ask()),
            (Some(Position::Page(2)), Some(Position::Page(3)), None)
        );
        assert_eq!(walk.progress(), Some(1.0 / 3.0));
        assert_eq!(walk.came(&told), Ok(Next::More));
        let last = Facts { items: 7, more: Some(false), total_pages: Some(3), ..Facts::default() };
        assert_eq!(walk.came(&last), Ok(Next::End));
    }

    #[test]
    fn a_full_page_that_is_the_last_one_ends_and_one_that_is_not_goes_on() {
        let mut walk = by_page();
        walk.ask();
        let only = Facts { items: 100, more: Some(false), ..Facts::default() };
        assert_eq!(walk.came(&only), Ok(Next::End));
        let mut walk = by_page();
        walk.ask();
        let contradictory = Facts { items: 100, more: Some(true), total_pages: Some(1), ..Facts::default() };
        assert_eq!(walk.came(&contradictory), Ok(Next::More));
        assert_eq!(walk.ask(), Some(Position::Page(2)));
        let mut walk = by_page();
        walk.ask();
        let counted = Facts { items: 100, total_pages: Some(1), ..Facts::default() };
        assert_eq!(walk.came(&counted), Ok(Next::End));
    }

    #[test]
    fn empty_pages_without_an_end_are_an_error() {
        let mut walk = by_page();
        let empty = Facts { items: 0, more: Some(true), ..Facts::default() };
        let mut last = Ok(Next::More);
        for _ in 0..EMPTY_PAGES {
            walk.ask();
            last = walk.came(&empty);
        }
        assert_eq!(last, Err(Error::Empty(EMPTY_PAGES)));
    }
}
