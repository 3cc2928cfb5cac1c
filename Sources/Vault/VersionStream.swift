package import LedgerCore

/// A range of a version's content in pieces of about 1 MiB, in constant memory: at most one pack,
/// and that only where it had to be rebuilt from fragments. Every chunk is checked before it is
/// handed out.
package struct VersionStream: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    package typealias Failure = any Error

    let vault: Vault
    let located: Vault.Located
    let range: Range<Int>

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(vault: vault, located: located, rest: range)
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        let vault: Vault
        let located: Vault.Located
        var rest: Range<Int>
        private var index = 0
        private var source: PackSource?

        init(vault: Vault, located: Vault.Located, rest: Range<Int>) {
            self.vault = vault
            self.located = located
            self.rest = rest
        }

        package mutating func next() async throws -> [UInt8]? {
            guard !rest.isEmpty else { return nil }
            while located.locations[index].content.contentRange.upperBound <= rest.lowerBound {
                index += 1
                source = nil
            }
            let location = located.locations[index]
            let start = location.content.contentRange.lowerBound
            // Pieces end where chunks do.
            let end =
                start + ((rest.lowerBound - start) / Limits.streamPieceBytes + 1)
                * Limits.streamPieceBytes
            let part =
                rest
                .lowerBound..<Swift.min(
                    end, rest.upperBound, location.content.contentRange.upperBound)
            let (piece, used) = try await BlockingPool.run { [vault, located, source] in
                try Self.read(part, of: location, located.keys, vault, source)
            }
            source = used
            rest = part.upperBound..<rest.upperBound
            return piece
        }

        /// Reads from the source at hand if it serves, else from the cache or fragments, and says
        /// which source served.
        private static func read(
            _ part: Range<Int>, of location: Location, _ keys: VersionKeys, _ vault: Vault,
            _ source: PackSource?
        ) throws -> ([UInt8], PackSource) {
            let entry = location.content
            if let source, let piece = try? Vault.openPart(part, of: entry, keys, source) {
                return (piece, source)
            }
            return try vault.withPack(location.pack) { source in
                (try Vault.openPart(part, of: entry, keys, source), source)
            }
        }
    }
}

extension Vault {
    /// Streams a range of a version's content. Throws `refused` where it reaches beyond the
    /// content.
    package func openStream(_ locator: Identifier, _ range: Range<Int>) throws -> VersionStream {
        let located = try locate(locator)
        try located.check(range)
        return VersionStream(vault: self, located: located, range: range)
    }
}
