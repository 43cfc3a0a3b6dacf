//! `publish`, to the etcd and the redis of Debian, which the tests start themselves, and to folders.

mod etcd;
mod follows;
mod manifests;
mod redis;
mod stores;

use std::io::Read;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::{Output, World};

/// Far longer than anything takes, however busy the machine.
const LONG: Duration = Duration::from_secs(90);

/// Waits for a condition.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LONG, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Items of all environments: `orders` and `billing/invoices` in production and development.
fn world() -> World {
    World::with(&[
        ("environments/production/orders.yaml", "limit: 10 # per minute\nhost: db.example.com\n"),
        ("environments/production/billing/invoices.yaml", "days: [1, 15]\n"),
        ("environments/development/orders.yaml", "limit: 1\nhost: db.dev.example.com\n"),
        ("environments/staging/orders.yaml", "limit: 5\n"),
    ])
}

/// Publishes an environment.
fn publish(world: &World, environment: &str, to: &str, more: &[&str]) -> Output {
    world.terrace(&[&["publish", "--env", environment, "--to", to], more].concat())
}

/// A publication that runs beside the test.
struct Running {
    child: Child,
    told: Arc<Mutex<String>>,
}

impl Running {
    fn start(world: &World, environment: &str, to: &str, more: &[&str]) -> Self {
        let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
        command.args(["publish", "--env", environment, "--to", to]).args(more);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("terrace runs");
        let told = Arc::new(Mutex::new(String::new()));
        let pipes: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().expect("a pipe")), Box::new(child.stderr.take().expect("a pipe"))];
        for mut pipe in pipes {
            let heard = Arc::clone(&told);
            std::thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(read @ 1..) = pipe.read(&mut bytes) {
                    heard.lock().expect("no panic").push_str(&String::from_utf8_lossy(&bytes[..read]));
                }
            });
        }
        Self { child, told }
    }

    fn told(&self) -> String {
        self.told.lock().expect("no panic").clone()
    }

    /// Waits until it has told of something.
    fn tells(&self, what: &str) {
        until(&format!("{what:?} in\n{}", self.told()), || self.told().contains(what));
    }

    /// Waits for its end, and gives its exit code.
    fn ends(&mut self) -> Option<i32> {
        let mut code = None;
        until("the end", || {
            code = self.child.try_wait().expect("a child");
            code.is_some()
        });
        code.and_then(|status| status.code())
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = std::process::Command::new("kill").args([name, &id]).status().expect("kill");
        assert!(status.success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
