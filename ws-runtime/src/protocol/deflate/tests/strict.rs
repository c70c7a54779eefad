//! [`Strict`]: a simple inflater that refuses references beyond the window. The inflater of zlib accepts them, as
//! everything that it writes in one call serves it as a window.

/// An inflater with context takeover and exactly the window that was agreed.
pub(super) struct Strict {
    plain: Vec<u8>,
    window: usize,
}

impl Strict {
    pub(super) fn new(window_bits: u8) -> Self {
        Self { plain: Vec::new(), window: 1 << window_bits }
    }

    /// Inflates a message whose tail was removed.
    pub(super) fn message(&mut self, compressed: &[u8]) -> Result<Vec<u8>, &'static str> {
        let bytes = [compressed, &[0x00, 0x00, 0xff, 0xff]].concat();
        let (mut bits, start) = (Bits { bytes: &bytes, at: 0 }, self.plain.len());
        while bits.at < bytes.len() * 8 {
            self.block(&mut bits)?;
        }
        Ok(self.plain[start..].to_vec())
    }

    fn block(&mut self, bits: &mut Bits<'_>) -> Result<(), &'static str> {
        let is_final = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => self.stored(bits)?,
            1 => {
                let lengths: Vec<u8> = (0..288)
                    .map(|symbol| match symbol {
                        144..256 => 9,
                        256..280 => 7,
                        _ => 8,
                    })
                    .collect();
                self.codes(bits, &Code::new(&lengths), &Code::new(&[5; 30]))?;
            }
            2 => {
                let (literals, distances) = dynamic(bits)?;
                self.codes(bits, &literals, &distances)?;
            }
            _ => return Err("block type"),
        }
        if is_final {
            bits.align();
        }
        Ok(())
    }

    fn stored(&mut self, bits: &mut Bits<'_>) -> Result<(), &'static str> {
        bits.align();
        let (length, complement) = (bits.take(16)?, bits.take(16)?);
        if length != !complement & 0xffff {
            return Err("stored length");
        }
        for _ in 0..length {
            let byte = bits.take(8)?.to_le_bytes()[0];
            self.plain.push(byte);
        }
        Ok(())
    }

    fn codes(&mut self, bits: &mut Bits<'_>, literals: &Code, distances: &Code) -> Result<(), &'static str> {
        loop {
            match literals.decode(bits)? {
                literal @ 0..256 => self.plain.push(literal.to_le_bytes()[0]),
                256 => return Ok(()),
                symbol => {
                    let (base, extra) = *LENGTHS.get(symbol - 257).ok_or("length")?;
                    let length = base + bits.take(extra)?;
                    let (base, extra) = *DISTANCES.get(distances.decode(bits)?).ok_or("distance")?;
                    let distance = base + bits.take(extra)?;
                    if distance > self.plain.len() || distance > self.window {
                        return Err("too far back");
                    }
                    for _ in 0..length {
                        self.plain.push(self.plain[self.plain.len() - distance]);
                    }
                }
            }
        }
    }
}

fn dynamic(bits: &mut Bits<'_>) -> Result<(Code, Code), &'static str> {
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    let (literals, distances) = (bits.take(5)? + 257, bits.take(5)? + 1);
    let mut lengths = [0; 19];
    for &symbol in &ORDER[..bits.take(4)? + 4] {
        lengths[symbol] = bits.take(3)?.to_le_bytes()[0];
    }
    let (code, mut lengths) = (Code::new(&lengths), Vec::new());
    while lengths.len() < literals + distances {
        let (length, times) = match code.decode(bits)? {
            16 => (*lengths.last().ok_or("no length to repeat")?, 3 + bits.take(2)?),
            17 => (0, 3 + bits.take(3)?),
            18 => (0, 11 + bits.take(7)?),
            length => (length.to_le_bytes()[0], 1),
        };
        lengths.extend(std::iter::repeat_n(length, times));
    }
    if lengths.len() != literals + distances {
        return Err("lengths");
    }
    Ok((Code::new(&lengths[..literals]), Code::new(&lengths[literals..])))
}

/// A Huffman code: the number of symbols of each length, and the symbols in order.
struct Code {
    counts: [usize; 16],
    symbols: Vec<usize>,
}

impl Code {
    fn new(lengths: &[u8]) -> Self {
        let mut counts = [0; 16];
        let mut symbols: Vec<usize> = (0..lengths.len()).filter(|&symbol| lengths[symbol] > 0).collect();
        symbols.sort_by_key(|&symbol| lengths[symbol]);
        for &symbol in &symbols {
            counts[usize::from(lengths[symbol])] += 1;
        }
        Self { counts, symbols }
    }

    fn decode(&self, bits: &mut Bits<'_>) -> Result<usize, &'static str> {
        let (mut code, mut first, mut index) = (0, 0, 0);
        for count in &self.counts[1..] {
            code |= bits.take(1)?;
            if code < first + count {
                return Ok(self.symbols[index + code - first]);
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        Err("code")
    }
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Result<usize, &'static str> {
        let mut value = 0;
        for bit in 0..count {
            let byte = self.bytes.get(self.at / 8).ok_or("cut off")?;
            value |= usize::from(byte >> (self.at % 8) & 1) << bit;
            self.at += 1;
        }
        Ok(value)
    }

    fn align(&mut self) {
        self.at = self.at.next_multiple_of(8);
    }
}

/// The base and the number of extra bits of each length code.
const LENGTHS: [(usize, usize); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];

/// The base and the number of extra bits of each distance code.
const DISTANCES: [(usize, usize); 30] = [
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 1),
    (7, 1),
    (9, 2),
    (13, 2),
    (17, 3),
    (25, 3),
    (33, 4),
    (49, 4),
    (65, 5),
    (97, 5),
    (129, 6),
    (193, 6),
    (257, 7),
    (385, 7),
    (513, 8),
    (769, 8),
    (1025, 9),
    (1537, 9),
    (2049, 10),
    (3073, 10),
    (4097, 11),
    (6145, 11),
    (8193, 12),
    (12289, 12),
    (16385, 13),
    (24577, 13),
];

#[test]
fn it_refuses_what_is_too_far_back() {
    let block: Vec<u8> = (0..1024_u32).map(|number| (number * number / 7).to_le_bytes()[0]).collect();
    let mut compress = flate2::Compress::new(flate2::Compression::best(), false);
    let mut compressed = Vec::with_capacity(4096);
    compress.compress_vec(&block.repeat(2), &mut compressed, flate2::FlushCompress::Sync).unwrap();
    compressed.truncate(compressed.len() - 4);
    assert_eq!(Strict::new(10).message(&compressed), Ok(block.repeat(2)));
    assert_eq!(Strict::new(9).message(&compressed), Err("too far back"));
}
