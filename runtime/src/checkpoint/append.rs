//! Objects that grow: in a folder of this machine an entry of the log is appended to a file, with one sync of the disk.
//!
//! A new file takes three (itself, its name, the folder), and an entry of its own is a new file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::path::Path;

/// Opens objects of a store to append to them.
#[async_trait::async_trait]
pub(crate) trait Appends: Send + Sync {
    /// Whether objects can be appended to beside this one, which is there.
    fn can_append(&self, beside: &Path) -> bool;

    /// Opens an object that is there, and that will have so many bytes or more.
    async fn open(&self, path: &Path, expected: u64) -> io::Result<Box<dyn Append>>;
}

/// An object that is open.
#[async_trait::async_trait]
pub(crate) trait Append: Send {
    /// Appends bytes; once it returns, they are durable. After an error nobody knows what is there.
    async fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// The files of this machine.
pub(super) struct Files(pub Arc<LocalFileSystem>);

#[async_trait::async_trait]
impl Appends for Files {
    fn can_append(&self, beside: &Path) -> bool {
        self.0.path_to_filesystem(beside).is_ok_and(|path| is_of_one_machine(&path))
    }

    async fn open(&self, path: &Path, expected: u64) -> io::Result<Box<dyn Append>> {
        let path = self.0.path_to_filesystem(path).map_err(io::Error::other)?;
        let file = File::options().write(true).open(path)?;
        let end = file.metadata()?.len();
        Ok(Box::new(Opened { file, end, room: end, expected }))
    }
}

/// A file grows to no less, and then to twice what it is.
const LEAST: u64 = 16 << 10;

/// What is appended goes to where zeros have been written before. So bringing it to disk changes nothing but these bytes: a file that
/// grows has its file system write down its new length as well, behind whatever else is on its way to disk, such as a checkpoint.
struct Opened {
    file: File,
    /// Where the next bytes go.
    end: u64,
    /// Zeros are there up to here.
    room: u64,
    expected: u64,
}

#[async_trait::async_trait]
impl Append for Opened {
    async fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let end = self.end + bytes.len() as u64;
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(bytes)?;
        if end > self.room {
            self.room = (end * 2).max(LEAST).max(self.expected);
            io::copy(&mut io::repeat(0).take(self.room - end), &mut self.file)?;
        }
        self.end = end;
        self.file.sync_data()
    }
}

/// Whether a path is in a file system of which there is one view: a name that another process has made is seen at once. One
/// that is mounted over the network shows names late, so there a start that has appended would not know that it is fenced.
#[cfg(target_os = "linux")]
fn is_of_one_machine(path: &std::path::Path) -> bool {
    /// From Linux' `magic.h`: ext2 to ext4, xfs, btrfs, f2fs, zfs, bcachefs, tmpfs, overlayfs.
    const KNOWN: [u32; 8] =
        [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0x2fc1_2fc1, 0xca45_1a4e, 0x0102_1994, 0x794c_7630];
    // (The type is of another width on other machines; the numbers have 32 bits.)
    rustix::fs::statfs(path).is_ok_and(|found| KNOWN.contains(&(found.f_type as u32)))
}

#[cfg(not(target_os = "linux"))]
fn is_of_one_machine(_: &std::path::Path) -> bool {
    false
}
