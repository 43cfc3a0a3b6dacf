//! A small world for the binary: a real git repository in a folder of its own, an environment that
//! nothing of the caller reaches, and days that pass only when they are told to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The exit code of a program that a signal ended.
pub(crate) const KILLED: i32 = -1;

/// What a program said and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// Exit code, standard output and standard error as one text, for snapshots.
    pub(crate) fn told(&self) -> String {
        format!("{}{}[exit {}]", self.stdout, self.stderr, self.code)
    }

    /// Standard output, when the exit code is the one expected.
    pub(crate) fn exits(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        self.stdout
    }
}

/// A repository, or a place for one.
pub(crate) struct World {
    folder: TempDir,
    /// The work tree's place within the world.
    pub(crate) dir: PathBuf,
    day: u32,
    /// Variables of the environment besides the scrubbed ones.
    pub(crate) variables: Vec<(String, String)>,
}

impl World {
    /// An empty folder, no repository.
    pub(crate) fn bare_ground() -> Self {
        let folder = TempDir::new().expect("a folder");
        let dir = folder.path().canonicalize().expect("a path").join("w");
        std::fs::create_dir(&dir).expect("a folder");
        Self { folder, dir, day: 0, variables: Vec::new() }
    }

    /// A repository without commits, on branch `main`.
    pub(crate) fn unborn() -> Self {
        let world = Self::bare_ground();
        world.git(&["init", "--quiet", "--initial-branch=main"]);
        world
    }

    /// A repository whose first commit has these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let mut world = Self::unborn();
        for (path, text) in files {
            world.write(path, text);
        }
        world.commit("base");
        world
    }

    /// A copy of the repository, in a world of its own.
    pub(crate) fn copied(&self) -> Self {
        let mut world = Self::bare_ground();
        let done = self.command("cp").arg("-a").arg(self.dir.join(".")).arg(&world.dir).status();
        assert!(done.expect("cp").success());
        world.day = self.day;
        world.variables.clone_from(&self.variables);
        world
    }

    /// Puts terrace on the search path, where git looks for it.
    pub(crate) fn find_terrace(&mut self) {
        let folder = Path::new(env!("CARGO_BIN_EXE_terrace")).parent().expect("a folder").to_owned();
        let known = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths([folder].into_iter().chain(std::env::split_paths(&known)));
        self.variables.push(("PATH".to_owned(), path.expect("a path").into_string().expect("UTF-8")));
    }

    /// A place beside the work tree.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().expect("a path").join(name)
    }

    /// A certificate for this machine and its key, beside the repository.
    pub(crate) fn certificate(&self, name: &str) -> [String; 2] {
        let [certificate, key] = [format!("{name}.crt"), format!("{name}.key")]
            .map(|file| self.beside(&file).display().to_string());
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
        openssl.args([
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ]);
        openssl.args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]);
        let made = openssl.args(["-keyout", &key, "-out", &certificate]).output().expect("openssl runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        [certificate, key]
    }

    /// Writes a file of the work tree.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.dir.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    /// Puts a file of the work tree in its place at once, so that nobody sees half of it.
    pub(crate) fn put(&self, path: &str, text: &str) {
        let (path, new) = (self.dir.join(path), self.beside("put"));
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&new, text).expect("a file");
        std::fs::rename(new, path).expect("a file");
    }

    /// Reads a file of the work tree.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.dir.join(path)).expect(path)
    }

    /// Lets days pass.
    pub(crate) fn pass(&mut self, days: u32) {
        self.day += days;
    }

    /// Commits everything, a day later.
    pub(crate) fn commit(&mut self, message: &str) {
        self.pass(1);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    /// A command in the work tree with nothing of the caller's environment but the search path.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.dir).stdin(Stdio::null()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.folder.path()).env("XDG_CONFIG_HOME", self.folder.path().join("config"));
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
        let date = format!("{} +0000", 1_767_614_400 + i64::from(self.day) * 86_400);
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Ann")
                .env(format!("GIT_{role}_EMAIL"), "ann@example.com");
            command.env(format!("GIT_{role}_DATE"), &date);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs git, which has to succeed, and returns what it says.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = run(self.command("git").args(arguments));
        assert_eq!(output.code, 0, "git {arguments:?}: {}", output.stderr);
        output.stdout
    }

    /// Runs terrace in the work tree.
    pub(crate) fn terrace(&self, arguments: &[&str]) -> Output {
        self.terrace_in("", arguments)
    }

    /// Runs terrace in a folder of the work tree.
    pub(crate) fn terrace_in(&self, folder: &str, arguments: &[&str]) -> Output {
        let mut command = self.command(env!("CARGO_BIN_EXE_terrace"));
        run(command.current_dir(self.dir.join(folder)).args(arguments))
    }

    /// Runs a line of words, split at spaces.
    pub(crate) fn line(&self, line: &str) -> Output {
        self.terrace(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Everything that a refused command has to leave as it was: HEAD, refs, index and files.
    pub(crate) fn state(&self) -> BTreeMap<String, Vec<u8>> {
        let mut state = git_state(&self.dir).unwrap_or_else(|_| {
            // What libgit2 does not read, git does.
            let questions = [&["rev-parse", "HEAD"][..], &["for-each-ref"], &["ls-files", "--stage"]];
            let answer = |question: &[&str]| self.command("git").args(question).output().expect("git");
            questions.map(|it| (format!("git {it:?}"), answer(it).stdout)).into()
        });
        let visible = |path: &Path| !path.strip_prefix(&self.dir).is_ok_and(|path| path.starts_with(".git"));
        for path in super::fixtures::files(&self.dir).into_iter().filter(|path| visible(path)) {
            state.insert(path.display().to_string(), std::fs::read(&path).expect("a file"));
        }
        state
    }

    /// Runs a line that has to be refused: the exit code and both texts are exactly these, and
    /// nothing has changed.
    pub(crate) fn refuses(&self, line: &str, code: i32, stderr: &str) {
        let before = self.state();
        let output = self.line(line);
        assert_eq!(
            (output.code, output.stderr.trim_end()),
            (code, stderr.trim()),
            "terrace {line}\n{}",
            output.stdout
        );
        assert_eq!(self.state(), before, "terrace {line} changed something");
    }
}

/// HEAD, refs and index of a repository.
pub(crate) fn git_state(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, git2::Error> {
    let git = git2::Repository::open(folder)?;
    let head = std::fs::read(git.path().join("HEAD")).expect("HEAD");
    let mut state = BTreeMap::from([("HEAD".to_owned(), head)]);
    for reference in git.references()? {
        let reference = reference?;
        let target = format!("{:?} {:?}", reference.target(), reference.symbolic_target_bytes());
        state.insert(format!("ref {}", String::from_utf8_lossy(reference.name_bytes())), target.into_bytes());
    }
    for entry in git.index()?.iter() {
        let (path, told) = (String::from_utf8_lossy(&entry.path), format!("{:o} {}", entry.mode, entry.id));
        state.insert(format!("index {path} {}", entry.flags & 0x3000), told.into_bytes());
    }
    Ok(state)
}

/// A number that the environment asks for, or else another.
pub(crate) fn asked_for(variable: &str, otherwise: usize) -> usize {
    let Some(text) = std::env::var_os(variable) else { return otherwise };
    let number = text.to_str().and_then(|text| text.parse().ok());
    number.unwrap_or_else(|| panic!("{variable} is no number: {}", text.display()))
}

/// Runs a command and takes down what it says.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.output().expect("a program");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Output {
        code: output.status.code().unwrap_or(KILLED),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Files of a small shop: `pay` in all environments, each with a host of its own.
pub(crate) fn shop() -> World {
    let pay = |host: &str, reference: &str| {
        format!(
            "# payments\ndb:\n  host: {host}  # whose\n  pool: 10\n  password: ${{{reference}}}\ntimeout: 5s\nservers:\n  - name: api\n    port: 80\n  - name: web\n    port: 81\n"
        )
    };
    World::with(&[
        ("environments/development/pay.yaml", &pay("db.dev.example.com", "DEV_DB")),
        ("environments/staging/pay.yaml", &pay("db.stg.example.com", "STG_DB")),
        ("environments/production/pay.yaml", &pay("db.example.com", "DB")),
    ])
}
