import Contracts
import Crypto
import Identity
package import LedgerCore
package import struct LedgerCore.Digest

/// What a guest says of itself at the door: the member it wants to be, with a signature by each of
/// the keys that it names.
package struct Knock: Sendable {
    package let secret: Digest
    package let admit: WireAdmitMember
    /// Exact bytes of `admit`.
    package let admitBytes: [UInt8]
    package let member: Identifier
    private let stamp: [UInt8]
    private let checkpoint: [UInt8]
    private let administrator: [UInt8]

    /// Largest: a certificate and four keys, one of them X-Wing.
    package static let bytesMax = 64 * 1024

    package init(bytes: [UInt8]) throws {
        let wire = try Wire.decode(
            WireKnock.self, from: bytes, what: "knock", limitBytes: Knock.bytesMax)
        secret = try Digest(field: wire.secret, of: "knock")
        admitBytes = [UInt8](wire.admit)
        admit = try Wire.decode(
            WireAdmitMember.self, from: admitBytes, what: "knock", limitBytes: Knock.bytesMax)
        member = try Identifier(field: admit.member.id, of: "knock")
        stamp = [UInt8](wire.stamp)
        checkpoint = [UInt8](wire.checkpoint)
        administrator = [UInt8](wire.administrator)
    }

    /// Signs a guest's description with its keys.
    static func bytes(
        secret: Digest, network: Digest, admit: [UInt8], keys: NodeKeys, administrator: SigningKey
    ) throws -> [UInt8] {
        let message = Knock.message(network: network, admit: admit)
        var wire = WireKnock()
        wire.secret = secret.bytes.field
        wire.admit = admit.field
        wire.stamp = try SigningKey.ed25519(keys.stamp).sign(message).field
        wire.checkpoint = try SigningKey.ed25519(keys.checkpoint).sign(message).field
        wire.administrator = try administrator.sign(message).field
        return Wire.encode(wire)
    }

    private static func message(network: Digest, admit: [UInt8]) -> [UInt8] {
        Domain.knock.digest(network.bytes, admit).bytes
    }

    /// Refuses unless it describes one member with one node and one administrator, and every key in
    /// it has signed; the transport key by the connection it came on.
    func check(network: Digest, transportKey: PublicKey) throws(PeerRefusal) {
        guard admit.nodes.count == 1, let node = admit.nodes.first, admit.people.count == 1,
            let person = admit.people.first, person.keys.count == 1, let key = person.keys.first,
            person.roles.contains(Role.administrator.rawValue)
        else {
            throw PeerRefusal(
                .knockInvalid, "a member joins with one node and one administrator's key")
        }
        guard let authority = try? MemberCertificate(der: [UInt8](admit.member.authority)),
            authority.publicKey != nil, let transport = try? PublicKey(node.transportKey),
            transport.id == transportKey.id
        else {
            throw PeerRefusal(
                .knockInvalid, "the connection's key is not the one that the guest names")
        }
        let message = Knock.message(network: network, admit: admitBytes)
        let checkpointKey = try? PublicKey(
            scheme: .ed25519, bytes: [UInt8](admit.member.checkpointKey))
        let signed: [(PublicKey?, [UInt8])] = [
            (try? PublicKey(node.stampKey), stamp), (checkpointKey, checkpoint),
            (try? PublicKey(key), administrator),
        ]
        for (key, signature) in signed {
            guard let key, let parsed = try? ParsedKey(key),
                parsed.verifies(signature, over: message)
            else {
                throw PeerRefusal(.knockInvalid, "a key that the guest names has not signed")
            }
        }
    }
}
