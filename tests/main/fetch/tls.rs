//! TLS: whose certificates are taken, and that nothing leads from an encrypted origin to a plain one.
//! The files beside this one are an authority, and a certificate of its for `localhost` with the key,
//! which opens nothing but these tests' servers.

use std::path::PathBuf;
use std::sync::Arc;

use auditty::fetch::ErrorKind;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::support::*;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/main/fetch/tls").join(name)
}

/// An encrypted server on a port of its own that gives every connection this answer.
async fn encrypted(answer: String) -> u16 {
    let certificate = CertificateDer::from_pem_file(file("server.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(file("server.key")).expect("a key");
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("they go together");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, answer) = (acceptor.clone(), answer.clone());
            tokio::spawn(async move {
                // Whoever does not trust the certificate goes away here.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => head.push(byte),
                        Err(_) => return,
                    }
                }
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    port
}

fn page() -> String {
    let body = json!({"events": entries("fastio", 2), "has_more": false}).to_string();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn trusting(port: u16) -> auditty::source::Source {
    let mut source = source("fastio", &format!("https://localhost:{port}"));
    source.ca_cert = Some(file("authority.pem"));
    source
}

#[tokio::test]
async fn a_certificate_of_a_named_authority_is_taken() {
    let told = fetched(trusting(encrypted(page()).await)).await;
    told.assert_whole();
    assert_eq!(told.distinct(), ["1", "2"]);
}

#[tokio::test]
async fn a_certificate_of_nobody_known_or_for_another_name_is_not_reachable_and_asked_once() {
    let port = encrypted(page()).await;
    let unknown = source("fastio", &format!("https://localhost:{port}"));
    let mut other_name = trusting(port);
    other_name.base_url = Some(format!("https://127.0.0.1:{port}"));
    for source in [unknown, other_name] {
        let told = fetched(source).await;
        let (error, missing) = told.failure();
        assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
        assert!(error.message.contains("TLS certificate") && !error.message.contains("requests"), "{error}");
        assert_eq!((told.ids().len(), missing), (0, &[week()][..]));
    }
}

#[tokio::test]
async fn a_plain_port_of_the_same_host_is_another_origin() {
    let plain = server(|_| ok(&json!({"events": entries("fastio", 2)}))).await;
    let there = plain.uri().replace("127.0.0.1", "localhost");
    let redirect = format!(
        "HTTP/1.1 302 Found\r\nLocation: {there}/x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let port = encrypted(redirect).await;
    let told = fetched(trusting(port)).await;
    let (error, _) = told.failure();
    assert_eq!(error.kind, ErrorKind::Broken);
    let names_both = [format!("https://localhost:{port}"), there].iter().all(|at| error.message.contains(at));
    assert!(names_both, "{error}");
    assert!(asked(&plain).await.is_empty());
}
