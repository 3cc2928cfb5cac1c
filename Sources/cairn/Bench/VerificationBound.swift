import LedgerCore

/// What bounds anything that carries a stamp of its own.
enum VerificationBound {
    /// Signatures of the key that all cores verify a second, doing nothing else.
    static func rate(_ signingKey: SigningKey) async -> Double {
        let message = [UInt8](repeating: 7, count: 300)
        guard let signature = try? signingKey.sign(message), let key = try? signingKey.publicKey(),
            let parsed = try? ParsedKey(key)
        else { return 0 }
        let each = 20_000
        let clock = ContinuousClock()
        let start = clock.now
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<Machine.cores {
                group.addTask {
                    for _ in 0..<each where !parsed.verifies(signature, over: message) { return }
                }
            }
        }
        return Double(each * Machine.cores) / (clock.now - start).inSeconds
    }
}
