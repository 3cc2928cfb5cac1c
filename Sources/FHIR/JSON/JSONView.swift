/// One value of a document: a reference to it and an index into its tape. Cheap to copy.
package struct JSONView: Sendable {
    /// The document that the value is part of.
    package let document: JSONDocument
    let index: Int

    init(document: JSONDocument, index: Int) {
        self.document = document
        self.index = index
    }

    var node: JSONNode { document.nodes[index] }

    /// The kind of value.
    package var kind: JSONKind { node.kind }

    /// Where the value stands in `document.bytes`; a string with its quotation marks.
    package var range: Range<Int> {
        let node = self.node
        return Int(node.start)..<Int(node.end)
    }

    /// The bytes of the value exactly as sent.
    package var rawBytes: ArraySlice<UInt8> { document.bytes[range] }

    /// The text of a string, unescaped; nil for other kinds.
    package var string: String? {
        kind == .string ? String(decoding: utf8, as: UTF8.self) : nil
    }

    /// The unescaped UTF-8 of a string; empty for other kinds.
    package var utf8: ArraySlice<UInt8> {
        let node = self.node
        guard node.kind == .string else { return [] }
        let raw = document.bytes[Int(node.start) + 1..<Int(node.end) - 1]
        return node.escaped ? JSONText.unescape(raw)[...] : raw
    }

    /// The value of `true` and `false`; nil for other kinds.
    package var bool: Bool? {
        let node = self.node
        guard node.kind == .boolean else { return nil }
        return document.bytes[Int(node.start)] == UInt8(ascii: "t")
    }

    /// The digits of a number exactly as sent.
    package var numberText: String? {
        kind == .number ? String(decoding: rawBytes, as: UTF8.self) : nil
    }

    /// Whether this is a string of exactly this text.
    package func isString(_ text: StaticString) -> Bool {
        let node = self.node
        guard node.kind == .string else { return false }
        if node.escaped { return string == text.description }
        let length = text.utf8CodeUnitCount
        guard Int(node.end - node.start) - 2 == length else { return false }
        for offset in 0..<length
        where document.bytes[Int(node.start) + 1 + offset] != text.utf8Start[offset] {
            return false
        }
        return true
    }

    // MARK: Containers

    /// The value of the member of this name; nil where there is none, or this is no object.
    package subscript(key: String) -> JSONView? {
        var key = key
        return key.withUTF8 { value(ofKey: $0) }
    }

    func value(ofKey key: UnsafeBufferPointer<UInt8>) -> JSONView? {
        let nodes = document.nodes
        guard nodes[index].kind == .object else { return nil }
        let end = Int(nodes[index].next)
        var at = index + 1
        while at < end {
            let node = nodes[at]
            if node.escaped {
                if JSONView(document: document, index: at).utf8.elementsEqual(key) {
                    return JSONView(document: document, index: at + 1)
                }
            } else if Int(node.end - node.start) - 2 == key.count,
                document.bytes[Int(node.start) + 1..<Int(node.end) - 1].elementsEqual(key)
            {
                return JSONView(document: document, index: at + 1)
            }
            at = Int(nodes[at + 1].next)
        }
        return nil
    }

    /// The members of an object in order; empty for other kinds.
    package var members: JSONMembers {
        JSONMembers(
            document: document, at: index + 1, end: kind == .object ? Int(node.next) : index + 1)
    }

    /// The elements of an array in order; empty for other kinds.
    package var elements: JSONElements {
        JSONElements(
            document: document, at: index + 1, end: kind == .array ? Int(node.next) : index + 1)
    }

    /// The elements of an array, or this value itself where it is no array.
    package var elementsOrSelf: JSONElements {
        kind == .array
            ? elements : JSONElements(document: document, at: index, end: Int(node.next))
    }
}

/// The members of an object, in document order.
package struct JSONMembers: Sequence, IteratorProtocol, Sendable {
    let document: JSONDocument
    var at: Int
    let end: Int

    /// The next member.
    package mutating func next() -> (key: JSONView, value: JSONView)? {
        guard at < end else { return nil }
        let key = JSONView(document: document, index: at)
        let value = JSONView(document: document, index: at + 1)
        at = Int(document.nodes[at + 1].next)
        return (key, value)
    }
}

/// The elements of an array, in document order.
package struct JSONElements: Sequence, IteratorProtocol, Sendable {
    let document: JSONDocument
    var at: Int
    let end: Int

    /// The next element.
    package mutating func next() -> JSONView? {
        guard at < end else { return nil }
        defer { at = Int(document.nodes[at].next) }
        return JSONView(document: document, index: at)
    }
}
