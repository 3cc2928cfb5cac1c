import FoundationEssentials
package import LedgerCore
import SwiftProtobuf

/// One sealed run of bytes inside a pack: a segment of a version's content, or its sidecar.
package struct PackEntry: Hashable, Sendable {
    package enum Kind: Sendable {
        case content
        case sidecar
    }

    package let locator: Identifier
    /// Position of this run among the segments of its version; 0 for a sidecar.
    package let segment: UInt32
    package let kind: Kind
    /// Bytes from the start of the pack.
    package let offset: Int
    package let plaintextSize: Int
    /// Index of the first chunk within the version; 0 for a sidecar.
    package let firstChunk: UInt64
    /// Ends the content of its version. Content of 0 bytes is one final chunk of 0 bytes.
    package let isFinal: Bool

    /// Bytes in the pack: salt, ciphertext and tags.
    package var size: Int { Limits.saltBytes + plaintextSize + chunkCount * Limits.tagBytes }

    /// The same run, so many bytes further on.
    func moved(by bytes: Int) -> PackEntry {
        PackEntry(
            locator: locator, segment: segment, kind: kind, offset: offset + bytes,
            plaintextSize: plaintextSize, firstChunk: firstChunk, isFinal: isFinal)
    }

    /// Where the run lies in the pack.
    var range: Range<Int> { offset..<offset + size }

    /// Chunks that the run consists of; a sidecar is one, however long.
    var chunkCount: Int {
        switch kind {
        case .content: max(1, (plaintextSize + Limits.chunkBytes - 1) / Limits.chunkBytes)
        case .sidecar: 1
        }
    }

    /// Plaintext bytes of a chunk of content.
    func plaintextSize(ofChunk index: Int) -> Int {
        min(Limits.chunkBytes, plaintextSize - index * Limits.chunkBytes)
    }

    /// Where chunks of content lie in the pack.
    func range(ofChunks chunks: Range<Int>) -> Range<Int> {
        let stride = Limits.chunkBytes + Limits.tagBytes
        let start = offset + Limits.saltBytes
        let end =
            chunks.upperBound == chunkCount ? range.upperBound : start + chunks.upperBound * stride
        return start + chunks.lowerBound * stride..<end
    }

    /// Which bytes of the version's content the run holds.
    var contentRange: Range<Int> {
        let start = Int(firstChunk) * Limits.chunkBytes
        return start..<start + plaintextSize
    }
}

extension PackEntry {
    var wire: WirePackEntry {
        var wire = WirePackEntry()
        wire.locator = .init(locator.bytes)
        wire.segment = segment
        wire.kind = kind == .content ? .content : .sidecar
        wire.offset = UInt32(truncatingIfNeeded: offset)
        wire.size = UInt32(truncatingIfNeeded: size)
        wire.plaintextSize = UInt32(truncatingIfNeeded: plaintextSize)
        wire.firstChunk = firstChunk
        wire.final = isFinal
        return wire
    }

    /// `nil` where the fields contradict each other, a limit or a reserved value.
    init?(_ wire: WirePackEntry) {
        guard wire.unknownFields.data.isEmpty, let locator = Identifier(wire.locator) else {
            return nil
        }
        let kind: Kind
        switch wire.kind {
        case .content: kind = .content
        case .sidecar: kind = .sidecar
        case .unspecified, .UNRECOGNIZED: return nil
        }
        self.init(
            locator: locator, segment: wire.segment, kind: kind, offset: Int(wire.offset),
            plaintextSize: Int(wire.plaintextSize), firstChunk: wire.firstChunk,
            isFinal: wire.final)
        let sizeMax = kind == .content ? Limits.packPlaintextBytes : Limits.sidecarBytes
        guard plaintextSize <= sizeMax, size == Int(wire.size), firstChunk < 1 << 40 else {
            return nil
        }
        switch kind {
        case .sidecar: guard segment == 0, firstChunk == 0, !isFinal else { return nil }
        case .content:
            let whole = plaintextSize > 0 && plaintextSize % Limits.chunkBytes == 0
            guard isFinal || whole else { return nil }
        }
    }
}
