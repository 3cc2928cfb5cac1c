import CairnClient
import FHIR

/// Prints a JSON answer of the ledger's API: as it is for scripts, as `name: value` lines for
/// people.
enum AnswerPrinting {
    static func print(_ response: ClientResponse, asJSON: Bool) throws {
        let root = try JSONDocument(parsing: response.body).root
        if asJSON {
            Output.json(response.body)
        } else {
            for line in lines(root, indent: 0) { Output.line(line) }
        }
    }

    static func lines(_ view: JSONView, indent: Int) -> [String] {
        let space = String(repeating: " ", count: indent)
        var lines = [String]()
        for (key, value) in view.members {
            let name = key.string ?? ""
            switch value.kind {
            case .object:
                lines.append("\(space)\(name):")
                lines += self.lines(value, indent: indent + 2)
            case .array:
                lines += array(name, value, indent: indent)
            case .string:
                // A note is several lines of its own.
                let parts = (value.string ?? "").split(separator: "\n").map(String.init)
                if parts.count > 1 {
                    lines.append("\(space)\(name):")
                    lines += parts.map { "\(space)  \($0)" }
                } else {
                    lines.append("\(space)\(name): \(parts.first ?? "")")
                }
            case .number, .boolean, .null:
                lines.append("\(space)\(name): \(String(decoding: value.rawBytes, as: UTF8.self))")
            }
        }
        return lines
    }

    private static func array(_ name: String, _ value: JSONView, indent: Int) -> [String] {
        let space = String(repeating: " ", count: indent)
        let elements = Array(value.elements)
        guard elements.contains(where: { $0.kind == .object }) else {
            let words = elements.map { $0.string ?? String(decoding: $0.rawBytes, as: UTF8.self) }
            return ["\(space)\(name): \(words.joined(separator: ", "))"]
        }
        // Each under the name, its first line marked.
        return ["\(space)\(name):"]
            + elements.flatMap { element in
                let inner = lines(element, indent: indent + 4)
                guard let first = inner.first else { return [String]() }
                return ["\(space)  - \(first.drop { $0 == " " })"] + inner.dropFirst()
            }
    }
}
