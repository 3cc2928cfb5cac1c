/// JSON whose members keep the order in which they were written down.
///
/// Literals make it; a member that is `nil`, or an array or object without content, is left out,
/// for FHIR has no empty ones.
indirect enum JSON: Sendable {
    case string(String)
    case number(Decimal)
    case boolean(Bool)
    case array([JSON])
    case object([Member])

    /// A name and its value.
    struct Member: Sendable {
        let name: String
        let value: JSON
    }

    /// The first member of this name.
    subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The same object, with these members behind its own or in their places.
    func setting(_ changes: JSON) -> JSON {
        guard case .object(var members) = self, case .object(let changed) = changes else {
            return self
        }
        for change in changed {
            if let place = members.firstIndex(where: { $0.name == change.name }) {
                members[place] = change
            } else {
                members.append(change)
            }
        }
        return .object(members)
    }

    private var isEmpty: Bool {
        switch self {
        case .array(let values): values.isEmpty
        case .object(let members): members.isEmpty
        default: false
        }
    }

    /// What is there of these.
    static func list(_ values: [JSON]) -> JSON? { values.isEmpty ? nil : .array(values) }

    static func integer(_ value: Int) -> JSON { .number(Decimal(Double(value), digits: 0)) }
}

extension JSON: ExpressibleByStringInterpolation, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(booleanLiteral value: Bool) { self = .boolean(value) }
    init(integerLiteral value: Int) { self = .integer(value) }
    init(arrayLiteral values: JSON...) { self = .array(values) }

    init(dictionaryLiteral members: (String, JSON?)...) {
        self = .object(
            members.compactMap { name, value in
                guard let value, !value.isEmpty else { return nil }
                return Member(name: name, value: value)
            })
    }
}
