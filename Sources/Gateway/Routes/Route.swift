package import HTTPTypes

/// One route: a method, a pattern and what it does.
package struct Route: Sendable, Hashable {
    package let method: HTTPRequest.Method
    /// Segments; one in braces stands for any single segment.
    package let pattern: String
    package let operation: Operation
    private let segments: [Segment]

    private enum Segment: Sendable, Hashable {
        case literal(String)
        case placeholder
    }

    init(_ method: HTTPRequest.Method, _ pattern: String, _ operation: Operation) {
        self.method = method
        self.pattern = pattern
        self.operation = operation
        segments = pattern.utf8.split(separator: UInt8(ascii: "/")).map { part in
            part.first == UInt8(ascii: "{")
                ? .placeholder : .literal(String(decoding: part, as: UTF8.self))
        }
    }

    /// What stands for the placeholders, in order; `nil` where the path is another.
    func match(_ path: [String]) -> [String]? {
        guard path.count == segments.count else { return nil }
        var arguments = [String]()
        for (segment, text) in zip(segments, path) {
            switch segment {
            case .literal(let literal):
                guard literal.utf8.elementsEqual(text.utf8) else { return nil }
            case .placeholder: arguments.append(text)
            }
        }
        return arguments
    }
}
