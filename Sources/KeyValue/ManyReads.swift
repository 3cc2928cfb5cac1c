internal import CRocksDB

/// Point reads of many keys together: RocksDB looks each file up once for all of them.
struct ManyReads {
    private let keys: [[UInt8]]
    /// The places of the keys in each family.
    private var groups: [(family: OpaquePointer, places: [Int])] = []

    init(_ keys: [[UInt8]], families: Families) {
        self.keys = keys
        guard let (range, handle) = families.apart else {
            groups = [(families.main, Array(keys.indices))]
            return
        }
        let apart = keys.indices.filter { range.contains(keys[$0]) }
        if apart.isEmpty {
            groups = [(families.main, Array(keys.indices))]
        } else {
            let main = keys.indices.filter { !range.contains(keys[$0]) }
            groups = [(families.main, main), (handle, apart)].filter { !$0.1.isEmpty }
        }
    }

    /// The values in the order of the keys. The connection MUST be in use.
    func run(_ connection: Connection) throws -> [[UInt8]?] {
        var values = [[UInt8]?](repeating: nil, count: keys.count)
        if let (family, _) = groups.first, groups.count == 1 {
            try read(keys, family, connection.read, connection) { values[$0] = $1 }
            return values
        }
        let snapshot = rocksdb_create_snapshot(connection.database)
        let options: OpaquePointer = rocksdb_readoptions_create()
        rocksdb_readoptions_set_snapshot(options, snapshot)
        defer {
            rocksdb_readoptions_destroy(options)
            rocksdb_release_snapshot(connection.database, snapshot)
        }
        for (family, places) in groups {
            try read(places.map { keys[$0] }, family, options, connection) {
                values[places[$0]] = $1
            }
        }
        return values
    }

    private func read(
        _ keys: [[UInt8]], _ family: OpaquePointer, _ options: OpaquePointer,
        _ connection: Connection, _ found: (Int, [UInt8]) -> Void
    ) throws {
        let bytes = keys.flatMap { $0 }
        let sizes = keys.map(\.count)
        var slices = [OpaquePointer?](repeating: nil, count: keys.count)
        var messages = [UnsafeMutablePointer<CChar>?](repeating: nil, count: keys.count)
        bytes.withUnsafeBytes { bytes in
            var starts = [UnsafePointer<CChar>?]()
            starts.reserveCapacity(keys.count)
            var next = 0
            for size in sizes {
                starts.append(
                    bytes.baseAddress?.advanced(by: next).assumingMemoryBound(to: CChar.self))
                next += size
            }
            rocksdb_batched_multi_get_cf(
                connection.database, options, family, keys.count, starts, sizes, &slices, &messages,
                false)
        }
        defer { for slice in slices { if let slice { rocksdb_pinnableslice_destroy(slice) } } }
        var problem: String?
        for place in messages.indices {
            if let text = takeMessage(&messages[place]) { problem = problem ?? text }
        }
        if let problem { throw KeyValueError(message: problem, path: connection.path) }
        for (place, slice) in slices.enumerated() {
            guard let slice else { continue }
            var count = 0
            let start = rocksdb_pinnableslice_value(slice, &count)
            found(place, [UInt8](UnsafeRawBufferPointer(start: start, count: count)))
        }
    }
}
