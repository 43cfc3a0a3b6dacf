//! Connections: accepted by ourselves, so that none is held open by who says nothing.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use super::forwarded::Peer;
use super::tls::{HTTP_2, Tls};

/// So many connections are open at the same time; the next one waits to be accepted.
const CONNECTIONS: usize = 4_096;

/// The bytes of a request before its body.
pub(super) const HEAD_BYTES: usize = 16 * 1024;

/// So many bytes before a body are read, so that what is too long is answered as every mistake is.
const READ_BYTES: usize = 2 * HEAD_BYTES;

/// So many streams share one HTTP/2 connection.
const STREAMS: u32 = 64;

/// What is under way when the server stops has so long to end.
const GRACE: Duration = Duration::from_secs(10);

/// How an HTTP/2 connection begins.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Serves connections until `stop` is done, and lets what is under way end.
pub(super) async fn serve(
    listener: TcpListener,
    (router, tls): (Router, Option<Arc<Tls>>),
    idle: Duration,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stop = pin!(stop);
    loop {
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else { break };
        let (stream, peer) = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => (stream, Peer(address.ip().to_canonical())),
                // Out of descriptors, say: what is open goes on, and closes in time.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let (router, watcher) = ((router.clone(), peer), graceful.watcher());
        let tls = tls.as_ref().map(|tls| tls.acceptor());
        tokio::spawn(async move {
            let _permit = permit;
            let _ = stream.set_nodelay(true);
            match tls {
                None => {
                    let first = tokio::time::timeout(idle, begins_with_preface(&stream)).await;
                    if let Ok(Ok(is_http2)) = first {
                        answer(stream, is_http2, router, idle, watcher).await;
                    }
                }
                // Apart, so that connections without it do not have its size.
                Some(acceptor) => Box::pin(answer_over_tls(acceptor, stream, router, idle, watcher)).await,
            }
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
}

/// Answers the requests of a connection; one that breaks is its client's affair.
async fn answer<S>(
    stream: S,
    is_http2: bool,
    (router, peer): (Router, Peer),
    idle: Duration,
    watcher: Watcher,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (io, router) = (TokioIo::new(stream), TowerToHyperService::new(router));
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.call(request)
    });
    if is_http2 {
        let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
        builder.max_header_list_size(u32::try_from(READ_BYTES).unwrap_or(u32::MAX));
        builder.keep_alive_interval(idle).keep_alive_timeout(idle);
        // Apart, so that the many connections without it do not have its size.
        let _ = Box::pin(watcher.watch(builder.serve_connection(io, service))).await;
    } else {
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(idle).max_buf_size(READ_BYTES);
        let _ = watcher.watch(builder.serve_connection(io, service)).await;
    }
}

/// The same, once both have agreed on a key.
async fn answer_over_tls(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    router: (Router, Peer),
    idle: Duration,
    watcher: Watcher,
) {
    if let Ok(Ok(stream)) = tokio::time::timeout(idle, acceptor.accept(stream)).await {
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP_2);
        answer(stream, is_http2, router, idle, watcher).await;
    }
}

/// Whether a connection begins as HTTP/2 does; its first bytes are left to be read.
async fn begins_with_preface(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    let mut known = 0;
    loop {
        let read = stream.peek(&mut first).await?;
        let (Some(there), Some(expected)) = (first.get(..read), PREFACE.get(..read)) else {
            return Ok(false);
        };
        if read == 0 || there != expected {
            return Ok(false);
        }
        if read == PREFACE.len() {
            return Ok(true);
        }
        if read == known {
            // What is there is seen again at once, until more comes.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        known = read;
    }
}
