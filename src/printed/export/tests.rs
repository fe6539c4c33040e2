use super::*;

fn how(format: Format) -> How {
    How {
        format,
        now: 0,
        ascii: false,
    }
}

#[test]
fn csv_has_a_head_line_whether_there_are_rows_or_not() {
    let (mut none, mut one) = (Vec::new(), Vec::new());
    write::<Summary>(&[], how(Format::Csv), &mut none).unwrap();
    write(&[Summary::default()], how(Format::Csv), &mut one).unwrap();
    let (none, one) = (String::from_utf8(none).unwrap(), String::from_utf8(one).unwrap());
    assert!(
        none.starts_with("repo,probe,level,success,") && none.lines().count() == 1,
        "{none}"
    );
    assert_eq!((none.lines().next(), one.lines().count()), (one.lines().next(), 2));
}

#[test]
fn a_result_says_how_it_ended_before() {
    let result = |conclusion: &str, before: [u64; 2]| {
        let it = JobResult {
            status: "completed".to_owned(),
            conclusion: Some(conclusion.to_owned()),
            flaky: conclusion == "success" && before[1] > 0,
            passed_before: before[0],
            failed_before: before[1],
            ..JobResult::default()
        };
        it.cells(0).swap_remove(0)
    };
    assert_eq!(result("failure", [0, 0]), "failure");
    assert_eq!(result("failure", [1, 0]), "failure (passed before)");
    assert_eq!(result("cancelled", [1, 2]), "cancelled (passed and failed before)");
    assert_eq!(result("success", [1, 1]), "success (flaky)");
}

/// The figures count what the relay's probe fails on purpose as passed.
#[test]
fn what_was_meant_to_fail_says_so_and_what_it_counts_as() {
    let result = |conclusion: &str, verdict: &str| JobResult {
        status: "completed".to_owned(),
        conclusion: Some(conclusion.to_owned()),
        verdict: verdict.to_owned(),
        ..JobResult::default()
    };
    for (conclusion, verdict, said) in [
        ("failure", "success", "failure, as expected"),
        ("timed_out", "success", "timed_out, as expected"),
        ("failure", "failure", "failure"),
        ("success", "success", "success"),
        ("skipped", "other", "skipped"),
    ] {
        let it = result(conclusion, verdict);
        assert_eq!(it.cells(0).swap_remove(0), said);
        let json = serde_json::to_value(&it).unwrap();
        assert_eq!(
            (&json["conclusion"], &json["verdict"]),
            (&conclusion.into(), &verdict.into())
        );
    }
}

#[test]
fn a_name_is_no_formula_in_a_spreadsheet_and_a_number_is_a_number() {
    let row = |repo: &str| Summary {
        repo: repo.to_owned(),
        pass_rate: Some(-0.5),
        ..Summary::default()
    };
    let hostile = [
        "=HYPERLINK(\"http://h\",\"a,b\")",
        "+1+2",
        "-2+3",
        "@SUM(A1)",
        "\n=1",
        "a=b/c",
    ];
    let mut out = Vec::new();
    write(&hostile.map(row), how(Format::Csv), &mut out).unwrap();
    let mut lines = csv::Reader::from_reader(&out[..]);
    let rate = lines
        .headers()
        .unwrap()
        .iter()
        .position(|head| head == "pass_rate")
        .unwrap();
    let cells: Vec<(String, String)> = (lines.records().map(Result::unwrap))
        .map(|line| (line[0].to_owned(), line[rate].to_owned()))
        .collect();
    let expected = hostile.map(|name| match name {
        "a=b/c" => name.to_owned(),
        _ => format!("'{name}"),
    });
    assert_eq!(cells, expected.map(|name| (name, "-0.5".to_owned())));
}

#[test]
fn a_markdown_table_has_its_columns_whatever_is_in_it() {
    let hostile = Summary {
        repo: "a/b|c\n@all `x` <img>".to_owned(),
        ..Summary::default()
    };
    let mut out = Vec::new();
    write(&[hostile], how(Format::Markdown), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[1].starts_with("| --- | --- | ---: | ---: |"));
    assert!(lines[2].contains("a/b\\|c�@\u{200b}all \\`x\\` &lt;img>"), "{text}");
    let columns = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(lines.iter().all(|line| columns(line) == Summary::HEADS.len() + 1));
}

#[test]
fn a_long_name_is_cut_and_not_the_table_of_all_widened() {
    let long = Summary {
        repo: "r".repeat(300),
        level: Some("L".repeat(300)),
        ..Summary::default()
    };
    let cells = long.cells(0);
    assert!(cells.iter().all(|cell| width(cell) <= TEXT), "{cells:?}");
    assert!(cells[0].ends_with('…') && cells[1].ends_with('…'), "{cells:?}");
}

#[test]
fn json_decodes_to_what_it_was_and_holds_nothing_raw() {
    let hostile = "a\u{1b}[31m\u{9b}\u{202e}\u{7f}\n\u{200b}b\u{200d}c👩\u{200d}🔬\"\\";
    let mut out = Vec::new();
    json(&hostile, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(judged(text.trim_end()).all(|(_, is_fit)| is_fit), "{text:?}");
    assert!(text.contains("👩\u{200d}🔬"), "{text:?}");
    assert_eq!(serde_json::from_str::<String>(&text).unwrap(), hostile);
}

#[test]
fn who_is_on_call_stands_in_what_people_read() {
    let rows = [
        Summary {
            repo: "org/backend".to_owned(),
            oncalls: vec!["alice".to_owned(), "b|ob\u{1b}".to_owned()],
            ..Summary::default()
        },
        Summary::default(),
    ];
    let written = |format| {
        let mut out = Vec::new();
        write(&rows, how(format), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let table = written(Format::Table);
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].ends_with("  ON CALL"), "{table}");
    assert!(lines[1].ends_with("  alice, b|ob�"), "{table}");
    let markdown = written(Format::Markdown);
    let lines: Vec<&str> = markdown.lines().collect();
    assert!(lines[0].ends_with("| ON CALL |"), "{markdown}");
    assert!(lines[2].ends_with("| alice, b\\|ob� |"), "{markdown}");
    assert!(lines[3].ends_with("|  |"), "{markdown}");
}

/// What terminals show as something else; programs read what there is.
#[test]
fn tables_alone_have_ascii_where_it_is_wanted() {
    let row = Summary {
        repo: "日本/b".to_owned(),
        ..Summary::default()
    };
    let written = |format, ascii| {
        let mut out = Vec::new();
        let how = How { ascii, ..how(format) };
        write(std::slice::from_ref(&row), how, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let (table, ascii) = (written(Format::Table, false), written(Format::Table, true));
    assert!(
        table.contains("日本/b") && table.contains('–') && table.contains('·'),
        "{table}"
    );
    assert!(ascii.is_ascii() && ascii.contains("? ? /b"), "{ascii}");
    let widths = |text: &str| text.lines().map(width).collect::<Vec<_>>();
    assert_eq!(widths(&ascii), widths(&table));
    for format in [Format::Json, Format::Csv, Format::Markdown] {
        assert_eq!(written(format, true), written(format, false), "{format:?}");
    }
}
