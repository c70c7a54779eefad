/// Serves one item.
#[contract("/items/<id>/ws", subprotocols = ["v1"])]
pub async fn item(id: u64, #[query(ge = 1)] q: Option<i32>, page: Query<Page>, ws: WebSocket<Command, Event>) -> Result;

#[websocket(shared::item(id, q, page), max_message_size = 1024)]
async fn implementation(
    #[depends(user)] user: User,
    page: Query<Page>,
    id: u64,
    q: Option<i32>,
    db: State<Db>,
    mut ws: WebSocket<Command, Event>,
) -> Result {
    Ok(())
}
