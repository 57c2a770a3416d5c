// crates: tokio-util

async fn connect(host: String, port: u16) -> tokio_util::compat::Compat<tokio::net::TcpStream> {
    use tokio_util::compat::TokioAsyncReadCompatExt;
    tokio::net::TcpStream::connect((host, port)).await.unwrap().compat()
}
