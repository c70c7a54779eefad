/// Loads the item.
#[dependency]
pub(crate) async fn load(
    id: u64,
    #[query(le = 9)] depth: Option<u8>,
    #[depends(auth::user)] user: User,
    db: State<Db>,
    handshake: &Handshake,
) -> Result<Item, ItemError> {
    db.find(id, depth, user, handshake.host()).await
}
