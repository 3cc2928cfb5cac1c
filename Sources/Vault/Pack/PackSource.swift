/// Where the bytes of a pack are read from: its sealed copy in the cache, or memory after it was
/// rebuilt from fragments.
enum PackSource: Sendable {
    case file(FileHandle)
    case memory([UInt8])

    func read(_ range: Range<Int>) throws(VaultError) -> ArraySlice<UInt8> {
        switch self {
        case .file(let file): return try file.read(at: range.lowerBound, count: range.count)[...]
        case .memory(let bytes):
            guard range.upperBound <= bytes.count else {
                throw .damaged(place: "a rebuilt pack", reason: "shorter than the catalogue says")
            }
            return bytes[range]
        }
    }
}
