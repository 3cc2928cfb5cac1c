internal import CRocksDB

/// The keys from `lower` up to below `upper`.
package struct KeyRange: Sendable {
    package let lower: [UInt8]
    package let upper: [UInt8]

    package init(from lower: [UInt8], upTo upper: [UInt8]) {
        self.lower = lower
        self.upper = upper
    }

    func contains(_ key: [UInt8]) -> Bool {
        !key.lexicographicallyPrecedes(lower) && key.lexicographicallyPrecedes(upper)
    }
}

/// RocksDB's column families of a folder: one for all keys, or one more for a range of keys that
/// lie apart, in memory and in files of their own.
///
/// What a batch writes to both is there together or not at all, also after a crash: RocksDB writes
/// their memory out together (`atomic_flush`).
struct Families {
    /// The family of keys apart, as RocksDB names it in its files.
    static let apartName = "apart"
    static let mainName = "default"

    let main: OpaquePointer
    /// The keys that lie apart, and their family.
    let apart: (range: KeyRange, handle: OpaquePointer)?

    func family(of key: [UInt8]) -> OpaquePointer {
        if let apart, apart.range.contains(key) { return apart.handle }
        return main
    }

    /// All, those apart first.
    var flushed: [OpaquePointer] { [apart?.handle, main].compactMap { $0 } }

    /// A part of the keys in their order, in one family.
    struct Segment {
        let family: OpaquePointer
        let start: [UInt8]
        /// The first key behind it; `nil` where it has no end.
        let end: [UInt8]?
    }

    /// Where the keys from `start` on lie, in their order.
    func segments(from start: [UInt8]) -> [Segment] {
        guard let (range, handle) = apart else {
            return [Segment(family: main, start: start, end: nil)]
        }
        var segments = [Segment]()
        if start.lexicographicallyPrecedes(range.lower) {
            segments.append(Segment(family: main, start: start, end: range.lower))
        }
        if start.lexicographicallyPrecedes(range.upper) {
            let begin = start.lexicographicallyPrecedes(range.lower) ? range.lower : start
            segments.append(Segment(family: handle, start: begin, end: range.upper))
        }
        let begin = start.lexicographicallyPrecedes(range.upper) ? range.upper : start
        segments.append(Segment(family: main, start: begin, end: nil))
        return segments
    }

    func destroy() {
        rocksdb_column_family_handle_destroy(main)
        if let apart { rocksdb_column_family_handle_destroy(apart.handle) }
    }

    /// A folder that was opened.
    struct Opened {
        let database: OpaquePointer
        let families: Families
        /// The folder was there, and did not have the family of keys apart.
        let lackedApart: Bool
    }

    /// Opens a folder with its families; the one of keys apart is made where it is not there.
    static func open(
        path: String, _ configuration: KeyValueOptions, _ options: OpaquePointer
    ) throws(KeyValueError) -> Opened {
        let lacked =
            configuration.apart != nil && names(path, options)?.contains(apartName) == false
        // A read-only open makes nothing.
        let range = lacked && configuration.readOnly ? nil : configuration.apart
        var opened = [mainName]
        if range != nil { opened.append(apartName) }
        var message: UnsafeMutablePointer<CChar>?
        var handles = [OpaquePointer?](repeating: nil, count: opened.count)
        let text = opened.map { Array($0.utf8CString) }.flatMap { $0 }
        let database = text.withUnsafeBufferPointer { text in
            var starts = [UnsafePointer<CChar>?]()
            var next = 0
            for name in opened {
                starts.append(text.baseAddress?.advanced(by: next))
                next += name.utf8.count + 1
            }
            let each = [OpaquePointer?](repeating: options, count: opened.count)
            return configuration.readOnly
                ? rocksdb_open_for_read_only_column_families(
                    options, path, Int32(opened.count), starts, each, &handles, 0, &message)
                : rocksdb_open_column_families(
                    options, path, Int32(opened.count), starts, each, &handles, &message)
        }
        guard let database, message == nil, let main = handles[0] else {
            let text = takeMessage(&message) ?? "no handle"
            throw KeyValueError(message: text, path: path, otherwise: .cannotOpen)
        }
        var apart: (range: KeyRange, handle: OpaquePointer)?
        if let range, let handle = handles[1] { apart = (range, handle) }
        return Opened(
            database: database, families: Families(main: main, apart: apart), lackedApart: lacked)
    }

    /// The families of a folder; `nil` where there is no store in it.
    private static func names(_ path: String, _ options: OpaquePointer) -> [String]? {
        var message: UnsafeMutablePointer<CChar>?
        var count = 0
        let list = rocksdb_list_column_families(options, path, &count, &message)
        guard takeMessage(&message) == nil, let list else { return nil }
        defer { rocksdb_list_column_families_destroy(list, count) }
        return (0..<count).compactMap { list[$0].map { String(cString: $0) } }
    }
}
