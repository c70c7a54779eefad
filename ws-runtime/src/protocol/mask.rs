//! Masks (RFC 6455, section 5.3).

/// Masks or unmasks a payload in place. `offset` is how many bytes of the frame's payload come before it.
pub(super) fn apply_mask(payload: &mut [u8], mut mask: [u8; 4], offset: usize) {
    if mask == [0; 4] {
        return;
    }
    mask.rotate_left(offset % 4);
    let [a, b, c, d] = mask;
    let long = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let mut chunks = payload.chunks_exact_mut(size_of::<u64>());
    for chunk in &mut chunks {
        if let Ok(chunk) = <&mut [u8; size_of::<u64>()]>::try_from(chunk) {
            *chunk = (u64::from_ne_bytes(*chunk) ^ long).to_ne_bytes();
        }
    }
    for (byte, mask) in chunks.into_remainder().iter_mut().zip(mask.into_iter().cycle()) {
        *byte ^= mask;
    }
}

/// Returns an unpredictable mask (RFC 6455, section 10.3).
#[cfg(any(feature = "client", feature = "test-client", test))]
pub(super) fn new_mask() -> [u8; 4] {
    rand::random()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_may_be_masked_in_pieces() {
        let payload: Vec<u8> = (0..100).collect();
        let expected: Vec<u8> = payload.iter().zip([1, 2, 3, 4].iter().cycle()).map(|(a, b)| a ^ b).collect();
        for cut in 0..payload.len() {
            let mut masked = payload.clone();
            let (before, behind) = masked.split_at_mut(cut);
            apply_mask(before, [1, 2, 3, 4], 0);
            apply_mask(behind, [1, 2, 3, 4], cut);
            assert_eq!(masked, expected, "cut at {cut}");
        }
    }
}
