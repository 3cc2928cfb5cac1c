/// The query of a URL (application/x-www-form-urlencoded), also the body of a POST search.
package enum QueryString {
    /// Most parameters of one request: bounds the work that a URL can order.
    package static let pairsMax = 200

    /// Why a query string is refused.
    package enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
        case badEscape, invalidUTF8, tooManyPairs

        /// Text for people.
        package var description: String {
            switch self {
            case .badEscape: "The query has a malformed percent escape"
            case .invalidUTF8: "The query is not valid UTF-8"
            case .tooManyPairs: "The query has more than \(pairsMax) parameters"
            }
        }
    }

    /// Names and values in order, decoded. A parameter without `=` has an empty value.
    package static func pairs(
        _ query: String
    ) throws(Failure) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for part in query.utf8.split(separator: UInt8(ascii: "&")) {
            guard pairs.count < pairsMax else { throw .tooManyPairs }
            let end = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let name = try decode(part[..<end])
            let value = end == part.endIndex ? "" : try decode(part[part.index(after: end)...])
            pairs.append((name, value))
        }
        return pairs
    }

    /// Undo percent-encoding; `+` is a blank.
    package static func decode(_ text: Substring.UTF8View) throws(Failure) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text.makeIterator()
        while let byte = rest.next() {
            if byte == UInt8(ascii: "+") {
                bytes.append(0x20)
            } else if byte == UInt8(ascii: "%") {
                guard let high = rest.next().flatMap(ASCII.hexValue),
                    let low = rest.next().flatMap(ASCII.hexValue)
                else { throw .badEscape }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(byte)
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw .invalidUTF8 }
        return decoded
    }
}
