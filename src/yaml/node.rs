//! The span tree: what stands in the text, before anything is resolved.

use std::ops::Range;

/// A node's place in its document's arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

/// All nodes of a file, the root of each of its documents, and its comments from `#` to before the end of
/// their line, in file order.
#[derive(Debug, Default)]
pub(super) struct Forest {
    pub(super) nodes: Vec<Node>,
    pub(super) roots: Vec<NodeId>,
    pub(super) comments: Vec<Range<usize>>,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

impl Style {
    /// Whether the scalar is a block scalar (`|` or `>`).
    #[must_use]
    pub const fn is_block(self) -> bool {
        matches!(self, Self::Literal | Self::Folded)
    }
}

/// One node of a document.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub content: Content,
    /// Its resolved tag (`tag:yaml.org,2002:str`, `!local`), when one is written.
    pub tag: Option<String>,
    /// Its anchor's name, when it has one.
    pub anchor: Option<String>,
    /// The bytes of the content: without tag and anchor; with quotes, with the header of a block
    /// scalar, with the braces of a flow collection. Empty for a value that is not written.
    pub span: Range<usize>,
    /// The bytes with tag and anchor.
    pub outer: Range<usize>,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Content {
    /// A scalar.
    Scalar {
        /// The text after escapes and folding.
        text: String,
        /// How it is written.
        style: Style,
    },
    /// A list.
    Sequence {
        /// Its elements.
        items: Vec<SequenceItem>,
        /// Whether it is written `[…]`.
        flow: bool,
    },
    /// A mapping.
    Mapping {
        /// Its entries in file order, duplicates included.
        entries: Vec<MappingEntry>,
        /// Whether it is written `{…}`, or is a single pair inside `[…]`.
        flow: bool,
    },
    /// `*name`
    Alias {
        /// The node that carries the anchor.
        target: NodeId,
    },
}

/// One element of a list.
#[derive(Clone, Copy, Debug)]
pub struct SequenceItem {
    /// Where the dash stands; in a flow list, where the element begins.
    pub start: usize,
    /// The element.
    pub node: NodeId,
}

/// One entry of a mapping.
#[derive(Clone, Copy, Debug)]
pub struct MappingEntry {
    /// Where the entry begins: at `?` when there is one, else at the key.
    pub start: usize,
    /// Whether the entry begins with `?`.
    pub explicit: bool,
    /// The key.
    pub key: NodeId,
    /// Where the colon stands, when there is one.
    pub colon: Option<usize>,
    /// The value; an empty scalar when none is written.
    pub value: NodeId,
}
