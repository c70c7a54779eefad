#[dependency(crate = my_crate::ws)]
fn page(#[query(default = 10)] size: u32) -> Result<Page> {
    Ok(Page { size })
}
