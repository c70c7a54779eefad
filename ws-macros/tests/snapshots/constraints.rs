#[websocket("/search")]
async fn search(
    #[query(name = "page-size", default = 10, ge = 1, le = 100)] page_size: u32,
    #[query(gt = 0.0, lt = MAX, multiple_of = 0.5)] price: Vec<f64>,
    #[query(min_length = 2, max_length = 50)] name: Option<String>,
    #[cookie(default = "light")] theme: String,
    ws: WebSocket,
) {
}
