import Crypto
import FoundationEssentials
import LedgerCore
import SwiftProtobuf

/// A sealed pack in memory: many small versions, or one segment of a large one.
///
/// Layout, integers big-endian: magic `CAIRNPK`, format 1 (8 bytes together), pack id (16), the
/// runs of the entries without gaps, the sealed table of contents (`WirePackContents`, AES-256-GCM
/// under the pack's own key, nonce zero, tag; associated data: the first 24 bytes ‖ its offset),
/// its offset (8), its size (4), `CAIRNEND` (8). With the storage root key a pack describes itself;
/// without it it shows only its length.
struct Pack: Sendable {
    static let headBytes = 24
    static let footBytes = 20
    private static let magic = Array("CAIRNPK".utf8) + [1]
    private static let end = Array("CAIRNEND".utf8)

    let id: Identifier
    let bytes: [UInt8]
    let entries: [PackEntry]

    /// The pack's first bytes.
    static func head(_ id: Identifier) -> [UInt8] { magic + id.bytes }

    /// Closes a pack whose `bytes` hold head and runs.
    init(id: Identifier, sealing bytes: consuming [UInt8], entries: [PackEntry], keys: StorageKeys)
        throws
    {
        var contents = WirePackContents()
        contents.entries = entries.map(\.wire)
        let offset = bytes.count
        let plaintext: [UInt8] = try contents.serializedBytes()
        let box = try AES.GCM.seal(
            plaintext, using: keys.packKey(id), nonce: Self.nonce,
            authenticating: Self.associatedData(id, offset: offset))
        box.ciphertext.withUnsafeBytes { bytes.append(contentsOf: $0) }
        box.tag.withUnsafeBytes { bytes.append(contentsOf: $0) }
        let size = bytes.count - offset
        bytes.append(bigEndian: UInt64(offset))
        bytes.append(bigEndian: UInt32(truncatingIfNeeded: size))
        bytes += Self.end
        self.id = id
        self.bytes = bytes
        self.entries = entries
    }

    /// Reads a pack's head, table of contents and footer, and checks that the entries cover the
    /// rest without gaps. The runs themselves are checked when they are opened.
    ///
    /// Throws `damaged`, naming the pack, where anything is not as this format says, or where the
    /// table was sealed under another storage root key.
    init(opening bytes: [UInt8], id: Identifier, keys: StorageKeys) throws(VaultError) {
        func damaged(_ reason: String) -> VaultError {
            .damaged(place: "pack \(id)", reason: reason)
        }
        guard bytes.count >= Self.headBytes + Self.footBytes, bytes.count <= Limits.packBytes,
            Array(bytes[..<Self.headBytes]) == Self.head(id), bytes.suffix(8) == Self.end[...]
        else { throw damaged("head or footer is wrong") }
        let foot = bytes.count - Self.footBytes
        let offset = Int(truncatingIfNeeded: UInt64(bigEndian: bytes[foot..<foot + 8]))
        let size = Int(UInt32(bigEndian: bytes[foot + 8..<foot + 12]))
        guard offset >= Self.headBytes, size >= Limits.tagBytes, offset <= foot,
            offset + size == foot
        else { throw damaged("the footer's numbers are wrong") }
        guard
            let box = try? AES.GCM.SealedBox(
                nonce: Self.nonce, ciphertext: bytes[offset..<foot - Limits.tagBytes],
                tag: bytes[(foot - Limits.tagBytes)..<foot]),
            let plaintext = try? AES.GCM.open(
                box, using: keys.packKey(id),
                authenticating: Self.associatedData(id, offset: offset))
        else { throw damaged("the table of contents does not open") }
        guard let contents = try? WirePackContents(serializedBytes: plaintext),
            contents.unknownFields.data.isEmpty
        else { throw damaged("the table of contents does not decode") }
        let entries = contents.entries.compactMap(PackEntry.init)
        var position = Self.headBytes
        for entry in entries where entry.offset == position { position += entry.size }
        guard entries.count == contents.entries.count, position == offset else {
            throw damaged("the table of contents does not cover the pack")
        }
        self.id = id
        self.bytes = bytes
        self.entries = entries
    }

    private static var nonce: AES.GCM.Nonce {
        get throws { try AES.GCM.Nonce(data: [UInt8](repeating: 0, count: 12)) }
    }

    private static func associatedData(_ id: Identifier, offset: Int) -> [UInt8] {
        var bytes = head(id)
        bytes.append(bigEndian: UInt64(offset))
        return bytes
    }
}
