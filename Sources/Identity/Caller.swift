package import LedgerCore

/// How strongly a request is tied to the person in whose name it is made (DESIGN.md section 7).
package enum Tier: UInt8, Sendable, Comparable, CaseIterable {
    /// A bearer token: whoever holds it may use it. Reads, and clinical writes by member policy.
    case bearer = 0
    /// A token bound to a key, or a session key that the member holds.
    case bound = 1
    /// The person's own key signed this request. Consent, erasure and votes demand it.
    case ownKey = 2

    package static func < (left: Tier, right: Tier) -> Bool { left.rawValue < right.rawValue }
}

/// Who makes a request, once identity has been established.
///
/// This target proves keys and tokens; which person a key belongs to, and which roles that person
/// holds, stands on the ledger and is filled in by whoever reads it. A `Caller` grants nothing by
/// itself: the decision function reads it.
package struct Caller: Hashable, Sendable {
    /// The human.
    package let person: Identifier
    /// The member at which the roles are held.
    package let member: Identifier
    /// Held roles, sorted by raw value and without repeats: equal callers have equal bytes.
    package let roles: [Role]
    /// How the request was authenticated.
    package let tier: Tier
    /// The key that signed, for tiers 1 and 2.
    package let key: Digest?
    /// Digest of what proved it: the token (tier 0 and 1) or the signature base (tier 2). It goes
    /// into receipts and attachments, so that a later reader can match a proof to an act.
    package let evidence: Digest

    package init(
        person: Identifier, member: Identifier, roles: Set<Role>, tier: Tier, key: Digest?,
        evidence: Digest
    ) {
        self.person = person
        self.member = member
        self.roles = roles.sorted()
        self.tier = tier
        self.key = key
        self.evidence = evidence
    }

    /// Whether the caller holds `role`.
    package func holds(_ role: Role) -> Bool { roles.contains(role) }
}
