//! As much of S3 as checkpoints and files need, in memory: put (also only if there is none of that name), get (also a range), head, list in
//! pages, delete. Signatures are taken as they come.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use serde_json::json;

/// How many names a page of a listing has.
const PAGE: usize = 3;
/// What every object says: nobody looks.
const MODIFIED: &str = "Wed, 21 Oct 2015 07:28:00 GMT";

/// What requests came to so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub puts: u64,
    /// Puts that were only to create.
    pub creations: u64,
    /// Of those, how many found an object of that name.
    pub refused: u64,
    /// Puts that were done, and answered as if they had failed.
    pub lost: u64,
    pub deleted: u64,
    pub pages: u64,
}

#[derive(Default)]
struct Bucket {
    objects: BTreeMap<String, Bytes>,
    counts: Counts,
    /// Each so manieth put that only creates is done, and its answer lost; 0: none is.
    lose: u64,
}

type Shared = Arc<Mutex<Bucket>>;

/// Serves on a port of its own until the process ends.
pub fn serve() -> std::io::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("it does not block");
            let app = axum::Router::new().fallback(answer).with_state(Shared::default());
            axum::serve(listener, app).await.expect("it serves");
        });
    });
    Ok(address)
}

async fn answer(State(bucket): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("clients send all");
    let bucket = lock(&bucket);
    // `/bucket`, or `/bucket/key`.
    let path = parts.uri.path().trim_start_matches('/');
    let key = plain(path.split_once('/').map_or("", |(_, key)| key));
    let query: BTreeMap<String, String> = parts.uri.query().map(pairs).unwrap_or_default();
    match (parts.method, key.is_empty()) {
        (Method::GET, true) if path == "counts" => counts(&bucket),
        (Method::POST, true) if path == "lose" => lose(bucket, &body),
        (Method::GET, true) => list(bucket, &query),
        (Method::POST, true) => delete(bucket, &String::from_utf8_lossy(&body)),
        (Method::PUT, false) => put(bucket, key, &parts.headers, body),
        (Method::GET | Method::HEAD, false) => get(&bucket, &key, &parts.headers),
        (Method::DELETE, false) => {
            delete(bucket, &format!("<Key>{key}</Key>"));
            status(StatusCode::NO_CONTENT)
        }
        _ => status(StatusCode::METHOD_NOT_ALLOWED),
    }
}

fn lock(bucket: &Shared) -> MutexGuard<'_, Bucket> {
    bucket.lock().expect("nothing panics while it is locked")
}

fn status(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (name.into(), plain(value))).collect()
}

/// Without `%2F` and the like.
fn plain(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).expect("two digits"));
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).expect("names are text")
}

fn put(mut bucket: MutexGuard<'_, Bucket>, key: String, headers: &HeaderMap, body: Bytes) -> Response {
    bucket.counts.puts += 1;
    if headers.get(header::IF_NONE_MATCH).is_some_and(|value| value == "*") {
        bucket.counts.creations += 1;
        if bucket.objects.contains_key(&key) {
            bucket.counts.refused += 1;
            return status(StatusCode::PRECONDITION_FAILED);
        }
        if bucket.lose > 0 && bucket.counts.creations.is_multiple_of(bucket.lose) {
            bucket.counts.lost += 1;
            bucket.objects.insert(key, body);
            return status(StatusCode::INTERNAL_SERVER_ERROR);
        }
    }
    bucket.objects.insert(key, body);
    Response::builder().header(header::ETAG, "\"1\"").body(Body::empty()).expect("it is a response")
}

fn get(bucket: &Bucket, key: &str, headers: &HeaderMap) -> Response {
    let Some(object) = bucket.objects.get(key) else { return status(StatusCode::NOT_FOUND) };
    let response = Response::builder().header(header::ETAG, "\"1\"").header(header::LAST_MODIFIED, MODIFIED);
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok()?.strip_prefix("bytes="));
    let response = match range.and_then(|range| range.split_once('-')) {
        None => response.header(header::CONTENT_LENGTH, object.len()).body(Body::from(object.clone())),
        Some((first, last)) => {
            let first: usize = first.parse().expect("nobody asks for the last bytes");
            if first >= object.len() {
                return status(StatusCode::RANGE_NOT_SATISFIABLE);
            }
            let end = last.parse().map_or(object.len(), |last: usize| (last + 1).min(object.len()));
            let range = format!("bytes {first}-{}/{}", end - 1, object.len());
            let part = object.slice(first..end);
            response
                .status(StatusCode::PARTIAL_CONTENT)
                .header(header::CONTENT_RANGE, range)
                .body(Body::from(part))
        }
    };
    response.expect("it is a response")
}

/// Names behind the token, in order; with a delimiter what lies below the prefix is one name.
fn list(mut bucket: MutexGuard<'_, Bucket>, query: &BTreeMap<String, String>) -> Response {
    bucket.counts.pages += 1;
    let of = |name: &str| query.get(name).map_or("", String::as_str);
    let (prefix, after) = (of("prefix"), of("continuation-token"));
    let name = |key: &str| match key[prefix.len()..].split_once('/') {
        Some((folder, _)) if of("delimiter") == "/" => format!("{prefix}{folder}/"),
        _ => key.to_string(),
    };
    let below = bucket.objects.iter().filter(|(key, _)| key.starts_with(prefix));
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for (key, object) in below.filter(|(key, _)| name(key).as_str() > after) {
        names.insert(name(key), object.len());
    }
    let mut xml = String::from("<ListBucketResult>");
    for (name, size) in names.iter().take(PAGE) {
        xml += &if name.ends_with('/') {
            format!("<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>")
        } else {
            format!(
                "<Contents><Key>{name}</Key><Size>{size}</Size><LastModified>2015-10-21T07:28:00.000Z</LastModified></Contents>"
            )
        };
    }
    if names.len() > PAGE {
        let last = names.keys().nth(PAGE - 1).expect("there are more");
        xml += &format!("<NextContinuationToken>{last}</NextContinuationToken>");
    }
    Response::new(Body::from(xml + "</ListBucketResult>"))
}

fn delete(mut bucket: MutexGuard<'_, Bucket>, request: &str) -> Response {
    let mut xml = String::from("<DeleteResult>");
    for key in request.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>")) {
        bucket.counts.deleted += u64::from(bucket.objects.remove(key.0).is_some());
        xml += &format!("<Deleted><Key>{}</Key></Deleted>", key.0);
    }
    Response::new(Body::from(xml + "</DeleteResult>"))
}

fn counts(bucket: &Bucket) -> Response {
    let Counts { puts, creations, refused, lost, deleted, pages } = bucket.counts;
    Response::new(Body::from(json!([puts, creations, refused, lost, deleted, pages]).to_string()))
}

fn lose(mut bucket: MutexGuard<'_, Bucket>, body: &[u8]) -> Response {
    bucket.lose = String::from_utf8_lossy(body).parse().expect("a number");
    status(StatusCode::OK)
}
