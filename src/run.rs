pub async fn open(_: crate::config::Config, _: crate::args::Command) -> std::io::Result<()> {
    Ok(())
}
