//! What a matrix of many jobs shows in every width.

use proptest::prelude::*;

use super::*;
use crate::screen::view;

/// One pull request, in so many jobs that are no shards of one another.
fn of_jobs(jobs: usize, has_titles: bool) -> Model {
    let name = |at: usize| format!("j{at}x");
    let cells: Vec<Cell> = (0..jobs)
        .map(|at| cell(7, "c", "w", &name(at), ["success", "failure"][at % 2], NOW))
        .collect();
    let Data::Backend(mut backend) = backend_of(&cells) else {
        unreachable!()
    };
    if has_titles {
        let title = Title {
            title: "Fuse pointwise chains of operations into one kernel".to_owned(),
            author: "somebody".to_owned(),
        };
        backend.matrix = backend.matrix.with_titles([(7, title)].into());
    }
    showing(Place::Backend("a/b".to_owned()), Ok(Data::Backend(backend)))
}

/// The heads that are seen: as the mouse finds them.
fn visible(model: &mut Model, columns: u16) -> std::ops::RangeInclusive<usize> {
    model.size = (columns, 40);
    let [_, body, _] = view::regions(Rect::new(0, 0, columns, 40));
    let seen: Vec<usize> = (0..columns)
        .filter_map(|x| view::backend::head_at(model, body, x))
        .map(|(head, _)| head)
        .collect();
    *seen.first().unwrap()..=*seen.last().unwrap()
}

#[test]
fn a_wider_terminal_never_shows_fewer_jobs() {
    for has_titles in [false, true] {
        for jobs in [30, 60] {
            let mut model = of_jobs(jobs, has_titles);
            let mut before = 0;
            for columns in 80..=220 {
                let text = drawn(&mut model, columns, 20);
                let row = text.lines().find(|line| line.contains('▌')).unwrap();
                let now = row.matches(['O', 'X']).count();
                assert!(now >= before, "{jobs} jobs, titles {has_titles}: {now} at {columns}");
                before = now;
            }
        }
    }
}

#[test]
fn sixty_jobs_are_seen_at_once_beside_titles_or_instead_of_them() {
    for has_titles in [false, true] {
        let mut model = of_jobs(60, has_titles);
        let seen = [120, 159, 160, 200].map(|columns| visible(&mut model, columns).count());
        assert_eq!(seen, [43, 60, 60, 60], "titles {has_titles}");
        let text = drawn(&mut model, 200, 40);
        let row = text.lines().find(|line| line.contains('▌')).unwrap();
        assert_eq!(row.contains("Fuse pointwise"), has_titles, "{text}");
        assert_eq!(row.matches(['O', 'X']).count(), 60, "{text}");
        // Where the row has no room for it, the rule has.
        let text = drawn(&mut model, 160, 40);
        let row = text.lines().find(|line| line.contains('▌')).unwrap();
        assert!(!row.contains("Fuse"), "{text}");
        assert_eq!(text.contains("kernel · somebody ──"), has_titles, "{text}");
    }
}

/// Names of all sorts, with more room than their letters need.
#[test]
fn names_stack_where_there_is_room_for_words() {
    let names = [
        "build",
        "inductor: hf",
        "ops (1, 2)",
        "ops (2, 2)",
        "test-npu-float32 (1, 4)",
        "test-npu-float32 (2, 4)",
        "linux-jammy-py3.10 / build",
    ];
    let cells: Vec<Cell> = names
        .iter()
        .map(|name| cell(7, "c", "w", name, "success", NOW))
        .collect();
    let mut model = showing(Place::Backend("a/b".to_owned()), Ok(backend_of(&cells)));
    insta::assert_snapshot!("names_of_jobs_80x24", drawn(&mut model, 80, 24));
    insta::assert_snapshot!("names_of_jobs_120x24", drawn(&mut model, 120, 24));
}

/// Where the columns of all together have room for that.
#[test]
fn no_word_of_a_name_is_parted_while_narrower_names_leave_room_for_it() {
    let names = ["build", "lint", "unit", "docs", "distributed", "ops-shard"];
    for (names, has_room) in [
        (names.map(str::to_owned), true),
        (names.map(|name| name.repeat(2)), false),
    ] {
        let cells: Vec<Cell> = names
            .iter()
            .map(|name| cell(7, "c", "w", name, "success", NOW))
            .collect();
        let mut model = showing(Place::Backend("a/b".to_owned()), Ok(backend_of(&cells)));
        let text = drawn(&mut model, 80, 24);
        assert_eq!(text.contains(" distributed "), has_room, "{text}");
        let row = text.lines().find(|line| line.contains('▌')).unwrap();
        assert_eq!(row.matches('O').count(), 6, "{text}");
    }
}

/// Under the rows, else on the last line of all that have room; and the mouse finds the rows that are drawn.
#[test]
fn how_far_a_filter_has_looked_is_said_at_the_end() {
    let cells: Vec<Cell> = (0..200)
        .map(|at| cell(1_000 - at, &format!("c{at}"), "w", "j", "success", NOW - at as i64))
        .collect();
    let Data::Backend(mut backend) = backend_of(&cells) else {
        unreachable!()
    };
    backend.matrix.has_more = true;
    let mut model = showing(Place::Backend("a/b".to_owned()), Ok(Data::Backend(backend)));
    let said = "searched the newest 200 pull requests; ↓ looks further";
    assert!(!drawn(&mut model, 80, 24).contains("searched"));
    for (filter, rows) in [("1000", 1), ("zzz", 0), ("9", 14)] {
        let screen = model.screen_mut();
        screen.filter = filter.to_owned();
        screen.arrange(None, NOW);
        let text = drawn(&mut model, 80, 24);
        assert!(text.contains(said), "{text}");
        let lines: Vec<&str> = text.lines().collect();
        let end = lines.iter().position(|line| line.contains(said)).unwrap();
        assert_eq!(
            lines[..end].iter().filter(|line| line.contains(" c")).count() - 1,
            rows,
            "{text}"
        );
        if rows > 0 {
            let at = |row: usize| view::target(&model, Position::new(10, row as u16));
            assert!(at(end - 1).is_some() && at(end).is_none(), "{text}");
        }
    }
    model.screen_mut().pull_requests = 400;
    let text = drawn(&mut model, 80, 24);
    assert!(text.contains("searching the newest 400 pull requests …"), "{text}");
}

/// In reverse video, with a hole in it where it crosses the selected column: without colours, too.
#[test]
fn the_selected_row_is_a_bar_and_the_selected_result_a_hole_in_it() {
    let mut model = of_jobs(7, false);
    model.screen_mut().column = 2;
    model.size = (120, 24);
    let mut terminal = Terminal::new(TestBackend::new(120, 24)).unwrap();
    terminal.draw(|frame| draw(&model, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let row = (0..24).find(|row| buffer[(0, *row)].symbol() == "▌").unwrap();
    let plain: Vec<u16> = (0..120)
        .filter(|column| !buffer[(*column, row)].modifier.contains(Modifier::REVERSED))
        .collect();
    let [hole] = plain[..] else { panic!("{plain:?}") };
    assert_eq!(buffer[(hole, row)].symbol(), "O");
    let [_, body, _] = view::regions(Rect::new(0, 0, 120, 24));
    assert_eq!(view::backend::head_at(&model, body, hole), Some((2, 0)));
    let below = (0..120).any(|column| buffer[(column, row + 1)].modifier.contains(Modifier::REVERSED));
    assert!(!below);
}

/// Sixty jobs fit beside one another: their names stand upright.
#[test]
fn a_matrix_of_many_jobs() {
    let words = [
        "build",
        "distributed",
        "inductor-平行",
        "unit",
        "quantization-long-name",
    ];
    let cells: Vec<Cell> = (0..60_usize)
        .map(|at| {
            let job = format!("{}-{}", words[at % 5], ["cpu", "gpu", "x"][at % 3].repeat(1 + at / 15));
            cell(
                7,
                "c",
                &format!("w{}", at % 2),
                &job,
                ["success", "failure"][at % 7 / 6],
                NOW,
            )
        })
        .collect();
    let mut model = showing(Place::Backend("a/b".to_owned()), Ok(backend_of(&cells)));
    let shown = drawn(&mut model, 159, 40);
    let row = shown.lines().find(|line| line.contains('▌')).unwrap();
    assert_eq!(row.matches(['O', 'X']).count(), 60, "{shown}");
    insta::assert_snapshot!("matrix_of_60_jobs_159x40", shown);
}

/// The letters of a job are clicked where they are drawn, whatever stands before them.
#[test]
fn a_job_is_clicked_under_its_head() {
    let place = || Place::Backend("apple/mps-backend".to_owned());
    let Data::Backend(mut titled) = backend_of(&cells()) else {
        panic!("a backend's")
    };
    let title = Title {
        title: "Fuse pointwise chains".to_owned(),
        author: "bob".to_owned(),
    };
    titled.matrix = titled.matrix.with_titles([(179_600, title)].into());
    for data in [backend_of(&cells()), Data::Backend(titled)] {
        let mut model = showing(place(), Ok(data));
        let text = drawn(&mut model, 159, 40);
        let mut lines = text.lines().enumerate();
        let (row, line) = lines.find(|(_, line)| line.contains("commit ")).unwrap();
        for (number, head) in model.screen().heads.iter().enumerate() {
            // The first column is the quotation mark of what is drawn.
            let at = line.find(&head.label).unwrap();
            let column = crate::data::text::width(&line[..at]) - 1;
            let under = target(&model, Position::new(column as u16, row as u16 + 1));
            let found = match under {
                Some(Target::Row { head, .. }) => head,
                _ => None,
            };
            assert_eq!(found, Some((number, 0)), "{}\n{text}", head.label);
        }
    }
}

/// Whatever stands before them: titles, older commits, shards that failed by the dozen.
#[test]
fn letters_stand_under_their_heads() {
    let mut cells = Vec::new();
    for at in 0..30_u64 {
        let letter = char::from(b'a' + u8::try_from(at % 26).unwrap());
        let job = format!("{}-with-a-long-name", letter.to_string().repeat(1 + at as usize / 26));
        for (pr, commit) in [(9, "日ﾊﾞﾂﾞの"), (7, "b"), (7, "a-rather-long-delivery")] {
            let belongs = NOW - i64::try_from(pr).unwrap() - i64::from(commit == "b");
            cells.push(cell(pr, commit, "w", &job, "success", belongs));
        }
    }
    cells.extend((1..=12).map(|shard| cell(9, "日ﾊﾞﾂﾞの", "w", &format!("zz-{shard}"), "failure", NOW)));
    let Data::Backend(mut backend) = backend_of(&cells) else {
        unreachable!()
    };
    let title = Title {
        title: "A title ｸﾞ日本語".to_owned(),
        author: "bob".to_owned(),
    };
    backend.matrix = backend.matrix.with_titles([(9, title.clone()), (7, title)].into());
    let mut model = showing(Place::Backend("a/b".to_owned()), Ok(Data::Backend(backend)));
    let screen = model.screen_mut();
    screen.unfolded_pull_requests.insert(7);
    screen.arrange(None, NOW);
    for columns in [80, 110, 159, 200] {
        for column in [0, 15, 29, 30] {
            model.screen_mut().column = column;
            model.size = (columns, 40);
            let mut terminal = Terminal::new(TestBackend::new(columns, 40)).unwrap();
            terminal.draw(|frame| draw(&model, frame)).unwrap();
            let buffer = terminal.backend().buffer();
            let row_with = |text: &str| (0..40).find(|y| buffer[(2, *y)].symbol() == text);
            let heads = row_with("w").unwrap();
            let under = |x: u16, y: u16| buffer[(x, y)].symbol().to_owned();
            // The selected head is the one that is underlined.
            let x = (0..columns).find(|x| buffer[(*x, heads)].modifier.contains(Modifier::UNDERLINED));
            let x = x.unwrap_or_else(|| panic!("no head is underlined at {columns} columns"));
            let letters = [1, 2, 3].map(|below| under(x, heads + below));
            let expected = if column == 30 {
                ["–", "–", "X"]
            } else {
                ["O", "O", "O"]
            };
            assert_eq!(
                letters,
                expected,
                "{columns} columns, job {column}:\n{}",
                terminal.backend()
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn marks_tell_that_there_are_more_jobs_on_either_side(
        jobs in 1_usize..120,
        selected in 0_usize..120,
        has_titles: bool,
        columns in 80_u16..220,
    ) {
        let mut model = of_jobs(jobs, has_titles);
        model.screen_mut().column = selected % jobs;
        let seen = visible(&mut model, columns);
        let text = drawn(&mut model, columns, 40);
        prop_assert!(seen.contains(&(selected % jobs)));
        prop_assert_eq!(text.contains('‹'), *seen.start() > 0, "{}", text);
        prop_assert_eq!(text.contains('›'), seen.end() + 1 < jobs, "{}", text);
    }
}

/// A streak is of the column: of folded shards each failure may be another one's, of one that is unfolded all are its own.
#[test]
fn a_streak_is_told_of_what_it_is_true_for() {
    let shards = (1..=4).map(|shard| format!("ops-shard-{shard}"));
    let shards: Vec<String> = shards.collect();
    let cells = (0..3_u64).flat_map(|row| {
        shards.iter().enumerate().map(move |(at, job)| {
            let failed = at == 2 || (row == 0 && at == 0);
            let verdict = if failed { "failure" } else { "success" };
            let belongs = NOW - row as i64 * 3_600 * SECOND;
            cell(9 - row, &format!("c{row}"), "w", job, verdict, belongs)
        })
    });
    let data = backend_of(&cells.collect::<Vec<_>>());
    let mut model = showing(Place::Backend("a/b".to_owned()), Ok(data));
    let text = drawn(&mut model, 120, 24);
    assert!(
        text.contains("ops-shard-1 · w · X failure · one of these shards failed on the last 3 here"),
        "{text}"
    );
    let screen = model.screen_mut();
    screen.unfolded.insert(screen.heads[0].key.clone());
    screen.column = 2;
    screen.arrange(None, NOW);
    let text = drawn(&mut model, 120, 24);
    assert!(
        text.contains("ops-shard-3 · w · X failure · failed on the last 3 here"),
        "{text}"
    );
}
