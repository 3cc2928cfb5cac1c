package import LedgerCore

/// Whose stamps a command needs, as data.
package indirect enum SignaturePolicy: Hashable, Sendable {
    /// A signer who holds this role at the member the command concerns.
    case role(Role)
    /// This person.
    case person(Identifier)
    case and([SignaturePolicy])
    case or([SignaturePolicy])
    /// At least so many of these.
    case outOf(Int, [SignaturePolicy])

    /// Someone whose own key, or whose node on their behalf, stamped.
    package struct Signer: Hashable, Sendable {
        package let person: Identifier
        package let member: Identifier
        package let roles: [String]
    }

    /// Whether the signers satisfy this policy at `member`.
    package func isMet(by signers: [Signer], at member: Identifier) -> Bool {
        switch self {
        case .role(let role):
            signers.contains { $0.member == member && $0.roles.contains(role.rawValue) }
        case .person(let person):
            signers.contains { $0.person == person }
        case .and(let parts): parts.allSatisfy { $0.isMet(by: signers, at: member) }
        case .or(let parts): parts.contains { $0.isMet(by: signers, at: member) }
        case .outOf(let count, let parts):
            parts.count { $0.isMet(by: signers, at: member) } >= count
        }
    }
}
