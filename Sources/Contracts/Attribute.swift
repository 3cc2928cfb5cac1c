import LedgerCore

/// What a person has at their member beside roles, for example `specialty=cardiology`.
package struct Attribute: Hashable, Sendable {
    package let name: String
    package let value: String

    /// Both `[a-z0-9-]`, 1 to 64 bytes; else `nil`.
    package init?(name: String, value: String) {
        guard Name.isValid(name), Name.isValid(value) else { return nil }
        self.name = name
        self.value = value
    }

    /// `name=value`: as the state keeps it and policies write it.
    package var text: String { "\(name)=\(value)" }
}
