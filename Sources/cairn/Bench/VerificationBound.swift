import LedgerCore

/// What bounds anything that carries a stamp of its own.
struct VerificationBound: Sendable {
    /// Signatures of the key that all cores verify a second, doing nothing else.
    var rate = 0.0
    /// Processor time of one of them; a machine that is shared does not blur it.
    var processorSeconds = 0.0

    /// Measures it.
    static func measure(_ signingKey: SigningKey) async -> VerificationBound {
        let message = [UInt8](repeating: 7, count: 300)
        guard let signature = try? signingKey.sign(message), let key = try? signingKey.publicKey(),
            let parsed = try? ParsedKey(key)
        else { return VerificationBound() }
        let each = 20_000
        let clock = ContinuousClock()
        let start = clock.now
        let before = Machine.processorSeconds
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<Machine.cores {
                group.addTask {
                    for _ in 0..<each where !parsed.verifies(signature, over: message) { return }
                }
            }
        }
        let count = Double(each * Machine.cores)
        return VerificationBound(
            rate: count / (clock.now - start).inSeconds,
            processorSeconds: (Machine.processorSeconds - before) / count)
    }
}
