package import FHIR
package import LedgerCore

/// What this node adds to one version's content; sealed with it.
package struct Sidecar: Equatable, Sendable {
    package var record: Identifier
    package var version: UInt32
    package var type: String
    package var fhirID: String
    package var lastUpdatedMs: Int64
    package var form: Form
    package var mediaType: String = ""
    package var edits: [Edit] = []
    package var author: Identifier
    package var patient: Identifier?
    package var claims: [HeldClaim] = []
    package var contentBytes: UInt64 = 0

    /// What the content is. The raw values are the wire's.
    package enum Form: Int, Sendable { case fhirJSON = 1, raw, tombstone, sealed }

    /// A conditional create's claim, with the criteria that the record must go on to match.
    package struct HeldClaim: Hashable, Sendable {
        package let id: Digest
        package let criteria: String
    }

    /// Largest sidecar: edits for thousands of references in one resource.
    package static let bytesMax = 8 * 1024 * 1024

    package init(
        record: Identifier, version: UInt32, type: String, fhirID: String, lastUpdatedMs: Int64,
        form: Form, author: Identifier
    ) {
        self.record = record
        self.version = version
        self.type = type
        self.fhirID = fhirID
        self.lastUpdatedMs = lastUpdatedMs
        self.form = form
        self.author = author
    }

    package init(bytes: [UInt8]) throws(MalformedBytes) {
        let wire = try Wire.decode(
            WireSidecar.self, from: bytes, what: "sidecar", limitBytes: Sidecar.bytesMax)
        guard let form = Form(rawValue: wire.form.rawValue) else {
            throw MalformedBytes("sidecar", .badField)
        }
        self.init(
            record: try Identifier(field: wire.record, of: "sidecar"), version: wire.version,
            type: wire.type, fhirID: wire.fhirID,
            lastUpdatedMs: Int64(clamping: wire.lastUpdatedMs), form: form,
            author: try Identifier(field: wire.author, of: "sidecar"))
        mediaType = wire.mediaType
        edits = wire.edits.map {
            Edit(offset: Int($0.offset), deleted: Int($0.deleted), inserted: [UInt8]($0.inserted))
        }
        if !wire.patient.isEmpty { patient = try Identifier(field: wire.patient, of: "sidecar") }
        for claim in wire.claims {
            claims.append(
                HeldClaim(id: try Digest(field: claim.id, of: "sidecar"), criteria: claim.criteria))
        }
        contentBytes = wire.contentBytes
    }

    package var bytes: [UInt8] {
        var wire = WireSidecar()
        wire.record = record.bytes.field
        wire.version = version
        wire.type = type
        wire.fhirID = fhirID
        wire.lastUpdatedMs = UInt64(clamping: lastUpdatedMs)
        wire.form = WireContentForm(rawValue: form.rawValue) ?? .unspecified
        wire.mediaType = mediaType
        wire.edits = edits.map { edit in
            var entry = WireByteEdit()
            entry.offset = UInt32(edit.offset)
            entry.deleted = UInt32(edit.deleted)
            entry.inserted = edit.inserted.field
            return entry
        }
        wire.author = author.bytes.field
        if let patient { wire.patient = patient.bytes.field }
        wire.claims = claims.map { claim in
            var entry = WireHeldClaim()
            entry.id = claim.id.bytes.field
            entry.criteria = claim.criteria
            return entry
        }
        wire.contentBytes = contentBytes
        return Wire.encode(wire)
    }

    /// The resource as it is served: the content with the server's edits.
    package func served(_ content: [UInt8]) throws -> [UInt8] {
        try Edits.apply(edits, to: content)
    }
}
