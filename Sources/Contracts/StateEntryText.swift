import LedgerCore
import SwiftProtobuf

/// Entries of the state, as people read them and name them.
package enum StateEntryText {
    /// The kinds that a proof can be asked for, by the word that people use.
    package enum Kind: String, Sendable, CaseIterable {
        case parameters, member, node, person, key, record, claim, proposal

        fileprivate var letter: UInt8 {
            switch self {
            case .parameters: UInt8(ascii: "g")
            case .member: UInt8(ascii: "m")
            case .node: UInt8(ascii: "n")
            case .person: UInt8(ascii: "p")
            case .key: UInt8(ascii: "k")
            case .record: UInt8(ascii: "r")
            case .claim: UInt8(ascii: "c")
            case .proposal: UInt8(ascii: "a")
            }
        }

        /// Bytes of the id: of the network none; of a claim its member's and its own.
        package var idBytes: Int {
            switch self {
            case .parameters: 0
            case .member, .node, .person, .record: Identifier.size
            case .key, .proposal: Digest.size
            case .claim: Identifier.size + Digest.size
            }
        }

        /// The key of an entry of this kind; `nil` where the id has another length.
        package func key(_ id: [UInt8]) -> [UInt8]? {
            id.count == idBytes ? [letter] + id : nil
        }
    }

    /// The kind of the entry with this key; `nil` where people have no word for it.
    package static func kind(_ key: [UInt8]) -> Kind? {
        Kind.allCases.first { $0.letter == key.first && $0.idBytes == key.count - 1 }
    }

    /// Kind and id.
    package static func name(_ key: [UInt8]) -> String {
        guard let kind = kind(key) else { return "entry \(Hex.encode(key))" }
        return kind == .parameters
            ? kind.rawValue : "\(kind.rawValue) \(Hex.encode(key.dropFirst()))"
    }

    /// What a value says, in a line; how long it is, where this version cannot read it.
    package static func value(_ bytes: [UInt8], key: [UInt8]) -> String {
        func read<Message: SwiftProtobuf.Message>(_ type: Message.Type) -> Message? {
            try? Wire.decode(
                type, from: bytes, what: "state entry", limitBytes: WireLimit.transactionBytes)
        }
        let found: String? =
            switch kind(key) {
            case .record: read(WireRecordState.self).map(text)
            case .key: read(WireKeyState.self).map { $0.revoked ? "revoked" : "in force" }
            case .person: read(WirePersonState.self).map(text)
            case .node: read(WireNodeState.self).map { $0.retired ? "retired" : "in service" }
            case .member: read(WireMemberState.self).map { "since block \($0.since)" }
            case .claim: read(WireClaimState.self).map { "held by record \(Hex.encode($0.record))" }
            case .proposal: read(WireProposalState.self).map(text)
            case .parameters, nil: nil
            }
        return found ?? "present, \(bytes.count) bytes"
    }

    private static func text(_ record: WireRecordState) -> String {
        let holder = record.holder.isEmpty ? "" : ", held by person \(Hex.encode(record.holder))"
        return "version \(record.version), custodian \(Hex.encode(record.custodian))\(holder)"
    }

    private static func text(_ person: WirePersonState) -> String {
        let roles = person.roles.isEmpty ? "no role" : person.roles.joined(separator: ", ")
        return
            "of member \(Hex.encode(person.member)), \(roles), \(person.keys.count) keys in force"
    }

    private static func text(_ proposal: WireProposalState) -> String {
        switch proposal.standing {
        case .pending: "pending"
        case .run: "carried out"
        case .refused: "refused"
        case .unspecified, .UNRECOGNIZED: "of unknown standing"
        }
    }
}
