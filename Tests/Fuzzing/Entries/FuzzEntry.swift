/// One decoder of bytes that come from outside, as a fuzzer and the replay of its corpus call it.
///
/// Whatever the bytes are, a decoder takes them or throws its own error. What it takes it writes
/// again as the same bytes. Anything else is a `BrokenPromise`, or a trap of the process.
package enum FuzzEntry: String, CaseIterable, Sendable {
    case transaction, block, proof, checkpoint, policy, snapshot

    /// Longest input that a fuzzer makes; the limits themselves have tests of their own.
    package static let inputBytesMax = 64 * 1024

    /// Gives bytes to the decoder.
    ///
    /// - Returns: whether it took them.
    /// - Throws: `BrokenPromise`.
    package func run(_ bytes: [UInt8]) throws -> Bool {
        switch self {
        case .transaction: try TransactionEntry.run(bytes)
        case .block: try BlockEntry.run(bytes)
        case .proof: try ProofEntry.run(bytes)
        case .checkpoint: try CheckpointEntry.run(bytes)
        case .policy: try PolicyEntry.run(bytes)
        case .snapshot: try SnapshotEntry.run(bytes)
        }
    }

    /// The body of `LLVMFuzzerTestOneInput`: ends the process where a promise does not hold.
    package func fuzz(_ start: UnsafePointer<UInt8>?, count: Int) -> Int32 {
        do {
            _ = try run(Array(UnsafeBufferPointer(start: start, count: count)))
        } catch {
            preconditionFailure("\(self): \(error)")
        }
        return 0
    }
}

/// A decoder did something else than to take or to refuse.
package struct BrokenPromise: Error, CustomStringConvertible {
    package let description: String

    init(_ what: String) { description = what }
}

/// Demands that what was taken is written again as it came.
func expectSame<Bytes: Equatable>(_ what: String, _ written: Bytes, _ taken: Bytes) throws {
    guard written == taken else { throw BrokenPromise("\(what) is written otherwise than read") }
}
