package import LedgerCore

/// A person's keys and where they are used.
///
/// What is in it besides the keys is no secret towards the network, and stays readable when the
/// keys are locked with a passphrase, so that a list of wallets needs no unlocking.
package struct Wallet: Sendable {
    /// Digest of the network's genesis: a wallet belongs to one network.
    package let network: Digest
    package let person: Identifier
    /// The member at which the person acts, if one is fixed.
    package let member: Identifier?
    /// What the person calls it, at most ``labelBytesMax`` bytes of UTF-8 on one line.
    package let label: String
    /// Base URL of the node to talk to, `https://…` (or `http://…` on one machine).
    package let server: String?
    /// From 1 to ``keysMax`` keys, the first is the one used by default.
    package let keys: [WalletKey]

    /// A line of a terminal holds it, with room.
    package static let labelBytesMax = 200
    /// Longer than any host name (253) with a port and a path prefix.
    package static let serverBytesMax = 400
    /// One in use, some being rotated; a person with more uses more wallets.
    package static let keysMax = 16

    /// - Throws: ``KeyFileError`` with `invalidValue` for a label, server or number of keys outside
    ///   the limits, or for the same key twice.
    package init(
        network: Digest, person: Identifier, member: Identifier?, label: String, server: String?,
        keys: [WalletKey]
    ) throws(KeyFileError) {
        self.network = network
        self.person = person
        self.member = member
        self.label = label
        self.server = server
        self.keys = keys
        if let fault = Wallet.fault(label: label, server: server) { throw fault }
        guard (1...Wallet.keysMax).contains(keys.count), Set(keys.map(\.id)).count == keys.count
        else {
            throw Wallet.invalid("needs 1 to \(Wallet.keysMax) different keys", "leave some out")
        }
    }

    /// The default key. There is one: `init` refuses a wallet without.
    package var defaultKey: WalletKey { keys[0] }

    /// The key with this id.
    package func key(_ id: Digest) -> WalletKey? { keys.first { $0.id == id } }

    static func fault(label: String, server: String?) -> KeyFileError? {
        let unprintable = label.unicodeScalars.contains {
            switch $0.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }
        if unprintable || label.utf8.count > labelBytesMax {
            return invalid(
                "label is over \(labelBytesMax) bytes or holds control characters",
                "use a short name on one line")
        }
        guard let server else { return nil }
        let schemes = ["https://", "http://"]
        let scheme = schemes.first { server.utf8.starts(with: $0.utf8) }
        let printable = server.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        guard let scheme, printable, server.utf8.count > scheme.utf8.count,
            server.utf8.count <= serverBytesMax
        else {
            return invalid("server is no address", "write it as https://host:port")
        }
        return nil
    }

    private static func invalid(_ message: String, _ hint: String) -> KeyFileError {
        KeyFileError(.invalidValue, path: "-", "wallet \(message)", hint: hint)
    }
}

extension Wallet: CustomStringConvertible, CustomReflectable {
    package var description: String { "wallet of \(person), \(keys.count) key(s)" }
    package var customMirror: Mirror { Mirror(self, children: ["person": person]) }
}
