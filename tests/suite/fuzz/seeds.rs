//! Good texts for each check, and the words of their formats.

/// Texts, or words that are put into them.
pub(crate) type Seeds = &'static [&'static [u8]];

pub(super) const EDITS: Seeds =
    &[b"\x00\x00a: 1\nb: [1, two]\n", b"\x02\x04a: 1 # one\nl:\n  - &x {y: 2}\n  - *x\n---\nc: 1\n"];
pub(super) const YAML: Seeds =
    &[b"\n", b"  ", b": ", b"- ", b"#", b"'", b"\"", b"{", b"]", b"&a ", b"*a", b"|\n", b"? ", b"!", b"\t"];
pub(super) const PLANS: Seeds = &[
    br##"{"version":1,"head":"0123456789012345678901234567890123456789","reason":"why","hops":[{"from":"staging","to":"production","items":[{"key":"pay","source_blob":"0123456789012345678901234567890123456789","target_blob":"0123456789012345678901234567890123456789","resolutions":[{"path":"a.b","resolution":"pending","taken":true,"outcome":"take"},{"path":"c[name=x]","resolution":"new","taken":true,"outcome":"set","value":{"k":[1.50,null]}},{"path":"#2:d","resolution":"conflict","taken":false,"outcome":"stop"}],"set":[{"path":"e","value":"x"}]}],"created":[{"key":"new","source_blob":"0123456789012345678901234567890123456789","left_out":["a"],"set":[]}],"deleted":[{"key":"old","target_blob":"0123456789012345678901234567890123456789"}]}]}"##,
];
pub(super) const JSON: Seeds = &[
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
pub(super) const PROPERTIES: Seeds = &[
    b"# shop\nserver.port = 8080\nserver.name: shop\n\n! orders\nx y\\\n  z\n",
    b"a=1\na.b=2\nt\\u00e4=\\u00df\n",
];
pub(super) const PROPERTY: Seeds = &[
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
pub(super) const POLICIES: Seeds = &[
    b"version = 1\n[promotion]\nnew-keys = \"take\"\n[[pin]]\npath = \"**.host\"\nto = \"production\"\n[secrets]\npaths = [\"**.password\", \"a.*\"]\n",
    b"[isolation.words]\nstaging = [\"stg\"]\n[isolation.hosts]\nproduction = [\"*.example.com\"]\n[rules]\nno-schema = \"off\"\n[[waiver]]\nrule = \"schema\"\nkey = \"p*\"\nreason = \"why\"\nuntil = 2026-02-28\n[[schema]]\nkeys = \"a/**\"\nfile = \"a.json\"\n[limits]\nfile-bytes = 9\n",
];
pub(super) const TOML: Seeds = &[
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
pub(super) const HISTORIES: Seeds = &[
    b"\x02\x01A\x01pcccccccccccccccccccc\x80\x01\0\0\0\x01\x01\x01bbbbbbbbbbbbbbbbbbbb\x01dddddddddddddddddddd\0\x01\x01\x01\0bbbbbbbbbbbbbbbbbbbb\x01eeeeeeeeeeeeeeeeeeee\0\0\0\0\0\0\x01ffffffffffffffffffff\x01aaaaaaaaaaaaaaaaaaaa\0\0\0\0\0\0",
];
pub(super) const BYTES: Seeds =
    &[b"\0", b"\x01", b"\x02", b"\x03", b"\x04", b"\x80", b"\xff", b"\x7f", b"aaaaaaaaaaaaaaaaaaaa"];
pub(super) const PATTERNS: Seeds = &[
    b"**.api_key\nsvc.API-KEY",
    b"servers[name=api].*\nservers[name=api].port",
    b"a*b.**\naxb.c",
    b"\"a.b\"[0]\n\"a.b\"[0].c",
];
pub(super) const STEPS: Seeds = &[
    b"*", b"**", b".", b"[", b"]", b"=", b"\"", b"\\", b"\n", b"a", b"B", b"-", b"_", b"[0]", b"[+]", b"#2:",
    b"/", b"?", b" ", b"{",
];

pub(super) const FILES: Seeds = &[
    b"a: 1\nb: [1, {c: 'x'}]\nd: &x |\n  two\n  lines\ne: *x\n",
    b"# head\n- {name: a, v: 1.10}\n- ? k\n  : v # why\n---\nm: {<<: {a: 1}, b: !t 2}\n",
];
pub(super) const MERGES: Seeds = &[
    b"a: 1\nb: 2\nc: 3\n%%%\na: 9\nb: 2\nc: 3\n%%%\na: 1\nb: 2\nc: 8 # why\n",
    b"\x00\x00\x02\x04a: 1\nb: [1, two]\nservers:\n- {name: api, port: 80}\n- {name: web, port: 81}\n",
];
pub(super) const PATHS: Seeds = &[
    b"servers[name=api].port",
    b"/a/b/1/name",
    b"a.b[1].\"v\"",
    b"#Deployment/api:a[+]",
    b"#~2:\"c.d\"",
    b"\"\\u{e4}\"[0]",
];
pub(super) const KEYS: Seeds = &[b"payments", b"billing/invoices.v2", b"_a/b-c", b"a/B/c_d"];
pub(super) const LETTERS: Seeds = &[
    b"/",
    b"..",
    b".",
    b"-",
    b"_",
    b"\\",
    b"%2e",
    b"\0",
    b"\n",
    b"~",
    b":",
    b" ",
    b"\xd0\xb0",
    b".yaml",
    b"config/",
    b"production",
];
pub(super) const TOMLS: Seeds = &[
    b"# shop\ntitle = \"x\"\n[db]\nhost = 'a' # why\nports = [ 1, 2 ]\nat = 2026-02-28T10:00:00Z\n[[servers]]\nname = \"a\"\n",
    b"a.b.c = 1_0\nt = {x = 0x1F, y = [1.5, true]}\ns = \"\"\"\ntwo\nlines\"\"\"\n",
];
pub(super) const DOTENVS: Seeds =
    &[b"# shop\nexport A=1\nB='two words'\nC=\"a\\nb $X\" # why\nD=\n", b"A_B=x\nA_C=y # no\n"];
pub(super) const VARIABLES: Seeds = &[
    b"\n",
    b"\r",
    b"=",
    b"'",
    b"\"",
    b"\\",
    b"$",
    b"${A}",
    b"`",
    b"#",
    b" ",
    b"\t",
    b"export ",
    b"A",
    b"\\n",
    b"\xc3\xa4",
    b"\0",
];
pub(super) const JSONS: Seeds =
    &[br##"{"a": [1, 2.50, null, {"b": "x\u00e4"}], "c": {"d.e": true, "": {}}, "f": "1e5"}"##];
pub(super) const CACHES: Seeds = &[
    // A history of one commit.
    b"\x00\x01cccccccccccccccccccc\xff\xff\xff\xff\x4e\x02\x01A\x01pcccccccccccccccccccc\x80\x01\0\0\0\x01\x01\x01bbbbbbbbbbbbbbbbbbbb\x01dddddddddddddddddddd\0\0\0\0",
    // Judgements: a salt, and nothing else.
    b"\x01aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x07\0\0\0",
    // The past of an item.
    b"\x02\x01\x05\0\x01\0\x01\x01\x01\0\x01\x05\x01\x01a\x02\x011\0\0\0\0\0\0\0\0\0",
    // Blocked states.
    b"\x03\x01s\x01r\x01\x02\0\x01\x02ab",
    // An answer.
    b"\x04\x01s\x01r\x07\x01c\x02\x01a\x01b",
];
pub(super) const PATCHES: Seeds = &[
    br##"a: {b: [1, 2, x]}
c: null # why
%%%
[{"op":"test","path":"/a/b/0","value":1.0},{"op":"add","path":"/a/b/-","value":{"k":[1.50]}},{"op":"replace","path":"/a/b/1","value":"y"},{"op":"move","from":"/a/b/0","path":"/d"},{"op":"copy","from":"/a/b","path":"/e"},{"op":"remove","path":"/c"}]"##,
    br##"l: [{name: x}]
%%%
[{"op":"add","path":"/l/0/v~1w","value":null}]"##,
];
pub(crate) const ADDRESSES: Seeds = &[
    b"/api/v1/environments/staging/items/a?path=x",
    b"/api/v1/environments/development/items/b%2Fc?pointer=/l/1/v",
    b"/api/v1/environments/production/export/a?format=json",
    b"/api/v1/environments/staging/items?prefix=a&limit=1",
    b"/spring/a/production/main",
    b"/api/v1/environments/staging/history/a",
    b"/readyz",
];
pub(crate) const ADDRESS: Seeds = &[
    b"/",
    b"//",
    b"..",
    b"%2e%2e",
    b"%2f",
    b"%00",
    b"%ff",
    b"%",
    b"?",
    b"&",
    b"#",
    b";",
    b"+",
    b"=",
    b"development",
    b"staging",
    b"production",
    b"default",
    b"items",
    b"http://x/",
    b"@",
    b"*",
    b"a",
    b"\xc3\xa4",
];
