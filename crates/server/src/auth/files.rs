//! Files of keys, and noticing that they have changed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use crate::key_files::read;

/// How often a file is looked at.
const EACH: Duration = Duration::from_secs(2);

/// What was read from a file, and is read again when the file has changed. A file that is
/// not right keeps what was read before, so that one that is just being written harms nothing.
pub(super) struct Watched<T> {
    file: PathBuf,
    parse: Box<Parse<T>>,
    seen: RwLock<Seen<T>>,
}

/// What a file says, or what is wrong with it.
type Parse<T> = dyn Fn(&str) -> Result<T, String> + Send + Sync;

struct Seen<T> {
    value: Arc<T>,
    text: String,
    modified: Option<SystemTime>,
}

impl<T: Send + Sync + 'static> Watched<T> {
    /// Reads the file for the first time; the error names it.
    pub(super) fn open(
        file: PathBuf,
        parse: impl Fn(&str) -> Result<T, String> + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let modified = modified(&file);
        let text = read(&file)?;
        let value = Arc::new(parse(&text).map_err(|error| format!("{}: {error}", file.display()))?);
        Ok(Self { file, parse: Box::new(parse), seen: RwLock::new(Seen { value, text, modified }) })
    }

    /// What the file says now, as far as it has been noticed.
    pub(super) fn get(&self) -> Arc<T> {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).value.clone()
    }

    /// Looks whether the file has changed, and reads it if so.
    pub(super) fn look(&self) {
        let modified = modified(&self.file);
        {
            let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
            // A time may be the same for two writings, so that a young file is read again.
            let is_settled = modified.is_some_and(|time| time.elapsed().is_ok_and(|age| age > 3 * EACH));
            if modified == seen.modified && is_settled {
                return;
            }
        }
        let text = read(&self.file);
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        seen.modified = modified;
        match text {
            Ok(text) if text == seen.text => {}
            Ok(text) => match (self.parse)(&text) {
                Ok(value) => {
                    log::info!("{} has changed and was read again", self.file.display());
                    seen.value = Arc::new(value);
                    seen.text = text;
                }
                Err(error) => {
                    log::warn!(
                        "{} has changed and is not right, what it said before holds: {error}",
                        self.file.display()
                    );
                    seen.text = text;
                }
            },
            Err(error) => log::warn!("what it said before holds: {error}"),
        }
    }

    /// Looks at the file again and again until the service stops.
    pub(super) async fn watch(self: Arc<Self>, stop: CancellationToken) {
        while tokio::time::timeout(EACH, stop.cancelled()).await.is_err() {
            let watched = self.clone();
            // The file may be on a volume that does not answer.
            let _ = tokio::task::spawn_blocking(move || watched.look()).await;
        }
    }
}

impl<T> std::fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Watched({})", self.file.display())
    }
}

fn modified(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|metadata| metadata.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test is the one who changes the file")]
    fn a_changed_file_is_read_again_and_a_wrong_one_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("number");
        let number = |text: &str| text.trim().parse::<u32>().map_err(|error| error.to_string());
        assert!(Watched::open(file.clone(), number).unwrap_err().contains("number"));
        std::fs::write(&file, "1").unwrap();
        let watched = Watched::open(file.clone(), number).unwrap();
        for (text, value) in [("2\n", 2), ("half", 2), ("3", 3)] {
            std::fs::write(&file, text).unwrap();
            watched.look();
            assert_eq!(*watched.get(), value, "{text}");
        }
        std::fs::remove_file(&file).unwrap();
        watched.look();
        assert_eq!(*watched.get(), 3);
    }
}
