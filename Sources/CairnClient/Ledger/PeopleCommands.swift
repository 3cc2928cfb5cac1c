package import LedgerCore

/// A command of the people contract, as an administrator gives it.
package enum PeopleCommand: Sendable {
    case enrol(person: Identifier, member: Identifier, keys: [PublicKey], roles: [String])
    case addKey(person: Identifier, key: PublicKey)
    case revokeKey(person: Identifier, key: Digest)
    case grantRole(person: Identifier, role: String)
    case revokeRole(person: Identifier, role: String)

    /// The version of the contract that knows this command.
    package var version: UInt32 {
        switch self {
        case .enrol(_, _, let keys, _): keys.contains { $0.relyingParty != nil } ? 2 : 1
        case .addKey(_, let key): key.relyingParty == nil ? 1 : 2
        case .revokeKey, .grantRole, .revokeRole: 1
        }
    }

    /// The contract's own message.
    package var bytes: [UInt8] {
        var command = WirePeopleCommand()
        switch self {
        case .enrol(let person, let member, let keys, let roles):
            command.enrol.person.id = person.bytes.field
            command.enrol.person.member = member.bytes.field
            command.enrol.person.keys = keys.map(\.wire)
            command.enrol.person.roles = roles.sorted()
        case .addKey(let person, let key):
            command.addKey.person = person.bytes.field
            command.addKey.key = key.wire
        case .revokeKey(let person, let key):
            command.revokeKey.person = person.bytes.field
            command.revokeKey.key = key.bytes.field
        case .grantRole(let person, let role):
            command.grantRole.person = person.bytes.field
            command.grantRole.role = role
        case .revokeRole(let person, let role):
            command.revokeRole.person = person.bytes.field
            command.revokeRole.role = role
        }
        return Wire.encode(command)
    }
}
