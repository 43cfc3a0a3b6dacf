//! TLS: a certificate and its key, read again when their files change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use super::tokens::stamp_of;
use crate::model::{Error, Result};

/// What a connection may speak, in the order of preference.
const PROTOCOLS: [&[u8]; 2] = [HTTP_2, b"http/1.1"];

/// HTTP/2, as it is agreed on.
pub(super) const HTTP_2: &[u8] = b"h2";

/// The files of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate in PEM, and those behind it that lead to its issuer.
    pub certificate: PathBuf,
    /// Its key in PEM.
    pub key: PathBuf,
}

/// The certificate as it was read last.
pub(super) struct Tls {
    files: TlsFiles,
    acceptor: ArcSwap<Acceptor>,
    stamp: Mutex<[Option<String>; 2]>,
}

struct Acceptor(TlsAcceptor);

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// When they cannot be read, or do not go together.
    pub(super) fn read(files: &TlsFiles) -> Result<Self> {
        let stamp = Mutex::new(files.stamp());
        let acceptor = ArcSwap::from_pointee(Acceptor(files.acceptor()?));
        Ok(Self { files: files.clone(), acceptor, stamp })
    }

    /// Speaks for the server in the next connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.load().0.clone()
    }

    /// Reads the files again when they are not those that were read; what went before stays until they can
    /// be.
    ///
    /// # Errors
    /// Those of reading them, each time that they have changed.
    pub(super) fn refresh(&self) -> Result<()> {
        let stamp = self.files.stamp();
        let mut known = self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
        if *known != stamp {
            *known = stamp;
            self.acceptor.store(Arc::new(Acceptor(self.files.acceptor()?)));
        }
        Ok(())
    }
}

impl TlsFiles {
    fn stamp(&self) -> [Option<String>; 2] {
        [stamp_of(&self.certificate), stamp_of(&self.key)]
    }

    fn acceptor(&self) -> Result<TlsAcceptor> {
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::internal(format!("no TLS: {error}")))?;
        let config = config.with_no_client_auth().with_single_cert(self.chain()?, self.private_key()?);
        let mut config = config.map_err(|error| {
            let (key, certificate) = (self.key.display(), self.certificate.display());
            Error::usage(format!("{key} cannot be used with {certificate}: {error}")).with_help(
                "give the key that the certificate was made for; the certificate stands first in its file",
            )
        })?;
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>> {
        let path = &self.certificate;
        let wrong = |what: String| {
            Error::usage(format!("{}{what}", path.display()))
                .with_help("give the certificate in PEM (BEGIN CERTIFICATE), and behind it those that lead to its issuer")
        };
        let text = read(path)?;
        let chain = CertificateDer::pem_slice_iter(&text).collect::<std::result::Result<Vec<_>, _>>();
        let chain = chain.map_err(|error| wrong(format!(" is no PEM: {error}")))?;
        if chain.is_empty() { Err(wrong(" holds no certificate".to_owned())) } else { Ok(chain) }
    }

    fn private_key(&self) -> Result<PrivateKeyDer<'static>> {
        let text = read(&self.key)?;
        PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
            Error::usage(format!("{} holds no private key that can be read", self.key.display()))
                .with_help("give it in PEM (BEGIN PRIVATE KEY), without a pass phrase")
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| Error::io("read", path, &error))
}
