package import LedgerCore

/// What can go wrong in the vault. Texts name places (provider, pack, fragment, locator, file and
/// offset) and never content or keys, so they may be logged.
package enum VaultError: Error, Hashable, Sendable {
    /// No slot is kept for the locator: it was never put here, or it was erased.
    case unknown(locator: Identifier)
    /// The caller asked for something that the vault does not take; nothing was changed.
    case refused(String)
    /// Too much is under way; nothing was changed, and later it works.
    case busy(String)
    /// A device has no room left. Nothing was changed, reads go on.
    case full(place: String)
    /// Too few providers made their fragment durable. What was written has been removed again as
    /// far as the providers allowed; leftovers are orphans that nothing refers to.
    case providersUnavailable(durable: Int, needed: Int, failures: [String])
    /// Too few good fragments are left to rebuild a pack.
    case unrecoverable(pack: Identifier, good: Int, needed: Int, failures: [String])
    /// Bytes that must be there are wrong or missing.
    case damaged(place: String, reason: String)
    /// The content opened, but is not what the commitment names.
    case commitmentMismatch(locator: Identifier)
    /// The keystore was written under another storage root key.
    case wrongRootKey
    /// An operation of the operating system failed.
    case inputOutput(operation: String, place: String, errorNumber: Int32)
}

extension VaultError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknown(let locator): "no version is kept under locator \(locator)"
        case .refused(let reason): "refused: \(reason)"
        case .busy(let reason): "busy: \(reason)"
        case .full(let place): "no space left at \(place)"
        case .providersUnavailable(let durable, let needed, let failures):
            "only \(durable) of the \(needed) fragments needed are durable: "
                + failures.joined(separator: "; ")
        case .unrecoverable(let pack, let good, let needed, let failures):
            "pack \(pack) has \(good) good fragments and needs \(needed): "
                + failures.joined(separator: "; ")
        case .damaged(let place, let reason): "damaged: \(place): \(reason)"
        case .commitmentMismatch(let locator):
            "the content under locator \(locator) is not what its commitment names"
        case .wrongRootKey: "the keystore was written under another storage root key"
        case .inputOutput(let operation, let place, let errorNumber):
            "\(operation) failed at \(place) (errno \(errorNumber))"
        }
    }
}
