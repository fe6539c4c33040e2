//! What bodies are packed in: ClickHouse's own LZ4 blocks, LZ4 frames, gzip. Anything else is refused: data that is read as what
//! it isn't would be lost with a 200.

use std::io::{self, Read};

use bytes::{Buf as _, Bytes};
use cityhash_rs::cityhash_102_128;

use super::exception::{Exception, Raised};

/// The checksum before a native block.
const CHECKSUM_BYTES: usize = 16;
/// Method, size with this header, size unpacked.
const HEADER_BYTES: usize = 9;
const METHOD_NONE: u8 = 0x02;
const METHOD_LZ4: u8 = 0x82;
/// A block unpacked. ClickHouse's own writers stay at 1 MiB.
const BLOCK_BYTES: usize = 64 << 20;

/// How a request's body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    /// `decompress=1`
    NativeBlocks,
    Lz4Frame,
    Gzip,
}

impl Encoding {
    /// From the `Content-Encoding` header and the `decompress` parameter.
    pub(super) fn of(header: Option<&str>, decompress: bool) -> Result<Self, Exception> {
        let named = match header.map(|value| value.trim().to_ascii_lowercase()).as_deref() {
            None | Some("" | "identity") => Self::Identity,
            Some("lz4") => Self::Lz4Frame,
            Some("gzip" | "x-gzip") => Self::Gzip,
            Some(other) => {
                return Err(Raised::UnknownCompressionMethod.because(format_args!(
                    "Content-Encoding {other:?} is not known here; lz4 and gzip are"
                )));
            }
        };
        match (named, decompress) {
            (named, false) => Ok(named),
            (Self::Identity, true) => Ok(Self::NativeBlocks),
            (_, true) => {
                Err(Raised::BadArguments.because("both decompress and Content-Encoding are given: only one can be"))
            }
        }
    }

    /// The body's content. Reading fails where the data is torn or not what it is said to be.
    pub(super) fn reader(self, body: Bytes) -> Box<dyn Read + Send> {
        match self {
            Self::Identity => Box::new(body.reader()),
            Self::NativeBlocks => Box::new(NativeBlocks {
                rest: body,
                block: Bytes::new(),
            }),
            Self::Lz4Frame => Box::new(lz4_flex::frame::FrameDecoder::new(body.reader())),
            Self::Gzip => Box::new(flate2::read::MultiGzDecoder::new(body.reader())),
        }
    }

    /// The body's content in memory.
    pub(super) fn decode(self, body: Bytes, limit: usize) -> Result<Bytes, Exception> {
        if self == Self::Identity {
            return Ok(body);
        }
        let mut content = Vec::new();
        let read = self.reader(body).take(limit as u64 + 1).read_to_end(&mut content);
        read.map_err(|error| Raised::CannotDecompress.because(error))?;
        if content.len() > limit {
            return Err(Raised::TooLarge.because(format_args!("the body unpacks to more than {limit} bytes")));
        }
        Ok(content.into())
    }
}

/// ClickHouse's native compression: blocks with a checksum, one behind the other.
struct NativeBlocks {
    rest: Bytes,
    block: Bytes,
}

impl Read for NativeBlocks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.block.is_empty() {
            if self.rest.is_empty() {
                return Ok(0);
            }
            self.block = self
                .next_block()
                .map_err(|reason| io::Error::new(io::ErrorKind::InvalidData, reason))?;
        }
        let length = buffer.len().min(self.block.len());
        buffer[..length].copy_from_slice(&self.block.split_to(length));
        Ok(length)
    }
}

impl NativeBlocks {
    fn next_block(&mut self) -> Result<Bytes, String> {
        let head = self
            .rest
            .get(..CHECKSUM_BYTES + HEADER_BYTES)
            .ok_or("a compressed block is torn in its header")?;
        let (checksum, header) = head.split_at(CHECKSUM_BYTES);
        let number = |at: usize| {
            header[at..at + 4]
                .iter()
                .rev()
                .fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte))
        };
        let (method, packed, unpacked) = (header[0], number(1), number(5));
        if packed < HEADER_BYTES || unpacked > BLOCK_BYTES {
            return Err(format!(
                "a compressed block says it has {packed} bytes and unpacks to {unpacked}"
            ));
        }
        let block = self.rest.slice(CHECKSUM_BYTES..);
        let block = block.get(..packed).ok_or_else(|| {
            format!(
                "a compressed block is torn: {packed} bytes expected, {} there",
                block.len()
            )
        })?;
        if checksum != checksum_of(block) {
            return Err("the checksum of a compressed block doesn't match".to_owned());
        }
        let data = &block[HEADER_BYTES..];
        let content = match method {
            METHOD_NONE => data.to_vec(),
            METHOD_LZ4 => {
                lz4_flex::block::decompress(data, unpacked).map_err(|error| format!("a compressed block: {error}"))?
            }
            other => {
                return Err(format!(
                    "compression method 0x{other:02x} is not known here; LZ4 and NONE are"
                ));
            }
        };
        if content.len() != unpacked {
            return Err(format!(
                "a compressed block unpacks to {} bytes instead of {unpacked}",
                content.len()
            ));
        }
        self.rest.advance(CHECKSUM_BYTES + packed);
        Ok(content.into())
    }
}

/// One native block (`compress=1`).
pub(super) fn native_block(data: &[u8]) -> Bytes {
    let mut packed = lz4_flex::block::compress(data);
    let mut block = Vec::with_capacity(CHECKSUM_BYTES + HEADER_BYTES + packed.len());
    block.push(METHOD_LZ4);
    block.extend(((HEADER_BYTES + packed.len()) as u32).to_le_bytes());
    block.extend((data.len() as u32).to_le_bytes());
    block.append(&mut packed);
    let mut framed = checksum_of(&block).to_vec();
    framed.append(&mut block);
    framed.into()
}

/// CityHash 1.0.2 of a block, its halves in ClickHouse's order.
fn checksum_of(block: &[u8]) -> [u8; CHECKSUM_BYTES] {
    cityhash_102_128(block).rotate_right(64).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write as _;

    fn code(result: Result<Bytes, Exception>) -> u32 {
        result.expect_err("must be refused").code
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert_eq!(Encoding::of(Some("zstd"), false).map_err(|error| error.code), Err(89));
        assert_eq!(
            Encoding::of(Some("br, gzip"), false).map_err(|error| error.code),
            Err(89)
        );
        assert_eq!(Encoding::of(Some("gzip"), true).map_err(|error| error.code), Err(36));
        assert_eq!(Encoding::of(Some(" LZ4 "), false), Ok(Encoding::Lz4Frame));
    }

    #[test]
    fn torn_and_damaged_data_is_an_error() {
        let block = native_block(b"some data, some data, some data");
        let torn = block.slice(..block.len() - 1);
        let mut damaged = block.to_vec();
        *damaged.last_mut().unwrap() ^= 1;
        let mut zstd = block.to_vec();
        zstd[CHECKSUM_BYTES] = 0x90;
        let checksum = checksum_of(&zstd[CHECKSUM_BYTES..]);
        zstd[..CHECKSUM_BYTES].copy_from_slice(&checksum);
        for body in [torn, damaged.into(), zstd.into(), Bytes::from_static(b"plain text")] {
            assert_eq!(code(Encoding::NativeBlocks.decode(body, 1_000)), 271);
        }
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"data").unwrap();
        let mut gzip = gzip.finish().unwrap();
        gzip.truncate(gzip.len() - 2);
        assert_eq!(code(Encoding::Gzip.decode(gzip.into(), 1_000)), 271);
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let body = native_block(&vec![0; 1 << 20]);
        assert!(body.len() < 10_000);
        assert_eq!(code(Encoding::NativeBlocks.decode(body, 1_000)), 307);
    }

    proptest! {
        #[test]
        fn native_blocks_give_back_what_went_in(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..300), 0..5)) {
            let body: Vec<u8> = parts.iter().flat_map(|part| native_block(part)).collect();
            let content = Encoding::NativeBlocks.decode(body.into(), 10_000).unwrap();
            prop_assert_eq!(content, parts.concat());
        }
    }
}
