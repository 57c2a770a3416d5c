// crates: mio, httparse, crc32fast

use std::io::{Read, Write};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

fn main() {
    let mut poll = Poll::new().unwrap();
    let connect = |(number, url): (usize, String)| {
        let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap();
        let mut stream = TcpStream::connect(host.parse().unwrap()).unwrap();
        poll.registry().register(&mut stream, Token(number), Interest::READABLE | Interest::WRITABLE).unwrap();
        (stream, format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"), Vec::new())
    };
    let mut fetches: Vec<_> = std::env::args().skip(1).enumerate().map(connect).collect();
    let (mut events, mut left) = (Events::with_capacity(64), fetches.len());
    while left > 0 {
        poll.poll(&mut events, None).unwrap();
        for event in &events {
            let (stream, request, answer) = &mut fetches[event.token().0];
            if event.is_writable() && !request.is_empty() && stream.write_all(request.as_bytes()).is_ok() {
                request.clear();
            }
            if matches!(stream.read_to_end(answer), Ok(length) if length > 0) {
                let mut headers = [httparse::EMPTY_HEADER; 64];
                let mut head = httparse::Response::new(&mut headers);
                let body = answer.len() - head.parse(answer).unwrap().unwrap();
                println!("{} {body} {:x}", head.code.unwrap(), crc32fast::hash(answer));
                left -= 1;
            }
        }
    }
}
