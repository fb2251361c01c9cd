//! What is known of an original, and how a request names it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use access::{Acl, AlbumAcl, MAX_READERS};
use actix_web::http::header::HeaderValue;
use api::ImageInfo;
use cache::Group;
use domain::plan::{Format, Source};
use domain::{ContentHash, ImageId, Name, Owner};
use server::image_response::{LastModified, disposition};
use sha2::{Digest, Sha256};

/// How a request names an original.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum ImageRef {
    /// By its id, which never changes and is never used again.
    Id(ImageId),
    /// By the name that it has at the moment.
    Named(FullName),
}

/// The name of an image, and what it is unique in: an album of one owner.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct FullName {
    pub(crate) owner: Owner,
    pub(crate) album: Name,
    pub(crate) name: Name,
}

/// In a sentence that says that there is no such image.
impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "no image has the id {id}"),
            Self::Named(FullName { album, name, .. }) => {
                write!(f, "the album `{album}` has no image `{name}`")
            }
        }
    }
}

/// An original that exists, or did when image-cache was last asked.
pub(crate) struct Known {
    pub(crate) id: ImageId,
    pub(crate) name: String,
    pub(crate) hash: ContentHash,
    pub(crate) bytes: u64,
    pub(crate) source: Source,
    pub(crate) acl: Acl,
    /// What is made of it is kept under this group.
    pub(crate) group: Group,
    pub(crate) last_modified: LastModified,
    dispositions: [HeaderValue; Format::ALL.len()],
    /// When image-cache was last asked, in milliseconds of the clock of `Sources`.
    pub(crate) checked_ms: AtomicU64,
}

impl Known {
    /// From what image-cache tells; none if it tells numbers that no image has.
    pub(crate) fn new(info: &ImageInfo, checked_ms: u64) -> Option<Self> {
        let stem = info.name.rsplit_once('.').map_or(info.name.as_str(), |(stem, _)| stem).to_owned();
        let named = |format: Format| disposition(&format!("{stem}.{}", format.media_type().extension()));
        let acl = acl(info);
        Some(Self {
            id: info.id,
            name: info.name.clone(),
            hash: info.sha256,
            bytes: info.bytes,
            source: info.source()?,
            group: group(&acl.owner, info.sha256),
            acl,
            last_modified: LastModified::new(info.created),
            dispositions: Format::ALL.map(named),
            checked_ms: AtomicU64::new(checked_ms),
        })
    }

    /// The header that names a result in this format for saving.
    pub(crate) fn disposition(&self, format: Format) -> &HeaderValue {
        let [jpeg, png, webp, avif, gif, tiff] = &self.dispositions;
        match format {
            Format::Jpeg => jpeg,
            Format::Png => png,
            Format::Webp => webp,
            Format::Avif => avif,
            Format::Gif => gif,
            Format::Tiff => tiff,
        }
    }
}

/// What the right to an image depends on. Where everyone may do everything, nothing is told of
/// it.
pub(crate) fn acl(info: &ImageInfo) -> Acl {
    let Some(access) = &info.access else { return Acl::of(Owner::NOBODY) };
    let album = access.album.as_ref().map(|album| {
        let readers = album.readers.iter().filter_map(|reader| Owner::parse(reader).ok());
        Arc::new(AlbumAcl {
            id: album.id,
            visibility: album.visibility,
            readers: readers.take(MAX_READERS).collect(),
            link_epoch: album.link_epoch,
        })
    });
    Acl {
        owner: access.owner.clone(),
        visibility: access.visibility,
        album,
        // A link is of an epoch; of which one, is only told to services.
        link_epoch: access.link_epoch.unwrap_or(u32::MAX),
    }
}

/// The group of what is made of these bytes for this owner. Equal bytes of two owners are
/// made twice, so that how long an answer takes tells neither of them about the other.
fn group(owner: &Owner, hash: ContentHash) -> Group {
    Sha256::new().chain_update(hash.as_bytes()).chain_update(owner.as_str()).finalize().into()
}

/// An original that was found under a name.
pub(crate) struct Named {
    pub(crate) id: ImageId,
    /// When it was first found there, which is no earlier than when it was given the name: a
    /// client whose copy is older has perhaps another image.
    pub(crate) since: LastModified,
    /// As in [`Known`].
    pub(crate) checked_ms: AtomicU64,
}

/// An original, and how sure it is that it still exists.
pub(crate) struct Found {
    pub(crate) original: Arc<Known>,
    /// What is known of the name, if it was asked for by one.
    pub(crate) named: Option<Arc<Named>>,
    /// image-cache could not be asked; the original existed when last it could.
    pub(crate) stale: bool,
}
