use super::*;

fn read(line: &str) -> Result<Cli, clap::Error> {
    let words: Vec<OsString> = ["oot-hud"]
        .into_iter()
        .chain(line.split(' '))
        .map(OsString::from)
        .collect();
    Cli::read(&words)
}

#[test]
fn the_command_line_is_sound() {
    Cli::grammar().debug_assert();
}

#[test]
fn flags_stand_before_or_behind_the_command() {
    for line in ["--range 24h --format json summary", "summary --range 24h --format json"] {
        let cli = read(line).unwrap();
        assert_eq!(
            (cli.choice.range, cli.choice.format),
            (Some(Range::Day), Some(Format::Json))
        );
        assert_eq!((cli.typed.range, cli.typed.event), (Some(Range::Day), None));
    }
}

#[test]
fn what_status_does_not_go_by_is_refused_and_not_passed_over() {
    for (line, flag) in [
        ("status --as-of 2026-11-20", "--as-of"),
        ("--range 7d status", "--range"),
        ("status --watch --event all", "--event"),
    ] {
        let refused = read(line).unwrap_err().to_string();
        let said = format!("{flag}: status is over the last 24 hours of pull requests");
        assert!(refused.contains(&said) && refused.lines().count() == 1, "{refused}");
    }
    let refused = read("status --format svg --size 80x20").unwrap_err().to_string();
    assert!(refused.contains("--size: status is one line"), "{refused}");
    let refused = read("status --resume").unwrap_err().to_string();
    assert!(refused.contains("--resume: status is one line"), "{refused}");
    assert!(read("status --refresh 7").is_ok() && read("summary --event all").is_ok());
}

#[test]
fn a_moment_before_now_is_no_flag() {
    for line in ["--as-of -2h summary", "summary --as-of=-2h"] {
        assert_eq!(
            read(line).unwrap().choice.as_of,
            Some(Moment::Ago(7_200_000_000_000)),
            "{line}"
        );
    }
    assert!(read("summary --as-of --format json").is_err());
}

/// What has no effect is no choice.
#[test]
fn what_status_refuses_does_not_stand_in_its_help() {
    let help = read("status --help").unwrap_err().to_string();
    for name in REFUSED_BY_STATUS {
        let flag = format!("      --{}", name.replace('_', "-"));
        assert!(!help.contains(&flag), "{flag}: {help}");
        let of_a_screen = read("summary --help").unwrap_err().to_string();
        assert!(of_a_screen.contains(&flag), "{flag}: {of_a_screen}");
    }
    assert!(help.contains("--format ") && help.contains("--refresh "), "{help}");
}
