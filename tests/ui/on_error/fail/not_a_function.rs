use ws_runtime::on_error;

#[on_error(Throttled)]
struct Throttled;

fn main() {
    let _ = Throttled;
}
