/// The primitive datatypes of R4. A raw value is the type's name.
enum PrimitiveKind: String, CaseIterable, Sendable {
    case boolean, integer, string, decimal, uri, url, canonical, base64Binary, instant, date
    case dateTime, time, code, oid, id, markdown, unsignedInt, positiveInt, uuid, xhtml

    /// The JSON kind that carries it.
    var jsonKind: JSONKind {
        switch self {
        case .boolean: .boolean
        case .integer, .unsignedInt, .positiveInt, .decimal: .number
        default: .string
        }
    }
}
