//! The pipeline.

use super::*;

#[test]
fn the_pipeline() {
    let mut model = showing(Place::Pipeline, Ok(Data::Pipeline(pipeline())));
    insta::assert_snapshot!("pipeline_120x40", drawn(&mut model, 120, 40));
    insta::assert_snapshot!("pipeline_80x24", drawn(&mut model, 80, 24));
}

/// Daemons say how they do now, whichever moment the other screens are of; and where these read, without its secrets.
#[test]
fn the_pipeline_is_of_now_and_says_where_the_screens_read() {
    let mut model = showing(Place::Pipeline, Ok(Data::Pipeline(Pipeline::default())));
    model.as_of = Some(NOW - DAY);
    let text = drawn(&mut model, 80, 24);
    let head = text.lines().next().unwrap_or_default();
    assert!(head.contains("now   fresh 4s") && !head.contains("as of"), "{head}");
    assert!(
        text.contains("screens read http://127.0.0.1:8154, table default.oot_workflow_job"),
        "{text}"
    );
    let secret = crate::settings::clickhouse::ClickHouse {
        url: "http://u:s3cret@h:1/?password=s3cret".to_owned(),
        user: None,
        password: Some("s3cret".to_owned()),
        database: "d".to_owned(),
        table: "t".to_owned(),
    };
    assert_eq!(secret.to_string(), "http://***@h:1/?***, table d.t");
}
