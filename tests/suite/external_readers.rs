//! Other people's readers of what `export` writes, and small ones of our own by the formats'
//! specifications. A test that asks one of the former is ignored where not everything is installed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use serde_json::Value as Json;

/// Names with their values.
pub(crate) type Values = BTreeMap<String, String>;

/// Standard output of a program that has to succeed.
fn output(command: &mut Command) -> Vec<u8> {
    let output = command.stdin(Stdio::null()).output().expect("a program");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What python-dotenv reads, file by file; the Python is the one that `tests/run` prepares, or the
/// system's.
pub(crate) fn dotenv(files: &[PathBuf]) -> Vec<Values> {
    let script = "import json,sys,dotenv\nprint(json.dumps([dotenv.dotenv_values(p, interpolate=False) for p in sys.argv[1:]]))";
    let mut command = Command::new(std::env::var_os("TERRACE_PYTHON").unwrap_or_else(|| "python3".into()));
    serde_json::from_slice(&output(command.arg("-c").arg(script).args(files))).expect("JSON")
}

/// What the npm package dotenv reads, file by file; `tests/run` installs it.
pub(crate) fn npm_dotenv(files: &[PathBuf]) -> Vec<Values> {
    let script = "const fs=require('fs'),{parse}=require('dotenv');console.log(JSON.stringify(process.argv.slice(1).map((f)=>parse(fs.readFileSync(f)))))";
    serde_json::from_slice(&output(Command::new("node").arg("-e").arg(script).arg("--").args(files)))
        .expect("JSON")
}

/// What a shell has, of the names wanted, that sources a file; what it runs would be seen in its folder.
pub(crate) fn sourced(shell: &str, file: &Path, wanted: &Values) -> Values {
    let values: String = wanted.keys().map(|name| format!(" \"${name}\"")).collect();
    let script = format!("set -a; . \"$1\"; printf '%s\\0'{values}");
    let mut command = Command::new(shell);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C.UTF-8");
    let printed =
        String::from_utf8(output(command.arg("-c").arg(script).arg(shell).arg(file))).expect("UTF-8");
    wanted.keys().cloned().zip(printed.split_terminator('\0').map(str::to_owned)).collect()
}

/// `docker run --env-file` by its source (`opts.ParseEnvFile`): no quotes, no escapes, lines by LF with
/// a CR before it left off, and `#` and blanks before a name.
pub(crate) fn env_file(text: &str) -> Values {
    let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let lines = lines
        .map(|line| line.trim_start_matches([' ', '\t']))
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| line.split_once('=').expect("a value"))
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

/// What kubectl reads of an env file.
pub(crate) fn kubectl_env_file(file: &Path) -> Values {
    let from = format!("--from-env-file={}", file.display());
    let mut command = Command::new("kubectl");
    command.args(["create", "configmap", "read", &from, "--dry-run=client", "-o", "json"]);
    data(&serde_json::from_slice(&output(&mut command)).expect("JSON"))
}

/// What a shell has, of the names wanted, after `eval` of a file's content.
pub(crate) fn shell(shell: &str, file: &Path, wanted: &Values) -> Values {
    let values: String = wanted.keys().map(|name| format!(" \"${name}\"")).collect();
    let script = format!("eval \"$(cat \"$1\")\" || exit 1\nprintf '%s\\0'{values}");
    let mut command = Command::new(shell);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C.UTF-8");
    let printed = output(command.arg("-c").arg(script).arg(shell).arg(file));
    let printed = String::from_utf8(printed).expect("UTF-8");
    let values = printed.split_terminator('\0').map(str::to_owned);
    wanted.keys().cloned().zip(values).collect()
}

/// What `java.util.Properties` reads, file by file. Programs in one source file, and `HexFormat`,
/// are there since Java 17.
pub(crate) fn java(files: &[PathBuf]) -> Vec<Values> {
    const PROGRAM: &str = r#"
import java.io.*; import java.nio.charset.StandardCharsets; import java.util.*;
class Read {
    static String hex(String s) { return HexFormat.of().formatHex(s.getBytes(StandardCharsets.UTF_8)); }
    public static void main(String[] files) throws Exception {
        for (String file : files) {
            Properties p = new Properties();
            try (InputStream in = new FileInputStream(file)) { p.load(in); }
            StringBuilder out = new StringBuilder(":");
            for (String name : p.stringPropertyNames()) out.append(' ').append(hex(name)).append('=').append(hex(p.getProperty(name)));
            System.out.println(out);
        }
    }
}
"#;
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("Read.java");
    std::fs::write(&program, PROGRAM).expect("written");
    let printed = output(Command::new("java").arg(&program).args(files));
    let unhex = |text: &str| {
        let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex");
        String::from_utf8((0..text.len()).step_by(2).map(byte).collect()).expect("UTF-8")
    };
    let line = |line: &str| {
        let pairs = line.split(' ').skip(1).filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (unhex(name), unhex(value))).collect()
    };
    String::from_utf8(printed).expect("ASCII").lines().map(line).collect()
}

/// A reader by the specification of `java.util.Properties.load`: logical lines, separators, escapes.
pub(crate) fn properties(text: &str) -> Values {
    let mut values = Values::new();
    let units: Vec<char> = text.replace("\r\n", "\n").replace('\r', "\n").chars().collect();
    let is_blank = |c: char| matches!(c, ' ' | '\t' | '\u{c}');
    let mut at = 0;
    while at < units.len() {
        // Blank lines, and continued ones without content, after which a line begins anew.
        while units
            .get(at)
            .is_some_and(|c| is_blank(*c) || *c == '\n' || units[at..].starts_with(&['\\', '\n']))
        {
            at += 1;
        }
        let mut line = Vec::new();
        let comment = matches!(units.get(at), Some('#' | '!'));
        while let Some(&c) = units.get(at).filter(|c| **c != '\n') {
            at += 1;
            if c == '\\' && !comment {
                match units.get(at) {
                    Some('\n') => {
                        at += 1;
                        while units.get(at).is_some_and(|c| is_blank(*c)) {
                            at += 1;
                        }
                    }
                    Some(next) => {
                        line.extend([c, *next]);
                        at += 1;
                    }
                    None => {}
                }
            } else {
                line.push(c);
            }
        }
        if comment || line.is_empty() {
            continue;
        }
        let mut end = 0;
        while let Some(&c) = line.get(end).filter(|c| !is_blank(**c) && !matches!(c, '=' | ':')) {
            end += if c == '\\' { 2 } else { 1 };
        }
        let mut start = end.min(line.len());
        while line.get(start).is_some_and(|c| is_blank(*c)) {
            start += 1;
        }
        if matches!(line.get(start), Some('=' | ':')) {
            start += 1;
            while line.get(start).is_some_and(|c| is_blank(*c)) {
                start += 1;
            }
        }
        values.insert(unescaped(&line[..end.min(line.len())]), unescaped(&line[start..]));
    }
    values
}

fn unescaped(line: &[char]) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut at = 0;
    while let Some(&c) = line.get(at) {
        at += 1;
        let c = match (c, line.get(at)) {
            ('\\', Some('u')) => {
                let hex: String = line[at + 1..at + 5].iter().collect();
                units.push(u16::from_str_radix(&hex, 16).expect("hex"));
                at += 5;
                continue;
            }
            ('\\', Some(next)) => {
                at += 1;
                match next {
                    't' => '\t',
                    'n' => '\n',
                    'r' => '\r',
                    'f' => '\u{c}',
                    other => *other,
                }
            }
            ('\\', None) => break,
            (c, _) => c,
        };
        units.extend(c.encode_utf16(&mut [0; 2]).iter());
    }
    String::from_utf16(&units).expect("UTF-16")
}

/// The data of a ConfigMap as kubectl reads it.
pub(crate) fn kubectl(file: &Path) -> Values {
    let arguments = ["label", "--local", "-o", "json", "read=back", "-f"];
    let json: Json =
        serde_json::from_slice(&output(Command::new("kubectl").args(arguments).arg(file))).expect("JSON");
    data(&json)
}

/// The data of a ConfigMap after the rules that Kubernetes states for one.
pub(crate) fn manifest(text: &str, kind: &str) -> Values {
    let yaml: serde_yaml::Value = serde_yaml::from_str(text).expect("YAML");
    let json = serde_json::to_value(&yaml).expect("JSON");
    assert_eq!((json["apiVersion"].as_str(), json["kind"].as_str()), (Some("v1"), Some(kind)));
    let name = json["metadata"]["name"].as_str().expect("a name");
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let label = |label: &str| {
        label.starts_with(edge) && label.ends_with(edge) && label.chars().all(|c| edge(c) || c == '-')
    };
    assert!(name.len() <= 253 && name.split('.').all(label), "{name}");
    let values = data(&json);
    for name in values.keys() {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        assert!((1..=253).contains(&name.len()) && name.chars().all(fits), "{name}");
    }
    assert!(values.values().map(String::len).sum::<usize>() <= 1 << 20);
    values
}

fn data(json: &Json) -> Values {
    let map = json["data"].as_object().into_iter().flatten();
    let text = |value: &Json| {
        let text = value.as_str().expect("a string").to_owned();
        if json["kind"] != "Secret" {
            return text;
        }
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
        String::from_utf8(bytes).expect("UTF-8")
    };
    map.map(|(name, value)| (name.clone(), text(value))).collect()
}
