//! libchdb, the ClickHouse engine as a library, behind the HTTP interface of ClickHouse.
use std::{net::SocketAddr, path::Path, sync::Arc};
pub struct Engine;
impl Engine {
    pub fn open(_: Option<&Path>, _: &Path) -> anyhow::Result<Arc<Self>> {
        anyhow::bail!("not merged yet")
    }
    pub fn close(&self) {}
}
pub fn router(_: Arc<Engine>) -> axum::Router {
    axum::Router::new()
}
pub async fn run(
    _: &Path,
    _: SocketAddr,
    _: Option<&Path>,
    _: tokio_util::sync::CancellationToken,
) -> anyhow::Result<()> {
    anyhow::bail!("not merged yet")
}
