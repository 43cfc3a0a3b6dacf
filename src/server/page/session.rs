//! Sessions: who signed in to the page, known by a cookie that no script reads and no other site sends.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{HeaderMap, header};
use tokio::time::Instant;

use crate::model::Result;
use crate::server::tokens;

/// The cookie. Browsers take it over plain HTTP too where the address is a loopback one.
const COOKIE: &str = "__Host-terrace";

/// So long after signing in one has to sign in again.
const LIFE: Duration = Duration::from_hours(12);

/// So many sessions at most; the oldest one ends for a further one.
const MOST: usize = 1_024;

/// What a person proved, and when.
struct Session {
    proof: String,
    since: Instant,
}

/// Who signed in.
#[derive(Default)]
pub(in crate::server) struct Sessions {
    /// By the digest of what the cookie holds.
    open: Mutex<BTreeMap<String, Session>>,
    /// What opens a session once, as a digest, and whose.
    once: Mutex<Option<(String, String)>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sessions {
    /// Makes what opens a session once for who proved who they are.
    ///
    /// # Errors
    /// When there is no randomness.
    pub(in crate::server) fn offer(&self, proof: String) -> Result<String> {
        let secret = tokens::new_secret()?;
        *locked(&self.once) = Some((tokens::digest(&secret), proof));
        Ok(secret)
    }

    /// Whose session this opens; it opens none again.
    pub(super) fn spend(&self, secret: &str) -> Option<String> {
        let mut once = locked(&self.once);
        let digest = tokens::digest(secret);
        let is_it = once.as_ref().is_some_and(|(known, _)| tokens::is_same(known, &digest));
        if is_it { once.take().map(|(_, proof)| proof) } else { None }
    }

    /// Opens a session, and gives the cookie to set.
    ///
    /// # Errors
    /// When there is no randomness.
    pub(super) fn open(&self, proof: String) -> Result<String> {
        let secret = tokens::new_secret()?;
        let mut open = locked(&self.open);
        open.retain(|_, session| session.since.elapsed() < LIFE);
        if open.len() >= MOST {
            let oldest = open.iter().min_by_key(|(_, session)| session.since).map(|(id, _)| id.clone());
            oldest.and_then(|id| open.remove(&id));
        }
        open.insert(tokens::digest(&secret), Session { proof, since: Instant::now() });
        Ok(format!("{COOKIE}={secret}; Path=/; Secure; HttpOnly; SameSite=Strict"))
    }

    /// Ends the session of a request, and gives the cookie to set.
    pub(super) fn close(&self, headers: &HeaderMap) -> String {
        if let Some(secret) = cookie(headers) {
            locked(&self.open).remove(&tokens::digest(secret));
        }
        format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
    }

    /// What was proved in the session of a request.
    pub(in crate::server) fn proof(&self, headers: &HeaderMap) -> Option<String> {
        let digest = tokens::digest(cookie(headers)?);
        let open = locked(&self.open);
        open.get(&digest).filter(|session| session.since.elapsed() < LIFE).map(|found| found.proof.clone())
    }
}

/// What the cookie of a request holds; nothing where it stands twice.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = pairs.filter(|(name, _)| *name == COOKIE).map(|(_, value)| value);
    found.next().filter(|_| found.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, cookie.parse().expect("a value"))])
    }

    #[test]
    fn a_session_is_known_by_its_cookie_until_it_ends() {
        let sessions = Sessions::default();
        let set = sessions.open("p".to_owned()).expect("a session");
        let pair = set.split(';').next().expect("a pair");
        assert_eq!(sessions.proof(&headers(&format!("a=b; {pair}"))).as_deref(), Some("p"));
        assert_eq!(sessions.proof(&headers(&format!("{pair}; {pair}"))), None);
        assert_eq!(sessions.proof(&headers("__Host-terrace=trc_0")), None);
        let set = sessions.open("q".to_owned()).expect("a session");
        let pair = set.split(';').next().expect("a pair");
        assert!(sessions.close(&headers(pair)).contains("Max-Age=0"));
        assert_eq!(sessions.proof(&headers(pair)), None);
    }

    #[test]
    fn what_opens_once_opens_once() {
        let sessions = Sessions::default();
        assert_eq!(sessions.spend("trc_0"), None);
        let secret = sessions.offer("p".to_owned()).expect("a secret");
        assert_eq!(sessions.spend("trc_0"), None);
        assert_eq!(sessions.spend(&secret).as_deref(), Some("p"));
        assert_eq!(sessions.spend(&secret), None);
    }
}
