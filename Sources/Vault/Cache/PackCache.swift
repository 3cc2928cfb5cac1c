import Glibc
import LedgerCore
import Synchronization

/// Sealed local copies of packs: `DIR/cache/ab/<pack id>`.
///
/// Contract:
/// - Nothing depends on a copy: any of them, or the whole folder, MAY vanish or go bad at any time.
///   Copies are written without fsync; what does not open is fetched from fragments again.
/// - A name shows a whole copy or none (except after a crash, see above).
/// - The folder stays near `sizeMaxBytes`: beyond it the oldest copies are removed until a tenth is
///   free.
final class PackCache: Sendable {
    let directory: String
    private let sizeMaxBytes: Int
    /// Bytes in the folder, or more where someone else removed copies.
    private let sizeBytes: Mutex<Int>
    private let evicting = Mutex(())

    init(directory: String, sizeMaxBytes: Int) throws {
        self.directory = directory
        self.sizeMaxBytes = sizeMaxBytes
        sizeBytes = Mutex(0)
        try Posix.makeDirectories(directory)
        let copies = try copies()
        sizeBytes.withLock { $0 = copies.reduce(0) { $0 + $1.sizeBytes } }
    }

    private func folder(_ pack: Identifier) -> String {
        "\(directory)/\(pack.description.prefix(2))"
    }

    func path(_ pack: Identifier) -> String { "\(folder(pack))/\(pack)" }

    /// The copy of a pack; `nil` where none can be opened.
    func open(_ pack: Identifier) -> FileHandle? {
        (try? Posix.openIfPresent(path(pack), O_RDONLY)) ?? nil
    }

    /// Keeps a copy, if there is room for it; failures are ignored. Blocking.
    func put(_ pack: Identifier, _ bytes: [UInt8]) {
        let draft = "\(folder(pack))/.\(pack).\(UInt32.random(in: 0 ... .max))"
        do {
            try Posix.makeDirectories(folder(pack))
            try Posix.openFile(draft, O_WRONLY | O_CREAT | O_EXCL).write(bytes[...], at: 0)
            try Posix.rename(draft, to: path(pack))
        } catch {
            unlink(draft)
            return
        }
        let size = sizeBytes.withLock {
            $0 += bytes.count
            return $0
        }
        if size > sizeMaxBytes { evict() }
    }

    /// Drops the copy of a pack, if there is one.
    func remove(_ pack: Identifier) {
        guard let size = Posix.status(path(pack))?.sizeBytes else { return }
        if unlink(path(pack)) == 0 { sizeBytes.withLock { $0 -= size } }
    }

    private func evict() {
        evicting.withLock { _ in
            guard sizeBytes.withLock({ $0 }) > sizeMaxBytes, var copies = try? copies() else {
                return
            }
            copies.sort { $0.changedNanoseconds < $1.changedNanoseconds }
            var size = copies.reduce(0) { $0 + $1.sizeBytes }
            for copy in copies {
                if size <= sizeMaxBytes / 10 * 9 { break }
                unlink(copy.path)
                size -= copy.sizeBytes
            }
            sizeBytes.withLock { $0 = size }
        }
    }

    private struct Copy {
        let path: String
        let sizeBytes: Int
        let changedNanoseconds: Int
    }

    private func copies() throws -> [Copy] {
        var copies: [Copy] = []
        for folder in try Posix.names(in: directory) {
            // A stray file is no folder and holds no copies.
            for name in (try? Posix.names(in: "\(directory)/\(folder)")) ?? [] {
                let path = "\(directory)/\(folder)/\(name)"
                guard let status = Posix.status(path) else { continue }
                copies.append(
                    Copy(
                        path: path, sizeBytes: status.sizeBytes,
                        changedNanoseconds: status.changedNanoseconds))
            }
        }
        return copies
    }
}
