//! libchdb, the ClickHouse engine as a library, behind the HTTP interface of ClickHouse.
