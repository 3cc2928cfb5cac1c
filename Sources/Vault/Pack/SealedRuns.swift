import LedgerCore

/// One version's runs, sealed before it is known which pack they come into: whoever puts a version
/// seals it, side by side with others, and only joining packs goes one after the other.
struct SealedRuns: Sendable {
    /// The runs without gaps: the content's one segment, then the sidecar.
    let bytes: [UInt8]
    /// Their offsets count from the first of these bytes.
    let entries: [PackEntry]

    /// Largest content that is sealed ahead; more goes piece by piece into the packs.
    static let contentBytesMax = 1024 * 1024

    /// Seals a version of at most `contentBytesMax`.
    init(_ version: VersionToSeal, _ keys: VersionKeys) throws {
        let content = PackEntry(
            locator: version.locator, segment: 0, kind: .content, offset: 0,
            plaintextSize: version.content.count, firstChunk: 0, isFinal: true)
        let sidecar = PackEntry(
            locator: version.locator, segment: 0, kind: .sidecar, offset: content.size,
            plaintextSize: version.sidecar.count, firstChunk: 0, isFinal: false)
        var sealed: [UInt8] = []
        sealed.reserveCapacity(content.size + sidecar.size)
        var segment = Seal.Segment(
            0, of: version.locator, firstChunk: 0, dataKey: keys.dataKey, into: &sealed)
        var rest = version.content[...]
        repeat {
            let chunk = rest.prefix(Limits.chunkBytes)
            rest = rest.dropFirst(chunk.count)
            try chunk.withUnsafeBytes {
                try segment.seal($0, isFinal: rest.isEmpty, into: &sealed)
            }
        } while !rest.isEmpty
        precondition(sealed.count == sidecar.offset)
        try Seal.sealSidecar(
            version.sidecar, locator: version.locator, dataKey: keys.dataKey, into: &sealed)
        bytes = sealed
        entries = [content, sidecar]
    }
}
