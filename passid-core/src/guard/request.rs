use std::net::IpAddr;

/// What an adapter shows the guard of a request: bytes and text, no type of any framework.
pub trait RequestView {
    /// The method, such as `GET`.
    fn method(&self) -> &str;

    /// The query string without its question mark.
    fn query(&self) -> Option<&str>;

    /// Calls `visit` with each value of a header, in the order they came.
    fn each_header<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8]));

    /// The address of the other end of the connection, if the adapter knows it. Never one that a header
    /// tells of.
    fn peer_address(&self) -> Option<IpAddr> {
        None
    }

    /// Calls `visit` with each value of a header that may hold a token: the one with the number `place`
    /// among [`TokenSources::header_names`](super::TokenSources::header_names), from zero. For adapters
    /// that have prepared these names, so that no request has them compared or parsed again.
    fn each_token_header<'a>(&'a self, place: usize, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        let _ = place;
        self.each_header(name, visit);
    }

    /// Whether the request has a header.
    fn has_header(&self, name: &str) -> bool {
        let mut found = false;
        self.each_header(name, &mut |_| found = true);
        found
    }

    /// Whether it is a genuine CORS preflight: `OPTIONS` with `Origin` and
    /// `Access-Control-Request-Method`. A bare `OPTIONS` is an ordinary request.
    fn is_preflight(&self) -> bool {
        self.method() == "OPTIONS"
            && self.has_header("origin")
            && self.has_header("access-control-request-method")
    }

    /// Whether the body says it is JSON: `application/json` or a `+json` type.
    fn is_json(&self) -> bool {
        let mut json = false;
        self.each_header("content-type", &mut |value| {
            let essence = value.split(|&byte| byte == b';').next().unwrap_or_default();
            let essence = essence.trim_ascii().to_ascii_lowercase();
            json |= essence == b"application/json" || essence.ends_with(b"+json");
        });
        json
    }
}
