import HTTPTypes
import Node

/// Which media types go in and out under /fhir: JSON only, in UTF-8.
enum ContentNegotiation {
    private static let jsonTypes: Set<String> = [
        "application/fhir+json", "application/json", "text/json",
    ]

    /// Checks that the client takes JSON; `format` is the query's `_format`, which wins over
    /// `Accept`.
    static func requireJSON(_ call: Call, format: String?) throws {
        let refusal = NodeError(
            .notAcceptable, "only JSON is served",
            hint: "ask with Accept: application/fhir+json or _format=json")
        if let format {
            guard isJSONFormat(format) else { throw refusal }
            return
        }
        guard let accept = call.header(.accept) else { return }
        guard accepts(MediaRange.all(accept)) else { throw refusal }
    }

    /// Whether FHIR JSON satisfies the ranges: under one of JSON's names, else by a wildcard, of
    /// which the narrowest decides (RFC 9110 section 12.5.1). Nothing said is anything taken.
    private static func accepts(_ ranges: [MediaRange]) -> Bool {
        guard !ranges.isEmpty else { return true }
        let named = ranges.filter { jsonTypes.contains($0.type) }
        if named.contains(where: { !$0.isRefused }) { return true }
        if named.contains(where: { $0.type == "application/fhir+json" }) { return false }
        for wildcard in ["application/*", "*/*"] {
            if let range = ranges.first(where: { $0.type == wildcard }) { return !range.isRefused }
        }
        return false
    }

    /// Whether the client asks for FHIR JSON by name: what makes a file come as a Binary resource.
    static func namesFHIRJSON(_ call: Call, format: String?) -> Bool {
        if let format { return isJSONFormat(format) }
        return call.header(.accept).map { accept in
            MediaRange.list(accept).contains { $0.type == "application/fhir+json" }
        } ?? false
    }

    /// Checks that a body is JSON by its `Content-Type`.
    static func requireJSONBody(_ call: Call) throws {
        guard let field = call.header(.contentType), let type = MediaRange.list(field).first,
            jsonTypes.contains(type.type), type.isUTF8
        else {
            throw NodeError(
                .unsupportedMediaType, "the body must be JSON in UTF-8",
                hint: "send Content-Type: application/fhir+json")
        }
    }

    /// Whether a body is a FHIR resource by its `Content-Type`.
    static func isFHIRJSONBody(_ call: Call) -> Bool {
        call.header(.contentType).flatMap { MediaRange.list($0).first }?.type
            == "application/fhir+json"
    }

    /// The plus of `application/fhir+json` is a blank to a decoder of forms.
    private static func isJSONFormat(_ format: String) -> Bool {
        let type = format.utf8.split(separator: UInt8(ascii: ";")).first.map {
            String(Substring($0)).lowercased()
        }
        guard let type else { return false }
        return type == "json" || type == "application/fhir json" || jsonTypes.contains(type)
    }
}

/// One entry of `Accept` (RFC 9110 section 12.5.1): a type in lower case.
struct MediaRange {
    let type: String
    /// It stands with `q=0`.
    let isRefused: Bool
    /// Its charset is UTF-8, or not said.
    let isUTF8: Bool

    /// The most entries that are looked at: browsers send some ten.
    private static let entriesMax = 32

    /// The entries but those with `q=0`.
    static func list(_ field: String) -> [MediaRange] {
        all(field).filter { !$0.isRefused }
    }

    /// All entries, in order.
    static func all(_ field: String) -> [MediaRange] {
        field.utf8.split(separator: UInt8(ascii: ",")).prefix(entriesMax).compactMap { entry in
            let parts = entry.split(separator: UInt8(ascii: ";")).map { part in
                String(decoding: part.filter { $0 != 0x20 && $0 != 0x09 }, as: UTF8.self)
                    .lowercased()
            }
            guard let type = parts.first, !type.isEmpty else { return nil }
            let isRefused = parts.dropFirst().contains {
                ["q=0", "q=0.", "q=0.0", "q=0.00", "q=0.000"].contains($0)
            }
            let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }
            let isUTF8 =
                charset.map { ["charset=utf-8", "charset=utf8", "charset=\"utf-8\""].contains($0) }
                ?? true
            return MediaRange(type: type, isRefused: isRefused, isUTF8: isUTF8)
        }
    }
}
