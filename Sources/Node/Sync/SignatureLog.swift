import Glibc
import LedgerCore
import Synchronization

/// `DIR/peer/signatures`: what the node that orders signed, for each block that it served. With a
/// later signature over something else it becomes evidence.
///
/// Slots of 80 bytes by height: node (16), signature (64); zero where there is none. Not synced: a
/// power cut may lose the last ones, and with them evidence, never detection.
final class SignatureLog: Sendable {
    private static let slotBytes = 80
    private let descriptor: Mutex<Int32>

    init(path: String) throws {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw NodeError(
                .damaged, "cannot open \(path)", hint: "check that this user may write there")
        }
        descriptor = Mutex(file)
    }

    deinit { descriptor.withLock { _ = close($0) } }

    /// Keeps a header's signature. A full disk loses it, and nothing else.
    func keep(_ header: SignedHeader) {
        let bytes = header.node.bytes + header.signature
        guard bytes.count == SignatureLog.slotBytes,
            let offset = SignatureLog.offset(header.header.height)
        else { return }
        descriptor.withLock { _ = pwrite($0, bytes, bytes.count, offset) }
    }

    /// The signature over the block of a height whose header is `headerBytes`.
    func read(_ height: UInt64, headerBytes: [UInt8]) -> SignedHeader? {
        guard let offset = SignatureLog.offset(height) else { return nil }
        var bytes = [UInt8](repeating: 0, count: SignatureLog.slotBytes)
        let count = descriptor.withLock { pread($0, &bytes, bytes.count, offset) }
        guard count == bytes.count, let node = Identifier(bytes[..<16]) else { return nil }
        return try? SignedHeader(
            headerBytes: headerBytes, node: node, signature: Array(bytes[16...]))
    }

    private static func offset(_ height: UInt64) -> off_t? {
        height < UInt64(Int32.max) ? off_t(height) * off_t(slotBytes) : nil
    }
}
