//! The programs that Terrace is compared with: what is in the search path is run, what is not is told.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A program of others.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// How to get it.
    pub(crate) install: &'static str,
    program: &'static str,
    /// What tells by its exit code whether the program can do it.
    probe: &'static [&'static str],
}

pub(crate) const JSONSCHEMA_CLI: Peer = Peer {
    name: "jsonschema-cli",
    install: "cargo install jsonschema-cli",
    program: "jsonschema-cli",
    probe: &["--version"],
};
pub(crate) const BOON: Peer =
    Peer { name: "boon", install: "cargo install boon-cli", program: "boon", probe: &["--version"] };
pub(crate) const CHECK_JSONSCHEMA: Peer = Peer {
    name: "check-jsonschema",
    install: "pip install check-jsonschema",
    program: "check-jsonschema",
    probe: &["--version"],
};
pub(crate) const AJV: Peer =
    Peer { name: "ajv", install: "npm install --global ajv-cli", program: "ajv", probe: &["help"] };
pub(crate) const PYYAML: Peer = Peer {
    name: "PyYAML",
    install: "pip install PyYAML",
    program: "python3",
    probe: &["-c", "import yaml; yaml.CLoader"],
};
pub(crate) const DEEPDIFF: Peer = Peer {
    name: "DeepDiff",
    install: "pip install deepdiff PyYAML",
    program: "python3",
    probe: &["-c", "import deepdiff, yaml; yaml.CLoader"],
};
pub(crate) const JSONDIFFPATCH: Peer = Peer {
    name: "jsondiffpatch",
    install: "npm install --global jsondiffpatch js-yaml, and NODE_PATH as `npm root --global` says",
    program: "node",
    probe: &["--input-type=commonjs", "-e", "require('jsondiffpatch'); require('js-yaml')"],
};
pub(crate) const GIT: Peer = Peer {
    name: "git",
    install: "your package manager, or https://git-scm.com",
    program: "git",
    probe: &["--version"],
};

pub(crate) const ALL: [&Peer; 8] =
    [&GIT, &JSONSCHEMA_CLI, &BOON, &CHECK_JSONSCHEMA, &AJV, &JSONDIFFPATCH, &DEEPDIFF, &PYYAML];

impl Peer {
    /// Whether it is there.
    pub(crate) fn is_there(&self) -> bool {
        let mut command = Command::new(self.program);
        let status = command.args(self.probe).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }
}

/// The first of these names that is in the search path.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Compares every item of two environments by value.
pub(crate) const DEEPDIFF_SCRIPT: &str = "
import pathlib, yaml, deepdiff
sides = [pathlib.Path('environments', name) for name in ('development', 'staging')]
load = lambda file: yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
for file in sides[0].rglob('*.yaml'):
    deepdiff.DeepDiff(load(file), load(sides[1] / file.relative_to(sides[0])))
";

/// The same.
pub(crate) const JSONDIFFPATCH_SCRIPT: &str = "
const fs = require('fs'), path = require('path'), yaml = require('js-yaml');
const differ = require('jsondiffpatch');
const [left, right] = ['development', 'staging'].map(name => path.join('environments', name));
for (const file of fs.readdirSync(left, { recursive: true })) {
  if (!file.endsWith('.yaml')) continue;
  const [a, b] = [left, right].map(side => yaml.load(fs.readFileSync(path.join(side, file), 'utf8')));
  differ.diff(a, b);
}
";

/// Reads one environment and writes it as JSON.
pub(crate) const PYYAML_SCRIPT: &str = "
import json, pathlib, sys, yaml
files = sorted(pathlib.Path('environments/staging').rglob('*.yaml'))
json.dump({str(file): yaml.load(file.read_text(), Loader=yaml.CSafeLoader) for file in files}, sys.stdout)
";
