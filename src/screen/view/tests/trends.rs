//! Trends, and their charts.

use super::*;

#[test]
fn the_trends() {
    let mut model = showing(Place::Trends(None), Ok(trends()));
    insta::assert_snapshot!("trends_120x40", drawn(&mut model, 120, 40));
    insta::assert_snapshot!("trends_80x24", drawn(&mut model, 80, 24));
}

/// The last bar's figure is read as a number, and every bar of a few has its day.
#[test]
fn charts_can_be_read_as_numbers() {
    let day = |ago: i64, success: u64, duration_p50: f64| TrendRow {
        day: u32::try_from(trend::day_of(NOW) - ago).unwrap(),
        success,
        failure: 3,
        timed_out: 1,
        total: success + 4,
        flaky_jobs: 0,
        duration_p50,
        queue_p50: 60.0,
    };
    let of = |durations: f64| {
        let rows = vec![day(1, 96, durations), day(0, 12, durations)];
        Data::Trends(Trends::new(rows, Vec::new(), NOW - DAY, NOW, false))
    };
    let mut model = showing(Place::Trends(None), Ok(of(600.0)));
    let text = drawn(&mut model, 120, 24);
    for said in [
        "pass rate, 75.0% today",
        "failed or timed out, 4 today",
        "runs, 16 today",
        "median duration, 10m today",
        "   50%▕",
        "    50▕",
        "    5m▕",
        "09-20  09-21",
        "108 of 116) · 8 failed or timed out",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    model.as_of = Some(NOW);
    let text = drawn(&mut model, 120, 24);
    assert!(text.contains("pass rate, 75.0% on 09-21"), "{text}");
    // Nightlies report an end that is the start.
    let text = drawn(&mut showing(Place::Trends(None), Ok(of(0.0))), 120, 24);
    assert!(text.contains("no durations") && !text.contains("0s▕"), "{text}");
}

/// However many days it has: where they have no column each, a bar is of several, and its title says so.
#[test]
fn trends_show_all_of_the_range() {
    let days = |number: u32| {
        let today = u32::try_from(trend::day_of(NOW)).unwrap();
        let rows = (0..number).map(|ago| TrendRow {
            day: today - ago,
            success: 90 + u64::from(ago),
            failure: 10,
            timed_out: 0,
            total: 100 + u64::from(ago),
            flaky_jobs: 0,
            duration_p50: 600.0,
            queue_p50: 60.0,
        });
        let since = i64::from(today - number + 1) * DAY;
        Data::Trends(Trends::new(rows.collect(), Vec::new(), since, NOW, false))
    };
    for (number, columns, each, bars) in [
        (31, 80, None, 31),
        (31, 120, Some("2 days a bar"), 16),
        (91, 120, Some("5 days a bar"), 19),
        (91, 160, Some("3 days a bar"), 31),
        (91, 200, Some("3 days a bar"), 31),
        (91, 400, None, 91),
    ] {
        let text = drawn(&mut showing(Place::Trends(None), Ok(days(number))), columns, 24);
        let mut lines = text.lines();
        let titles = lines.find(|line| line.contains("pass rate") || line.contains("pass, "));
        let titles = titles.unwrap_or_default();
        assert_eq!(each, each.filter(|each| titles.contains(each)), "{text}");
        assert!(each.is_some() || !titles.contains("a bar"), "{text}");
        let row = text.lines().find(|line| line.contains("100%▕")).unwrap_or_default();
        let first = row.split('▕').nth(1).unwrap_or_default();
        let drawn = first.chars().filter(|bar| "▁▂▃▄▅▆▇█".contains(*bar)).count();
        assert_eq!(drawn, bars, "{text}");
        let oldest = crate::data::figures::rfc3339(NOW - i64::from(number - 1) * DAY);
        assert!(text.contains(&oldest[5..10]), "{oldest}:\n{text}");
    }
}

/// Which of them to mend first is what is asked.
#[test]
fn shards_of_one_job_are_told_apart_where_names_are_cut() {
    let today = trend::day_of(NOW);
    let jobs = (1..5_u64).map(|shard| {
        let name = format!("test-npu-float32-distributed ({shard}, 4)");
        usual("Ascend/pytorch", &name, 60, shard)
    });
    let trends = Trends::new(Vec::new(), jobs.collect(), (today - 6) * DAY, NOW, false);
    for place in [Place::Trends(None), Place::Trends(Some("Ascend/pytorch".to_owned()))] {
        let mut model = showing(place, Ok(Data::Trends(trends.clone())));
        let text = drawn(&mut model, 80, 24);
        for shard in 1..5 {
            let end = format!(" ({shard}, 4) · ");
            assert_eq!(text.lines().filter(|line| line.contains(&end)).count(), 1, "{text}");
        }
    }
}
