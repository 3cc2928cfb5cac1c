/// The request line's target, taken apart. The query may name patients: it is never logged.
struct RequestTarget: Sendable, Equatable {
    let path: String
    /// Without the question mark.
    let query: String?

    init(_ target: String) {
        let mark = target.utf8.firstIndex(of: UInt8(ascii: "?"))
        path = String(target[..<(mark ?? target.endIndex)])
        query = mark.map { String(target[target.utf8.index(after: $0)...]) }
    }

    /// Whether errors are written as FHIR has them.
    var isFHIR: Bool { path == "/fhir" || path.utf8.starts(with: "/fhir/".utf8) }
}
