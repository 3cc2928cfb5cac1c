/// Where a node is reached: `http://host:port` or `https://host[:port]`, with an optional path.
package struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    /// `http` or `https`.
    package let scheme: String
    /// Host, and the port unless it is the scheme's default: what `Host` says and what is signed.
    package let authority: String
    /// A path before every target, without a trailing slash; mostly empty.
    package let prefix: String

    /// Reads the text; `nil` where it is no such address.
    package init?(_ text: String) {
        let known = [("http://", "http", ":80"), ("https://", "https", ":443")]
        guard let (start, scheme, port) = known.first(where: { text.hasPrefix($0.0) }),
            text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != 0x3f && $0 != 0x23 })
        else { return nil }
        let rest = text.dropFirst(start.count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = rest[..<slash].lowercased()
        if authority.hasSuffix(port) { authority.removeLast(port.count) }
        guard !authority.isEmpty, !authority.hasPrefix(":"), !authority.contains("@") else {
            return nil
        }
        var prefix = String(rest[slash...])
        while prefix.hasSuffix("/") { prefix.removeLast() }
        self.scheme = scheme
        self.authority = authority
        self.prefix = prefix
    }

    package var description: String { "\(scheme)://\(authority)\(prefix)" }
}

/// The path and query of a request.
package enum RequestTarget {
    /// Percent-encodes what may not stand in a request line (RFC 3986), and leaves everything else,
    /// `%` included, as it is: people paste `code=http://loinc.org|8480-6`.
    package static func encoded(_ text: String) -> String {
        var bytes = [UInt8]()
        for byte in text.utf8 {
            if allowed(byte) {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(digit(byte >> 4))
                bytes.append(digit(byte & 15))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Percent-encodes one path segment, slashes and question marks included.
    package static func segment(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            if byte < 0x80,
                scalar.properties.isAlphabetic || (0x30...0x39).contains(byte)
                    || scalar == "-" || scalar == "." || scalar == "_" || scalar == "~"
            {
                result.unicodeScalars.append(scalar)
            } else {
                result += "%"
                result.unicodeScalars.append(Unicode.Scalar(digit(byte >> 4)))
                result.unicodeScalars.append(Unicode.Scalar(digit(byte & 15)))
            }
        }
        return result
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }

    private static func allowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x61...0x7a, 0x41...0x5a, 0x30...0x39: true
        default: "-._~:/?@!$&'()*+,;=%".utf8.contains(byte)
        }
    }
}
