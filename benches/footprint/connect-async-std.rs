async fn connect(host: String, port: u16) -> async_std::net::TcpStream {
    async_std::net::TcpStream::connect((host.as_str(), port)).await.unwrap()
}
