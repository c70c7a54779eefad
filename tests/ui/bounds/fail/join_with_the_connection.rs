use ws_runtime::{State, WebSocket, rooms::Rooms, websocket};

#[websocket("/lobby/<id>")]
async fn lobby(id: String, rooms: State<Rooms>, ws: WebSocket) {
    let _member = rooms.room("lobby").join(&id, ws).await;
}

fn main() {}
