//! Variables by which a shell, a loader or an interpreter runs text or looks for code: a value of
//! configuration under such a name would be run.

use super::{Variable, place};
use crate::model::{Error, Help, Result};

/// Refuses a variable whose value would be run, unless its name is among the allowed; `program` is
/// what the variables are for, where that is known.
pub(super) fn refuse(entry: &Variable, allowed: &[String], program: Option<&str>) -> Result<()> {
    let Some(what) = runs(&entry.name, &entry.text, program) else { return Ok(()) };
    if allowed.contains(&entry.name) {
        return Ok(());
    }
    let place = place(&entry.key, &entry.path);
    Err(Error::undecided(format!("{place} would be the variable {}, which is {what}", entry.name))
        .with_help(Help::AllowName(entry.name.clone())))
}

/// What a variable of this name and value is to the programs that would run it.
fn runs(name: &str, value: &str, program: Option<&str>) -> Option<&'static str> {
    match name {
        "PATH" => Some("where programs are looked for"),
        "IFS" | "SHELLOPTS" | "BASHOPTS" | "BASH_VERSINFO" | "ZDOTDIR" | "FPATH" => {
            Some("how shells read scripts")
        }
        "BASH_ENV" => Some("a script that shells run first"),
        "ENV" if program.is_some_and(is_posix_shell) => Some("a script that shells run first"),
        "PS0" | "PS1" | "PS2" | "PS3" | "PS4" | "PROMPT_COMMAND" => Some("what shells run for a prompt"),
        "UID" | "EUID" | "PPID" => Some("a constant of the shell"),
        "GCONV_PATH" | "LOCPATH" | "GLIBC_TUNABLES" | "OPENSSL_CONF" | "OPENSSL_ENGINES"
        | "OPENSSL_MODULES" => Some("what libraries load into programs"),
        "GIT_SSH"
        | "GIT_SSH_COMMAND"
        | "GIT_EXTERNAL_DIFF"
        | "GIT_EXEC_PATH"
        | "GIT_ASKPASS"
        | "GIT_EDITOR"
        | "GIT_SEQUENCE_EDITOR"
        | "GIT_PAGER"
        | "GIT_PROXY_COMMAND"
        | "GIT_TEMPLATE_DIR"
        | "SSH_ASKPASS" => Some("a command that git runs"),
        "LESSOPEN" | "LESSCLOSE" => Some("a command that `less` runs"),
        "PERL5OPT" | "PERL5DB" | "PERL5LIB" | "PERLLIB" => Some("code that Perl loads"),
        "RUBYOPT" | "RUBYLIB" => Some("code that Ruby loads"),
        "PYTHONSTARTUP" | "PYTHONPATH" | "PYTHONHOME" => Some("code that Python loads"),
        "NODE_PATH" => Some("code that Node loads"),
        "PYTHONBREAKPOINT" => Some("code that Python loads"),
        "DOTNET_STARTUP_HOOKS" | "DOTNET_ADDITIONAL_DEPS" | "CORECLR_PROFILER_PATH" => {
            Some("code that .NET loads")
        }
        "ERL_AFLAGS" | "ERL_FLAGS" | "ERL_ZFLAGS" | "ELIXIR_ERL_OPTIONS" if names_option(value, ERLANG) => {
            Some("code that Erlang runs")
        }
        "VIMINIT" | "EXINIT" => Some("commands that Vim runs"),
        "NODE_OPTIONS" if names_option(value, NODE) => Some("code that Node loads"),
        "JAVA_TOOL_OPTIONS" | "_JAVA_OPTIONS" | "JDK_JAVA_OPTIONS" | "JAVA_OPTS" | "CATALINA_OPTS"
        | "MAVEN_OPTS" | "GRADLE_OPTS" | "SBT_OPTS"
            if names_option(value, JAVA) =>
        {
            Some("code that Java loads")
        }
        _ if name.starts_with("LD_") || name.starts_with("DYLD_") => {
            Some("what the loader puts into programs")
        }
        _ if name.starts_with("LUA_INIT") => Some("code that Lua runs first"),
        _ if name.eq_ignore_ascii_case("npm_config_node_options") && names_option(value, NODE) => {
            Some("code that Node loads")
        }
        _ if name.starts_with("BASH_FUNC_") => Some("a function of the shell"),
        _ if name.starts_with("GIT_CONFIG") => Some("configuration by which git runs commands"),
        _ => None,
    }
}

/// Options of Node that load code.
const NODE: &[&str] = &["--require", "-r", "--import", "--loader", "--experimental-loader", "--env-file"];

/// Options of Erlang that run or load code.
const ERLANG: &[&str] = &["-eval", "-run", "-s", "-pa", "-pz", "-boot", "-config", "-args_file"];

/// Options of Java that load code, run commands or read further options.
const JAVA: &[&str] = &[
    "-javaagent",
    "-agentlib",
    "-agentpath",
    "-Xrun",
    "-Xbootclasspath",
    "-XX:OnError",
    "-XX:OnOutOfMemoryError",
    "-XX:Flags",
    "-XX:VMOptionsFile",
    "-cp",
    "-classpath",
    "--class-path",
    "--module-path",
    "-p",
    "--patch-module",
    "-Djava.system.class.loader",
    "@",
];

/// Whether a list of options, quoted or not, has one of these, perhaps with a value behind it.
fn names_option(value: &str, options: &[&str]) -> bool {
    value.split(|c: char| c.is_whitespace() || "\"'".contains(c)).any(|word| {
        // Node takes `_` for `-` within the names of options.
        let word = word.replace('_', "-");
        options.iter().any(|option| {
            word.strip_prefix(option).is_some_and(|rest| {
                rest.is_empty() || rest.starts_with(['=', ':', '/']) || option.len() > 2 || *option == "@"
            })
        })
    })
}

/// Whether a program is a shell that reads the file that `ENV` names.
fn is_posix_shell(program: &str) -> bool {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    matches!(name, "sh" | "dash" | "ash" | "ksh" | "mksh" | "bash" | "zsh" | "busybox")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_would_be_run_are_known() {
        for (name, value, program, is_run) in [
            ("PATH", "/x", None, true),
            ("LD_PRELOAD", "/x.so", None, true),
            ("DYLD_INSERT_LIBRARIES", "/x", None, true),
            ("BASH_ENV", "/x", None, true),
            ("PS4", "$(id)", None, true),
            ("GIT_CONFIG_COUNT", "1", None, true),
            ("GIT_SSH_COMMAND", "x", None, true),
            ("PERL5OPT", "-Mx", None, true),
            ("GCONV_PATH", "/x", None, true),
            ("ENV", "production", None, false),
            ("ENV", "/x", Some("/bin/sh"), true),
            ("ENV", "production", Some("./payments"), false),
            ("NODE_OPTIONS", "--max-old-space-size=4096", None, false),
            ("NODE_OPTIONS", "--trace-warnings --require ./x.js", None, true),
            ("NODE_OPTIONS", "-r ./x.js", None, true),
            ("NODE_OPTIONS", "--import=data:text/javascript,x", None, true),
            ("NODE_OPTIONS", "--experimental_loader=./x", None, true),
            ("NODE_OPTIONS", "\"--require\" x", None, true),
            ("JAVA_TOOL_OPTIONS", "-Xmx512m -Dspring.profiles.active=prod", None, false),
            ("JAVA_TOOL_OPTIONS", "-Xmx1g -javaagent:/x.jar", None, true),
            ("JDK_JAVA_OPTIONS", "@/tmp/x", None, true),
            ("_JAVA_OPTIONS", "-XX:OnOutOfMemoryError='touch x'", None, true),
            ("LUA_INIT_5_4", "x", None, true),
            ("DOTNET_STARTUP_HOOKS", "/x.dll", None, true),
            ("ERL_AFLAGS", "-kernel shell_history enabled", None, false),
            ("ERL_AFLAGS", "-eval init:stop().", None, true),
            ("VIMINIT", ":!id", None, true),
            ("npm_config_node_options", "--require ./x", None, true),
            ("JAVA_OPTS", "-Xmx512m", None, false),
            ("JAVA_OPTS", "-javaagent:/x.jar", None, true),
            ("PYTHONBREAKPOINT", "os.system", None, true),
            ("PATHS", "x", None, false),
            ("PS5", "x", None, false),
            ("OLD_PATH", "x", None, false),
        ] {
            assert_eq!(runs(name, value, program).is_some(), is_run, "{name}={value} {program:?}");
        }
    }
}
