import FHIR
import HTTPTypes
import Node

/// Conditional reads (RFC 9110 section 13).
enum Conditions {
    /// Whether the client's copy is good: `If-None-Match` decides where it stands, else
    /// `If-Modified-Since`.
    static func isUnchanged(_ row: VersionRow, _ call: Call) -> Bool {
        if let field = call.header(.ifNoneMatch) { return names(field, row.etag) }
        guard let field = call.header(.ifModifiedSince), let sinceMs = dateMs(field) else {
            return false
        }
        return row.lastUpdatedMs / 1_000 * 1_000 <= sinceMs
    }

    /// Whether a range may be served from this version (`If-Range`): by tag or by date.
    static func allowsRange(_ row: VersionRow, _ call: Call) -> Bool {
        guard let field = call.header(.ifRange) else { return true }
        if field.utf8.contains(UInt8(ascii: "\"")) { return names(field, row.etag) }
        return dateMs(field).map { $0 == row.lastUpdatedMs / 1_000 * 1_000 } ?? false
    }

    /// Weak comparison (section 8.8.3.2). Versions never change, so it is as good as the strong
    /// one.
    private static func names(_ field: String, _ etag: String) -> Bool {
        field.utf8.split(separator: UInt8(ascii: ",")).contains { entry in
            let tag = String(decoding: entry.filter { $0 != 0x20 && $0 != 0x09 }, as: UTF8.self)
            return tag == "*" || opaque(tag) == opaque(etag)
        }
    }

    private static func opaque(_ tag: String) -> String {
        tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : tag
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Sun, 06 Nov 1994 08:49:37 GMT`; another form says nothing.
    static func dateMs(_ text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", parts[1].utf8.count == 2,
            let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        let number = month + 1
        return Instant.parse(
            "\(parts[3])-\(number < 10 ? "0" : "")\(number)-\(parts[1])T\(parts[4])Z")
    }
}
