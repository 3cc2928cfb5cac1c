package import LedgerCore

extension SignaturePolicy {
    /// How large a policy may be. A limit that is exceeded is an error.
    package enum Limit {
        /// A leaf is 1 deep. Protobuf takes two levels for each, of the 16 that are read.
        package static let depth = 6
        /// Leaves: each is one stamp that may be asked for.
        package static let leaves = 32
        /// Parts of every kind, leaves included.
        package static let nodes = 64
        /// Parts of one `and`, `or` or `outOf`.
        package static let parts = 16
        /// Longest deadline: 366 days.
        package static let seconds: UInt32 = 366 * 86_400
        /// Longest text in bytes: 32 leaves with two names and a member each, with room.
        package static let textBytes = 16 * 1024
    }

    /// Why a policy is none.
    package enum Problem: String, Error, Sendable {
        case tooDeep = "it is nested too deeply"
        case tooLarge = "it has too many parts"
        case emptyList = "a list has no part"
        case badCount = "outOf asks for none, or for more than there are"
        case badDeadline = "a deadline is zero, too long, or set twice on one part"
        case malformed = "a part cannot be read"
    }

    /// Why this policy may not stand on the ledger; `nil` where it may.
    package var problem: Problem? {
        var nodes = 0
        var leaves = 0
        if let problem = problem(depth: 1, &nodes, &leaves) { return problem }
        return nodes > Limit.nodes || leaves > Limit.leaves ? .tooLarge : nil
    }

    private func problem(depth: Int, _ nodes: inout Int, _ leaves: inout Int) -> Problem? {
        guard depth <= Limit.depth else { return .tooDeep }
        nodes += 1
        let parts: [SignaturePolicy]
        switch self {
        case .role, .attribute, .member, .person:
            leaves += 1
            return nil
        case .and(let some), .or(let some): parts = some
        case .outOf(let count, let some):
            guard (1...max(1, some.count)).contains(count) else { return .badCount }
            parts = some
        case .within(let seconds, let part):
            if case .within = part { return .badDeadline }
            guard (1...Limit.seconds).contains(seconds) else { return .badDeadline }
            parts = [part]
        }
        guard !parts.isEmpty else { return .emptyList }
        guard parts.count <= Limit.parts else { return .tooLarge }
        for part in parts {
            if let problem = part.problem(depth: depth + 1, &nodes, &leaves) { return problem }
        }
        return nil
    }

    /// Reads the wire's form, within `Limit`.
    package init(_ wire: WireSignaturePolicy) throws(Problem) {
        self = try SignaturePolicy.read(wire, depth: 1)
        if let problem { throw problem }
    }

    private static func read(
        _ wire: WireSignaturePolicy, depth: Int
    ) throws(Problem) -> SignaturePolicy {
        guard depth <= Limit.depth else { throw .tooDeep }
        switch wire.policy {
        case .role(let holder):
            guard let role = Role(rawValue: holder.role) else { throw .malformed }
            return .role(role, at: try member([UInt8](holder.member)))
        case .attribute(let holder):
            guard let attribute = Attribute(name: holder.name, value: holder.value) else {
                throw .malformed
            }
            return .attribute(attribute, at: try member([UInt8](holder.member)))
        case .member(let bytes):
            guard let id = Identifier(bytes) else { throw .malformed }
            return .member(id)
        case .person(let bytes):
            guard let id = Identifier(bytes) else { throw .malformed }
            return .person(id)
        case .and(let list): return .and(try read(list.parts, depth: depth + 1))
        case .or(let list): return .or(try read(list.parts, depth: depth + 1))
        case .outOf(let list):
            return .outOf(Int(list.count), try read(list.parts, depth: depth + 1))
        case .within(let deadline):
            guard deadline.hasPart else { throw .malformed }
            return .within(deadline.seconds, try read(deadline.part, depth: depth + 1))
        case nil: throw .malformed
        }
    }

    private static func read(
        _ wires: [WireSignaturePolicy], depth: Int
    ) throws(Problem) -> [SignaturePolicy] {
        guard wires.count <= Limit.parts else { throw .tooLarge }
        var parts = [SignaturePolicy]()
        for wire in wires { parts.append(try read(wire, depth: depth)) }
        return parts
    }

    /// A leaf's member: 16 bytes, or none.
    private static func member(_ bytes: [UInt8]) throws(Problem) -> Identifier? {
        guard !bytes.isEmpty else { return nil }
        guard let id = Identifier(bytes) else { throw .malformed }
        return id
    }

    /// The wire's form.
    package var wire: WireSignaturePolicy {
        var wire = WireSignaturePolicy()
        switch self {
        case .role(let role, let member):
            var holder = WireRoleHolder()
            holder.role = role.rawValue
            if let member { holder.member = member.bytes.field }
            wire.role = holder
        case .attribute(let attribute, let member):
            var holder = WireAttributeHolder()
            holder.name = attribute.name
            holder.value = attribute.value
            if let member { holder.member = member.bytes.field }
            wire.attribute = holder
        case .member(let id): wire.member = id.bytes.field
        case .person(let id): wire.person = id.bytes.field
        case .and(let parts): wire.and.parts = parts.map(\.wire)
        case .or(let parts): wire.or.parts = parts.map(\.wire)
        case .outOf(let count, let parts):
            wire.outOf.count = UInt32(clamping: count)
            wire.outOf.parts = parts.map(\.wire)
        case .within(let seconds, let part):
            wire.within.seconds = seconds
            wire.within.part = part.wire
        }
        return wire
    }
}
