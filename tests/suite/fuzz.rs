//! What the fuzz targets hold of any bytes, here of good files that were broken in a few places;
//! `PROPTEST_CASES` says of how many.

use proptest::prelude::*;
use proptest::sample::{Index, select};

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "for the fuzz targets this is a crate")]
mod checks;

type Seeds = &'static [&'static [u8]];

const EDITS: Seeds =
    &[b"\x00\x00a: 1\nb: [1, two]\n", b"\x02\x04a: 1 # one\nl:\n  - &x {y: 2}\n  - *x\n---\nc: 1\n"];
const YAML: Seeds =
    &[b"\n", b"  ", b": ", b"- ", b"#", b"'", b"\"", b"{", b"]", b"&a ", b"*a", b"|\n", b"? ", b"!", b"\t"];
const PLANS: Seeds = &[
    br##"{"version":1,"head":"0123456789012345678901234567890123456789","reason":"why","hops":[{"from":"staging","to":"production","items":[{"key":"pay","source_blob":"0123456789012345678901234567890123456789","target_blob":"0123456789012345678901234567890123456789","resolutions":[{"path":"a.b","resolution":"pending","taken":true,"outcome":"take"},{"path":"c[name=x]","resolution":"new","taken":true,"outcome":"set","value":{"k":[1.50,null]}},{"path":"#2:d","resolution":"conflict","taken":false,"outcome":"stop"}],"set":[{"path":"e","value":"x"}]}],"created":[{"key":"new","source_blob":"0123456789012345678901234567890123456789","left_out":["a"],"set":[]}],"deleted":[{"key":"old","target_blob":"0123456789012345678901234567890123456789"}]}]}"##,
];
const JSON: Seeds = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b",",
    b":",
    b"null",
    b"true",
    b"1e5",
    b"-0",
    b"\\u0000",
    b"\\",
    b"pay",
    b"password",
    b"keep",
    b"{\"number\":\"0x1F\"}",
    b"{\"tag\":\"!x\",\"value\":1}",
    b"{\"masked\":true}",
    b"[name=x]",
    b"staging",
];
const PROPERTIES: Seeds = &[
    b"# shop\nserver.port = 8080\nserver.name: shop\n\n! orders\nx y\\\n  z\n",
    b"a=1\na.b=2\nt\\u00e4=\\u00df\n",
];
const PROPERTY: Seeds = &[
    b"\n",
    b"\r",
    b"\\",
    b"=",
    b":",
    b" ",
    b"#",
    b"!",
    b".",
    b"..",
    b"a",
    b"b",
    b"\\u00e4",
    b"\\ud83d",
    b"\\u",
    b"\\\n",
    b"\x0c",
    b"\xe4",
    b"\xef\xbb\xbf",
    b"[0]",
    b"\0",
];
const POLICIES: Seeds = &[
    b"version = 1\n[promotion]\nnew-keys = \"take\"\n[[pin]]\npath = \"**.host\"\nto = \"production\"\n[secrets]\npaths = [\"**.password\", \"a.*\"]\n",
    b"[isolation.words]\nstaging = [\"stg\"]\n[isolation.hosts]\nproduction = [\"*.example.com\"]\n[rules]\nno-schema = \"off\"\n[[waiver]]\nrule = \"schema\"\nkey = \"p*\"\nreason = \"why\"\nuntil = 2026-02-28\n[[schema]]\nkeys = \"a/**\"\nfile = \"a.json\"\n[limits]\nfile-bytes = 9\n",
];
const TOML: Seeds = &[
    b"[",
    b"]",
    b"=",
    b"\"",
    b"'",
    b"\n",
    b"*",
    b"**",
    b".",
    b"[[waiver]]\n",
    b"rule",
    b"\"\"\"",
    b"2026-02-31",
    b"-1",
    b"1_0",
    b"{",
    b"version",
    b"key = \"\"\n",
    b"# x",
    b"\\u0000",
    b"\r",
];
const HISTORIES: Seeds = &[
    b"\x02\x01A\x01pcccccccccccccccccccc\x80\x01\0\0\0\x01\x01\x01bbbbbbbbbbbbbbbbbbbb\x01dddddddddddddddddddd\0\x01\x01\x01\0bbbbbbbbbbbbbbbbbbbb\x01eeeeeeeeeeeeeeeeeeee\0\0\0\0\0\0\x01ffffffffffffffffffff\x01aaaaaaaaaaaaaaaaaaaa\0\0\0\0\0\0",
];
const BYTES: Seeds =
    &[b"\0", b"\x01", b"\x02", b"\x03", b"\x04", b"\x80", b"\xff", b"\x7f", b"aaaaaaaaaaaaaaaaaaaa"];
const PATTERNS: Seeds = &[
    b"**.api_key\nsvc.API-KEY",
    b"servers[name=api].*\nservers[name=api].port",
    b"a*b.**\naxb.c",
    b"\"a.b\"[0]\n\"a.b\"[0].c",
];
const STEPS: Seeds = &[
    b"*", b"**", b".", b"[", b"]", b"=", b"\"", b"\\", b"\n", b"a", b"B", b"-", b"_", b"[0]", b"[+]", b"#2:",
    b"/", b"?", b" ", b"{",
];

/// A good file with a few places taken out, overwritten or filled with words of its format.
fn broken(seeds: Seeds, words: Seeds) -> impl Strategy<Value = Vec<u8>> {
    let new = prop_oneof![
        6 => select(words).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    let places = prop::collection::vec((any::<Index>(), 0_usize..6, new), 0..6);
    (select(seeds), places).prop_map(|(seed, places)| {
        let mut bytes = seed.to_vec();
        for (at, gone, new) in places {
            let at = at.index(bytes.len() + 1);
            let end = bytes.len().min(at + gone);
            bytes.splice(at..end, new);
        }
        bytes
    })
}

#[test]
fn what_is_broken_here_was_good() {
    for (check, seeds) in [
        (checks::edit as fn(&[u8]) -> bool, EDITS),
        (checks::plan, PLANS),
        (checks::properties, PROPERTIES),
        (checks::policy, POLICIES),
        (checks::history, HISTORIES),
        (checks::pattern, PATTERNS),
    ] {
        for seed in seeds {
            assert!(check(seed), "{}", String::from_utf8_lossy(seed));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_edit(bytes in broken(EDITS, YAML)) {
        checks::edit(&bytes);
    }

    #[test]
    fn any_plan_file(bytes in broken(PLANS, JSON)) {
        checks::plan(&bytes);
    }

    #[test]
    fn any_properties_file(bytes in broken(PROPERTIES, PROPERTY)) {
        checks::properties(&bytes);
    }

    #[test]
    fn any_policy(bytes in broken(POLICIES, TOML)) {
        checks::policy(&bytes);
    }

    #[test]
    fn any_history_index(bytes in broken(HISTORIES, BYTES)) {
        checks::history(&bytes);
    }

    #[test]
    fn any_pattern(bytes in broken(PATTERNS, STEPS)) {
        checks::pattern(&bytes);
    }
}
