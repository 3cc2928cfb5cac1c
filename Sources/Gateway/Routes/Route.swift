package import HTTPTypes

/// One route: a method, a pattern and what it does.
package struct Route: Sendable, Hashable {
    package let method: HTTPRequest.Method
    /// Segments; one in braces stands for any single segment, a last one in braces with `...` for
    /// one or several.
    package let pattern: String
    package let operation: Operation
    private let segments: [Segment]

    private enum Segment: Sendable, Hashable {
        case literal(String)
        case placeholder
        case rest
    }

    init(_ method: HTTPRequest.Method, _ pattern: String, _ operation: Operation) {
        self.method = method
        self.pattern = pattern
        self.operation = operation
        segments = pattern.utf8.split(separator: UInt8(ascii: "/")).map { part in
            let text = String(decoding: part, as: UTF8.self)
            guard text.hasPrefix("{") else { return .literal(text) }
            return text.hasSuffix("...}") ? .rest : .placeholder
        }
    }

    /// What stands for the placeholders, in order; `nil` where the path is another.
    func match(_ path: [String]) -> [String]? {
        guard
            path.count == segments.count
                || segments.last == .rest && path.count > segments.count
        else { return nil }
        var arguments = [String]()
        for (index, (segment, text)) in zip(segments, path).enumerated() {
            switch segment {
            case .literal(let literal):
                guard literal.utf8.elementsEqual(text.utf8) else { return nil }
            case .placeholder: arguments.append(text)
            case .rest: arguments.append(path[index...].joined(separator: "/"))
            }
        }
        return arguments
    }
}
