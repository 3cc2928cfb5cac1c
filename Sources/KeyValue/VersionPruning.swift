internal import CRocksDB
import Synchronization

/// What a key says of its age.
package enum KeyAge: Sendable {
    /// One version of what stands before the key's last eight bytes; these count down, so that the
    /// newest version comes first.
    case version(UInt64)
    /// Asked for in states below that one alone.
    case until(UInt64)
}

/// Lets go of what only old states need while RocksDB merges its files.
///
/// Of the versions at or below the floor only the newest is kept, and not even that one where its
/// value is empty (it says that there is nothing); what is asked for until the floor or less goes.
/// A key without an age stays. Merging happens by and by: what is old MAY still be read for a
/// while.
package final class VersionPruning: Sendable {
    /// Bytes of the version at the end of a key.
    package static let versionSize = 8

    let ageOf: @Sendable (UnsafeRawBufferPointer) -> KeyAge?
    private let floorValue = Atomic<UInt64>(0)

    package init(ageOf: @escaping @Sendable (UnsafeRawBufferPointer) -> KeyAge?) {
        self.ageOf = ageOf
    }

    /// The lowest state that is still asked for. MUST NOT go down.
    package var floor: UInt64 {
        get { floorValue.load(ordering: .relaxed) }
        set { floorValue.store(newValue, ordering: .relaxed) }
    }

    /// Registers with RocksDB's options, which take the factory over.
    func register(in options: OpaquePointer) {
        let factory = rocksdb_compactionfilterfactory_create(
            Unmanaged.passRetained(self).toOpaque(),
            { state in
                state.map { Unmanaged<VersionPruning>.fromOpaque($0).release() }
            },
            { state, _ in
                guard let state else { return nil }
                let pruning = Unmanaged<VersionPruning>.fromOpaque(state).takeUnretainedValue()
                return PruningRun(pruning).filter()
            },
            { _ in VersionPruning.nameBytes })
        rocksdb_options_set_compaction_filter_factory(options, factory)
    }

    /// A name that RocksDB may keep for as long as the process runs.
    fileprivate static var nameBytes: UnsafePointer<CChar>? {
        let name: StaticString = "cairn.versions"
        return UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}

/// One merge of files: one thread, keys in order.
private final class PruningRun {
    private let ageOf: @Sendable (UnsafeRawBufferPointer) -> KeyAge?
    private let floor: UInt64
    /// What stood before the version in the last key.
    private var place: [UInt8] = []
    /// Whether a version of that place at or below the floor has come by.
    private var hasFloor = false

    init(_ pruning: VersionPruning) {
        ageOf = pruning.ageOf
        floor = pruning.floor
    }

    func filter() -> OpaquePointer? {
        rocksdb_compactionfilter_create(
            Unmanaged.passRetained(self).toOpaque(),
            { state in
                state.map { Unmanaged<PruningRun>.fromOpaque($0).release() }
            },
            { state, _, key, keyCount, _, valueCount, _, _, _ in
                guard let state else { return 0 }
                let run = Unmanaged<PruningRun>.fromOpaque(state).takeUnretainedValue()
                let bytes = UnsafeRawBufferPointer(start: key, count: keyCount)
                return run.drops(bytes, isEmpty: valueCount == 0) ? 1 : 0
            },
            { _ in VersionPruning.nameBytes })
    }

    private func drops(_ key: UnsafeRawBufferPointer, isEmpty: Bool) -> Bool {
        switch ageOf(key) {
        case nil: return false
        case .until(let state): return state <= floor
        case .version(let version): return drops(version, of: key, isEmpty: isEmpty)
        }
    }

    private func drops(
        _ version: UInt64, of key: UnsafeRawBufferPointer, isEmpty: Bool
    ) -> Bool {
        let front = UnsafeRawBufferPointer(rebasing: key.dropLast(VersionPruning.versionSize))
        if !place.elementsEqual(front) {
            place.removeAll(keepingCapacity: true)
            place.append(contentsOf: front)
            hasFloor = false
        }
        guard version <= floor else { return false }
        defer { hasFloor = true }
        return hasFloor || isEmpty
    }
}
