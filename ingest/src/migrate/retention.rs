//! For how long rows are kept, and the days that tell where they are: a TTL on the moment of their insertion, made what the
//! configuration says.

use crate::clickhouse::Server;

use super::statement;

/// Makes the table's TTL what it should be; gives whether that changed anything.
///
/// # Errors
/// Those of the queries.
pub async fn apply(server: &Server) -> Result<bool, clickhouse::error::Error> {
    let mut changed = false;
    for table in tables(server) {
        let engine: String = server
            .client()
            .query_raw(include_str!("engine.sql"))
            .param("table", &table)
            .fetch_one()
            .await?;
        let sql = match server.retention_days {
            Some(days) if engine.contains(&format!("TTL _inserted_at + toIntervalDay({days})")) => continue,
            None if !engine.contains(" TTL ") => continue,
            Some(days) => modify(server, &table, days),
            None => with_names(include_str!("keep.sql"), server, &table),
        };
        server.client().query_raw(&sql).execute().await?;
        changed = true;
    }
    Ok(changed)
}

/// The statements that set the TTL; none where rows stay.
pub(super) fn statements(server: &Server) -> Vec<String> {
    let days = server.retention_days.into_iter();
    days.flat_map(|days| tables(server).map(|table| modify(server, &table, days)))
        .collect()
}

fn tables(server: &Server) -> [String; 2] {
    [server.table.clone(), server.days()]
}

fn modify(server: &Server, table: &str, days: u32) -> String {
    with_names(include_str!("retention.sql"), server, table).replace("{days:UInt32}", &days.to_string())
}

fn with_names(sql: &str, server: &Server, table: &str) -> String {
    let server = Server {
        table: table.to_owned(),
        ..server.clone()
    };
    statement(sql, &server)
}
