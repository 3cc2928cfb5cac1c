import Contracts
import Crypto
import FoundationEssentials
package import Identity
package import LedgerCore
package import struct LedgerCore.Digest

/// A member on its way into a network: its keys are made, and it waits to be admitted.
///
/// `DIR/keys/membership` is written before anybody is asked, `DIR/genesis.cairn` last: where the
/// one is there and the other is not, the next start goes on waiting.
package struct Joining: Sendable {
    package let directory: DataDirectory
    package let membership: Membership
    package let keys: NodeKeys

    /// Goes on where an earlier start left off; `nil` where none began, or where it was admitted.
    package static func pending(_ directory: DataDirectory) throws -> Joining? {
        guard FileSystem.exists(directory.membership), !FileSystem.exists(directory.genesis) else {
            return nil
        }
        return Joining(
            directory: directory, membership: try Membership.read(directory),
            keys: try NodeKeys.read(directory.nodeKeys))
    }

    /// Makes keys, authority and administrator's wallet of a new member.
    package static func begin(
        _ directory: DataDirectory, url: String, invitation: Invitation, member name: String,
        passphrase: String?, nowMs: UInt64
    ) throws -> Joining {
        try directory.create()
        let keys = try NodeKeys.generate()
        var random = SystemRandomNumberGenerator()
        let member = Identifier(using: &random)
        let person = Identifier(using: &random)
        let walletKey = WalletKey.generate()
        let authority = try CertificateAuthority.create(
            memberName: name, key: keys.authority,
            now: Date(timeIntervalSince1970: Double(nowMs) / 1000))
        var admit = WireAdmitMember()
        admit.member = try Founding.describe(member, name, keys, authority)
        admit.nodes = [try Founding.describe(Identifier(using: &random), of: member, keys)]
        admit.people = [try Founding.administrator(person, member, walletKey)]
        let wallet = try Wallet(
            network: invitation.network, person: person, member: member, label: "administrator",
            server: nil, keys: [walletKey])
        let membership = Membership(
            url: url, network: invitation.network, leaderKey: invitation.transportKey,
            secret: invitation.secret, admitBytes: Wire.encode(admit), admit: admit)
        try keys.write(to: directory.nodeKeys, overwrite: true)
        try wallet.write(
            to: directory.administratorWallet, passphrase: passphrase, overwrite: true)
        // The knock needs the wallet's key, which may be locked later: it is signed now.
        let knock = try Knock.bytes(
            secret: invitation.secret, network: invitation.network, admit: membership.admitBytes,
            keys: keys, administrator: walletKey.signingKey)
        try FileSystem.write(knock, to: directory.knock, mode: 0o600)
        try membership.write(directory)
        return Joining(directory: directory, membership: membership, keys: keys)
    }

    /// The same member with a newer invitation to the same network.
    package func with(_ invitation: Invitation, url: String) throws -> Joining {
        guard invitation.network == membership.network else {
            throw NodeError(
                .conflict, "the invitation is to another network than this directory waits for",
                hint: "use an empty data directory for another network")
        }
        var changed = membership
        changed.url = url
        changed.leaderKey = invitation.transportKey
        changed.secret = invitation.secret
        try changed.write(directory)
        return Joining(directory: directory, membership: changed, keys: keys)
    }

    /// What is said at the door: the description under the signatures made at the beginning, with
    /// the secret of the newest invitation.
    package func knock() throws -> [UInt8] {
        let bytes = try FileSystem.read(directory.knock, limitBytes: Knock.bytesMax)
        var wire = try Wire.decode(
            WireKnock.self, from: bytes, what: "knock", limitBytes: Knock.bytesMax)
        wire.secret = membership.secret.bytes.field
        return Wire.encode(wire)
    }

    /// The member's id, its name, and what its administrator compares with the other one's screen.
    package var member: Identifier? { Identifier(membership.admit.member.id) }
    package var name: String { membership.admit.member.name }
    package var authorityFingerprint: Digest {
        Digest.sha256([UInt8](membership.admit.member.authority))
    }

    /// Refuses a genesis that is not the invitation's.
    package func check(genesis bytes: [UInt8]) throws {
        guard let genesis = try? Genesis(bytes: bytes), genesis.digest == membership.network else {
            throw NodeError(
                .conflict, "genesis mismatch: that node serves another network than the invitation",
                hint: "ask the member that invited for a new invitation")
        }
    }

    /// The network has admitted this member: from now on the directory is a node's.
    package func finish(genesis bytes: [UInt8]) throws {
        try check(genesis: bytes)
        try FileSystem.write(bytes, to: directory.genesis, mode: 0o644)
    }
}

/// `DIR/keys/membership`: how a member entered a network that another founded, and whom its node
/// follows.
package struct Membership: Sendable {
    package var url: String
    package let network: Digest
    /// Id of the transport key of the node that orders.
    package var leaderKey: Digest
    package var secret: Digest
    package let admitBytes: [UInt8]
    package let admit: WireAdmitMember

    private static let bytesMax = 128 * 1024

    init(
        url: String, network: Digest, leaderKey: Digest, secret: Digest, admitBytes: [UInt8],
        admit: WireAdmitMember
    ) {
        self.url = url
        self.network = network
        self.leaderKey = leaderKey
        self.secret = secret
        self.admitBytes = admitBytes
        self.admit = admit
    }

    /// Reads it.
    package static func read(_ directory: DataDirectory) throws -> Membership {
        do {
            let wire = try Wire.decode(
                WireMembership.self,
                from: try FileSystem.read(directory.membership, limitBytes: bytesMax),
                what: "membership", limitBytes: bytesMax)
            let admitBytes = [UInt8](wire.admit)
            return Membership(
                url: wire.url, network: try Digest(field: wire.network, of: "membership"),
                leaderKey: try Digest(field: wire.leaderKey, of: "membership"),
                secret: try Digest(field: wire.secret, of: "membership"), admitBytes: admitBytes,
                admit: try Wire.decode(
                    WireAdmitMember.self, from: admitBytes, what: "membership",
                    limitBytes: bytesMax))
        } catch is MalformedBytes {
            throw NodeError(
                .damaged, "\(directory.membership) does not read back",
                hint: "restore the folder of keys from your backup")
        }
    }

    /// Writes it anew, for example with the ordering node's new address.
    package func write(_ directory: DataDirectory) throws {
        var wire = WireMembership()
        wire.url = url
        wire.network = network.bytes.field
        wire.leaderKey = leaderKey.bytes.field
        wire.secret = secret.bytes.field
        wire.admit = admitBytes.field
        try FileSystem.write(Wire.encode(wire), to: directory.membership, mode: 0o600)
    }
}
