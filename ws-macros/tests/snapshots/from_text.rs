#[derive(FromText)]
#[from_text(rename_all = "kebab-case")]
enum Order {
    Newest,
    #[from_text(alias = "top")]
    MostRead,
}
