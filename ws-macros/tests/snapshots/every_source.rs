/// Serves one item.
#[websocket("/items/<id>/<type>/<rest..>")]
pub(crate) async fn item(
    id: u64,
    r#type: Kind,
    rest: Vec<String>,
    #[query] q: Option<i32>,
    #[cookie(name = "session-id")] session: String,
    #[header] user_agent: Option<String>,
    page: Query<Page>,
    #[depends(auth::user)] user: User,
    db: State<Db>,
    mut ws: WebSocket,
) -> Result<(), ItemError> {
    ws.close(Close::from(CloseCode::NORMAL_CLOSURE)).await;
    Ok(())
}
