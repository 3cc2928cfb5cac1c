/// What a member hands to another so that it can join: which network, which node to ask, and a
/// secret that is good once.
package struct Invitation: Hashable, Sendable {
    /// Digest of the genesis: nobody can lead the guest into another network.
    package let network: Digest
    /// Id of the inviting node's transport key: nobody else can answer at its address.
    package let transportKey: Digest
    /// 32 random bytes.
    package let secret: Digest

    private static let version: UInt8 = 1

    package init(network: Digest, transportKey: Digest, secret: Digest) {
        self.network = network
        self.transportKey = transportKey
        self.secret = secret
    }

    /// Base64url of version, network, transport key and secret.
    package var text: String {
        Base64.encodeURL([Invitation.version] + network.bytes + transportKey.bytes + secret.bytes)
    }

    /// Reads the text; `nil` where it is no invitation, for example cut short.
    package init?(text: String) {
        guard text.utf8.count <= 256, let bytes = Base64.decodeURL(text),
            bytes.count == 1 + 3 * Digest.size, bytes[0] == Invitation.version,
            let network = Digest(bytes[1..<33]), let transportKey = Digest(bytes[33..<65]),
            let secret = Digest(bytes[65...])
        else { return nil }
        self.init(network: network, transportKey: transportKey, secret: secret)
    }

    /// What the inviting node keeps of the secret.
    package var secretDigest: Digest { Digest.sha256(secret.bytes) }
}

extension Invitation: CustomStringConvertible, CustomReflectable {
    package var description: String { "invitation to \(network)" }
    package var customMirror: Mirror { Mirror(self, children: ["network": network]) }
}
