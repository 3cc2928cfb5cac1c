/// The criteria of a conditional create (`If-None-Exist`, `ifNoneExist`) in the forms that clients
/// write.
package enum ConditionalQuery {
    /// The query alone; nil where the text names another type or another place.
    ///
    /// `name=value`, `?name=value`, `Type?name=value`, and the same behind a slash or the server's
    /// base. Safe to apply to its own result.
    package static func query(_ text: String, type: String, base: ServerBase?) -> String? {
        guard let mark = text.utf8.firstIndex(of: UInt8(ascii: "?")) else { return text }
        let head = String(text[..<mark])
        // A question mark may also be part of a value.
        guard !head.utf8.contains(UInt8(ascii: "=")) else { return text }
        let place = base?.relative(head) ?? head
        let known = ["", type, "/" + type, (base?.path ?? "") + "/" + type]
        return known.contains(place) ? String(text[text.index(after: mark)...]) : nil
    }

    /// What is said about a text that has none of these forms.
    package static func refusal(type: String) -> String {
        "The criteria are a query for the type that is created, such as "
            + "\(type)?identifier=system|value"
    }
}
