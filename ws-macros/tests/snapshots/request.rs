/// Serves one item.
#[websocket("/items/<id>/<rest..>", subprotocols = ["v1"])]
pub(crate) async fn item(
    id: u64,
    rest: Vec<String>,
    #[query] q: Option<i32>,
    #[query(name = "page-size", default = 10)] page_size: u32,
    #[cookie] session: String,
    #[header] at: Vec<String>,
    #[header] host: String,
    page: Query<Page>,
    db: State<Db>,
    #[depends(user)] user: User,
    ws: WebSocket<Command, Event>,
) -> Result<(), ItemError> {
}

#[derive(CloseError)]
enum ItemError {
    #[close(4001)]
    NoSession,
    #[close(4004)]
    Gone(u64),
    #[close(1011)]
    Broken,
    #[close(transparent)]
    Socket(SocketError),
}
