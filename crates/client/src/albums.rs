//! Albums, and the images in them by name.

use api::{
    AlbumList, AlbumUpdate, CreatedAlbum, ImageInfo, ImageList, ImageUpdate, Message, NewAlbum,
    UploadedImage, paths,
};
use bytes::Bytes;
use domain::{Name, Owner};
use reqwest::{Method, RequestBuilder};

use crate::{Cause, ClientError, ImageCacheClient, read_bytes, transport};

impl ImageCacheClient {
    /// A page of the names of albums: the first one, or the one behind a cursor.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn albums(&self, limit: u32, cursor: Option<&str>) -> Result<AlbumList, ClientError> {
        self.send_for_page(self.page(paths::ALBUMS, limit, cursor)).await
    }

    /// Creates an album.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn create_album(&self, name: &Name) -> Result<CreatedAlbum, ClientError> {
        let new = NewAlbum { album_name: name.as_str().to_owned(), visibility: None };
        self.send(self.request(Method::POST, paths::ALBUMS).json(&new)).await
    }

    /// Gives an album another name, or others the right to see it.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn update_album(&self, album: &Name, to: &AlbumUpdate) -> Result<Message, ClientError> {
        self.send(self.request(Method::PATCH, &album_path(paths::ALBUM, album)).json(to)).await
    }

    /// Deletes an album with all its images.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn delete_album(&self, name: &Name) -> Result<Message, ClientError> {
        self.send(self.request(Method::DELETE, &album_path(paths::ALBUM, name))).await
    }

    /// A page of the names of an album's images: the first one, or the one behind a cursor.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn album_images(
        &self,
        album: &Name,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<ImageList, ClientError> {
        self.send_for_page(self.page(&album_path(paths::ALBUM_IMAGES, album), limit, cursor)).await
    }

    /// Uploads an image into an album. Sent once: an upload that was cut off may have
    /// arrived nevertheless.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn put_album_image(
        &self,
        album: &Name,
        name: &Name,
        bytes: Bytes,
    ) -> Result<UploadedImage, ClientError> {
        let path = image_path(paths::ALBUM_IMAGE, album, name);
        self.send(self.request(Method::PUT, &path).timeout(self.timeouts.original).body(bytes)).await
    }

    /// The bytes of an image of an album, at most `max_bytes` of them.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn album_image(&self, album: &Name, name: &Name, max_bytes: u64) -> Result<Bytes, ClientError> {
        let path = image_path(paths::ALBUM_IMAGE, album, name);
        let request = self.request(Method::GET, &path).timeout(self.timeouts.original);
        let response = request.send().await.map_err(transport)?;
        let status = response.status();
        if status.is_success() {
            return read_bytes(response, max_bytes).await;
        }
        Err(ClientError::Refused { status, message: String::new() })
    }

    /// What is known of an image of an owner's album; the caller's own if it is nobody's.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn album_image_info(
        &self,
        owner: &Owner,
        album: &Name,
        name: &Name,
        cause: Cause<'_>,
    ) -> Result<ImageInfo, ClientError> {
        let mut path = image_path(paths::ALBUM_IMAGE_INFO, album, name);
        if !owner.is_nobody() {
            path.push_str("?owner=");
            path.push_str(&paths::segment(owner.as_str()));
        }
        self.info_at(&path, cause).await
    }

    /// Gives an image of an album another name, another album, or both.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn update_album_image(
        &self,
        album: &Name,
        name: &Name,
        to: &ImageUpdate,
    ) -> Result<Message, ClientError> {
        self.send(self.request(Method::PATCH, &image_path(paths::ALBUM_IMAGE, album, name)).json(to)).await
    }

    /// Deletes an image of an album.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn delete_album_image(&self, album: &Name, name: &Name) -> Result<Message, ClientError> {
        self.send(self.request(Method::DELETE, &image_path(paths::ALBUM_IMAGE, album, name))).await
    }

    /// A request for a page of a list.
    pub(crate) fn page(&self, path: &str, limit: u32, cursor: Option<&str>) -> RequestBuilder {
        let request = self.request(Method::GET, path).query(&[("limit", limit)]);
        match cursor {
            Some(cursor) => request.query(&[("cursor", cursor)]),
            None => request,
        }
    }
}

fn album_path(pattern: &str, album: &Name) -> String {
    pattern.replace("{album}", &paths::segment(album.as_str()))
}

fn image_path(pattern: &str, album: &Name, name: &Name) -> String {
    // A segment has no braces, so no name is taken for the other's place.
    album_path(pattern, album).replace("{name}", &paths::segment(name.as_str()))
}
