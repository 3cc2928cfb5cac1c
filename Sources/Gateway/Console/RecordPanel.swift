import FHIR
import HTTPTypes
import Hummingbird
import LedgerCore
import Node

/// One record of a patient: what it says, its files, its versions, and where it stands on the
/// ledger.
extension Handlers {
    /// GET /patients/{id}/records/{type}/{rid}
    func patientRecord(_ call: Call) throws -> Response {
        try requireNoQuery(call)
        let row = try recordRow(call)
        let stored = try records.opened(row)
        let served = try ResourceAnswer.json(stored)
        let history = try records.ledgerHistory(of: row.record)
        guard let newest = history.first,
            let found = try node.reader.transaction(newest.place.transaction)
        else { throw NodeError(.damaged, "the ledger does not hold this version") }
        let document = try JSONDocument(parsing: served)
        var writer = JSONWriter(capacityBytes: served.count + 8_192)
        writer.beginObject()
        writer.member("title", Reading(resource: document.root).title)
        writer.member("record", "\(row.record)")
        writer.member("author", "\(found.transaction.intent.author)")
        writer.member("custodian", try memberName(of: found.transaction.intent.author))
        writer.key("transaction")
        writer.raw(try transactionJSON(found))
        writer.member("block", "\(BlockHash.of(header: found.headerBytes))")
        RecordPanel.write(history.map { ($0.row, $0.place) }, to: &writer)
        RecordPanel.write(RecordFiles.attachments(document.root), to: &writer)
        writer.key("resource")
        writer.raw(served)
        writer.endObject()
        return Answer.guarded(Answer.json(writer.bytes, isFHIR: false))
    }

    /// GET /patients/{id}/records/{type}/{rid}/proof: with its content, for the browser to check.
    func patientProof(_ call: Call) async throws -> Response {
        let parameters = FHIRParameters(try call.parameters())
        try parameters.requireOnly(["version"])
        let row = try recordRow(call)
        let version = try parameters.value("version").map { text in
            guard let number = UInt32(text), number > 0 else {
                throw NodeError(.badRequest, "version is a number from 1 on")
            }
            return number
        }
        let bytes = try await node.proofs.proof(of: row.record, version: version, opening: true)
        return Answer.guarded(Answer.bytes(bytes, mediaType: Answer.octets))
    }

    /// The record that the path names, if it is this patient's.
    private func recordRow(_ call: Call) throws -> VersionRow {
        let patient = try patientRow(call)
        let type = call.argument(1)
        guard FHIRDefinitions.shared.isResourceType(type) else {
            throw NodeError(.notFound, "this is no resource type of FHIR R4")
        }
        return try records.row(
            ofPatient: patient.record, type: type, id: try call.resourceID(2))
    }

    /// The name of the member at which a person acts.
    private func memberName(of person: Identifier) throws -> String {
        let member = try node.people.person(person)?.member
        return try node.reader.directory.members().first { $0.id == member }?.name ?? ""
    }
}

/// The lists of the answer.
enum RecordPanel {
    static func write(_ history: [(VersionRow, Records.Place)], to writer: inout JSONWriter) {
        writer.key("versions")
        writer.beginArray()
        for (row, place) in history {
            writer.beginObject()
            writer.key("version")
            writer.integer(Int(row.version))
            writer.key("timeMs")
            writer.integer(Int(row.lastUpdatedMs))
            writer.key("deleted")
            writer.boolean(row.deleted)
            writer.key("height")
            writer.integer(Int(clamping: place.height))
            writer.endObject()
        }
        writer.endArray()
    }

    static func write(_ attachments: [JSONView], to writer: inout JSONWriter) {
        writer.key("files")
        writer.beginArray()
        for attachment in attachments {
            writer.beginObject()
            writer.member("title", attachment["title"]?.filled ?? "")
            writer.member("mediaType", attachment["contentType"]?.filled ?? "")
            if let size = attachment["size"]?.numberText {
                writer.key("size")
                writer.raw(size.utf8)
            }
            // Data inside of the record is checked with it.
            writer.key("isApart")
            writer.boolean(attachment["data"] == nil && RecordFiles.binary(attachment) != nil)
            writer.endObject()
        }
        writer.endArray()
    }
}
