/// What an offline check of a data directory found.
package struct VerificationReport: Sendable {
    /// Something that is not as it must be, or a leftover that does no harm.
    package struct Finding: Hashable, Sendable {
        /// How bad it is.
        package enum Severity: String, Sendable {
            /// What was acknowledged is lost, wrong, or less protected than promised.
            case damage
            /// A leftover of a crash, or something that the next start mends.
            case warning
        }

        package let severity: Severity
        /// The part: genesis, keys, chain, ledger, state, catalogue, fragments, records, index.
        package let part: String
        /// File and offset, height, key, provider and fragment, record.
        package let place: String
        package let reason: String

        package init(_ severity: Severity, _ part: String, _ place: String, _ reason: String) {
            self.severity = severity
            self.part = part
            self.place = place
            self.reason = reason
        }
    }

    package var findings: [Finding] = []
    package var blocks = 0
    package var transactions = 0
    package var versions = 0
    package var records = 0
    /// Sealed versions that the ledger does not name, or not yet; each is collected once its window
    /// has ended.
    package var orphans = 0
    /// Where a node began that did not begin with block 0.
    package struct Beginning: Hashable, Sendable {
        /// The state that was taken as the snapshot has it; later blocks were run again.
        package let stateHeight: UInt64
        /// Blocks before it are known by their headers alone.
        package let firstBody: UInt64
    }

    /// `nil` where every block since the genesis was run again.
    package var beginning: Beginning?
    package var network = ""
    /// The head that was reached: height and hash.
    package var head = ""

    /// No damage.
    package var isSound: Bool { !findings.contains { $0.severity == .damage } }

    mutating func damage(_ part: String, _ place: String, _ reason: String) {
        findings.append(Finding(.damage, part, place, reason))
    }

    mutating func warn(_ part: String, _ place: String, _ reason: String) {
        findings.append(Finding(.warning, part, place, reason))
    }
}
