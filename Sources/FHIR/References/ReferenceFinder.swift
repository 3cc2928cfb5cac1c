/// A place in a resource that points to another.
package struct ReferenceOccurrence: Sendable, Equatable {
    /// What sort of place it is.
    package enum Kind: Sendable {
        /// `Reference.reference`.
        case reference
        /// An element of type uri, url, canonical, oid or uuid: it points to an entry of a bundle
        /// only where its text is that entry's fullUrl.
        case uri
        /// `src` or `href` inside narrative; likewise.
        case narrative
    }

    /// What sort of place it is.
    package let kind: Kind
    /// Bytes of the document to replace: the string token with its quotation marks; for narrative
    /// the inside of the attribute, without any.
    package let range: Range<Int>
    /// The unescaped text.
    package let text: String

    /// What a literal reference points to.
    package var target: ReferenceTarget { ReferenceTarget(text) }

    /// The bytes that put `text` in place of this one.
    package func replacement(_ text: String) -> [UInt8] {
        var out: [UInt8] = []
        JSONText.appendQuoted(text.utf8, to: &out)
        return kind == .narrative ? Array(out.dropFirst().dropLast()) : out
    }
}

/// Finds everything in a resource that may point to another, by the definitions of its type.
package enum ReferenceFinder {
    /// In document order, contained resources included. Unknown elements are passed over.
    package static func references(in resource: JSONView) -> [ReferenceOccurrence] {
        var walk = ReferenceWalk(document: resource.document)
        walk.resource(resource.index)
        return walk.found
    }
}

private struct ReferenceWalk {
    let document: JSONDocument
    let definitions = FHIRDefinitions.shared
    var found: [ReferenceOccurrence] = []

    init(document: JSONDocument) {
        self.document = document
    }

    mutating func resource(_ index: Int) {
        let view = JSONView(document: document, index: index)
        guard let name = view["resourceType"]?.string,
            let type = definitions.resourceTypeNumber(name)
        else { return }
        object(index, type: type)
    }

    private mutating func object(_ index: Int, type: UInt16) {
        guard document.nodes[index].kind == .object else { return }
        var at = index + 1
        while at < Int(document.nodes[index].next) {
            let key = document.nodes[at]
            let isCompanion = document.bytes[Int(key.start) + 1] == UInt8(ascii: "_")
            let name = Int(key.start) + (isCompanion ? 2 : 1)..<Int(key.end) - 1
            if !name.isEmpty, let symbol = definitions.symbols.find(document.bytes, name),
                let element = definitions.element(of: type, symbol: symbol)
            {
                values(at + 1, definitions.elements[element], isCompanion: isCompanion, of: type)
            }
            at = Int(document.nodes[at + 1].next)
        }
    }

    private mutating func values(
        _ index: Int, _ element: ElementDefinition, isCompanion: Bool, of owner: UInt16
    ) {
        for view in JSONView(document: document, index: index).elementsOrSelf {
            if isCompanion {
                object(view.index, type: definitions.wellKnown.element)
            } else if let primitive = definitions.types[Int(element.type)].primitive {
                value(view, primitive, isReference: isReference(element, of: owner))
            } else if element.type == definitions.wellKnown.resource {
                resource(view.index)
            } else {
                object(view.index, type: element.type)
            }
        }
    }

    private func isReference(_ element: ElementDefinition, of owner: UInt16) -> Bool {
        owner == definitions.wellKnown.reference
            && element.symbol == definitions.wellKnown.referenceName
    }

    private mutating func value(_ view: JSONView, _ type: PrimitiveKind, isReference: Bool) {
        guard view.kind == .string else { return }
        if type == .xhtml {
            found += NarrativeLinks.links(in: view)
        } else if isReference || [.uri, .url, .canonical, .oid, .uuid].contains(type) {
            let text = String(decoding: view.utf8, as: UTF8.self)
            found.append(
                ReferenceOccurrence(
                    kind: isReference ? .reference : .uri, range: view.range, text: text))
        }
    }
}

/// The links of narrative, where they stand in the JSON source.
enum NarrativeLinks {
    /// Values of `src` and `href`. One with escapes inside cannot equal a fullUrl and is left out.
    static func links(in view: JSONView) -> [ReferenceOccurrence] {
        var links: [ReferenceOccurrence] = []
        let bytes = view.rawBytes
        var at = bytes.startIndex
        while let equals = bytes[at...].firstIndex(of: UInt8(ascii: "=")) {
            at = equals + 1
            let before = bytes[..<equals]
            guard ends(before, "src") || ends(before, "href"),
                let range = quoted(bytes, from: at)
            else { continue }
            let text = String(decoding: bytes[range], as: UTF8.self)
            links.append(ReferenceOccurrence(kind: .narrative, range: range, text: text))
            at = range.upperBound
        }
        return links
    }

    private static func ends(_ bytes: ArraySlice<UInt8>, _ word: String) -> Bool {
        let word = Array(word.utf8)
        guard bytes.count > word.count, bytes.suffix(word.count).elementsEqual(word) else {
            return false
        }
        let rest = bytes.dropLast(word.count)
        // A blank, or an escaped one: \\n, \\r, \\t.
        return rest.last == 0x20
            || (rest.dropLast().last == UInt8(ascii: "\\") && rest.last != UInt8(ascii: "\""))
    }

    /// The inside of `\"…\"` or `'…'` at `start`.
    private static func quoted(_ bytes: ArraySlice<UInt8>, from start: Int) -> Range<Int>? {
        var open = start
        guard open + 1 < bytes.endIndex else { return nil }
        var close = UInt8(ascii: "'")
        if bytes[open] == UInt8(ascii: "\\"), bytes[open + 1] == UInt8(ascii: "\"") {
            open += 1
            close = UInt8(ascii: "\\")
        } else if bytes[open] != close {
            return nil
        }
        let inside = bytes[(open + 1)...].prefix { $0 != close && $0 != UInt8(ascii: "\\") }
        guard inside.endIndex < bytes.endIndex, bytes[inside.endIndex] == close, !inside.isEmpty
        else { return nil }
        if close == UInt8(ascii: "\\") {
            let after = inside.endIndex + 1
            guard after < bytes.endIndex, bytes[after] == UInt8(ascii: "\"") else { return nil }
        }
        return inside.startIndex..<inside.endIndex
    }
}
