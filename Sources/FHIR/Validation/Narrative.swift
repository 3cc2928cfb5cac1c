/// Basic checks of narrative XHTML (txt-1, txt-2): well-formed XML of one `div` with only the
/// formatting elements and attributes that FHIR allows, and some content.
///
/// What is refused here could run script in whoever shows the narrative.
enum Narrative {
    /// Deepest nesting of elements: narrative of real documents stays below 20.
    static let depthMax = 200

    /// txt-1, from the R4 definition of Narrative.div; `area`, `map`, `kbd`, `address`, `bdo`,
    /// `center`, `font`, `ins`, `del`, `s`, `strike`, `u` are in the chapters of HTML 4.0 it names.
    private static let elements: Set<String> = [
        "a", "abbr", "acronym", "address", "area", "b", "bdo", "big", "blockquote", "br",
        "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "dfn", "div", "dl",
        "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd",
        "li", "map", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong",
        "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var",
    ]

    /// The entities of XML. FHIR forbids the named ones of HTML.
    private static let entities: Set<String> = ["amp", "lt", "gt", "quot", "apos"]

    /// What is wrong, nil where nothing is.
    static func problem(_ text: ArraySlice<UInt8>) -> String? {
        var check = XMLScanner(text)
        var open: [String] = []
        var isFirst = true
        var hasContent = false
        while let token = check.next() {
            switch token {
            case .start(let tag):
                if let problem = problem(of: tag, isFirst: isFirst) { return problem }
                if open.isEmpty && !isFirst { return "Narrative is one div element" }
                isFirst = false
                hasContent = hasContent || tag.name == "img"
                if !tag.isEmpty { open.append(tag.name) }
                if open.count > depthMax { return "Narrative is nested too deeply" }
            case .end(let name):
                guard open.popLast() == name else { return "XHTML elements are not balanced" }
            case .text(let isBlank):
                if !isBlank && open.isEmpty { return "Narrative is one div element" }
                hasContent = hasContent || !isBlank
            case .entity(let name):
                if open.isEmpty || !isKnown(entity: name) {
                    return "XHTML has an entity that XML does not know"
                }
                hasContent = true
            case .malformed:
                return "Narrative is not well-formed XHTML"
            }
        }
        guard open.isEmpty, !isFirst else { return "Narrative is not one closed div element" }
        return hasContent ? nil : "Narrative has no content (txt-2)"
    }

    private static func problem(of tag: XMLScanner.Tag, isFirst: Bool) -> String? {
        guard elements.contains(tag.name) else {
            return "Narrative has an element that is not allowed (txt-1)"
        }
        if isFirst && tag.name != "div" { return "Narrative is one div element" }
        for (name, value) in tag.attributes {
            if name.utf8.starts(with: "on".utf8) {
                return "Narrative has an attribute that is not allowed (txt-1)"
            }
            if name == "href" || name == "src", isScript(value) {
                return "Narrative has a link that is not allowed (txt-1)"
            }
        }
        return nil
    }

    private static func isKnown(entity name: String) -> Bool {
        guard name.utf8.first == UInt8(ascii: "#") else { return entities.contains(name) }
        let isHex = name.utf8.dropFirst().first == UInt8(ascii: "x")
        guard let value = UInt32(name.dropFirst(isHex ? 2 : 1), radix: isHex ? 16 : 10) else {
            return false
        }
        return value > 0 && Unicode.Scalar(value) != nil
    }

    /// `javascript:` and `vbscript:`, also with blanks, controls or entities sprinkled in.
    private static func isScript(_ value: [UInt8]) -> Bool {
        let squeezed = value.filter { $0 > 0x20 }.map(ASCII.lowercased)
        let scheme = squeezed.prefix { $0 != UInt8(ascii: ":") }
        return scheme.contains(UInt8(ascii: "&")) || scheme.elementsEqual("javascript".utf8)
            || scheme.elementsEqual("vbscript".utf8)
    }
}
