import FoundationEssentials
import LedgerCore
import SwiftProtobuf

/// Signs and verifies catalogue records with the member's Ed25519 key, which the caller keeps.
package struct CatalogueSigner: Sendable {
    let sign: @Sendable ([UInt8]) throws -> [UInt8]
    let verify: @Sendable (_ bytes: [UInt8], _ signature: [UInt8]) -> Bool

    /// `sign` gets what is signed (domain and body) and returns the signature.
    package init(
        sign: @escaping @Sendable ([UInt8]) throws -> [UInt8],
        verify: @escaping @Sendable (_ bytes: [UInt8], _ signature: [UInt8]) -> Bool
    ) {
        self.sign = sign
        self.verify = verify
    }
}

/// Where a record lies, and the digest that the next one names.
struct CataloguePosition: Hashable, Sendable {
    /// The number in the file's name.
    let file: UInt64
    let offset: Int
    let number: UInt64
    let digest: Digest

    var wire: WireCataloguePosition {
        var wire = WireCataloguePosition()
        wire.file = file
        wire.offset = UInt64(offset)
        wire.number = number
        wire.digest = .init(digest.bytes)
        return wire
    }

    init(file: UInt64, offset: Int, number: UInt64, digest: Digest) {
        self.file = file
        self.offset = offset
        self.number = number
        self.digest = digest
    }

    init?(_ bytes: [UInt8]) {
        guard let wire = try? WireCataloguePosition(serializedBytes: bytes),
            wire.unknownFields.data.isEmpty, let digest = Digest(wire.digest)
        else { return nil }
        self.init(
            file: wire.file, offset: Int(truncatingIfNeeded: wire.offset), number: wire.number,
            digest: digest)
    }
}

/// One record of the catalogue: a signed body that names the record before it.
struct CatalogueRecord {
    let number: UInt64
    let previous: Digest
    let pack: PackRecord
    /// Takes the pack's earlier record back: it was collected.
    let isCollected: Bool

    /// The record's bytes, signed.
    func signed(_ signer: CatalogueSigner) throws -> [UInt8] {
        var body = WireCatalogueBody()
        body.number = number
        body.previous = .init(previous.bytes)
        body.pack = pack.wire
        body.collected = isCollected
        let bytes: [UInt8] = try body.serializedBytes()
        var record = WireCatalogueRecord()
        record.body = .init(bytes)
        record.signature = .init(try signer.sign(Domain.catalogue.prefix + bytes))
        return try record.serializedBytes()
    }

    init(number: UInt64, previous: Digest, pack: PackRecord, isCollected: Bool) {
        self.number = number
        self.previous = previous
        self.pack = pack
        self.isCollected = isCollected
    }

    /// Decodes a frame's record and checks its signature. Throws `damaged` with the file's place.
    init(_ frame: CatalogueFrame, place: String, signer: CatalogueSigner) throws(VaultError) {
        guard let record = try? WireCatalogueRecord(serializedBytes: frame.record),
            record.unknownFields.data.isEmpty,
            let body = try? WireCatalogueBody(serializedBytes: record.body),
            body.unknownFields.data.isEmpty, let previous = Digest(body.previous),
            let pack = PackRecord(body.pack)
        else { throw .damaged(place: place, reason: "a record does not decode") }
        guard
            signer.verify(Domain.catalogue.prefix + [UInt8](record.body), [UInt8](record.signature))
        else { throw .damaged(place: place, reason: "a record's signature is wrong") }
        self.init(
            number: body.number, previous: previous, pack: pack, isCollected: body.collected)
    }
}
