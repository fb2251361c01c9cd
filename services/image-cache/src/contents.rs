//! The bytes of originals: from memory, or else from the storage.

use std::io::Cursor;
use std::ops::Range;

use bytes::Bytes;
use domain::{MediaType, Orientation};
use server::image_response::part_of;
use storage::{ImageRecord, ImageRef, StorageError};

use crate::library::Library;
use crate::original::{Content, Original};

/// What a probe reads of an original at the most.
const HEADER_BYTES: u64 = 256 << 10;

impl Library {
    /// The record of an image with what is really in its bytes. Earlier versions did not know
    /// how an AVIF is turned and cut.
    pub(crate) async fn corrected(&self, record: ImageRecord) -> ImageRecord {
        let is_suspect =
            record.source.media_type == MediaType::Avif && record.source.orientation == Orientation::UPRIGHT;
        if !is_suspect {
            return record;
        }
        match self.beginning(&record).await.map(|bytes| imaging::probe(Cursor::new(bytes))) {
            Ok(Ok(source)) => ImageRecord { source, ..record },
            // What cannot be read says so when it is asked for.
            Ok(Err(_)) | Err(_) => record,
        }
    }

    /// The first bytes of an original, as many as its header may have.
    async fn beginning(&self, record: &ImageRecord) -> Result<Vec<u8>, StorageError> {
        let mut reader = self.storage.stream(record, 0..record.bytes.min(HEADER_BYTES)).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = reader.next().await {
            bytes.extend_from_slice(&chunk?);
        }
        Ok(bytes)
    }

    /// The bytes of an original, verified, or of a part of it; none if it was deleted since
    /// it was found.
    pub(crate) async fn content(
        &self,
        original: &Original,
        part: Option<&Range<u64>>,
    ) -> Result<Option<Content>, StorageError> {
        match self.read(original, part).await {
            Err(error @ StorageError::DamagedBlob { .. }) => {
                // A deletion takes the row before the bytes, so bytes that are not there
                // are damage only while the row is.
                let row = self.storage.image(&ImageRef::Id(original.record.id)).await?;
                if row.is_some() { Err(error) } else { Ok(None) }
            }
            content => content.map(Some),
        }
    }

    async fn read(&self, original: &Original, part: Option<&Range<u64>>) -> Result<Content, StorageError> {
        let record = &original.record;
        if record.bytes > self.max_cached_bytes {
            let range = part.cloned().unwrap_or(0..record.bytes);
            let _turn = self.turns.take(&record.hash).await;
            return self.storage.stream(record, range).await.map(Content::Volume);
        }
        let whole = match self.memory.get(&record.hash) {
            Some(bytes) => bytes,
            None => self.load(record).await?,
        };
        Ok(Content::Memory(match part {
            None => whole,
            Some(part) => part_of(&whole, part),
        }))
    }

    async fn load(&self, record: &ImageRecord) -> Result<Bytes, StorageError> {
        let _turn = self.turns.take(&record.hash).await;
        if let Some(bytes) = self.memory.get(&record.hash) {
            return Ok(bytes);
        }
        let bytes = self.storage.read(record).await?;
        self.memory.insert(record.hash, bytes.clone());
        Ok(bytes)
    }
}
