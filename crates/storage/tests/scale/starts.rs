//! Stores on buckets that are not theirs, or on servers that do not keep what they promise.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use storage::{BlobsIn, OpenError, verify};
use tempfile::tempdir;
use testkit::versitygw::Versitygw;

use crate::bucket_and_sqlite::{bucket, open_in};
use crate::suite::stored;

#[tokio::test]
async fn a_bucket_of_another_store_is_refused_and_left_alone() {
    let (ours, others, server) = (tempdir().unwrap(), tempdir().unwrap(), Versitygw::start());
    let storage = open_in(others.path(), bucket(&server.url())).await.unwrap();
    let image = stored(&storage, b"some bytes").await;
    let refused = open_in(ours.path(), bucket(&server.url())).await.err();
    assert!(matches!(refused, Some(OpenError::Bucket { .. })), "{refused:?}");
    assert!(storage.read(&image).await.is_ok());
}

#[tokio::test]
async fn a_catalogue_whose_originals_are_elsewhere_is_refused() {
    let (folder, server) = (tempdir().unwrap(), Versitygw::start());
    let storage = open_in(folder.path(), bucket(&server.url())).await.unwrap();
    stored(&storage, b"some bytes").await;
    storage.close().await;
    drop(storage);

    let refused = open_in(folder.path(), BlobsIn::Folder).await.err();
    assert!(matches!(refused, Some(OpenError::NotTheFolder)), "{refused:?}");
    assert!(verify(folder.path(), &BlobsIn::Folder).await.is_err());
    let empty = Versitygw::start();
    let refused = open_in(folder.path(), bucket(&empty.url())).await.err();
    assert!(matches!(refused, Some(OpenError::Bucket { .. })), "{refused:?}");
    assert!(verify(folder.path(), &bucket(&empty.url())).await.is_err());
    assert!(open_in(folder.path(), bucket(&server.url())).await.is_ok());

    let folder = tempdir().unwrap();
    let storage = open_in(folder.path(), BlobsIn::Folder).await.unwrap();
    stored(&storage, b"some bytes").await;
    storage.close().await;
    drop(storage);
    let refused = open_in(folder.path(), bucket(&empty.url())).await.err();
    assert!(matches!(refused, Some(OpenError::Bucket { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_server_that_overwrites_what_is_there_is_refused() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // It takes whatever it is told, as some servers do with conditions that they do not know.
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut request = [0; 4096];
            while connection.read(&mut request).is_ok_and(|count| count > 0) {
                let answer = b"HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 0\r\n\r\n";
                if connection.write_all(answer).is_err() {
                    break;
                }
            }
        }
    });
    let folder = tempdir().unwrap();
    let refused = open_in(folder.path(), bucket(&url)).await.err().unwrap();
    assert!(refused.to_string().contains("If-None-Match"), "{refused}");
}
