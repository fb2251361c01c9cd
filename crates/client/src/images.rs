//! Changing and listing images.

use api::{ImagePage, ImageUpdate, Message, UploadedImage, paths};
use bytes::Bytes;
use domain::{ImageId, Name};
use reqwest::Method;
use reqwest::multipart::{Form, Part};

use crate::{ClientError, ImageCacheClient};

impl ImageCacheClient {
    /// Uploads an image, into an album if one is named. Sent once: an upload that was cut
    /// off may have arrived nevertheless.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn upload(
        &self,
        file_name: &Name,
        album: Option<&Name>,
        bytes: Bytes,
    ) -> Result<UploadedImage, ClientError> {
        let length = bytes.len() as u64;
        let file = Part::stream_with_length(bytes, length).file_name(file_name.as_str().to_owned());
        let form = match album {
            Some(album) => Form::new().text("album", album.as_str().to_owned()),
            None => Form::new(),
        };
        let request = self.request(Method::POST, paths::IMAGES).timeout(self.timeouts.original);
        self.send(request.multipart(form.part("file", file))).await
    }

    /// A page of images, newest first: the first one, or the one behind a cursor.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn images(&self, limit: u32, cursor: Option<&str>) -> Result<ImagePage, ClientError> {
        self.send_for_page(self.page(paths::IMAGES, limit, cursor)).await
    }

    /// Gives an image another name, another album, or both.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn update_image(&self, id: ImageId, to: &ImageUpdate) -> Result<Message, ClientError> {
        let path = paths::IMAGE.replace("{id}", &id.to_string());
        self.send(self.request(Method::PATCH, &path).json(to)).await
    }

    /// Deletes an image.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn delete_image(&self, id: ImageId) -> Result<Message, ClientError> {
        let path = paths::IMAGE.replace("{id}", &id.to_string());
        self.send(self.request(Method::DELETE, &path)).await
    }
}
