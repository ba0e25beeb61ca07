//! A client of the plainest kind, for what only a real socket shows.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// One connection that is kept open.
pub(crate) struct Connection(TcpStream);

impl Connection {
    pub(crate) fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        // A server that stopped answering fails the test instead of hanging it.
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self(stream)
    }

    /// Sends a GET with these header lines and reads the answer: status and body.
    pub(crate) fn get(&mut self, path: &str, headers: &[&[u8]]) -> (u16, String) {
        let mut request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n").into_bytes();
        for header in headers {
            request.extend_from_slice(header);
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        self.0.write_all(&request).unwrap();
        self.answer()
    }

    fn answer(&mut self) -> (u16, String) {
        let mut received = Vec::new();
        let head_end = loop {
            if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            self.more(&mut received);
        };
        let head = String::from_utf8(received[..head_end].to_vec()).unwrap().to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.unwrap().trim().parse().unwrap();
        while received.len() < head_end + length {
            self.more(&mut received);
        }
        (status, String::from_utf8(received[head_end..].to_vec()).unwrap())
    }

    fn more(&mut self, received: &mut Vec<u8>) {
        let mut buffer = [0; 4096];
        let read = self.0.read(&mut buffer).unwrap();
        assert!(read > 0, "the server closed the connection");
        received.extend_from_slice(&buffer[..read]);
    }
}
