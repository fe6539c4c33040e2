//! For how long rows are kept: a TTL on the moment of their insertion, made what the configuration says.

use crate::clickhouse::Server;

use super::{ON_CLUSTER, qualified, quoted};

/// Makes the table's TTL what it should be; gives whether that changed anything.
///
/// # Errors
/// Those of the queries.
pub async fn apply(server: &Server) -> Result<bool, clickhouse::error::Error> {
    let engine: String = server
        .client()
        .query_raw(include_str!("engine.sql"))
        .param("table", &server.table)
        .fetch_one()
        .await?;
    let sql = match server.retention_days {
        Some(days) if engine.contains(&format!("TTL _inserted_at + toIntervalDay({days})")) => return Ok(false),
        None if !engine.contains(" TTL ") => return Ok(false),
        Some(days) => modify(server, days),
        None => with_names(include_str!("keep.sql"), server),
    };
    server.client().query_raw(&sql).execute().await?;
    Ok(true)
}

/// The statement that sets the TTL; `None` where rows stay.
pub(super) fn statement(server: &Server) -> Option<String> {
    server.retention_days.map(|days| modify(server, days))
}

fn modify(server: &Server, days: u32) -> String {
    with_names(include_str!("retention.sql"), server).replace("{days:UInt32}", &days.to_string())
}

fn with_names(sql: &str, server: &Server) -> String {
    let cluster = server.cluster.as_ref();
    let cluster = cluster.map_or(String::new(), |cluster| format!(" ON CLUSTER {}", quoted(cluster)));
    let statement = sql
        .trim_end()
        .replace("{table:Identifier}", &qualified(server, &server.table));
    statement.replace(ON_CLUSTER, &cluster)
}
