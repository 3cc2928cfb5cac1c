import LedgerCore
import Storage

/// Content of versions, one file each: what stands for the vault here. It keeps the vault's promise
/// (`put` returns once the content is durable) by the calls of `Disk` alone; packs, fragments and
/// keys have their own tests.
struct ContentStore {
    let disk: any Disk

    private static let folder = "content"

    private func path(_ locator: Identifier) -> String { "\(ContentStore.folder)/\(locator)" }

    /// Keeps content; durable when it returns. What is whole is not written again: it may be an
    /// accepted version's.
    func put(_ locator: Identifier, _ content: [UInt8]) throws(DiskError) {
        if try self.content(locator) != content { try write(locator, content) }
        try disk.open(path(locator), .readWrite).sync()
        try disk.syncDirectory(ContentStore.folder)
    }

    private func write(_ locator: Identifier, _ content: [UInt8]) throws(DiskError) {
        // What a crash left of an earlier try.
        try disk.remove(path(locator))
        let file = try disk.open(path(locator), .create)
        var failure: DiskError?
        content.withUnsafeBytes { bytes in
            do throws(DiskError) { try file.write(at: 0, bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// What is kept; `nil` where there is nothing.
    func content(_ locator: Identifier) throws(DiskError) -> [UInt8]? {
        let file: any DiskFile
        do throws(DiskError) {
            file = try disk.open(path(locator), .read)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
        let count = Int(try file.size())
        var failure: DiskError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(DiskError) {
                filled = try file.read(at: 0, into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    func remove(_ locator: Identifier) throws(DiskError) { try disk.remove(path(locator)) }

    /// Everything that is kept, by name.
    func locators() throws(DiskError) -> [Identifier] {
        try disk.list(ContentStore.folder).compactMap { Identifier(hex: $0) }
    }
}
