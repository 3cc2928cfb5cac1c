import Synchronization

/// A disk in memory that can crash, fill up, rot and refuse, the same way for the same seed.
///
/// It is as unkind as the contract of `Disk` allows: a crash decides for every sector written since
/// the last sync whether it is there, and for every size, new name and removed name likewise.
package final class SimulatedDisk: Disk {
    /// What a real disk writes whole or not at all.
    package static let sectorBytes = 512

    private let state: Mutex<SimulatedDiskState>

    /// `capacityBytes` bounds the sum of all file sizes.
    package init(capacityBytes: UInt64 = .max) {
        state = Mutex(SimulatedDiskState(capacityBytes: capacityBytes))
    }

    package func createDirectory(_ path: String) throws(DiskError) {}

    package func list(_ directory: String) throws(DiskError) -> [String] {
        let prefix = directory.hasSuffix("/") ? directory : directory + "/"
        return state.withLock { state in
            state.files.keys.filter { $0.hasPrefix(prefix) }
                .map { String($0.dropFirst(prefix.count)) }
                .filter { !$0.contains("/") }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
    }

    package func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
        let failure: DiskError? = state.withLock { state in
            switch (state.files[path] != nil, mode) {
            case (true, .create): return DiskError(.exists, operation: "open", path: path)
            case (false, .create): state.files[path] = SimulatedContent()
            case (false, _): return DiskError(.notFound, operation: "open", path: path)
            case (true, _): break
            }
            return nil
        }
        if let failure { throw failure }
        return SimulatedFile(disk: self, path: path, writable: mode != .read)
    }

    package func remove(_ path: String) throws(DiskError) {
        state.withLock { state in
            guard let content = state.files.removeValue(forKey: path), content.nameIsDurable else {
                return
            }
            state.removed[path] = content
        }
    }

    package func syncDirectory(_ path: String) throws(DiskError) {
        let prefix = path.hasSuffix("/") ? path : path + "/"
        state.withLock { state in
            for name in state.files.keys.sorted() where name.hasPrefix(prefix) {
                state.files[name]?.nameIsDurable = true
            }
            state.removed = state.removed.filter { !$0.key.hasPrefix(prefix) }
        }
    }

    // MARK: Faults

    /// Loses power. Open files stay usable, as if opened again; the caller drops them.
    package func crash(seed: UInt64) {
        state.withLock { $0.crash(seed: seed) }
    }

    /// Changes the capacity; writes that do not fit write what fits and throw `.full`.
    package func setCapacity(_ bytes: UInt64) { state.withLock { $0.capacityBytes = bytes } }

    /// Lets the next `count` calls of `sync()` fail with EIO, losing nothing by themselves.
    package func failSyncs(_ count: Int) { state.withLock { $0.syncFailures = count } }

    /// Flips one bit, durably. Does nothing outside the file.
    package func flipBit(_ path: String, offset: Int, bit: Int) {
        state.withLock { $0.files[path]?.flip(offset: offset, bit: bit) }
    }

    /// The sum of all file sizes.
    package var usedBytes: UInt64 {
        state.withLock { $0.files.values.reduce(0) { $0 + UInt64($1.bytes.count) } }
    }

    /// The bytes of a file as they are now, for assertions.
    package func content(_ path: String) -> [UInt8]? { state.withLock { $0.files[path]?.bytes } }

    /// Replaces a file, durably, for tests that build a state by hand.
    package func setContent(_ path: String, _ bytes: [UInt8]) {
        state.withLock { $0.files[path] = SimulatedContent(durable: bytes) }
    }

    /// Calls of `sync()` that succeeded, for tests that count what an operation costs.
    package var syncCount: Int { state.withLock { $0.syncCount } }

    fileprivate func edit<Result: Sendable>(
        _ path: String, _ operation: String,
        _ body:
            @Sendable (inout SimulatedDiskState, inout SimulatedContent) -> (
                Result, DiskError.Code?
            )
    ) throws(DiskError) -> Result {
        let (result, code) = state.withLock { state -> (Result?, DiskError.Code?) in
            guard var content = state.files[path] else { return (nil, .notFound) }
            let (result, code) = body(&state, &content)
            state.files[path] = content
            return (result, code)
        }
        guard code == nil, let result else {
            throw DiskError(code ?? .notFound, operation: operation, path: path)
        }
        return result
    }

    fileprivate func view<Result: Sendable>(
        _ path: String, _ operation: String, _ body: (borrowing [UInt8]) -> Result
    ) throws(DiskError) -> Result {
        let result: Result? = state.withLock { state in state.files[path].map { body($0.bytes) } }
        guard let result else { throw DiskError(.notFound, operation: operation, path: path) }
        return result
    }
}

private final class SimulatedFile: DiskFile {
    private let disk: SimulatedDisk
    private let path: String
    private let writable: Bool

    init(disk: SimulatedDisk, path: String, writable: Bool) {
        self.disk = disk
        self.path = path
        self.writable = writable
    }

    func size() throws(DiskError) -> UInt64 { try disk.view(path, "stat") { UInt64($0.count) } }

    func read(
        at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Int {
        let slice = try disk.view(path, "read") { bytes -> [UInt8] in
            guard offset < UInt64(bytes.count) else { return [] }
            return Array(bytes[Int(offset)...].prefix(buffer.count))
        }
        buffer.copyBytes(from: slice)
        return slice.count
    }

    func write(at offset: UInt64, _ bytes: UnsafeRawBufferPointer) throws(DiskError) {
        try checkWritable("write")
        let copy = [UInt8](bytes)
        try disk.edit(path, "write") { state, content in
            let used = state.usedBytes(besides: content)
            let room = state.capacityBytes > used ? state.capacityBytes - used : 0
            let fits = room > offset ? Int(min(UInt64(copy.count), room - offset)) : 0
            content.write(copy.prefix(fits), at: Int(offset))
            return ((), fits == copy.count ? nil : .full)
        }
    }

    func truncate(to size: UInt64) throws(DiskError) {
        try checkWritable("truncate")
        try disk.edit(path, "truncate") { _, content in
            content.truncate(to: Int(size))
            return ((), nil)
        }
    }

    func sync() throws(DiskError) {
        try disk.edit(path, "sync") { state, content in
            if state.syncFailures > 0 {
                state.syncFailures -= 1
                return ((), .failed(5))
            }
            state.syncCount += 1
            content.sync()
            return ((), nil)
        }
    }

    private func checkWritable(_ operation: String) throws(DiskError) {
        guard writable else { throw DiskError(.failed(9), operation: operation, path: path) }
    }
}
