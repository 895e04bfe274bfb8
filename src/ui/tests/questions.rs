//! Key scripts of what asks about the loaded entries: facets, why, two fields, lens, find, columns,
//! completion, order by a field, what the filter removed.

use super::*;
use crate::answer::Order;
use crate::event::field::Field;
use crate::ui::model::Region;
use crate::ui::pane::table::columns::Column;
use crate::ui::study::Study;

fn filter(stage: &Stage) -> &str {
    &stage.model.scope.text
}

fn matched(stage: &Stage) -> usize {
    stage.model.answer.matched
}

fn count(stage: &Stage, holds: impl Fn(&Event) -> bool) -> usize {
    stage.events.iter().filter(|event| holds(event)).count()
}

fn selected(stage: &Stage) -> Arc<Event> {
    stage.model.selected().expect("a row is selected").event.clone()
}

/// The effects so far, but for wake-ups that take messages away.
fn effects(stage: &mut Stage) -> Vec<Effect> {
    let all = stage.take_effects();
    all.into_iter().filter(|effect| !matches!(effect, Effect::WakeAt(_))).collect()
}

fn bottom(stage: &Stage) -> String {
    stage.line(usize::from(stage.model.size.1) - 1)
}

/// The action of the selected row, as the filter asks for it.
fn action_of(event: &Event) -> String {
    format!("action:\"{}\"", event.action.as_deref().unwrap_or_default())
}

#[test]
fn a_cell_is_chosen_included_excluded_and_copied() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.take_effects();
    let event = selected(&stage);
    let action = event.action.clone().expect("an action");
    stage.press("+");
    assert_eq!(filter(&stage), action_of(&event), "without a choice the action's cell is meant");
    assert_eq!(matched(&stage), count(&stage, |other| other.action.as_deref() == Some(&action)));
    stage.press("+");
    assert!(bottom(&stage).contains("the filter says so already"), "{}", bottom(&stage));
    stage.press("-");
    assert_eq!(filter(&stage), format!("-{}", action_of(&event)));
    stage.press("[ [");
    assert_eq!(filter(&stage), "");
    stage.press("l l c");
    let actor = selected(&stage).actor.name.clone().expect("an actor");
    assert_eq!(effects(&mut stage), [Effect::Copy(actor.clone())]);
    stage.press("-");
    assert_eq!(filter(&stage), format!("-actor:{actor}"));
    stage.press("X h h h h h h +");
    assert_eq!(filter(&stage), "");
    let row = selected(&stage).time;
    assert_eq!(stage.model.scope.view(), Interval::new(row, week().until), "TIME: from here on");
    stage.press("[ g j j j -");
    let row = stage.model.selected().map(|row| row.event.time);
    assert_eq!(Some(stage.model.scope.view().until.plus(-1)), row, "TIME: up to here");
    assert_eq!(effects(&mut stage), [], "nothing is fetched for any of it");
}

#[test]
fn a_cell_with_nothing_in_it_says_so() {
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.press("+");
    assert!(bottom(&stage).contains("no row is selected"));
    stage.press("a");
    assert!(bottom(&stage).contains("no row is selected"));
    stage.page("prod", vec![entries::bare("prod", "1", at("2026-05-20T00:00:00Z"))], week());
    stage.press("+");
    assert!(bottom(&stage).contains("this row has nothing under ACTION"), "{}", bottom(&stage));
    stage.press("a");
    assert!(bottom(&stage).contains("this entry names no actor"));
}

#[test]
fn rows_stand_by_a_column_and_by_time_again() {
    let mut stage = Stage::whole(Name::Dark, (120, 36));
    let latency = |stage: &Stage, place: usize| {
        let number = stage.model.row(place).expect("a row").event.latency_ms.clone();
        number.expect("a latency").value()
    };
    stage.press("j l l l l l");
    let cells = crate::ui::pane::table::cell(&stage.model);
    assert_eq!(cells.and_then(|cell| cell.field(&selected(&stage))), Some(Field::Latency));
    let id = selected(&stage).identity;
    stage.press("s");
    assert_eq!(selected(&stage).identity, id, "the selection stays on its row");
    stage.press("g");
    let most =
        stage.events.iter().filter_map(|event| event.latency_ms.as_ref()).map(crate::event::Number::value);
    let most = most.fold(0.0, f64::max);
    assert!(latency(&stage, 0) >= most);
    assert!(latency(&stage, 1) <= most);
    assert!(stage.text().contains("↓MS"), "{}", stage.text());
    stage.press("O g");
    assert!(stage.text().contains("↑MS"));
    assert!(latency(&stage, 0) <= latency(&stage, 1));
    stage.press("s g");
    assert_eq!(stage.model.sort, None);
    let newest = stage.events.iter().map(|event| event.time).max();
    assert_eq!(stage.model.row(0).map(|row| row.event.time), newest);
}

#[test]
fn what_the_filter_removed_is_shown_dimmed_and_the_row_keeps_its_place() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("\\");
    assert!(bottom(&stage).contains("there is no filter"), "{}", bottom(&stage));
    stage.press("5 j j");
    let (id, failures) = (selected(&stage).identity, matched(&stage));
    assert_eq!(stage.model.answer.listed, failures);
    stage.press("\\");
    assert_eq!(selected(&stage).identity, id);
    assert_eq!((stage.model.answer.listed, matched(&stage)), (1_471, failures), "counts are the filter's");
    let buffer = stage.buffer();
    let dim = stage.model.theme.style(crate::ui::theme::Role::Dim).fg;
    let shown = usize::from(stage.model.regions().table.height) - 1;
    for line in 0..shown {
        let row = stage.model.row(stage.model.table.top + line).expect("a row");
        let is_failure = stage.model.scope.query.matches(&row.event);
        let y = stage.model.regions().table.y + 1 + line as u16;
        assert_eq!(buffer[(16, y)].style().fg == dim, !is_failure, "line {line}");
    }
    stage.press("\\");
    assert_eq!((stage.model.answer.listed, selected(&stage).identity), (failures, id));
}

#[test]
fn everything_around_a_row_and_back() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.take_effects();
    stage.press("5 j T");
    let row = selected(&stage);
    assert_eq!((row.status, filter(&stage)), (Some(503), ""));
    let quarter = 15 * 60 * crate::timestamp::SECOND;
    let near = count(&stage, |event| (event.time.micros() - row.time.micros()).abs() <= quarter);
    assert_eq!(matched(&stage), near);
    assert!(bottom(&stage).contains("[ returns"), "{}", bottom(&stage));
    stage.press("[");
    assert_eq!((filter(&stage), stage.model.scope.zoom), ("class:5xx", None));
    assert_eq!(effects(&mut stage), []);
}

#[test]
fn a_jump_to_a_time_moves_the_table_alone() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("@");
    stage.type_text("05-18 09");
    assert!(bottom(&stage).contains("= 2026-05-18 09:00 Z"), "{}", bottom(&stage));
    stage.press("Enter");
    let time = selected(&stage).time;
    assert!(time < at("2026-05-18T10:00:00Z") && time > at("2026-05-18T08:00:00Z"), "{time}");
    assert_eq!(stage.model.scope.view(), week());
    stage.press("@");
    stage.type_text("07:30");
    stage.press("Enter");
    let time = selected(&stage).time;
    assert!(time < at("2026-05-18T07:31:00Z") && time > at("2026-05-18T06:00:00Z"), "{time}");
    stage.press("@");
    stage.type_text("04-01");
    stage.press("Enter");
    assert!(bottom(&stage).contains("lies outside"), "{}", bottom(&stage));
    stage.press("@");
    stage.type_text("noon");
    stage.press("Enter");
    assert!(bottom(&stage).contains("expected a time"), "{}", bottom(&stage));
    stage.press("Esc");
    assert_eq!(stage.model.overlays.len(), 0);
}

#[test]
fn hits_are_gone_through_without_filtering() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("n");
    assert!(bottom(&stage).contains("nothing was looked for yet"));
    stage.press("f");
    stage.type_text("status:503");
    stage.press("Enter");
    let mut hits: Vec<_> = stage.events.iter().filter(|event| event.status == Some(503)).cloned().collect();
    hits.sort_by(|a, b| a.newest_first(b));
    assert_eq!(hits.len(), 8);
    assert_eq!(selected(&stage).identity, hits[0].identity);
    assert_eq!(matched(&stage), 1_471, "nothing is filtered");
    for hit in &hits[1..] {
        stage.press("n");
        assert_eq!(selected(&stage).identity, hit.identity);
    }
    assert!(bottom(&stage).contains("hit 8 of 8 for status:503"), "{}", bottom(&stage));
    stage.press("n");
    assert!(bottom(&stage).contains("no hit below: 8 in all"), "{}", bottom(&stage));
    stage.press("N");
    assert_eq!(selected(&stage).identity, hits[6].identity);
    stage.press("G f Enter");
    assert!(bottom(&stage).contains("no hit below"), "an empty find goes on with the last one");
    stage.press("O g n");
    assert_eq!(selected(&stage).identity, hits[7].identity, "hits come in the order of the rows");
    stage.press("f");
    stage.type_text("statsu:5");
    assert!(bottom(&stage).contains("column 1"), "{}", bottom(&stage));
    stage.press("Esc f");
    stage.type_text("nowhere");
    stage.press("Enter");
    assert!(bottom(&stage).contains("no row here has nowhere"));
}

#[test]
fn facets_follow_the_filter_and_become_it() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("b");
    assert_eq!(stage.model.focus, Region::Facets);
    let text = stage.text();
    assert!(text.contains("FACETS by count") && text.contains("class  4"), "{text}");
    // The first field is the class, its commonest value 2xx.
    stage.press("j j");
    stage.press("Enter");
    assert_eq!(filter(&stage), "class:4xx");
    assert!(stage.text().contains("class  1"), "the facets are the filter's now: {}", stage.text());
    stage.press("Enter");
    assert_eq!(filter(&stage), "", "what was included is taken back");
    stage.press("-");
    assert!(filter(&stage).starts_with("-class:"), "{}", filter(&stage));
    stage.press("X / \"station-03\"");
    let text = stage.text();
    assert!(text.contains("station-03") && !text.contains("station-04"), "{text}");
    stage.press("Enter j Enter");
    assert_eq!(filter(&stage), "actor:station-03");
    assert_eq!(matched(&stage), count(&stage, |event| event.actor.name.as_deref() == Some("station-03")));
    assert!(stage.text().contains("FACETS / station-03"), "what is typed has the room: {}", stage.text());
    stage.press("/ Ctrl-u Enter s");
    assert!(stage.text().contains("FACETS by failures"), "{}", stage.text());
    stage.press("s s s Esc");
    assert!(stage.model.facets.is_none() && stage.model.focus == Region::Table);
    stage.press("F2 5 q");
    assert!(stage.model.facets.is_none(), "class keys work beside the facets, q closes them");
    assert_eq!(filter(&stage), "actor:station-03 class:5xx");
    assert!(!stage.take_effects().iter().any(|effect| matches!(effect, Effect::Leave | Effect::Quit(_))));
}

#[test]
fn facets_stand_beside_the_table_on_a_wide_screen() {
    let mut stage = Stage::whole(Name::Dark, (160, 48));
    stage.press("b");
    let regions = stage.model.regions();
    assert!(regions.facets.width >= 38 && regions.table.width >= 100);
    stage.press("Tab");
    assert_eq!(stage.model.focus, Region::Table);
    stage.press("j j +");
    assert!(stage.model.facets.is_some(), "they stay while the table is used");
    assert!(stage.text().contains("action  1"), "{}", stage.text());
    stage.press("b");
    assert!(stage.model.facets.is_none());
}

#[test]
fn facets_are_asked_for_anew_only_when_something_changed() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.answering = false;
    stage.take_effects();
    let studies = |effects: &[Effect]| effects.iter().filter(|e| matches!(e, Effect::Study { .. })).count();
    stage.press("b");
    assert_eq!(studies(&stage.take_effects()), 1);
    stage.press("j k G");
    assert_eq!(studies(&stage.take_effects()), 0);
    stage.press("5");
    assert_eq!(studies(&stage.take_effects()), 1);
}

#[test]
fn why_names_what_a_brush_has_more_of() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    // The wave of failures on the Tuesday.
    stage.press("5 j j");
    let wave = selected(&stage).time;
    stage.press("1 Tab");
    let bucket = week().bucket(wave).expect("inside");
    stage.press("g");
    for _ in 1..bucket {
        stage.press("l");
    }
    stage.press("v l l A");
    let text = stage.text();
    assert!(text.contains("Why, by score") && text.contains("5xx") && text.contains("only"), "{text}");
    let first: Vec<&str> = text.lines().nth(4).unwrap_or_default().split_whitespace().collect();
    assert!(["class", "status"].contains(&first[1].trim_start_matches('▌')) || first.len() > 3, "{text}");
    stage.press("/ \"503\" Enter Enter");
    assert_eq!(filter(&stage), "status:503");
    assert!(stage.model.overlays.is_empty());
    stage.press("X Esc Esc Tab Tab Esc");
    stage.press("g A -");
    assert!(filter(&stage).starts_with('-') || filter(&stage).is_empty(), "{}", filter(&stage));
}

#[test]
fn why_and_the_pairs_follow_what_is_still_coming() {
    let half = Interval::new(week().since.plus(week().micros() / 2), week().until);
    for (keys, shown) in [("A", "entries inside"), ("V Enter Enter", "class × action")] {
        let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
        stage.begin("prod");
        let (newer, older): (Vec<_>, Vec<_>) =
            entries::week_of_requests("prod").into_iter().partition(|event| event.time >= half.since);
        let all = newer.len() + older.len();
        assert!(!newer.is_empty() && newer.len() < all);
        stage.page("prod", newer, half);
        stage.press(keys);
        let text = stage.text();
        assert!(text.contains(shown) && text.contains("50 % fetched"), "{text}");
        // The cursor stays where it is, another layer may lie above, and the numbers are of all.
        stage.press("j ?");
        let counts = text.lines().nth(2).expect("counts").to_owned();
        let held = stage.model.overlays.len();
        stage.page("prod", older, week());
        stage.end("prod", End::Whole);
        assert_eq!(stage.model.overlays.len(), held);
        stage.press("Esc");
        let text = stage.text();
        assert!(text.contains(shown) && !text.contains("% fetched"), "{text}");
        assert_ne!(stage.line(2), counts, "{text}");
        if keys == "A" {
            let numbers = text.lines().nth(2).expect("the totals").to_owned();
            let digits = |word: &str| word.replace(',', "").parse::<usize>().ok();
            let sum: usize = numbers.split_whitespace().filter_map(digits).sum();
            assert_eq!(sum, all, "{numbers}");
        }
    }
}

#[test]
fn why_says_what_it_cannot_explain() {
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.press("A");
    assert!(bottom(&stage).contains("no row is selected"), "{}", bottom(&stage));
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("Tab g v G A");
    assert!(bottom(&stage).contains("nothing to compare it with"), "{}", bottom(&stage));
}

#[test]
fn two_fields_are_counted_and_a_pair_is_a_filter() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("V / \"status\" Enter Enter");
    assert!(stage.text().contains("status and"), "{}", stage.text());
    stage.press("/ \"method\" Enter Enter");
    let text = stage.text();
    assert!(text.contains("status × method"), "{text}");
    let (status, method) = {
        let line = text.lines().nth(2).unwrap_or_default().to_owned();
        let mut words = line.trim_start_matches(['│', '▌', ' ']).split_whitespace().map(str::to_owned);
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    };
    stage.press("Enter");
    assert_eq!(filter(&stage), format!("status:{status} method:{method}"));
    let both = count(&stage, |event| {
        event.status.map(|s| s.to_string()) == Some(status.clone())
            && event.method.as_deref() == Some(&method)
    });
    assert_eq!(matched(&stage), both);
    stage.press("X V Enter Enter -");
    assert!(filter(&stage).starts_with("-("), "not both together: {}", filter(&stage));
    stage.press("X V Enter Enter Esc");
    assert!(stage.text().contains("class and"), "one step back within the layer: {}", stage.text());
    stage.press("Esc Esc");
    assert!(stage.model.overlays.is_empty());
}

/// Two systems with one address, and one name as actor and as target.
fn two_systems() -> Stage {
    let mut settings = settings(Name::Dark, (80, 24));
    settings.sources.push(source("pki", "Keys"));
    let mut stage = Stage::new(settings);
    stage.begin("prod");
    stage.begin("pki");
    let mut renamed = entries::request("prod", 7, at("2026-05-20T12:00:00Z"), 200);
    renamed.target.name = Some("mallory".into());
    renamed.ip = Some("203.0.113.9".into());
    stage.page("prod", vec![renamed], week());
    stage.page("pki", entries::incident("pki"), week());
    stage.end("prod", End::Whole);
    stage.end("pki", End::Whole);
    stage
}

#[test]
fn the_lens_looks_for_a_value_everywhere_and_is_part_of_the_history() {
    let mut stage = two_systems();
    stage.press("f");
    stage.type_text("ca_export_private_key");
    stage.press("Enter a");
    assert_eq!(stage.line(1).trim_end(), "/ lens mallory: as actor 4 · as target 1 · as ip 0");
    assert_eq!((matched(&stage), stage.model.order), (5, Order::OldestFirst));
    assert_eq!(selected(&stage).action.as_deref(), Some("ca_export_private_key"));
    stage.press("g");
    assert_eq!(selected(&stage).action.as_deref(), Some("login_failure"));
    // A filter stands on top of it, and leaves it in force.
    stage.press("+");
    assert_eq!(filter(&stage), "action:login_failure");
    assert!(stage.line(1).contains("lens mallory"), "{}", stage.line(1));
    assert_eq!(matched(&stage), 2);
    stage.resize((60, 24));
    assert!(stage.line(1).contains("…  action:login"), "they stand apart: {}", stage.line(1));
    stage.resize((80, 24));
    stage.press("/");
    stage.type_text(" ip:203.0.113.9");
    stage.press("Enter");
    assert_eq!(matched(&stage), 2);
    stage.press("[ [ [");
    assert_eq!((stage.model.order, stage.model.scope.lens.is_none()), (Order::NewestFirst, true));
    assert_eq!(matched(&stage), 7);
    stage.press("]");
    assert_eq!((stage.model.order, matched(&stage)), (Order::OldestFirst, 5));
    stage.press("X");
    assert!(stage.model.scope.lens.is_none());
    // The address of both systems.
    stage.press("g");
    let ip = Some(Column::Field(Field::Ip));
    for _ in 0..9 {
        if stage.model.table.cell != ip {
            stage.press("l");
        }
    }
    stage.press("*");
    assert!(stage.line(1).contains("as ip 7"), "{}", stage.text());
}

#[test]
fn columns_are_chosen_moved_and_taken_from_the_record() {
    let mut stage = Stage::whole(Name::Dark, (120, 36));
    let header = |stage: &Stage| {
        let y = usize::from(stage.model.regions().table.y);
        stage.line(y).split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    let before = header(&stage);
    stage.press("C / \"/region\" Enter Enter");
    stage.press("/ Ctrl-u Enter g");
    stage.press("Esc");
    assert_eq!(header(&stage), format!("{before} region"), "a value out of the record is a column");
    assert!(stage.text().contains("eu-1"));
    stage.press("C g j j j Enter Esc");
    assert!(!header(&stage).contains("ACTOR"), "{}", header(&stage));
    stage.press("C G Home J Esc");
    assert!(header(&stage).starts_with("ST TIME Z"), "{}", header(&stage));
    // Its cells are cells like any other.
    stage.press("l l l l l l l l l l l l +");
    assert_eq!(filter(&stage), "@/region:eu-1");
    stage.press("s");
    assert!(bottom(&stage).contains("has no order"), "{}", bottom(&stage));
    stage.press("X C s Esc");
    assert_eq!(header(&stage), before, "the data decide again");
    stage.press("C / \"/deep/er\" Enter Enter Esc");
    assert!(header(&stage).ends_with(" er"), "a typed pointer that no row at hand has: {}", header(&stage));
}

#[test]
fn the_names_of_columns_read_back() {
    use crate::ui::pane::table::columns::Column;
    let paths = ["/a", "/a~1b/c d", "/0", "/a,b", "/a "]
        .map(|path| Column::parse(&format!("@{path}")).expect("a pointer"));
    let fields = crate::event::field::TABLE.iter().filter_map(|info| Column::parse(info.name).ok());
    for column in fields.chain(paths).chain([Column::Badge, Column::Id, Column::Time]) {
        assert_eq!(Column::parse(&column.name()), Ok(column));
    }
    assert!(Column::parse("@").is_err());
    assert!(Column::parse("has").is_err());
}

#[test]
fn tab_completes_fields_and_values_with_counts() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.take_effects();
    stage.press("/");
    assert!(stage.line(1).contains("Tab: presets and fields"), "{}", stage.line(1));
    stage.type_text("meth");
    stage.press("Tab");
    assert_eq!(stage.model.filter.prompt.text(), "method:", "a single choice is taken");
    let gets = count(&stage, |event| event.method.as_deref() == Some("GET"));
    let list = stage.text();
    assert!(list.contains(&format!("GET    {gets}")) || list.contains(&gets.to_string()), "{list}");
    stage.press("Down Up Tab");
    stage.press("Enter");
    let values = ["method:GET", "method:POST", "method:PATCH"];
    let typed = stage.model.filter.prompt.text().to_owned();
    assert!(values.contains(&typed.as_str()), "{typed}");
    assert!(stage.model.filter.is_editing(), "Enter takes the choice, a second one keeps");
    stage.type_text(" actor:station-1");
    stage.press("Tab");
    assert!(stage.model.filter.completion.is_some(), "station-10 to station-14 begin so");
    stage.type_text("1");
    stage.press("Enter Enter");
    assert_eq!(filter(&stage), format!("{typed} actor:station-11"));
    assert!(!stage.model.filter.is_editing());
    assert_eq!(effects(&mut stage), [], "nothing is fetched for a completion");
}

#[test]
fn the_list_closes_before_the_filter_is_taken_back_and_history_stays_on_its_keys() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("/");
    stage.type_text("status:404");
    stage.press("Enter / Ctrl-u");
    stage.type_text("is:");
    stage.press("Tab");
    assert!(stage.text().contains("create") && stage.text().contains("export"), "{}", stage.text());
    stage.press("Esc");
    assert!(stage.model.filter.is_editing() && stage.model.filter.completion.is_none());
    stage.press("Tab Ctrl-p");
    assert_eq!(stage.model.filter.prompt.text(), "status:404", "Ctrl-p is the history's");
    stage.press("Esc Esc");
    assert!(!stage.model.filter.is_editing());
    assert_eq!(filter(&stage), "status:404");
}

#[test]
fn pointers_into_the_record_are_completed() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("/");
    stage.type_text("@/reg");
    stage.press("Tab");
    assert_eq!(stage.model.filter.prompt.text(), "@/region:");
    stage.press("Enter");
    assert_eq!(stage.model.filter.prompt.text(), "@/region:eu-1");
    stage.press("Enter");
    assert_eq!(matched(&stage), 1_471);
}

#[test]
fn presets_stand_in_the_empty_filter() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("/ Tab");
    assert!(stage.text().contains("private-key exports"), "{}", stage.text());
    stage.press("Enter");
    assert_eq!(stage.model.filter.prompt.text(), "outcome:failure");
    stage.press("Enter");
    assert_eq!(matched(&stage), count(&stage, |event| event.outcome == crate::event::Outcome::Failure));

    let mut stage = two_systems();
    stage.press("f");
    stage.type_text("login_success");
    stage.press("Enter / Tab Tab Tab Tab Tab Tab Tab Tab Enter");
    assert!(!stage.model.filter.is_editing());
    assert_eq!(filter(&stage), "is:login");
    assert!(stage.line(1).contains("lens mallory"), "{}", stage.line(1));
    assert_eq!(stage.model.order, Order::OldestFirst);
}

#[test]
fn the_newest_study_of_a_slot_wins() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.answering = false;
    stage.take_effects();
    stage.press("/");
    stage.type_text("method:");
    stage.press("Tab");
    stage.type_text("P");
    let studies: Vec<(u64, Study)> = stage
        .take_effects()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Study { number, study } => Some((number, study)),
            _ => None,
        })
        .collect();
    assert_eq!(studies.len(), 2);
    let snapshot = stage.store.snapshot();
    for (number, study) in studies.iter().rev() {
        let studied = Box::new(study.of(&snapshot, &|| false).expect("answered"));
        stage.send(Message::Studied { number: *number, studied });
    }
    let text = stage.text();
    assert!(text.contains("PATCH") && text.contains("POST") && !text.contains("GET  "), "{text}");
}

#[test]
fn how_many_chosen_columns_have_no_room_stands_in_the_header() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    let header = |stage: &Stage| stage.line(usize::from(stage.model.regions().table.y));
    let choose = |stage: &mut Stage, names: &[&str]| {
        let columns = names.iter().map(|name| Column::parse(name).expect("a column")).collect();
        stage.model.table.columns.choose(Some(columns));
        stage.model.table.columns.take(&stage.model.answer.rows, &stage.model.theme);
    };
    choose(&mut stage, &["time", "status", "client", "latency", "action"]);
    assert!(!header(&stage).contains('+'), "{}", header(&stage));
    choose(&mut stage, &["time", "status", "client", "latency", "ua", "ip", "copied-id", "action", "actor"]);
    let line = header(&stage);
    assert!(line.contains("ACTION") && line.trim_end().ends_with("+2"), "{line}");
    let row = stage.line(usize::from(stage.model.regions().table.y) + 1);
    assert!(row.contains("GET /api/v2/runs"), "the action is whole: {row}");
    stage.press("C");
    assert_eq!(stage.text().matches("no room").count(), 2, "{}", stage.text());
    assert!(bottom(&stage).contains("J K move"), "{}", bottom(&stage));
}

/// The last study that was asked for.
fn study(stage: &mut Stage) -> (u64, Study) {
    let studies = stage.take_effects().into_iter().filter_map(|effect| match effect {
        Effect::Study { number, study } => Some((number, study)),
        _ => None,
    });
    studies.last().expect("a study")
}

fn refuse(stage: &mut Stage) {
    let (number, study) = study(stage);
    let why = "not on this engine: \u{1b}[2J".into();
    stage.send(Message::Unstudied { number, slot: study.slot(), why });
}

#[test]
fn what_could_not_be_counted_says_why_and_waits_no_more() {
    let mut stage = Stage::whole(Name::Dark, (100, 30));
    stage.answering = false;
    stage.press("/");
    stage.type_text("actor:");
    stage.press("Tab");
    assert!(stage.text().contains("looking…"), "{}", stage.text());
    refuse(&mut stage);
    let text = stage.text();
    assert!(text.contains("not on this engine: ␛[2J") && !text.contains("looking…"), "{text}");
    // What the language itself has is chosen from all the same, a single one at once.
    stage.press("Ctrl-u");
    stage.type_text("is:exp");
    stage.press("Tab");
    refuse(&mut stage);
    stage.press("Enter Esc Esc");
    for (keys, waits) in [("A", "counting…"), ("V Enter Enter", "counting…"), ("b", "counting…")] {
        stage.press(keys);
        assert!(stage.text().contains(waits), "{keys}: {}", stage.text());
        refuse(&mut stage);
        let text = stage.text();
        let said = text.lines().rev().skip(1).any(|line| line.contains("not on this engine: ␛[2J"));
        assert!(said && !text.contains(waits), "{keys}: {text}");
        stage.press("Esc Esc Esc");
    }
    assert!(stage.model.is_settled() || stage.model.open.is_some());
}

#[test]
fn a_layer_takes_its_answer_with_another_above_it() {
    let mut stage = Stage::whole(Name::Dark, (100, 30));
    stage.answering = false;
    stage.press("A");
    let (number, why) = study(&mut stage);
    stage.press("L");
    let studied = why.of(&stage.store.snapshot(), &|| false).expect("nobody cancels it");
    stage.send(Message::Studied { number, studied: Box::new(studied) });
    stage.press("Esc");
    assert!(stage.text().contains("inside,"), "{}", stage.text());
}

#[test]
fn a_filter_that_was_not_answered_says_so_as_long_as_it_stands() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.answering = false;
    stage.press("/");
    stage.type_text("@/id:1");
    let why = "not on this engine: a value of the \u{1b}record at its pointer".to_owned();
    let refuse = |stage: &mut Stage| {
        let generation = stage.model.generation;
        stage.send(Message::Unanswered { generation, why: why.clone() });
    };
    refuse(&mut stage);
    let said = |stage: &Stage| {
        let below = [stage.line(2).trim(), stage.line(3).trim()].join(" ");
        below.contains("not on this engine") && below.contains("below is what was asked before")
    };
    assert!(said(&stage), "while it is typed: {}", stage.text());
    stage.press("Enter j");
    stage.now = stage.now.plus(60_000_000);
    stage.press("k");
    assert!(said(&stage), "once the message has gone: {}", stage.text());
    assert!(stage.line(0).contains("1,471/1,471"), "the counts are those of what is seen: {}", stage.line(0));
    stage.answering = true;
    stage.press("[");
    assert!(!said(&stage), "{}", stage.text());
}

#[test]
fn columns_do_not_show_in_which_order_rows_came() {
    let mut long = entries::bare("prod", "first", week().since);
    long.actor.name = Some("an.actor.with.a.very.long.name".into());
    let week_long = entries::week_of_requests("prod");
    let shown = |pages: Vec<Vec<Event>>| {
        let mut stage = Stage::new(settings(Name::Dark, (120, 36)));
        stage.begin("prod");
        for page in pages {
            stage.page("prod", page, week());
        }
        let under_way = stage.text();
        stage.end("prod", End::Whole);
        (under_way, stage.text())
    };
    let header = |text: &str| text.lines().find(|line| line.contains("ACTOR")).expect("a header").to_owned();
    let (under_way, apart) = shown(vec![vec![long.clone()], week_long.clone()]);
    let (_, at_once) = shown(vec![week_long.into_iter().chain([long]).collect()]);
    assert_ne!(header(&under_way), header(&apart), "what was seen first made a column wide");
    assert_eq!(apart, at_once);
}

#[test]
fn rows_by_their_ids_say_so() {
    let mut stage = two_systems();
    let header = |stage: &Stage| stage.line(usize::from(stage.model.regions().table.y));
    stage.press("g l l l l l l l s");
    assert!(header(&stage).contains("↑ID"), "{}", header(&stage));
    stage.press("O");
    assert!(header(&stage).contains("↓ID"), "{}", header(&stage));
    // The other kind of id is under the cursor, and it is the same column.
    stage.press("G s");
    assert_eq!(stage.model.sort, None, "{}", header(&stage));
}

#[test]
fn by_a_field_gaps_to_the_next_row_go_both_ways() {
    let mut stage = Stage::whole(Name::Dark, (120, 36));
    stage.press("j l l l l l s g u u");
    let top = usize::from(stage.model.regions().table.y) + 1;
    let gaps: Vec<String> =
        (top..top + 20).map(|y| stage.line(y).chars().skip(1).take(8).collect()).collect();
    let begin = |sign| gaps.iter().filter(|gap| gap.starts_with(sign)).count();
    assert!(begin('-') > 0 && begin('+') > 0 && !gaps.iter().any(|gap| gap.contains("0us")), "{gaps:?}");
}

#[test]
fn what_changes_how_rows_are_read_is_said_as_long_as_it_lasts() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    let header = |stage: &Stage| stage.line(usize::from(stage.model.regions().table.y));
    stage.press("O");
    assert!(header(&stage).starts_with(" ↑TIME Z "), "{}", header(&stage));
    stage.press("O 5 \\");
    assert!(header(&stage).starts_with(" TIME Z "), "{}", header(&stage));
    stage.now = stage.now.plus(60_000_000);
    stage.send(Message::Woke);
    assert_eq!(stage.line(1), "/ class:5xx   dimmed: what it removes; \\ hides it");
}

#[test]
fn only_keys_that_mean_something_are_hinted_at() {
    let mut stage = Stage::whole(Name::Dark, (120, 36));
    let bottom = |stage: &Stage| stage.line(35);
    assert!(bottom(&stage).contains("Enter detail") && bottom(&stage).contains("y id"));
    stage.press("/ \"actor:nobody\" Enter");
    assert!(
        !bottom(&stage).contains("Enter detail") && !bottom(&stage).contains("y id"),
        "{}",
        bottom(&stage)
    );
    stage.press("X Tab");
    assert!(!bottom(&stage).contains("Z out"), "{}", bottom(&stage));
    stage.press("v h h");
    for hint in ["h l brush", "s other end", "Enter zoom", "A why"] {
        assert!(bottom(&stage).contains(hint), "{hint}: {}", bottom(&stage));
    }
    stage.press("Enter");
    assert!(bottom(&stage).contains("Z out"), "{}", bottom(&stage));
}

#[test]
fn the_cursor_is_seen_on_the_tallest_bar_too() {
    for theme in [Name::Dark, Name::Light, Name::Contrast] {
        for size in [(80, 24), (160, 48)] {
            let mut stage = Stage::whole(theme, size);
            let counts = stage.model.answer.histogram.clone().expect("counted").counts;
            let total = |bucket: &crate::ui::widget::bars::Counts| bucket.iter().sum::<u64>();
            let tallest = (0..counts.len()).max_by_key(|at| total(&counts[*at])).expect("buckets");
            let before = stage.buffer();
            stage.press(&format!("Tab g {}", "l ".repeat(tallest)));
            let area = stage.model.regions().histogram;
            let plan = crate::ui::widget::bars::Plan::new(size.0);
            let at = (area.x + plan.axis + plan.column(tallest), area.y);
            assert_ne!(before[at], stage.buffer()[at], "{theme:?} {size:?}");
        }
    }
}

#[test]
fn a_jump_to_what_the_filter_leaves_out_says_so() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("2");
    stage.take_effects();
    stage.press("e");
    assert!(stage.line(23).contains("no older 5xx or failure: the filter leaves none"), "{}", stage.line(23));
}
