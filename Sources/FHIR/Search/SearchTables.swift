/// The kinds of search parameter that the server answers.
package enum SearchKind: String, Sendable {
    case token, string, date, reference
}

/// A search parameter of one resource type.
package struct SearchParameterDefinition: Sendable {
    /// Its name in a query, such as `birthdate`.
    package let code: String
    /// What it compares.
    package let kind: SearchKind
    let paths: [SearchPath]
}

/// A way from a resource to values: property names, then what stands there.
struct SearchPath: Sendable {
    let steps: [[UInt8]]
    /// The datatype at the end, such as `CodeableConcept`.
    let datatype: String
    /// Only references to this type count (`where(resolve() is Patient)`).
    let target: String?
    /// The code system of a `code` element, known from its required binding.
    let system: String?

    /// Call `body` with every value that the path reaches; arrays are walked through.
    func forEachValue(in view: JSONView, _ body: (JSONView) -> Void) {
        walk(view, from: 0, body)
    }

    private func walk(_ view: JSONView, from step: Int, _ body: (JSONView) -> Void) {
        guard step < steps.count else { return body(view) }
        let next = steps[step].withUnsafeBufferPointer { view.value(ofKey: $0) }
        guard let next else { return }
        for element in next.elementsOrSelf { walk(element, from: step + 1, body) }
    }
}

/// The search parameters and the Patient compartment of R4, compiled by the generator.
///
/// Covered are the eight parameters `identifier patient subject code date name birthdate gender`
/// wherever R4 defines them: plain paths, choice elements, casts (`as`), unions and
/// `where(resolve() is Type)`, which is decided by the literal reference alone. Not covered: all
/// other parameters, composites, and expressions with other FHIRPath functions.
package struct SearchTables: Sendable {
    /// The one set of tables, made at first use.
    package static let shared = SearchTables()

    private var parameters: [String: [SearchParameterDefinition]] = [:]
    private var compartment: [String: [SearchPath]] = [:]

    private init() {
        var reader = LineReader(SearchTable.text)
        while let words = reader.nextLine() {
            let type = reader.text(words[1])
            if reader.bytes[words[0].lowerBound] == UInt8(ascii: "C") {
                compartment[type] = words.dropFirst(2).map { Self.path($0, reader) }
            } else if let kind = SearchKind(rawValue: reader.text(words[3])) {
                let paths = words.dropFirst(4).map { Self.path($0, reader) }
                let code = reader.text(words[2])
                parameters[type, default: []].append(
                    SearchParameterDefinition(code: code, kind: kind, paths: paths))
            }
        }
    }

    /// The parameters of a type, by name; empty for an unknown type.
    package func parameters(of type: String) -> [SearchParameterDefinition] {
        parameters[type] ?? []
    }

    /// The parameter of this name; nil where the type has none.
    package func parameter(_ code: String, of type: String) -> SearchParameterDefinition? {
        parameters(of: type).first { $0.code == code }
    }

    /// Where resources of a type name their patient, the likeliest first.
    func compartmentPaths(of type: String) -> [SearchPath] { compartment[type] ?? [] }

    /// `participant.actor:Reference?Patient` or `gender:code=http://…`.
    private static func path(_ word: Range<Int>, _ reader: LineReader) -> SearchPath {
        let parts = reader.text(word).split(separator: ":", maxSplits: 1)
        let steps = parts[0].split(separator: ".").map { Array($0.utf8) }
        let end = parts.count > 1 ? parts[1] : ""
        let system = end.split(separator: "=", maxSplits: 1)
        let target = (system.first ?? "").split(separator: "?", maxSplits: 1)
        return SearchPath(
            steps: steps, datatype: target.first.map(String.init) ?? "",
            target: target.count > 1 ? String(target[1]) : nil,
            system: system.count > 1 ? String(system[1]) : nil)
    }
}
