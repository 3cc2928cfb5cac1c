import Glibc
package import Identity
import LedgerCore
import Synchronization

/// `DIR/keys/replays`: signatures admitted before their time, so that none of them passes again
/// after a restart.
///
/// A file of fixed size, so that a full disk cannot stop it: slots of 56 bytes, each the second of
/// `created` (8, big-endian), the key's id (32) and the nonce (16); a slot whose second is past is
/// free. A slot torn by a power cut names some other second or nonce and does no harm.
package final class ReplayTable: Sendable {
    /// One workstation running ahead signs a few requests a second; five minutes of them fit.
    private static let slots = 4_096
    private static let slotBytes = 56

    private struct State {
        let descriptor: Int32
        /// The second that each slot holds.
        var seconds: [Int64]
        var next = 0
    }

    private let state: Mutex<State>
    /// What was found at the start.
    package let remembered: [ReplayGuard.Remembered]

    /// Opens the table, made where it is missing. Slots from before `startSeconds` are free.
    package init(path: String, startSeconds: Int64) throws {
        let size = ReplayTable.slots * ReplayTable.slotBytes
        var bytes =
            FileSystem.exists(path) ? try FileSystem.read(path, limitBytes: size) : []
        if bytes.count != size {
            bytes += [UInt8](repeating: 0, count: size - bytes.count)
            try FileSystem.write(bytes, to: path, mode: 0o600)
        }
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw NodeError(
                .damaged, "cannot open \(path)", hint: "check that this user may write there")
        }
        let entries = stride(from: 0, to: size, by: ReplayTable.slotBytes).map {
            ReplayTable.entry(bytes[$0..<$0 + ReplayTable.slotBytes])
        }
        remembered = entries.compactMap { $0 }.filter { $0.created >= startSeconds }
        state = Mutex(State(descriptor: descriptor, seconds: entries.map { $0?.created ?? 0 }))
    }

    deinit { state.withLock { _ = close($0.descriptor) } }

    /// Makes an entry durable. Throws `NodeError.busy` where every slot is taken.
    package func keep(_ entry: ReplayGuard.Remembered, nowSeconds: Int64) throws {
        try state.withLock { state in
            let seconds = state.seconds
            let isFree: (Int) -> Bool = { seconds[$0] < nowSeconds }
            let start = state.next % ReplayTable.slots
            guard
                let slot = (start..<ReplayTable.slots).first(where: isFree)
                    ?? (0..<start).first(where: isFree)
            else { throw NodeError(.busy, "too many requests are signed ahead of their time") }
            let bytes = ReplayTable.bytes(entry)
            let written = pwrite(
                state.descriptor, bytes, bytes.count, off_t(slot * ReplayTable.slotBytes))
            guard written == bytes.count, fdatasync(state.descriptor) == 0 else {
                throw NodeError(.busy, "a request signed ahead of its time cannot be noted")
            }
            state.seconds[slot] = entry.created
            state.next = slot + 1
        }
    }

    private static func bytes(_ entry: ReplayGuard.Remembered) -> [UInt8] {
        let second = UInt64(clamping: entry.created)
        return (0..<8).map { UInt8(truncatingIfNeeded: second >> (56 - 8 * UInt64($0))) }
            + entry.keyId.bytes + entry.nonce.bytes
    }

    private static func entry(_ bytes: ArraySlice<UInt8>) -> ReplayGuard.Remembered? {
        let start = bytes.startIndex
        let second = bytes[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard second > 0, let keyId = Digest(bytes[start + 8..<start + 40]),
            let nonce = Identifier(bytes[start + 40..<start + 56])
        else { return nil }
        return .init(keyId: keyId, nonce: nonce, created: Int64(clamping: second))
    }
}
