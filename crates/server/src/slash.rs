//! A path with a slash at its end is the path without it.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Uri;
use actix_web::http::uri::PathAndQuery;
use actix_web::middleware::Next;

/// A folder of files that name each other by relative paths, which need its slash.
const FOLDER: &str = "/swagger/";

/// Takes slashes off the end of the path before a route is looked for. Clients put them
/// there, and nothing is kept at such a path.
pub(crate) async fn without_trailing_slash<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if let Some(uri) = trimmed(request.uri()) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
    next.call(request).await
}

/// The URI without slashes at the end of its path; none if it stays as it is.
fn trimmed(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let kept = path.trim_end_matches('/');
    if kept.len() == path.len() || kept.is_empty() || path == FOLDER {
        return None;
    }
    let text = uri.query().map_or_else(|| kept.to_owned(), |query| format!("{kept}?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(text).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slashes_at_the_end_of_the_path_go() {
        for (given, expected) in [
            ("/images/", Some("/images")),
            ("/images//?width=3", Some("/images?width=3")),
            ("/albums/a%2Fb/images/?x=a/", Some("/albums/a%2Fb/images?x=a/")),
            ("/images?after=/", None),
            ("/", None),
            ("//", None),
            ("/swagger/", None),
        ] {
            let uri = trimmed(&given.parse().unwrap());
            assert_eq!(uri.map(|uri| uri.to_string()).as_deref(), expected, "{given}");
        }
    }
}
