//! The built web app, served from inside the binary.
//!
//! Nothing is read from disk and nothing is compressed at run time. What is not a file and looks like a page is
//! `index.html`: the app routes by itself.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};

/// One file of the app.
struct File {
    /// Its path below `/`.
    path: &'static str,
    /// Changes with its content.
    hash: &'static str,
    plain: &'static [u8],
    br: Option<&'static [u8]>,
    gz: Option<&'static [u8]>,
}

/// All files, sorted by path; `build.rs` writes the table.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/web_app.rs"));

/// What the app's pages may do: load its own files and talk to its own server, nothing else.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; frame-src 'self'; object-src 'none'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// What the pages in `frames/` may do: run their own scripts without an origin, inside a page of ours, without network.
const FRAME_POLICY: &str = "sandbox allow-scripts; default-src 'none'; script-src 'self'; \
    style-src 'self' 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'self'";

/// Pages that draw what nobody vouches for (diagrams), each inside a sandboxed frame.
const FRAMES: &str = "frames/";

/// Names below this folder carry a hash of their content, so a browser may keep them for good.
const HASHED: &str = "assets/";

/// How long browsers should insist on TLS: a year, as the preload lists ask for.
const INSIST_ON_TLS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The service for every path that the API doesn't have; `insist_on_tls` where people come by HTTPS for good.
pub fn router(insist_on_tls: bool) -> Router {
    Router::new().fallback(async move |request: Request<Body>| {
        let mut response = answer(&request);
        if insist_on_tls {
            response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, INSIST_ON_TLS);
        }
        response
    })
}

fn answer(request: &Request<Body>) -> Response<Body> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = text(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD work here.");
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    let path = request.uri().path().trim_start_matches('/');
    let page = || is_page(path, request.headers()).then(|| find("index.html")).flatten();
    match find(path).or_else(page) {
        Some(file) => found(file, request.headers()),
        None => text(StatusCode::NOT_FOUND, "There is nothing here."),
    }
}

fn find(path: &str) -> Option<&'static File> {
    FILES.binary_search_by(|file| file.path.cmp(path)).ok().map(|at| &FILES[at])
}

/// Whether a browser asks for a page of the app, rather than for a file that isn't there.
fn is_page(path: &str, headers: &HeaderMap) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let wants_html =
        header(headers, &ACCEPT).is_none_or(|accept| accept.contains("text/html") || accept.contains("*/*"));
    wants_html && !name.contains('.') && !path.starts_with(HASHED)
}

fn found(file: &'static File, headers: &HeaderMap) -> Response<Body> {
    let (encoding, bytes) = choose(file, header(headers, &ACCEPT_ENCODING).unwrap_or_default());
    let tag = format!("\"{}-{}\"", file.hash, encoding.unwrap_or("plain"));
    let cache =
        if file.path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = secured(file.path)
        .header(CONTENT_TYPE, content_type(file.path))
        .header(CACHE_CONTROL, cache)
        .header(ETAG, &tag)
        .header(VARY, "accept-encoding");
    if header(headers, &IF_NONE_MATCH).is_some_and(|known| is_known(known, &tag)) {
        return finish(response.status(StatusCode::NOT_MODIFIED), Bytes::new());
    }
    if let Some(encoding) = encoding {
        response = response.header(CONTENT_ENCODING, encoding);
    }
    // Given here because the answer to HEAD has no body to count.
    finish(response.header(CONTENT_LENGTH, bytes.len()), Bytes::from_static(bytes))
}

/// The smallest form that the browser understands.
fn choose(file: &'static File, accepted: &str) -> (Option<&'static str>, &'static [u8]) {
    let forms = [("br", file.br), ("gzip", file.gz)];
    let best = forms
        .into_iter()
        .find_map(|(name, form)| form.filter(|_| accepts(accepted, name)).map(|f| (name, f)));
    best.map_or((None, file.plain), |(name, bytes)| (Some(name), bytes))
}

/// Whether `Accept-Encoding` names a coding, with a weight that is not zero.
fn accepts(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let weight =
            parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
        named && weight > 0.0
    })
}

fn is_known(known: &str, tag: &str) -> bool {
    known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// A response that already has what every response for a path of ours has.
fn secured(path: &str) -> axum::http::response::Builder {
    // A sandboxed frame has no origin, so to the browser its own scripts come from elsewhere.
    let (policy, readers) =
        if path.starts_with(FRAMES) { (FRAME_POLICY, "cross-origin") } else { (PAGE_POLICY, "same-origin") };
    Response::builder()
        .header(CONTENT_SECURITY_POLICY, policy)
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(REFERRER_POLICY, "no-referrer")
        .header(HeaderName::from_static("cross-origin-opener-policy"), "same-origin")
        .header(HeaderName::from_static("cross-origin-resource-policy"), readers)
        .header(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()")
}

fn text(status: StatusCode, sentence: &'static str) -> Response<Body> {
    let response = secured("").status(status).header(CONTENT_TYPE, "text/plain; charset=utf-8");
    finish(response, Bytes::from_static(sentence.as_bytes()))
}

fn finish(response: axum::http::response::Builder, bytes: Bytes) -> Response<Body> {
    response.body(Body::from(bytes)).expect("every header above is well-formed")
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: File =
        File { path: "assets/x-1.js", hash: "1", plain: b"plain", br: Some(b"b"), gz: Some(b"g") };
    static SAMPLE_FILE: File = SAMPLE;

    #[test]
    fn the_browser_gets_the_smallest_form_it_understands() {
        let cases = [
            ("gzip, deflate, br, zstd", Some("br")),
            ("GZIP", Some("gzip")),
            ("br;q=0, gzip;q=0.5", Some("gzip")),
            ("br;q=x", None),
            ("identity", None),
            ("", None),
        ];
        for (accepted, wanted) in cases {
            assert_eq!(choose(&SAMPLE_FILE, accepted).0, wanted, "{accepted}");
        }
    }

    #[test]
    fn a_known_file_is_not_sent_again() {
        for (known, wanted) in [
            ("\"1-br\"", true),
            ("W/\"1-br\"", true),
            ("\"0\", \"1-br\"", true),
            ("*", true),
            ("\"1\"", false),
        ] {
            assert_eq!(is_known(known, "\"1-br\""), wanted, "{known}");
        }
    }

    #[test]
    fn pages_of_the_app_are_told_from_missing_files() {
        let mut html = HeaderMap::new();
        html.insert(ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml"));
        let mut image = HeaderMap::new();
        image.insert(ACCEPT, HeaderValue::from_static("image/webp"));
        let cases = [
            ("", &html, true),
            ("s/ses_1", &html, true),
            ("s/ses_1", &image, false),
            ("favicon.ico", &html, false),
        ];
        for (path, headers, wanted) in cases {
            assert_eq!(is_page(path, headers), wanted, "{path}");
        }
        assert!(!is_page("assets/gone", &html));
    }
}
