use super::*;

#[test]
fn the_documentation_names_every_reason() {
    for (outcome, reason) in OUTCOMES {
        let line = include_str!("../../METRICS.md")
            .lines()
            .find(|line| line.starts_with(&format!("| `{outcome}` |")));
        assert!(
            line.is_some_and(|line| line.contains(&format!("`{reason}`"))),
            "{outcome} {reason}"
        );
    }
}

/// Name, type and meaning of every metric, as in `METRICS.md`, under the heading of the processes that have it.
#[test]
fn the_documentation_names_every_metric_and_no_other() {
    let metrics = Metrics::new();
    let parts = [
        ("## Of every process", &metrics.parts.every),
        ("## Of a process that accepts results", &metrics.parts.intake),
        ("## Of a process that replicates", &metrics.parts.replication),
    ];
    for (heading, registry) in parts {
        let section = include_str!("../../METRICS.md")
            .split_once(&format!("{heading}\n"))
            .unwrap_or_else(|| panic!("there is no {heading:?}"))
            .1;
        let section = section.split("\n## ").next().unwrap_or_default();
        let documented: Vec<&str> = section.lines().filter(|line| line.starts_with("| `oot_")).collect();
        assert_eq!(documented, rows(registry), "{heading}");
    }
}

#[test]
fn a_process_has_no_figure_for_what_it_does_not_do() {
    let metrics = Metrics::new();
    let has = |text: &str| (text.contains("oot_callbacks_total"), text.contains("oot_lag_seconds"));
    assert_eq!(has(&metrics.text(true, false)), (true, false));
    assert_eq!(has(&metrics.text(false, true)), (false, true));
    assert!(metrics.text(false, false).contains("oot_build_info"));
}

/// By name, as a registry gives them.
fn rows(registry: &Registry) -> Vec<String> {
    let families = registry.gather();
    let row = |family: &prometheus::proto::MetricFamily| {
        let kind = format!("{:?}", family.get_field_type()).to_lowercase();
        let labels: Vec<String> = family.get_metric()[0]
            .get_label()
            .iter()
            .map(|label| format!("`{}`", label.name()))
            .collect();
        let (name, help) = (family.name(), family.help());
        format!("| `{name}` | {kind} | {} | {help} |", labels.join(", "))
    };
    families.iter().map(row).collect()
}
