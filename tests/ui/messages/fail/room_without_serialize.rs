use ws_runtime::Rooms;

struct Event;

fn main() {
    let rooms = Rooms::<Event>::new();
    let _ = rooms.room("lobby").broadcast(&Event);
}
