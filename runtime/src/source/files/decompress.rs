//! Decompression: which format a file has, and its decoder.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// How the files of a source are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Each as its name says: `.gz` is gzip and `.zst` is zstd, in lower or upper case; all else is plain.
    #[default]
    ByExtension,
    /// Not at all, whatever they are called.
    None,
    /// gzip, of one member or several, one behind the other.
    Gzip,
    /// zstd, of one frame or several, with windows of at most 128 MiB and no dictionary.
    Zstd,
}

/// What a compressed file's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Gzip,
    Zstd,
}

impl Format {
    /// `None`: plain.
    pub fn of(path: &Path, compression: Compression) -> Option<Format> {
        match compression {
            Compression::None => None,
            Compression::Gzip => Some(Format::Gzip),
            Compression::Zstd => Some(Format::Zstd),
            Compression::ByExtension => {
                let extension = path.extension()?.to_str()?;
                [("gz", Format::Gzip), ("zst", Format::Zstd)]
                    .into_iter()
                    .find_map(|(name, format)| extension.eq_ignore_ascii_case(name).then_some(format))
            }
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Format::Gzip => "gzip",
            Format::Zstd => "zstd",
        }
    }

    /// The text of a file's first `bytes` bytes, which are all of `input`. None of them is an empty text.
    pub fn decode(self, input: Box<dyn Read + Send>, bytes: u64) -> Box<dyn Read + Send> {
        let input = BufReader::with_capacity(256 << 10, input);
        match self {
            _ if bytes == 0 => Box::new(io::empty()),
            Format::Gzip => Box::new(MultiGzDecoder::new(input)),
            Format::Zstd => Box::new(Zstd { input, frame: FrameDecoder::new(), in_frame: false }),
        }
    }
}

/// The frames of a zstd file, one after the other.
struct Zstd<R> {
    input: R,
    frame: FrameDecoder,
    in_frame: bool,
}

impl<R: BufRead> Zstd<R> {
    /// Goes on to the next frame that holds something. `false`: there is none.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.input.fill_buf()?.is_empty() {
            match self.frame.reset(&mut self.input) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let skipped = io::copy(&mut (&mut self.input).take(length.into()), &mut io::sink())?;
                    if skipped < length.into() {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }

    fn check(&self) -> io::Result<()> {
        match (self.frame.get_checksum_from_data(), self.frame.get_calculated_checksum()) {
            (Some(written), Some(found)) if written != found => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a frame's checksum does not match its content",
            )),
            _ => Ok(()),
        }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.in_frame {
                self.in_frame = self.next_frame()?;
                if !self.in_frame {
                    return Ok(0);
                }
            }
            while self.frame.can_collect() == 0 && !self.frame.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.frame.decode_blocks(&mut self.input, one).map_err(io::Error::other)?;
            }
            match self.frame.read(into)? {
                0 => {
                    self.check()?;
                    self.in_frame = false;
                }
                n => return Ok(n),
            }
        }
    }
}
