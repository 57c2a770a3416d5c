async fn connect(host: String, port: u16) -> smol::net::TcpStream {
    smol::net::TcpStream::connect((host, port)).await.unwrap()
}
