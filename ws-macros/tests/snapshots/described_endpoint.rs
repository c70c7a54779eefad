/// Searches the items.
#[websocket("/search/<kind>", subprotocols = ["v1"])]
async fn search(
    /// The kind of item.
    kind: String,
    #[query(name = "page-size", ge = 1, le = MAX, default = PAGE)] page_size: u32,
    #[cookie(secret)] session: String,
    filter: Query<Filter>,
    #[depends(auth::user)] user: User,
    mut ws: WebSocket<Question, Answer>,
) -> Result<(), SearchError> {
    Ok(())
}
