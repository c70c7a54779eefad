#[derive(CloseError)]
#[close(4009, status = 409)]
struct SeatTaken(u32);

#[derive(CloseError)]
#[close(transparent)]
struct Wrapped<E>(E);

#[derive(CloseError)]
enum Never {}
