#[dependency]
async fn user(
    tenant: String,
    /// The session.
    #[cookie(secret)] session: String,
    db: State<Db>,
    handshake: &Handshake,
) -> Result<User, SignedOut> {
    Err(SignedOut)
}
