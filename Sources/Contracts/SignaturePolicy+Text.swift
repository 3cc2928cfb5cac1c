package import LedgerCore

/// The text form, which people read and write:
///
///     policy   = part [ "within" number unit ]
///     part     = ("and" | "or") "(" policy { "," policy } ")"
///              | "outOf" "(" number { "," policy } ")"
///              | "role:" role [ "@" member ]
///              | "attribute:" name "=" value [ "@" member ]
///              | "member:" member
///              | "person:" id
///     unit     = "days" | "hours" | "minutes" | "seconds", or one of each
///
/// An id is 32 hexadecimal digits; a member is an id, or a label where the reader is given some.
/// White space stands between words where one likes. The printer writes one form of each policy.
extension SignaturePolicy {
    /// Why a text is no policy.
    package struct TextError: Error, Hashable, Sendable, CustomStringConvertible {
        /// Where, in bytes from 0.
        package let offset: Int
        package let expected: String

        package var description: String { "at byte \(offset): \(expected)" }
    }

    /// Reads a text, within `Limit`.
    ///
    /// - Parameter members: labels that stand for members, `[a-z0-9-]`, 1 to 64 bytes.
    package init(
        text: String, members: [String: Identifier] = [:]
    ) throws(TextError) {
        guard text.utf8.count <= Limit.textBytes else {
            throw TextError(offset: Limit.textBytes, expected: "a policy of at most 16 KiB")
        }
        var reader = PolicyReader(bytes: Array(text.utf8), members: members)
        let policy = try reader.policy(depth: 1)
        try reader.end()
        if let problem = policy.problem {
            throw TextError(offset: 0, expected: "a policy within limits: \(problem.rawValue)")
        }
        self = policy
    }

    /// The one text of this policy.
    ///
    /// - Parameter members: labels for members. One that is no name, that looks like an id, or that
    ///   two members have, is not used.
    package func text(members: [Identifier: String] = [:]) -> String {
        func label(_ id: Identifier) -> String {
            guard let label = members[id], Name.isValid(label), Identifier(hex: label) == nil,
                members.values.count(where: { $0 == label }) == 1
            else { return id.description }
            return label
        }
        func list(_ parts: [SignaturePolicy]) -> String {
            parts.map { $0.text(members: members) }.joined(separator: ", ")
        }
        func place(_ member: Identifier?) -> String { member.map { "@" + label($0) } ?? "" }
        switch self {
        case .role(let role, let member): return "role:\(role.rawValue)\(place(member))"
        case .attribute(let attribute, let member):
            return "attribute:\(attribute.text)\(place(member))"
        case .member(let id): return "member:\(label(id))"
        case .person(let id): return "person:\(id)"
        case .and(let parts): return "and(\(list(parts)))"
        case .or(let parts): return "or(\(list(parts)))"
        case .outOf(let count, let parts): return "outOf(\(count), \(list(parts)))"
        case .within(let seconds, let part):
            return "\(part.text(members: members)) within \(PolicyDuration.text(seconds))"
        }
    }
}

/// Durations as people write them.
private enum PolicyDuration {
    struct Unit {
        let name: String
        let seconds: UInt32
    }

    /// Longest first.
    static let units = [
        Unit(name: "day", seconds: 86_400), Unit(name: "hour", seconds: 3_600),
        Unit(name: "minute", seconds: 60), Unit(name: "second", seconds: 1),
    ]

    /// In the largest unit that leaves no rest.
    static func text(_ seconds: UInt32) -> String {
        for unit in units where seconds % unit.seconds == 0 {
            let count = seconds / unit.seconds
            return count == 1 ? "1 \(unit.name)" : "\(count) \(unit.name)s"
        }
        return "\(seconds) seconds"
    }
}

/// One pass over a policy's text.
private struct PolicyReader {
    let bytes: [UInt8]
    let members: [String: Identifier]
    private var position = 0

    init(bytes: [UInt8], members: [String: Identifier]) {
        self.bytes = bytes
        self.members = members
    }

    private func expected(_ what: String, at offset: Int? = nil) -> SignaturePolicy.TextError {
        SignaturePolicy.TextError(offset: offset ?? position, expected: "expected \(what)")
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) {
            position += 1
        }
    }

    /// Letters, digits and hyphens; may be empty.
    private mutating func word() -> String {
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d: position += 1
            default: return String(decoding: bytes[start..<position], as: UTF8.self)
            }
        }
        return String(decoding: bytes[start...], as: UTF8.self)
    }

    /// Takes a character, after white space, where it comes next.
    private mutating func take(_ character: Character) -> Bool {
        let before = position
        skipSpace()
        guard position < bytes.count, bytes[position] == character.asciiValue else {
            position = before
            return false
        }
        position += 1
        return true
    }

    private mutating func demand(_ character: Character) throws(SignaturePolicy.TextError) {
        guard take(character) else { throw expected("'\(character)'") }
    }

    mutating func end() throws(SignaturePolicy.TextError) {
        skipSpace()
        guard position == bytes.count else { throw expected("the end") }
    }

    mutating func policy(depth: Int) throws(SignaturePolicy.TextError) -> SignaturePolicy {
        guard depth <= SignaturePolicy.Limit.depth else { throw expected("less nesting") }
        let part = try part(depth: depth)
        let before = position
        skipSpace()
        guard word() == "within" else {
            position = before
            return part
        }
        return .within(try duration(), part)
    }

    private mutating func part(depth: Int) throws(SignaturePolicy.TextError) -> SignaturePolicy {
        skipSpace()
        let start = position
        switch word() {
        case "and": return .and(try list(depth: depth))
        case "or": return .or(try list(depth: depth))
        case "outOf":
            try demand("(")
            skipSpace()
            let count = Int(try number())
            return .outOf(count, try rest(depth: depth))
        case "role":
            try demand(":")
            let start = position
            guard let role = Role(rawValue: word()) else { throw expected("a role", at: start) }
            return .role(role, at: try place())
        case "attribute":
            try demand(":")
            let start = position
            let name = word()
            try demand("=")
            guard let attribute = Attribute(name: name, value: word()) else {
                throw expected("name=value", at: start)
            }
            return .attribute(attribute, at: try place())
        case "member":
            try demand(":")
            return .member(try member())
        case "person":
            try demand(":")
            let start = position
            guard let id = Identifier(hex: word()) else {
                throw expected("a person's id of 32 hexadecimal digits", at: start)
            }
            return .person(id)
        default:
            throw expected("and, or, outOf, role, attribute, member or person", at: start)
        }
    }

    /// `(policy, policy …)`.
    private mutating func list(
        depth: Int
    ) throws(SignaturePolicy.TextError) -> [SignaturePolicy] {
        try demand("(")
        let first = try policy(depth: depth + 1)
        return [first] + (try rest(depth: depth))
    }

    /// `, policy … )`.
    private mutating func rest(
        depth: Int
    ) throws(SignaturePolicy.TextError) -> [SignaturePolicy] {
        var parts = [SignaturePolicy]()
        while take(",") {
            guard parts.count < SignaturePolicy.Limit.parts else { throw expected("fewer parts") }
            parts.append(try policy(depth: depth + 1))
        }
        guard take(")") else { throw expected("',' or ')'") }
        return parts
    }

    private mutating func place() throws(SignaturePolicy.TextError) -> Identifier? {
        take("@") ? try member() : nil
    }

    private mutating func member() throws(SignaturePolicy.TextError) -> Identifier {
        let start = position
        let text = word()
        guard let id = Identifier(hex: text) ?? members[text] else {
            throw expected("a member's id of 32 hexadecimal digits, or a known label", at: start)
        }
        return id
    }

    /// Up to nine digits, without a leading zero.
    private mutating func number() throws(SignaturePolicy.TextError) -> UInt32 {
        let start = position
        let text = word()
        guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39) ~= $0 }),
            text.utf8.first != 0x30, let number = UInt32(text)
        else { throw expected("a number", at: start) }
        return number
    }

    private mutating func duration() throws(SignaturePolicy.TextError) -> UInt32 {
        skipSpace()
        let start = position
        let count = try number()
        skipSpace()
        let name = word()
        let unit = PolicyDuration.units.first { name == $0.name || name == $0.name + "s" }
        guard let unit else {
            throw expected("days, hours, minutes or seconds", at: position - name.utf8.count)
        }
        let (seconds, overflow) = count.multipliedReportingOverflow(by: unit.seconds)
        guard !overflow, seconds <= SignaturePolicy.Limit.seconds else {
            throw expected("at most 366 days", at: start)
        }
        return seconds
    }
}
