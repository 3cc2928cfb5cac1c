import Contracts
import Crypto
import FoundationEssentials
package import Identity
package import LedgerCore
package import struct LedgerCore.Digest

/// What a member's name and its network look like at the first start.
package struct FoundingPlan: Sendable {
    package var network: String
    package var member: String
    package var passphrase: String?
    package var sample: Bool

    package init(
        network: String = "Cairn", member: String = "Founding member", passphrase: String? = nil,
        sample: Bool = false
    ) {
        self.network = network
        self.member = member
        self.passphrase = passphrase
        self.sample = sample
    }
}

/// What a node is, read from its data directory: the network, its own ids, its keys.
package struct NodeIdentity: Sendable {
    package let genesis: Genesis
    package let node: Identifier
    package let member: Identifier
    package let keys: NodeKeys
    /// The member's certificate authority, DER.
    package let authority: [UInt8]
    /// How the member entered; `nil` for those that founded the network.
    package let membership: Membership?

    /// Reads it back.
    package static func open(_ directory: DataDirectory) throws -> NodeIdentity {
        let bytes = try FileSystem.read(directory.genesis, limitBytes: WireLimit.genesisBytes)
        let genesis: Genesis
        do {
            genesis = try Genesis(bytes: bytes)
        } catch {
            throw NodeError(
                .damaged, "the genesis file \(directory.genesis) does not check: \(error)",
                hint: "restore it from another member or a backup; it never changes")
        }
        let keys = try NodeKeys.read(directory.nodeKeys)
        let stampKey = keys.stampKeyId
        for node in genesis.body.nodes {
            guard try PublicKey(node.stampKey).id == stampKey, let id = Identifier(node.id),
                let member = Identifier(node.member)
            else { continue }
            let description = genesis.body.members.first { $0.id == node.member }
            return NodeIdentity(
                genesis: genesis, node: id, member: member, keys: keys,
                authority: [UInt8](description?.authority ?? .init()), membership: nil)
        }
        if let joined = try joined(directory, genesis, keys) { return joined }
        throw NodeError(
            .damaged, "the keys in \(directory.keys) are of no node of this network",
            hint: "keys and genesis belong together; restore both from the same backup")
    }
}

extension NodeIdentity {
    /// What a node is whose member joined later; `nil` where the directory holds no such.
    private static func joined(
        _ directory: DataDirectory, _ genesis: Genesis, _ keys: NodeKeys
    ) throws -> NodeIdentity? {
        guard FileSystem.exists(directory.membership) else { return nil }
        let membership = try Membership.read(directory)
        guard membership.network == genesis.digest, let node = membership.admit.nodes.first,
            try PublicKey(node.stampKey).id == keys.stampKeyId, let id = Identifier(node.id),
            let member = Identifier(node.member)
        else { return nil }
        return NodeIdentity(
            genesis: genesis, node: id, member: member, keys: keys,
            authority: [UInt8](membership.admit.member.authority), membership: membership)
    }
}

/// The first start: a network of one member, one node and one administrator.
package enum Founding {
    /// Longest validity window of an intent: ten minutes.
    static let windowMaxMs: UInt64 = 600_000
    /// How far a block's time may be off before a node does not cosign it.
    static let driftMaxMs: UInt64 = 60_000

    /// Founds a network in `directory`. The genesis file is written last: while it is missing,
    /// nothing was founded, and the next start begins anew.
    package static func found(
        _ plan: FoundingPlan, in directory: DataDirectory, nowMs: UInt64
    ) throws -> NodeIdentity {
        try directory.create()
        let keys = try NodeKeys.generate()
        var random = SystemRandomNumberGenerator()
        let member = Identifier(using: &random)
        let node = Identifier(using: &random)
        let person = Identifier(using: &random)
        let walletKey = WalletKey.generate()
        let now = Date(timeIntervalSince1970: Double(nowMs) / 1000)
        let authority = try CertificateAuthority.create(
            memberName: plan.member, key: keys.authority, now: now)
        var body = WireGenesisBody()
        body.version = Genesis.version
        body.name = plan.network
        body.createdMs = nowMs
        body.salt = (Identifier(using: &random).bytes + Identifier(using: &random).bytes).field
        body.parameters = parameters(sample: plan.sample)
        body.channels = [channel(member)]
        body.members = [try describe(member, plan.member, keys, authority)]
        body.nodes = [try describe(node, of: member, keys)]
        body.people = [try administrator(person, member, walletKey)]
        body.contracts = ContractVersions.present
        let genesis = try Genesis(
            body: body, founders: [.ed25519(keys.stamp), walletKey.signingKey])
        let wallet = try Wallet(
            network: genesis.digest, person: person, member: member, label: "administrator",
            server: nil, keys: [walletKey])
        try keys.write(to: directory.nodeKeys, overwrite: true)
        try wallet.write(
            to: directory.administratorWallet, passphrase: plan.passphrase, overwrite: true)
        try FileSystem.write(genesis.bytes, to: directory.genesis, mode: 0o644)
        return try NodeIdentity.open(directory)
    }

    private static func parameters(sample: Bool) -> WireParameters {
        var parameters = WireParameters()
        parameters.windowMaxMs = windowMaxMs
        parameters.driftMaxMs = driftMaxMs
        parameters.sharing = "relationship"
        parameters.sample = sample
        parameters.roles = Role.allCases.map(\.rawValue).sorted()
        return parameters
    }

    private static func channel(_ member: Identifier) -> WireChannelDescription {
        var channel = WireChannelDescription()
        channel.name = "main"
        channel.ordering = .local
        channel.members = [member.bytes.field]
        return channel
    }

    static func describe(
        _ id: Identifier, _ name: String, _ keys: NodeKeys, _ authority: CertificateAuthority
    ) throws -> WireMemberDescription {
        var member = WireMemberDescription()
        member.id = id.bytes.field
        member.name = name
        member.authority = authority.certificate.der.field
        member.checkpointKey = [UInt8](keys.checkpoint.publicKey.rawRepresentation).field
        return member
    }

    static func describe(
        _ id: Identifier, of member: Identifier, _ keys: NodeKeys
    ) throws -> WireNodeDescription {
        var node = WireNodeDescription()
        node.id = id.bytes.field
        node.member = member.bytes.field
        node.stampKey = try SigningKey.ed25519(keys.stamp).publicKey().wire
        node.transportKey = try SigningKey.p256(keys.transport).publicKey().wire
        node.sealingKey = [UInt8](keys.sealing.publicKey.rawRepresentation).field
        return node
    }

    /// The founding administrator also practises, until that role is taken away (issue 2, point 3).
    static func administrator(
        _ id: Identifier, _ member: Identifier, _ key: WalletKey
    ) throws -> WirePersonDescription {
        var person = WirePersonDescription()
        person.id = id.bytes.field
        person.member = member.bytes.field
        person.keys = [try key.signingKey.publicKey().wire]
        person.roles = [Role.administrator.rawValue, Role.practitioner.rawValue].sorted()
        return person
    }
}
