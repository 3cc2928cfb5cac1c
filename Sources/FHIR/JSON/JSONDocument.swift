/// What kind of JSON value a node is.
package enum JSONKind: UInt8, Sendable {
    case object, array, string, number, boolean, null
}

/// One value of a document: where it stands in the source, and where its subtree ends in the tape.
///
/// Members of an object are two nodes in turn, the key (a string) and the value.
package struct JSONNode: Sendable {
    /// Offset of the first byte; for a string that of the opening quotation mark.
    var start: UInt32
    /// Offset past the last byte; for a string past the closing quotation mark.
    var end: UInt32
    /// Index of the node past this one's subtree.
    var next: UInt32
    var kind: JSONKind
    /// For a string: whether it holds escapes. Without any, its bytes are its text.
    var escaped: Bool
}

/// A parsed JSON text: the source bytes and a flat tape of its values in document order.
///
/// Nothing is converted: digits, order, white space and the byte range of every value survive,
/// which is what lets the server store content exactly as sent. Immutable and shared, hence a
/// class.
package final class JSONDocument: Sendable {
    /// The text, exactly as given.
    package let bytes: [UInt8]
    let nodes: [JSONNode]

    /// Parse one JSON value by RFC 8259, strictly: valid UTF-8, no duplicate keys, nothing after
    /// it.
    package init(parsing bytes: [UInt8], limits: JSONLimits = .default) throws(JSONError) {
        guard bytes.count <= limits.sizeBytes else {
            throw JSONError(.tooLarge, at: limits.sizeBytes)
        }
        self.nodes = try JSONParser.parse(bytes, limits: limits)
        self.bytes = bytes
    }

    /// Parse the UTF-8 of a string.
    package convenience init(
        parsing text: String, limits: JSONLimits = .default
    ) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }

    /// The outermost value.
    package var root: JSONView { JSONView(document: self, index: 0) }
}
