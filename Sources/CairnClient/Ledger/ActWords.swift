package import LedgerCore

/// What an intent about members or people does, in words: what whoever stamps it should read.
package enum ActWords {
    /// One line; commands that are not known here are named by contract and version.
    package static func text(_ intent: Intent) -> String {
        let said: String? =
            switch intent.contract {
            case "members": members(intent.command)
            case "people": people(intent.command)
            default: nil
            }
        return said ?? "a command of \(intent.contract) \(intent.contractVersion)"
    }

    private static func members(_ bytes: [UInt8]) -> String? {
        let wire = try? Wire.decode(
            WireMembersCommand.self, from: bytes, what: "command",
            limitBytes: WireLimit.intentBytes)
        switch wire?.command {
        case .activate(let activate):
            let versions = activate.versions.map { "\($0.contract) \($0.version)" }
            return "activate \(versions.joined(separator: ", ")) at height \(activate.height)"
                + " (Cairn \(activate.release))"
        case .cancelActivation(let cancel): return "cancel the activation at \(cancel.height)"
        case .pause(let pause): return "pause the contract \(pause.contract)"
        case .resume(let resume): return "resume the contract \(resume.contract)"
        case .admit(let admit):
            return "admit \(admit.member.name), member \(Hex.encode(admit.member.id))"
        case .addNode(let add): return "add node \(Hex.encode(add.node.id))"
        case .retireNode(let retire): return "retire node \(Hex.encode(retire.node))"
        case nil: return nil
        }
    }

    private static func people(_ bytes: [UInt8]) -> String? {
        let wire = try? Wire.decode(
            WirePeopleCommand.self, from: bytes, what: "command",
            limitBytes: WireLimit.intentBytes)
        switch wire?.command {
        case .enrol(let enrol):
            return "enrol \(Hex.encode(enrol.person.id)) at \(Hex.encode(enrol.person.member)) as "
                + enrol.person.roles.joined(separator: ", ")
        case .addKey(let add): return "add a key of \(Hex.encode(add.person))"
        case .revokeKey(let revoke):
            return "revoke key \(Hex.encode(revoke.key)) of \(Hex.encode(revoke.person))"
        case .grantRole(let grant): return "grant \(grant.role) to \(Hex.encode(grant.person))"
        case .revokeRole(let revoke):
            return "take \(revoke.role) from \(Hex.encode(revoke.person))"
        case .grantAttribute(let grant):
            return "grant \(grant.name)=\(grant.value) to \(Hex.encode(grant.person))"
        case .revokeAttribute(let revoke):
            return "take \(revoke.name)=\(revoke.value) from \(Hex.encode(revoke.person))"
        case nil: return nil
        }
    }
}
