//! API keys: managing them, and how the other services check them.

use api::{ApiKeyPage, CreatedApiKey, KeyPrincipal, Message, NewApiKey, paths};
use reqwest::{Method, StatusCode};

use crate::{ClientError, ImageCacheClient};

impl ImageCacheClient {
    /// Makes an API key.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn create_key(&self, new: &NewApiKey) -> Result<CreatedApiKey, ClientError> {
        self.send(self.request(Method::POST, paths::KEYS).json(new)).await
    }

    /// A page of API keys: the first one, or the one behind a cursor.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn keys(&self, limit: u32, cursor: Option<&str>) -> Result<ApiKeyPage, ClientError> {
        self.send_for_page(self.page(paths::KEYS, limit, cursor)).await
    }

    /// Revokes an API key.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn revoke_key(&self, id: &str) -> Result<Message, ClientError> {
        self.send(self.request(Method::DELETE, &paths::KEY.replace("{id}", &paths::segment(id)))).await
    }

    /// Whose an API key is, by its id; none if there is no such key, or it was revoked. The
    /// credential must be a service's.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn key(&self, id: &str) -> Result<Option<KeyPrincipal>, ClientError> {
        let request = self.request(Method::GET, paths::PRINCIPAL).query(&[("key", id)]);
        match self.send(request).await {
            Ok(key) => Ok(Some(key)),
            Err(ClientError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
