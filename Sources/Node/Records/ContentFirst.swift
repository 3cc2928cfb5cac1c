/// The order of a commit: what the ledger is told of lies in the vault, durably, before.
package enum ContentFirst {
    /// Seals, and submits what was sealed.
    ///
    /// - Parameters:
    ///   - seal: returns once the content is durable; where it throws, nothing is submitted.
    ///   - submit: hands the transaction in.
    package static func commit<Sealed, Outcome>(
        seal: () async throws -> Sealed, submit: (Sealed) async throws -> Outcome
    ) async throws -> Outcome {
        CrashPoint.beforeVault.pass()
        let sealed = try await seal()
        CrashPoint.afterVault.pass()
        return try await submit(sealed)
    }
}
