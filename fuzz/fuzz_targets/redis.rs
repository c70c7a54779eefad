//! Any bytes for what a Redis says of a room: nothing panics, and what is understood says the same when it is written again.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    ws_runtime::__private::fuzzing::check_redis_wire(bytes);
});
