//! Proxies: what goes through one, what never does, and that its password is not told.

use auditty::fetch::ErrorKind;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::support::*;

/// A source at a host that nobody has.
fn far_away(proxy: &str) -> auditty::source::Source {
    let mut source = source("fastio", "http://audit.invalid");
    source.allow_http = true;
    source.proxy = Some(proxy.to_owned());
    source
}

#[tokio::test]
async fn a_proxy_is_asked_for_another_machines_address_with_its_password() {
    let proxy = server(|asked| {
        assert_eq!(asked.url.host_str(), Some("audit.invalid"));
        assert_eq!(asked.headers["proxy-authorization"], "Basic bWU6cCU=");
        ok(&json!({"events": entries("fastio", 2)}))
    })
    .await;
    let told = fetched(far_away(&proxy.uri().replace("http://", "http://me:p%25@"))).await;
    told.assert_whole();
    assert_eq!(told.distinct(), ["1", "2"]);
}

#[tokio::test]
async fn a_proxys_password_is_told_by_no_error() {
    let proxy = server(|_| error(407, "hunter2 is not the password")).await;
    let told = fetched(far_away(&proxy.uri().replace("http://", "http://me:hunter2@"))).await;
    let (error, _) = told.failure();
    assert!(error.message.contains("407") && !told.debug.contains("hunter2"), "{error}");
    let told = fetched(far_away("nonsense://me:hunter2@[")).await;
    assert_eq!(told.failure().0.kind, ErrorKind::Config);
    assert!(!told.debug.contains("hunter2"));
}

#[tokio::test]
async fn this_machine_is_never_asked_through_a_proxy() {
    let server = server(|_| ok(&json!({"events": entries("fastio", 1)}))).await;
    let mut near = source("fastio", &server.uri());
    near.proxy = Some("http://127.0.0.1:1".to_owned());
    fetched(near).await.assert_whole();
}

#[tokio::test]
async fn a_socks_proxy_is_spoken_to() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut hello = [0; 2];
        stream.read_exact(&mut hello).await.expect("a greeting");
        let mut methods = vec![0; usize::from(hello[1])];
        stream.read_exact(&mut methods).await.expect("methods");
        stream.write_all(&[5, 0]).await.expect("written");
        let mut request = [0; 5];
        stream.read_exact(&mut request).await.expect("a request");
        let mut host = vec![0; usize::from(request[4]) + 2];
        stream.read_exact(&mut host).await.expect("a host");
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.expect("written");
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            asked.push(stream.read_u8().await.expect("a byte"));
        }
        let body = json!({"events": entries("fastio", 1)}).to_string();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await.expect("written");
        (request, host)
    });
    fetched(far_away(&format!("socks5h://{address}"))).await.assert_whole();
    let (request, host) = serving.await.expect("served");
    assert_eq!(request[..4], [5, 1, 0, 3], "the proxy resolves the name");
    assert_eq!(host, b"audit.invalid\0\x50");
}
