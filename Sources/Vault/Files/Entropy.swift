import Glibc

/// Random bytes from the system's generator, in one call however many they are: the standard
/// library's generator gives eight a call.
enum Entropy {
    /// What one call gives at most (getentropy(3)).
    static let bytesMax = 256

    /// Fresh random bytes, at most `bytesMax`.
    static func bytes(_ count: Int) -> [UInt8] {
        precondition(count <= bytesMax)
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            // It fails for too many bytes, or where the kernel has no generator.
            let status = getentropy(buffer.baseAddress, count)
            precondition(status == 0, "the system gives no random bytes")
            filled = count
        }
    }
}
