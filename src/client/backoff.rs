//! How long to wait before asking again.

use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// Waits that double, each shortened by chance, so that programs that lost a server together do not come
/// back together.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait; `least` is what the server asks for, as far as it is no longer than the longest.
    pub(super) fn next(&mut self, least: Option<Duration>) -> Duration {
        let wait = wait(self.failures, chance());
        self.failures = self.failures.saturating_add(1);
        wait.max(least.unwrap_or_default().min(LONGEST))
    }

    /// All is well again.
    pub(super) const fn reset(&mut self) {
        self.failures = 0;
    }
}

fn wait(failures: u32, chance: u8) -> Duration {
    let longest = SHORTEST.saturating_mul(1 << failures.min(10)).min(LONGEST);
    (longest / 2 + longest / 2 * u32::from(chance) / u32::from(u8::MAX)).max(SHORTEST)
}

fn chance() -> u8 {
    let mut byte = [u8::MAX];
    // Without chance the wait is the longest.
    let _ = SystemRandom::new().fill(&mut byte);
    byte[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_within_their_bounds() {
        for failures in (0..40).chain([u32::MAX]) {
            let (short, long) = (wait(failures, 0), wait(failures, u8::MAX));
            assert!(SHORTEST <= short && short <= long && long <= LONGEST, "{failures}: {short:?} {long:?}");
            assert!(long <= wait(failures.saturating_add(1), u8::MAX));
        }
        assert_eq!((wait(0, 0), wait(40, u8::MAX)), (SHORTEST, LONGEST));
        let mut backoff = Backoff { failures: 0 };
        assert_eq!(backoff.next(Some(Duration::from_secs(7))), Duration::from_secs(7));
        assert_eq!(backoff.next(Some(Duration::from_secs(3600))), LONGEST);
    }
}
