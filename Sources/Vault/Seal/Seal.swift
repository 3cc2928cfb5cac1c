import Crypto
import FoundationEssentials
import LedgerCore

/// The chunk cipher: AES-256-GCM over 64 KiB chunks, in the manner of STREAM (Hoang, Reyhanitabar,
/// Rogaway, Vizár, CRYPTO 2015): position and end are bound, so that truncation and reordering
/// show.
///
/// A segment is a fresh random salt of 32 bytes, then chunks of ciphertext and tag. Its key is
/// HKDF-SHA-256(data key, salt, `Domain.segmentKey` ‖ locator ‖ segment number); the nonce is the
/// chunk's index within the segment (12 bytes, big-endian). A key never meets a nonce twice,
/// because every segment draws its own salt. The associated data is locator ‖ segment number (4) ‖
/// chunk index within the version (8) ‖ final (1).
///
/// A sidecar is one blob: salt, ciphertext, tag, under `Domain.sidecarKey` ‖ locator.
enum Seal {
    /// Seals one segment, chunk by chunk. All chunks but the version's last MUST be full.
    struct Segment: Sendable {
        private let locator: Identifier
        private let number: UInt32
        private let firstChunk: UInt64
        private let key: SymmetricKey
        /// Chunks sealed so far.
        private(set) var count = 0

        /// Draws the salt and appends it to `pack`.
        init(
            _ number: UInt32, of locator: Identifier, firstChunk: UInt64, dataKey: SymmetricKey,
            into pack: inout [UInt8]
        ) {
            let salt = freshSalt()
            self.locator = locator
            self.number = number
            self.firstChunk = firstChunk
            key = segmentKey(dataKey, salt: salt, locator, number)
            pack.append(contentsOf: salt)
        }

        /// Appends the next chunk, sealed.
        mutating func seal(
            _ chunk: UnsafeRawBufferPointer, isFinal: Bool, into pack: inout [UInt8]
        ) throws {
            let box = try AES.GCM.seal(
                chunk, using: key, nonce: nonce(count),
                authenticating: associatedData(
                    locator, number, chunk: firstChunk + UInt64(count), isFinal: isFinal))
            append(box, to: &pack)
            count += 1
        }
    }

    /// Appends the sealed sidecar to `pack`.
    static func sealSidecar(
        _ plaintext: [UInt8], locator: Identifier, dataKey: SymmetricKey, into pack: inout [UInt8]
    ) throws {
        let salt = freshSalt()
        let key = sidecarKey(dataKey, salt: salt, locator)
        let box = try AES.GCM.seal(
            plaintext, using: key, nonce: nonce(0), authenticating: locator.bytes)
        pack.append(contentsOf: salt)
        append(box, to: &pack)
    }

    /// Opens chunks of a segment, appending to `output`. `sealed` starts with the first of them.
    ///
    /// Throws what swift-crypto throws when a byte, position, locator, segment number or end is not
    /// what was sealed; `output` then holds only chunks that did open.
    static func openChunks(
        _ chunks: Range<Int>, of entry: PackEntry, key: SymmetricKey, sealed: ArraySlice<UInt8>,
        into output: inout [UInt8]
    ) throws {
        try sealed.withUnsafeBytes { sealed in
            var position = 0
            for index in chunks {
                let size = entry.plaintextSize(ofChunk: index)
                let end = position + size + Limits.tagBytes
                guard end <= sealed.count else { throw CryptoKitError.incorrectParameterSize }
                try open(
                    UnsafeRawBufferPointer(rebasing: sealed[position..<end]), key: key,
                    nonce: nonce(index),
                    associatedData(
                        entry.locator, entry.segment, chunk: entry.firstChunk + UInt64(index),
                        isFinal: entry.isFinal && index == entry.chunkCount - 1),
                    into: &output)
                position = end
            }
        }
    }

    /// Opens a sidecar with its salt.
    static func openSidecar(
        _ sealed: ArraySlice<UInt8>, locator: Identifier, dataKey: SymmetricKey
    ) throws -> [UInt8] {
        guard sealed.count >= Limits.saltBytes + Limits.tagBytes else {
            throw CryptoKitError.incorrectParameterSize
        }
        let key = sidecarKey(dataKey, salt: Array(sealed.prefix(Limits.saltBytes)), locator)
        var output: [UInt8] = []
        try sealed.dropFirst(Limits.saltBytes).withUnsafeBytes {
            try open($0, key: key, nonce: nonce(0), locator.bytes, into: &output)
        }
        return output
    }

    /// The key of a segment.
    static func segmentKey(
        _ dataKey: SymmetricKey, salt: [UInt8], _ locator: Identifier, _ segment: UInt32
    ) -> SymmetricKey {
        var info = Domain.segmentKey.prefix + locator.bytes
        info.append(bigEndian: segment)
        return StorageKeys.derive(dataKey, salt: salt, info: info)
    }

    private static func sidecarKey(
        _ dataKey: SymmetricKey, salt: [UInt8], _ locator: Identifier
    ) -> SymmetricKey {
        StorageKeys.derive(dataKey, salt: salt, info: Domain.sidecarKey.prefix + locator.bytes)
    }

    private static func freshSalt() -> [UInt8] { Entropy.bytes(Limits.saltBytes) }

    private static func nonce(_ index: Int) throws -> AES.GCM.Nonce {
        var bytes: [UInt8] = [0, 0, 0, 0]
        bytes.append(bigEndian: UInt64(index))
        return try AES.GCM.Nonce(data: bytes)
    }

    private static func associatedData(
        _ locator: Identifier, _ segment: UInt32, chunk: UInt64, isFinal: Bool
    ) -> [UInt8] {
        var bytes = locator.bytes
        bytes.append(bigEndian: segment)
        bytes.append(bigEndian: chunk)
        bytes.append(isFinal ? 1 : 0)
        return bytes
    }

    private static func append(_ box: AES.GCM.SealedBox, to pack: inout [UInt8]) {
        box.ciphertext.withUnsafeBytes { pack.append(contentsOf: $0) }
        box.tag.withUnsafeBytes { pack.append(contentsOf: $0) }
    }

    private static func open(
        _ sealed: UnsafeRawBufferPointer, key: SymmetricKey, nonce: AES.GCM.Nonce,
        _ associatedData: [UInt8], into output: inout [UInt8]
    ) throws {
        let size = sealed.count - Limits.tagBytes
        let box = try AES.GCM.SealedBox(
            nonce: nonce, ciphertext: UnsafeRawBufferPointer(rebasing: sealed[..<size]),
            tag: UnsafeRawBufferPointer(rebasing: sealed[size...]))
        let plaintext = try AES.GCM.open(box, using: key, authenticating: associatedData)
        plaintext.withUnsafeBytes { output.append(contentsOf: $0) }
    }
}
