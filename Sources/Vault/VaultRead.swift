import Crypto
package import LedgerCore

/// Reading. A read that the cache answers takes microseconds and may run anywhere; one that has to
/// fetch fragments blocks for as long as the providers take (milliseconds a pack).
extension Vault {
    /// A version found: its keys and packs.
    struct Located: Sendable {
        let locator: Identifier
        let keys: VersionKeys
        let locations: [Location]

        var contentSize: Int { locations.last?.content.contentRange.upperBound ?? 0 }
    }

    /// Opens a whole version; with `commitment`, also checks that the content is what it names.
    ///
    /// Throws `unknown` without a slot, `unrecoverable` where too few fragments are left, `damaged`
    /// where bytes do not open though their fragments are as they were written.
    package func open(_ locator: Identifier, commitment: Commitment? = nil) throws -> OpenedVersion
    {
        let located = try locate(locator)
        var content: [UInt8] = []
        content.reserveCapacity(located.contentSize)
        var sidecar: [UInt8] = []
        for location in located.locations {
            let start = content.count
            try withPack(location.pack) { source in
                content.removeLast(content.count - start)
                sidecar = try Self.open(location, located.keys, source, into: &content)
            }
        }
        guard
            commitment.map({ $0 == Commitment(content: content, secret: located.keys.secret) })
                ?? true
        else { throw VaultError.commitmentMismatch(locator: locator) }
        return OpenedVersion(content: content, sidecar: sidecar, secret: located.keys.secret)
    }

    /// Opens only the sidecar.
    package func openSidecar(_ locator: Identifier) throws -> [UInt8] {
        let located = try locate(locator)
        guard let last = located.locations.last, let sidecar = last.sidecar else { return [] }
        return try withPack(last.pack) { source in
            try Seal.openSidecar(
                source.read(sidecar.range), locator: locator, dataKey: located.keys.dataKey)
        }
    }

    /// The size of a version's content in bytes, without opening it.
    package func contentSize(_ locator: Identifier) throws -> Int {
        try locate(locator).contentSize
    }

    /// Opens a range of the content; only the chunks that it touches are read. Throws `refused`
    /// where it reaches beyond the content. No commitment is checked: that takes the whole content.
    package func openRange(_ locator: Identifier, _ range: Range<Int>) throws -> [UInt8] {
        let located = try locate(locator)
        try located.check(range)
        var output: [UInt8] = []
        output.reserveCapacity(range.count)
        for location in located.locations {
            let part = range.clamped(to: location.content.contentRange)
            if part.isEmpty { continue }
            output += try withPack(location.pack) { source in
                try Self.openPart(part, of: location.content, located.keys, source)
            }
        }
        return output
    }

    func locate(_ locator: Identifier) throws -> Located {
        guard let slot = try keystore.slot(locator) else {
            throw VaultError.unknown(locator: locator)
        }
        let locations = try catalogue.version(locator)
        guard !locations.isEmpty else {
            throw VaultError.damaged(
                place: "locator \(locator)", reason: "it has keys, and the catalogue names no pack")
        }
        return Located(locator: locator, keys: slot.keys, locations: locations)
    }

    /// Opens what one pack holds of a version: content is appended, the sidecar returned.
    static func open(
        _ location: Location, _ keys: VersionKeys, _ source: PackSource, into content: inout [UInt8]
    ) throws -> [UInt8] {
        let entry = location.content
        let end = location.sidecar?.range.upperBound ?? entry.range.upperBound
        // Content and sidecar lie side by side; one read fetches both.
        guard entry.offset < end, end - entry.offset <= Limits.packBytes else {
            throw CryptoKitError.incorrectParameterSize
        }
        let sealed = try source.read(entry.offset..<end)
        let base = sealed.startIndex - entry.offset
        let salt = Array(sealed.prefix(Limits.saltBytes))
        try Seal.openChunks(
            0..<entry.chunkCount, of: entry,
            key: Seal.segmentKey(keys.dataKey, salt: salt, entry.locator, entry.segment),
            sealed: sealed[
                (base + entry.offset + Limits.saltBytes)..<(base + entry.range.upperBound)],
            into: &content)
        guard let sidecar = location.sidecar else { return [] }
        return try Seal.openSidecar(
            sealed[(base + sidecar.offset)..<(base + sidecar.range.upperBound)],
            locator: sidecar.locator, dataKey: keys.dataKey)
    }

    /// Opens a part of a version's content that lies in one segment.
    static func openPart(
        _ part: Range<Int>, of entry: PackEntry, _ keys: VersionKeys, _ source: PackSource
    ) throws -> [UInt8] {
        let start = entry.contentRange.lowerBound
        let first = (part.lowerBound - start) / Limits.chunkBytes
        let chunks = first..<(part.upperBound - 1 - start) / Limits.chunkBytes + 1
        let salt = try source.read(entry.offset..<entry.offset + Limits.saltBytes)
        var output: [UInt8] = []
        output.reserveCapacity(chunks.count * Limits.chunkBytes)
        try Seal.openChunks(
            chunks, of: entry,
            key: Seal.segmentKey(keys.dataKey, salt: Array(salt), entry.locator, entry.segment),
            sealed: source.read(entry.range(ofChunks: chunks)), into: &output)
        let skipped = part.lowerBound - start - first * Limits.chunkBytes
        if skipped == 0, output.count == part.count { return output }
        return Array(output[skipped..<skipped + part.count])
    }

    /// Runs `body` on a pack: on its cached copy, and where that is absent or `body` throws, on the
    /// pack rebuilt from fragments, of which a new copy is kept. `body` may run more than once.
    func withPack<Value>(_ pack: Identifier, _ body: (PackSource) throws -> Value) throws -> Value {
        if let file = cache.open(pack), let value = try? body(.file(file)) {
            watch.look(pack) { try catalogue.record(of: pack) }
            return value
        }
        return try fetching.withLock(pack) {
            if let file = cache.open(pack), let value = try? body(.file(file)) { return value }
            let bytes = try fetch(pack)
            do { return try body(.memory(bytes)) } catch let error as VaultError {
                throw error
            } catch {
                throw VaultError.damaged(
                    place: "pack \(pack)", reason: "it is as it was written, and does not open")
            }
        }
    }

    /// Rebuilds a pack from fragments, repairs them and keeps a copy. Blocking.
    func fetch(_ pack: Identifier) throws -> [UInt8] {
        let bytes = try fragments.fetch(catalogue.record(of: pack), repairs: true)
        cache.put(pack, bytes)
        watch.look(pack) { try catalogue.record(of: pack) }
        return bytes
    }
}

extension Vault.Located {
    func check(_ range: Range<Int>) throws(VaultError) {
        guard range.lowerBound >= 0, range.upperBound <= contentSize else {
            throw .refused("bytes \(range) of a content of \(contentSize) bytes")
        }
    }
}
