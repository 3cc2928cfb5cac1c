import Contracts
import LedgerCore

/// Which member a node is of, and what the members' checkpoint keys are: from the genesis and the
/// commands in the log. That they were accepted their places in the log say; contracts are not run.
struct AuditDirectory {
    private let origin: String
    private var members: [Identifier: Identifier] = [:]
    private(set) var names: [Identifier: String] = [:]
    private var checkpointKeys: [Identifier: [UInt8]] = [:]

    init(_ genesis: Genesis, channel: String) throws(AuditRefusal) {
        origin = Checkpoint.origin(network: genesis.digest, channel: channel)
        let described = genesis.body.channels.first { $0.name == channel }
        guard let described else {
            throw AuditRefusal(.otherLog, "the genesis defines no channel \(channel)")
        }
        let founders = Set(described.members)
        for member in genesis.body.members where founders.contains(member.id) { add(member) }
        for node in genesis.body.nodes { add(node) }
    }

    func member(of node: Identifier) -> Identifier? { members[node] }

    /// The members' cosignature keys.
    var keys: [NoteKey] {
        checkpointKeys.sorted { $0.key < $1.key }.map { member, key in
            NoteKey(name: "\(origin)/\(member)", algorithm: .cosignature, publicKey: key)
        }
    }

    /// Takes what admitted members before the older state, each shown to be in its log.
    mutating func add(
        _ list: [WireAuditMembership], size: UInt64, root: Digest
    ) throws(AuditRefusal) {
        for wire in list {
            let path = wire.path.compactMap { Digest($0) }
            guard let membership = try? SnapshotBlock.Membership(wire.membership),
                path.count == wire.path.count,
                MerkleTree.root(
                    leaf: membership.transaction.digest, index: membership.leaf, size: size,
                    path: path) == root
            else {
                throw AuditRefusal(.damaged, "an admission that the node shows is not in the log")
            }
            _ = take(membership.transaction)
        }
    }

    /// Takes an accepted transaction of a block, and tells what it did to members and people.
    mutating func note(
        _ transaction: UnverifiedTransaction, height: UInt64, into report: inout AuditReport
    ) {
        for (kind, subject, name) in take(transaction) {
            report.events.append(
                AuditReport.Event(kind: kind, height: height, subject: subject, name: name))
        }
    }

    private mutating func take(
        _ transaction: UnverifiedTransaction
    ) -> [(kind: String, subject: String, name: String)] {
        let bytes = transaction.intent.command
        switch transaction.intent.contract {
        case Contracts.Name.members.rawValue:
            let command = try? Wire.decode(
                WireMembersCommand.self, from: bytes, what: "command",
                limitBytes: WireLimit.intentBytes)
            switch command?.command {
            case .admit(let admit):
                add(admit.member)
                for node in admit.nodes { add(node) }
                let id = Hex.encode([UInt8](admit.member.id))
                return [("member-admitted", id, admit.member.name)]
            case .addNode(let added):
                add(added.node)
                return [("node-added", Hex.encode([UInt8](added.node.id)), name(added.node.member))]
            case .retireNode(let retired):
                let node = Identifier(retired.node)
                let member = node.flatMap { members[$0] }
                return [
                    (
                        "node-retired", Hex.encode([UInt8](retired.node)),
                        member.flatMap { names[$0] } ?? ""
                    )
                ]
            default: return [("members-command", transaction.id.description, "")]
            }
        case Contracts.Name.people.rawValue:
            let command = try? Wire.decode(
                WirePeopleCommand.self, from: bytes, what: "command",
                limitBytes: WireLimit.intentBytes)
            switch command?.command {
            case .enrol(let enrol):
                return [
                    (
                        "person-enrolled", Hex.encode([UInt8](enrol.person.id)),
                        name(enrol.person.member)
                    )
                ]
            case .revokeKey(let revoked):
                return [("key-revoked", Hex.encode([UInt8](revoked.key)), "")]
            case .addKey(let added):
                let key = (try? PublicKey(added.key))?.id.description ?? ""
                return [("key-added", key, "")]
            case .grantRole(let change):
                return [("role-granted", Hex.encode([UInt8](change.person)), change.role)]
            case .revokeRole(let change):
                return [("role-revoked", Hex.encode([UInt8](change.person)), change.role)]
            default: return [("people-command", transaction.id.description, "")]
            }
        default: return []
        }
    }

    private func name(_ member: some Sequence<UInt8>) -> String {
        Identifier(member).flatMap { names[$0] } ?? ""
    }

    private mutating func add(_ member: WireMemberDescription) {
        guard let id = Identifier(member.id) else { return }
        names[id] = member.name
        checkpointKeys[id] = [UInt8](member.checkpointKey)
    }

    private mutating func add(_ node: WireNodeDescription) {
        guard let id = Identifier(node.id), let member = Identifier(node.member) else { return }
        members[id] = member
    }
}
