//! "Did you mean": the nearest of a set of known names, and keys that look like others mistyped.

/// The candidate nearest to `name`, when it is near enough to be a slip of the hand.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    // A slip in every third letter is another word.
    let allowed = |candidate: &str| (length.max(candidate.chars().count()) / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= allowed(candidate) && *distance < length)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How one key looks like another one mistyped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slip {
    /// One letter apart, and both may well be meant: `host` and `hosts`, `cert` and `cart`.
    Possible,
    /// The same letters in other case, or with other separators.
    Spelling,
    /// One letter apart within a longer word, such as rarely leaves another word.
    Word {
        /// The word in the key that is asked about.
        typed: String,
        /// The word in the known key.
        known: String,
    },
}

/// Whether `key` looks like `known` mistyped. Names that differ in a number, or are very short, are a
/// series.
#[must_use]
pub fn slip(key: &str, known: &str) -> Option<Slip> {
    // One letter and a few separators: most pairs are far from it.
    if key.len().abs_diff(known.len()) > 8 {
        return None;
    }
    let [typed, meant] = [key, known].map(plain);
    let [length, other] = [typed.clone().count(), meant.clone().count()];
    let (short, long) = (length.min(other), length.max(other));
    if key == known || length < 4 || long - short > 1 {
        return None;
    }
    let same = typed.clone().zip(meant.clone()).take_while(|(a, b)| a == b).count();
    let behind = typed.clone().rev().zip(meant.clone().rev()).take_while(|(a, b)| a == b).count();
    let between = |key: &str| -> Vec<char> { plain(key).skip(same).take(2).collect() };
    match long - same - behind.min(short - same) {
        0 => return Some(Slip::Spelling),
        1 => {}
        2 if short == long && between(key).iter().eq(between(known).iter().rev()) => {}
        _ => return None,
    }
    let letters = |key| plain(key).filter(|c| !c.is_ascii_digit());
    let is_series = letters(key).eq(letters(known));
    (!is_series).then(|| mistyped_word(key, known).unwrap_or(Slip::Possible))
}

/// The letters of a key, case and separators apart.
fn plain(key: &str) -> impl DoubleEndedIterator<Item = char> + Clone {
    key.chars().filter(|c| !matches!(c, '-' | '_' | '.')).flat_map(char::to_lowercase)
}

/// The one word in which two keys differ, where it looks mistyped.
fn mistyped_word(key: &str, known: &str) -> Option<Slip> {
    let (typed, known) = (words(key), words(known));
    if typed.len() != known.len() {
        return None;
    }
    let mut differing = typed.into_iter().zip(known).filter(|(typed, known)| typed != known);
    let (typed, known) = differing.next().filter(|_| differing.next().is_none())?;
    let [a, b] = [&typed, &known].map(|word| word.chars().collect::<Vec<char>>());
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    is_mistyped(&short, &long).then_some(Slip::Word { typed, known })
}

/// Whether one of two words that are one letter apart is a slip of the hand: not an ending, a rhyme or a
/// short word, which are words of their own.
fn is_mistyped(short: &[char], long: &[char]) -> bool {
    /// What ends other forms of a word: `hosts`, `enabled`, `handler`, `ready`.
    const ENDINGS: [char; 7] = ['s', 'd', 'r', 'e', 'y', 'n', 'l'];
    let is_vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u');
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (Some(a), Some(b)) = (short.get(same), long.get(same)) else {
        // The last letter alone.
        let doubled = long.len() > 1 && long.last() == long.get(long.len() - 2);
        return long.len() >= 6 && long.last().is_some_and(|last| doubled || !ENDINGS.contains(last));
    };
    let is_last = same + 1 == long.len();
    if short.len() < long.len() {
        return long.len() >= 6 && same > 0 && !is_last;
    }
    if short.get(same + 1) == Some(b) && long.get(same + 1) == Some(a) {
        return long.len() >= 5;
    }
    long.len() >= 7 && same > 0 && !is_last && (is_vowel(*a) && is_vowel(*b) || are_neighbours(*a, *b))
}

/// Whether two letters lie side by side on a keyboard.
fn are_neighbours(a: char, b: char) -> bool {
    ["qwertyuiop", "asdfghjkl", "zxcvbnm"].iter().any(|row| {
        let at = |letter: char| row.chars().position(|c| c == letter);
        matches!((at(a), at(b)), (Some(a), Some(b)) if a.abs_diff(b) == 1)
    })
}

/// The words of a name, in lower case: `dbPassword`, `HTTPToken`, `max-size`; `APIs`, `OAuth` and the
/// like stay what they are.
#[must_use]
pub fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let chars: Vec<char> = name.chars().collect();
    for (i, c) in chars.iter().enumerate() {
        let previous = i.checked_sub(1).and_then(|i| chars.get(i));
        let next = chars.get(i + 1);
        if !c.is_alphanumeric() {
            words.push(String::new());
            continue;
        }
        let begins = c.is_uppercase()
            && previous.is_some_and(|previous| {
                previous.is_lowercase()
                    || previous.is_ascii_digit()
                    || (previous.is_uppercase() && next.is_some_and(|next| next.is_lowercase()) && i > 1)
            });
        if begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_one_that_may_be_meant() {
        let known = ["log", "check", "serve", "watch", "init", "promote", "environments", "properties"];
        for (name, near) in [
            ("property", Some("properties")),
            ("lgo", Some("log")),
            ("chek", Some("check")),
            ("wathc", Some("watch")),
            ("prmtoe", Some("promote")),
            ("enviroments", Some("environments")),
            ("foo", None),
            ("merge", None),
            ("fetch", None),
            ("quit", None),
            ("l", None),
        ] {
            assert_eq!(closest(name, known), near, "{name}");
        }
    }

    #[test]
    fn keys_that_are_likely_mistyped_are_told_from_those_that_may_be_meant() {
        let likely = "timout=timeout tiemout=timeout timeoutt=timeout timeou=timeout db_databse=db_database \
                      maxConections=maxConnections max_conections=max_connections passwrod=password \
                      toekn=token seperator=separator timeput=timeout intervall=interval acces=access \
                      enviroment=environment recieveBuffer=receiveBuffer adress=address replcias=replicas";
        let spelling =
            "maxSize=max_size max-size=max_size MAX_SIZE=maxSize logLevel=loglevel db.host=db_host";
        let possible = "host=hosts cert=cart mode=modes enable=enabled handle=handler read=ready port=sport \
                        start=stat form=from header=reader contest=context primary=primars user=users min_size=mini_size \
                        cache=caches retry=retri prot=port timeout=ztimeout";
        let none = "host=port min=max read=write a=b c=d http1=http2 db1=db2 web-01=web-02 v1=v2 x1y=x2y \
                    id=ids timeout=timeout cpu=gpu us-east=us-west from=to connectTimeout=readTimeout";
        let found = |pair: &str| {
            let (a, b) = pair.split_once('=').expect("a pair");
            assert_eq!(slip(a, b).is_some(), slip(b, a).is_some(), "{pair}");
            slip(a, b)
        };
        for pair in likely.split_whitespace() {
            assert!(matches!(found(pair), Some(Slip::Word { .. })), "{pair}: {:?}", found(pair));
        }
        for (pairs, expected) in
            [(spelling, Some(Slip::Spelling)), (possible, Some(Slip::Possible)), (none, None)]
        {
            for pair in pairs.split_whitespace() {
                assert_eq!(found(pair), expected, "{pair}");
            }
        }
        let word = Slip::Word { typed: "timout".to_owned(), known: "timeout".to_owned() };
        assert_eq!(slip("readTimoutMs", "readTimeoutMs"), Some(word));
    }
}
