/// Something that an inspection came upon. Names places, never content or keys.
package struct Finding: Hashable, Sendable, CustomStringConvertible {
    package enum Severity: Sendable {
        /// What was acknowledged is lost, wrong, or less protected than promised.
        case damage
        /// Leftovers of a crash, or something that the next open or read mends.
        case warning
    }

    package let severity: Severity
    /// File and offset, provider and fragment, pack or locator.
    package let place: String
    package let reason: String

    package var description: String { "\(severity): \(place): \(reason)" }

    /// A caught error as damage.
    init(_ error: any Error) {
        severity = .damage
        if case .damaged(let place, let reason)? = error as? VaultError {
            self.place = place
            self.reason = reason
        } else {
            place = "vault"
            reason = "\(error)"
        }
    }

    init(_ severity: Severity, _ place: String, _ reason: String) {
        self.severity = severity
        self.place = place
        self.reason = reason
    }
}
