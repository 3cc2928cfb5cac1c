#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A name under which a node is reached: what a certificate's subjectAltName lists
/// (RFC 5280 section 4.2.1.6).
package enum HostName: Hashable, Sendable, CustomStringConvertible {
    /// Lower-case letters, digits and hyphens (RFC 1123 section 2.1); no wildcard.
    case dns(String)
    /// 4 or 16 bytes.
    case address([UInt8])

    /// Enough for every interface and alias of one node; keeps a certificate below 4 KiB.
    package static let countMax = 32
    /// RFC 1035 section 2.3.4.
    static let dnsBytesMax = 253
    static let dnsLabelBytesMax = 63

    /// Reads an IPv4 or IPv6 address or else a DNS name, folded to lower case.
    ///
    /// - Throws: ``MemberCertificateError/hostName(_:)``.
    package init(_ text: String) throws(MemberCertificateError) {
        if let address = HostName.parseAddress(text) {
            self = .address(address)
            return
        }
        let name = text.lowercased()
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let hyphen = UInt8(ascii: "-")
        let wellFormed = labels.allSatisfy { label in
            (1...HostName.dnsLabelBytesMax).contains(label.count)
                && label.allSatisfy {
                    (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == hyphen
                }
                && label.first != hyphen && label.last != hyphen
        }
        // A last label of digits only would be a mistyped IPv4 address.
        let numeric = labels.last?.allSatisfy { (0x30...0x39).contains($0) } ?? true
        guard wellFormed, !numeric, name.utf8.count <= HostName.dnsBytesMax else {
            throw .hostName(String(text.prefix(HostName.dnsBytesMax)))
        }
        self = .dns(name)
    }

    private static func parseAddress(_ text: String) -> [UInt8]? {
        // The longest IPv6 text is 45 bytes; a zero byte would end the C string early.
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: size)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }

    package var description: String {
        switch self {
        case .dns(let name): return name
        case .address(let bytes):
            let family = bytes.count == 4 ? AF_INET : AF_INET6
            var text = [CChar](repeating: 0, count: 46)
            guard inet_ntop(family, bytes, &text, 46) != nil else { return "?" }
            return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        }
    }
}
