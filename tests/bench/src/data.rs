//! The text that the rows read: made once, kept under `target/bench`.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// A small generator (SplitMix64), so that every machine has the same text.
pub struct Random(pub u64);

impl Random {
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next_u64() % n
    }
}

/// How many different words the text has.
const WORDS: usize = 50_000;
/// The longest line, without its newline.
const LINE: usize = 63;
/// The text repeats after this many bytes.
const PERIOD: u64 = 32 << 20;

/// About `bytes` bytes of lines of up to 63 characters: 50,000 different words of 1 to 16 letters, those first in the list the
/// more often (a power law).
pub fn text(bytes: u64) -> PathBuf {
    kept(&format!("text-{}m.txt", bytes >> 20), bytes, lines)
}

/// The file of that name, which is written if it is not there: a period, which `make` makes, again and again.
fn kept(name: &str, bytes: u64, make: impl Fn(u64) -> Vec<u8>) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
    let path = folder.join(name);
    if path.metadata().is_ok_and(|m| m.len() >= bytes) {
        return path;
    }
    std::fs::create_dir_all(&folder).expect("target/bench can be made");
    let period = make(PERIOD.min(bytes));
    let mut file = BufWriter::new(File::create(&path).expect("target/bench can be written"));
    let mut written = 0;
    while written < bytes {
        file.write_all(&period).expect("there is room for the text");
        written += period.len() as u64;
    }
    file.flush().expect("there is room for the text");
    path
}

/// About `bytes` bytes of JSON, an object of some 110 bytes a line: visits to ten thousand pages, those first in the list the more often.
pub fn json(bytes: u64) -> PathBuf {
    kept(&format!("visits-{}m.json", bytes >> 20), bytes, |bytes| {
        let (mut random, mut out) = (Random(11), Vec::new());
        while (out.len() as u64) < bytes {
            let a = random.below(1 << 20) as f64 / (1u64 << 20) as f64;
            let page = 10_000f64.powf(a) as u64;
            let (user, ms, ok) = (random.below(1_000_000), random.below(2000), random.below(50) != 0);
            writeln!(
                out,
                r#"{{"user":{user},"page":"/articles/{page}","ms":{ms},"agent":"Mozilla/5.0 (X11; Linux x86_64)","ok":{ok},"score":0.{:02}}}"#,
                ms % 100
            )
            .expect("memory can be written");
        }
        out
    })
}

/// How many lines a text has.
pub fn lines_in(text: &Path) -> u64 {
    let mut file = File::open(text).expect("the text is there");
    let (mut buffer, mut lines) = (vec![0; 1 << 20], 0);
    loop {
        let n = file.read(&mut buffer).expect("the text can be read");
        if n == 0 {
            return lines;
        }
        lines += memchr::memchr_iter(b'\n', &buffer[..n]).count() as u64;
    }
}

fn lines(bytes: u64) -> Vec<u8> {
    let mut random = Random(7);
    let words: Vec<Vec<u8>> = (0..WORDS)
        .map(|i| {
            let len = 1 + (random.below(6) + random.below(6) + random.below(6)) as usize;
            let mut word: Vec<u8> = (0..len).map(|_| b'a' + random.below(26) as u8).collect();
            // Short words repeat; the index keeps long ones apart.
            word.truncate(16);
            if len > 6 {
                let last = word.len() - 1;
                word[last] = b'a' + (i % 26) as u8;
            }
            word
        })
        .collect();
    let mut out = Vec::with_capacity(bytes as usize + LINE + 1);
    let mut line = 0;
    while (out.len() as u64) < bytes {
        // The product of uniform numbers leans towards the front.
        let a = random.below(1 << 20) as f64 / (1u64 << 20) as f64;
        let word = &words[((WORDS as f64).powf(a) - 1.0) as usize];
        if line > 0 && line + 1 + word.len() > LINE {
            out.push(b'\n');
            line = 0;
        }
        if line > 0 {
            out.push(b' ');
            line += 1;
        }
        out.extend_from_slice(word);
        line += word.len();
    }
    out.push(b'\n');
    out
}
