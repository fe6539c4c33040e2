//! How results get here: each daemon's own word.
//!
//! ```text
//!  lag 0.6s · spooled 0 · 2 daemons
//!  screens read http://127.0.0.1:8154, table default.oot_workflow_job
//!
//!  O http://127.0.0.1:8054  0.1.0, up 3h12   lag 0.6s ──────────────────────────
//!    callbacks    3120 accepted · 2 refused · 0 unavailable in the last hour · errors 0.1%
//!    store        takes results · spool empty, of 1.0 GB
//!    ClickHouse   answers · 81223 rows · shards: 4 listed, 4 workable, 2 here, 2 elsewhere
//!
//!    shard                                behind  polled  checkpoint  position
//!    changes                                  0s      0s          4s  81223
//!
//!    repository (last hour)             accepted  refused  unavail.  warnings    last
//!    Ascend/pytorch                          312        ·         ·         ·      4s
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::style;
use super::tier::Tier;
use crate::data::Data;
use crate::data::figures::{bytes, count, counted, duration, lag, percent};
use crate::data::glyph::Tone;
use crate::data::pipeline::{Daemon, LAG_SECONDS, NO_DAEMON, Pipeline, Position, Replication, Repository, Row, Status};
use crate::screen::model::Model;

/// Where the facts' own texts begin.
const LABEL: usize = 13;

/// Overview, rows.
pub(super) fn regions(area: Rect) -> [Rect; 2] {
    Layout::vertical([Constraint::Length(3), Constraint::Fill(1)]).areas(area)
}

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let [top, body] = regions(area);
    let screen = model.screen();
    // It may be another than that which the daemons write to.
    let source = Line::from(vec![
        Span::styled(" screens read ", style::dim()),
        Span::raw(model.reads_from.clone()),
    ]);
    frame.render_widget(style::fitted(source, usize::from(top.width)), style::row(top, 1));
    let Some(Data::Pipeline(pipeline)) = screen.slot.value() else {
        style::draw_nothing(model, "", frame, body);
        return;
    };
    if pipeline.daemons.is_empty() {
        style::draw_nothing(model, NO_DAEMON, frame, body);
        return;
    }
    let whole = style::fitted(overview(model, pipeline), usize::from(top.width));
    frame.render_widget(whole, style::row(top, 0));
    for (place, at) in screen.list.window(usize::from(body.height)).enumerate() {
        let Some(row) = screen.pipeline_rows.get(at) else { break };
        let mut line = line(model, pipeline, *row, body.width);
        if at == screen.list.selected_line()
            && let Some(margin) = line.spans.first_mut()
            && let Some(rest) = margin.content.strip_prefix(' ')
        {
            margin.content = format!("▌{rest}").into();
        }
        let line = style::fitted(line, usize::from(body.width));
        frame.render_widget(line, style::row(body, place));
    }
}

fn overview(model: &Model, pipeline: &Pipeline) -> Line<'static> {
    let mut spans = vec![Span::styled(" lag ", style::dim())];
    let longest = pipeline.lag_seconds();
    let tone = match longest {
        None => Tone::Dim,
        Some(seconds) if seconds > LAG_SECONDS => Tone::Bad,
        Some(_) => Tone::Good,
    };
    spans.push(Span::styled(
        longest.map_or("–".to_owned(), lag),
        style::of(tone, model),
    ));
    spans.push(Span::styled(
        format!(
            " · spooled {} · {}",
            pipeline.spooled(),
            counted(pipeline.daemons.len(), "daemon")
        ),
        style::dim(),
    ));
    let silent = pipeline.silent().map(|(url, _)| format!("{url} is silent"));
    for reason in pipeline.reasons().into_iter().chain(silent) {
        spans.push(Span::styled(" · ", style::dim()));
        spans.push(Span::styled(reason, style::of(Tone::Bad, model)));
    }
    Line::from(spans)
}

fn line(model: &Model, pipeline: &Pipeline, row: Row, width: u16) -> Line<'static> {
    let daemon = |number: usize| &pipeline.daemons[number];
    let status = |number: usize| daemon(number).answer.as_ref().ok();
    let intake = |number: usize| status(number).and_then(|status| status.intake.as_ref());
    let replication = |number: usize| status(number).and_then(|status| status.replication.as_ref());
    let line = match row {
        Row::Blank => Some(Line::raw(" ")),
        Row::Daemon(number) => Some(heading(model, daemon(number), width)),
        Row::Silent(number) => daemon(number).answer.as_ref().err().map(|why| {
            let spans = vec![label("silent"), Span::styled(why.clone(), style::of(Tone::Bad, model))];
            Line::from(spans)
        }),
        Row::Trouble(number, at) => status(number).and_then(|it| it.troubles.get(at)).map(|trouble| {
            let what = format!(
                "{} for {}: {}",
                trouble.source,
                duration(Some(trouble.seconds)),
                trouble.what
            );
            Line::from(vec![label("trouble"), Span::styled(what, style::of(Tone::Bad, model))])
        }),
        Row::Callbacks(number) => intake(number).map(|intake| {
            let answers = intake.last_hour;
            let text = format!(
                "{} accepted · {} refused · {} unavailable in the last hour · errors {}",
                answers.accepted,
                answers.refused,
                answers.unavailable,
                percent(answers.error_rate())
            );
            Line::from(vec![label("callbacks"), Span::raw(text)])
        }),
        Row::Store(number) => intake(number).map(|intake| {
            let (text, tone) = match intake.store_away {
                true => ("away, results go to the spool", Tone::Bad),
                false => ("takes results", Tone::Good),
            };
            let spool = &intake.spool;
            let level = match spool.results {
                0 => format!(" · spool empty, of {}", bytes(spool.max_bytes)),
                results => format!(
                    " · spool {}, {} of {}, the oldest {}",
                    counted(results as usize, "result"),
                    bytes(spool.bytes),
                    bytes(spool.max_bytes),
                    duration(spool.oldest_seconds)
                ),
            };
            let mut spans = vec![
                label("store"),
                Span::styled(text, style::of(tone, model)),
                Span::raw(level),
            ];
            if let Some(why) = &spool.full {
                spans.push(Span::styled(format!(" · {why}"), style::of(Tone::Bad, model)));
            }
            Line::from(spans)
        }),
        Row::Replication(number) => replication(number).map(|it| sink(model, status(number), it)),
        Row::PositionHeads => Some(heads(
            &[("shard", name(width)), ("behind", 8), ("polled", 8), ("checkpoint", 12)],
            "  position",
        )),
        Row::Position(number, at) => replication(number)
            .and_then(|it| it.positions.get(at))
            .map(|it| position(model, it, name(width))),
        Row::RepositoryHeads => Some(heads(
            &[
                ("repository (last hour)", name(width)),
                ("accepted", 9),
                ("refused", 9),
                ("unavail.", 9),
                ("warnings", 10),
                ("last", 8),
            ],
            "",
        )),
        Row::Repository(number, at) => intake(number)
            .and_then(|it| it.repositories.get(at))
            .map(|it| repository(model, it, name(width))),
    };
    line.unwrap_or_default()
}

/// The width of shards' and repositories' names.
fn name(width: u16) -> usize {
    match Tier::of(width) {
        Tier::Narrow => 26,
        Tier::Wide | Tier::Widest => 40,
    }
}

fn label(text: &str) -> Span<'static> {
    Span::styled(format!("   {}", style::left(text, LABEL)), style::dim())
}

fn heading(model: &Model, daemon: &Daemon, width: u16) -> Line<'static> {
    let (letter, tone, beside) = match &daemon.answer {
        Err(_) => ('X', Tone::Bad, String::new()),
        Ok(status) => {
            let well = status.lag_seconds.is_none_or(|lag| lag <= LAG_SECONDS) && status.in_the_way().is_empty();
            let (letter, tone) = if well { ('O', Tone::Good) } else { ('X', Tone::Bad) };
            let up = duration(Some(status.uptime_seconds));
            let behind = status.lag_seconds.map_or("–".to_owned(), lag);
            let beside = format!("  {}, up {up}   lag {behind}", status.version);
            (letter, tone, beside)
        }
    };
    let spans = vec![
        Span::styled(format!(" {letter} "), style::of(tone, model)),
        Span::styled(daemon.url.clone(), style::bold()),
        Span::styled(beside, style::dim()),
    ];
    style::ruled(spans, width)
}

fn sink(model: &Model, status: Option<&Status>, it: &Replication) -> Line<'static> {
    let (text, tone) = match it.sink_answers {
        true => ("answers", Tone::Good),
        false => ("doesn't answer", Tone::Bad),
    };
    let shards = it.shards;
    let nobody = shards
        .workable
        .saturating_sub(shards.followed.saturating_add(shards.others));
    let mut facts = format!(
        " · {} rows since it started · shards: {} listed, {} workable, {} here, {} elsewhere",
        it.rows_inserted, shards.listed, shards.workable, shards.followed, shards.others
    );
    if it.gaps > 0 {
        facts.push_str(&format!(" · {}", counted(it.gaps as usize, "gap")));
    }
    let mut spans = vec![
        label("ClickHouse"),
        Span::styled(text, style::of(tone, model)),
        Span::raw(facts),
    ];
    if nobody > 0 {
        let text = format!(" · {nobody} without an owner");
        spans.push(Span::styled(text, style::of(Tone::Warning, model)));
    }
    if let Some(letters @ 1..) = status.and_then(|status| status.dead_letters) {
        let text = format!(" · {}", counted(letters as usize, "dead letter"));
        spans.push(Span::styled(text, style::of(Tone::Bad, model)));
    }
    Line::from(spans)
}

fn heads(columns: &[(&str, usize)], rest: &'static str) -> Line<'static> {
    let mut text = "   ".to_owned();
    for (number, (head, width)) in columns.iter().enumerate() {
        text.push_str(&match number {
            0 => style::left(head, *width),
            _ => style::right(head, *width),
        });
    }
    text.push_str(rest);
    Line::styled(text, style::dim())
}

fn position(model: &Model, it: &Position, name: usize) -> Line<'static> {
    let behind = if it.behind_seconds > LAG_SECONDS {
        style::of(Tone::Bad, model)
    } else {
        style::dim()
    };
    Line::from(vec![
        Span::raw(format!(
            "   {}",
            style::left(&style::squeeze(&it.shard, name - 1), name)
        )),
        Span::styled(style::right(&duration(Some(it.behind_seconds)), 8), behind),
        Span::raw(style::right(&duration(it.poll_age_seconds), 8)),
        Span::raw(style::right(&duration(it.checkpoint_age_seconds), 12)),
        Span::styled(format!("  {}", it.position.as_deref().unwrap_or("–")), style::dim()),
    ])
}

fn repository(model: &Model, it: &Repository, name: usize) -> Line<'static> {
    let bad = |number: u64| match number {
        0 => style::dim(),
        _ => style::of(Tone::Bad, model),
    };
    let answers = it.answers;
    Line::from(vec![
        Span::raw(format!("   {}", style::left(&it.repo, name))),
        Span::raw(style::right(&count(answers.accepted), 9)),
        Span::styled(style::right(&count(answers.refused), 9), bad(answers.refused)),
        Span::styled(style::right(&count(answers.unavailable), 9), bad(answers.unavailable)),
        Span::raw(style::right(&count(it.with_warnings), 10)),
        Span::styled(style::right(&duration(it.last_seconds), 8), style::dim()),
    ])
}
