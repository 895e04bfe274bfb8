//! Laws of the screen: nothing overflows, nothing hostile reaches it, its counts are the data's.

use proptest::prelude::*;

use super::*;
use crate::text;
use crate::ui::cells::grouped;

const THEMES: [Name; 4] = [Name::Dark, Name::Light, Name::Mono, Name::Contrast];

/// Text as an attacker would write it.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z0-9/._-]{0,12}",
        Just("\u{1b}[2J".to_owned()),
        Just("\u{202e}gpj\u{2066}".to_owned()),
        Just("日本語テスト".to_owned()),
        Just("e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}".to_owned()),
        Just("👩\u{200d}👩\u{200d}👧 🇩🇪".to_owned()),
        Just("\r\n\t\u{0}\u{7f}\u{9b}".to_owned()),
        Just("\u{feff}\u{2028}ﾞﾟ".to_owned()),
        any::<String>(),
        Just("x".repeat(300)),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn hostile_event(number: u64, texts: &[String]) -> Event {
    let text = |at: usize| texts.get(at % texts.len().max(1)).cloned();
    let time = week().until.plus(-(number as i64 + 1) * 60_000_000);
    let mut event = entries::request("prod", number, time, [200, 404, 503, 999][number as usize % 4]);
    event.action = text(0);
    event.actor.name = text(1);
    event.actor.kind = text(2);
    event.target.name = text(3);
    event.ip = text(4);
    event.client = text(5);
    event.message = text(6);
    event.request_id = text(7);
    let record =
        serde_json::json!({ "id": text(7), "note": text(3), "deep": { "list": [text(0), text(1)] } });
    let record = record.to_string();
    event.record = crate::event::Record::from_node(crate::json::Node::parse(&record).expect("json"));
    event
}

/// Every symbol on the screen is harmless, and none but the last of a wide one reaches over an edge.
fn assert_harmless(buffer: &Buffer, what: &str) {
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            assert!(!symbol.contains(text::is_hostile), "{what}: {symbol:?} at {x},{y}");
            let width = unicode_width::UnicodeWidthStr::width(symbol).max(1) as u16;
            assert!(x + width <= buffer.area.width, "{what}: {symbol:?} reaches over the edge at {x},{y}");
            x += width;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn hostile_and_wide_text_is_drawn_without_harm_at_every_size(
        texts in prop::collection::vec(hostile(), 1..8),
        width in 30u16..=220,
        height in 8u16..=70,
        theme in 0usize..4,
        ascii: bool,
        keys in prop::sample::select(vec!["", "Enter", "Enter G", "j j Enter", "Tab h h v h", "?", "t c", "L", "u", "u u u", "O", "b", "b s Tab", "A", "V Enter Enter", "C", "a", "l l *", "l l s", "f n", "/ Tab", "5 \\"]),
    ) {
        let mut settings = settings(THEMES[theme], (width, height));
        settings.theme = Theme::builtin(THEMES[theme], Depth::True, ascii);
        settings.sources[0].name = texts[0].as_str().into();
        settings.sources.push(source("prod", "System"));
        let mut stage = Stage::new(settings);
        stage.begin("prod");
        let events = (0..30).map(|number| hostile_event(number, &texts)).collect();
        stage.page("prod", events, Interval::new(at("2026-05-16T00:00:00Z"), week().until));
        stage.fetched(Update::Notice { part: part("prod"), text: texts[0].clone() });
        assert_harmless(&stage.buffer(), "notice");
        stage.press(keys);
        assert_harmless(&stage.buffer(), keys);
        if ascii && (40..).contains(&width) && (10..).contains(&height) {
            prop_assert!(stage.text().is_ascii(), "{}", stage.text());
        }
    }

    #[test]
    fn any_filter_that_is_typed_or_pasted_is_drawn_without_harm(typed in hostile(), width in 40u16..=200, moves in 0usize..40) {
        let mut stage = Stage::whole(Name::Dark, (width, 24));
        stage.press("/");
        stage.send(Message::Input(Input::Paste(typed)));
        for _ in 0..moves {
            stage.press("Left");
        }
        assert_harmless(&stage.buffer(), "typing");
        stage.press("Enter");
        assert_harmless(&stage.buffer(), "kept");
    }

    /// The counts of the bottom line, of the top line and of the histogram are the data's.
    #[test]
    fn the_counts_on_the_screen_are_the_data_s(statuses in prop::collection::vec(prop::sample::select(vec![200i64, 301, 404, 503, 99]), 1..60)) {
        let mut stage = Stage::new(settings(Name::Dark, (200, 60)));
        stage.begin("prod");
        let events: Vec<Event> = statuses
            .iter()
            .enumerate()
            .map(|(at, status)| entries::request("prod", at as u64, week().since.plus(at as i64 * 9_000_000_000), *status))
            .collect();
        stage.page("prod", events.clone(), week());
        let mut counts = [0u64; 7];
        let mut histogram = Histogram::empty(week());
        for event in &events {
            counts[event.class().index()] += 1;
            histogram.count(event.time, event.class());
        }
        let bottom = stage.line(59);
        for class in crate::event::Class::ALL {
            let shown = bottom.contains(&format!("{} {}  ", class.name(), grouped(counts[class.index()])));
            prop_assert_eq!(shown, counts[class.index()] > 0, "{} {}", class.name(), bottom);
        }
        let of = format!("{0}/{0}", grouped(events.len() as u64));
        prop_assert!(stage.line(0).contains(&of));
        prop_assert_eq!(stage.model.answer.histogram.as_ref(), Some(&histogram));
        stage.press("Tab");
        for (keys, bucket) in [("g", 0usize), ("l", 1), ("G h", 142), ("l", 143)] {
            stage.press(keys);
            let total: u64 = histogram.counts[bucket].iter().sum();
            let words = format!("  {}", grouped(total));
            prop_assert!(stage.line(11).contains(&words), "{} {}", bucket, stage.text());
        }
    }
}

#[test]
fn every_width_from_40_to_200_is_drawn() {
    let texts = ["日本語\u{1b}[31m".to_owned(), "x".repeat(90), "\u{202e}abc".to_owned()];
    let mut stage = Stage::new(settings(Name::Dark, (40, 24)));
    stage.begin("prod");
    let events = (0..60).map(|number| hostile_event(number, &texts)).collect();
    stage.page("prod", events, Interval::new(at("2026-05-16T00:00:00Z"), week().until));
    for width in 40..=200 {
        {
            let height = [10, 24, 36][usize::from(width) % 3];
            stage.resize((width, height));
            assert_harmless(&stage.buffer(), &format!("{width}x{height}"));
            stage.press("Enter");
            assert_harmless(&stage.buffer(), &format!("{width}x{height} with a detail"));
            stage.press("Esc Tab h");
            assert_harmless(&stage.buffer(), &format!("{width}x{height} in the histogram"));
            stage.press("Esc");
        }
    }
}
