//! What git remembers behind the entries, and which of it holds no longer where entries change.

use std::collections::BTreeSet;

use super::Extension;

/// The trees of folders whose entries are as they were when the tree was written.
const TREES: &[u8; 4] = b"TREE";

/// The sides of conflicts that were resolved.
const RESOLVED: &[u8; 4] = b"REUC";

/// What still holds when the entries at these paths are other ones: the trees of the folders that are not
/// above them, and the sides of resolved conflicts. All else depends on where entries stand, or on
/// which there are; git makes it again.
pub(super) fn without<'p>(
    extensions: Vec<Extension>,
    paths: impl Iterator<Item = &'p Vec<u8>>,
) -> Vec<Extension> {
    let mut folders = BTreeSet::from([&[] as &[u8]]);
    for path in paths {
        let ends = memchr::memrchr_iter(b'/', path).filter_map(|end| path.get(..end));
        // Those above a folder that is known are known, too.
        for folder in ends {
            if !folders.insert(folder) {
                break;
            }
        }
    }
    let kept = |Extension { name, content }| match &name {
        TREES => trees_without(&content, &folders).map(|content| Extension { name, content }),
        RESOLVED => Some(Extension { name, content }),
        _ => None,
    };
    extensions.into_iter().filter_map(kept).collect()
}

/// The trees without those of these folders, which are still named. A folder is its name, a zero, the
/// number of its entries, the number of its folders, and its id unless that first number is negative;
/// its folders follow.
fn trees_without(content: &[u8], folders: &BTreeSet<&[u8]>) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(content.len());
    let mut left = content;
    // The length of the path, and the folders that are yet to come, of each folder that is open.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut path: Vec<u8> = Vec::new();
    while !left.is_empty() {
        let name = up_to(&mut left, 0)?;
        let entries = up_to(&mut left, b' ')?;
        let below = up_to(&mut left, b'\n')?;
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend(name);
        let is_known = !entries.starts_with(b"-");
        let id = if is_known { left.split_off(..20)? } else { &[] };
        let is_kept = is_known && !folders.contains(path.as_slice());
        out.extend([name, b"\0", if is_kept { entries } else { b"-1" }, b" ", below, b"\n"].concat());
        out.extend(if is_kept { id } else { &[] });
        open.push((path.len(), std::str::from_utf8(below).ok()?.parse().ok()?));
        while open.pop_if(|(_, below)| *below == 0).is_some() {}
        match open.last_mut() {
            Some((length, below)) => {
                *below -= 1;
                path.truncate(*length);
            }
            None => path.clear(),
        }
    }
    open.is_empty().then_some(out)
}

/// What stands before this byte, which is taken too.
fn up_to<'a>(left: &mut &'a [u8], byte: u8) -> Option<&'a [u8]> {
    let found = left.split_off(..memchr::memchr(byte, left)?)?;
    left.split_off(..1)?;
    Some(found)
}
