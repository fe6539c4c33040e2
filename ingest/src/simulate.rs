//! A relay that never sleeps: realistic callbacks for the repositories of the sample allowlist.
#[derive(Debug, clap::Args)]
pub struct Options {}
pub async fn run(_: Options, _: tokio_util::sync::CancellationToken) -> anyhow::Result<()> {
    anyhow::bail!("not merged yet")
}
