import FHIR
import HTTPTypes
import Hummingbird
import LedgerCore
import NIOCore
import Node

/// The files that a patient's record names.
enum RecordFiles {
    /// Attachments in document order: a document's contents, a report's forms, a medium's content.
    static func attachments(_ resource: JSONView) -> [JSONView] {
        var found = [JSONView]()
        if let contents = resource["content"] {
            for content in contents.elementsOrSelf {
                if let attachment = content["attachment"] {
                    found.append(attachment)
                } else if content.kind == .object, content["contentType"] != nil {
                    found.append(content)
                }
            }
        }
        if let forms = resource["presentedForm"] { found += Array(forms.elements) }
        return found
    }

    /// The Binary of this server that an attachment names; `nil` for any other address.
    static func binary(_ attachment: JSONView) -> String? {
        guard let url = attachment["url"]?.filled else { return nil }
        let parts = url.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[parts.count - 2] == "Binary",
            let id = parts.last.map(String.init), ReferenceTarget.isID(id)
        else { return nil }
        return id
    }

    /// The Binary of this server in which a file is kept.
    static func kept(_ attachment: JSONView) throws -> String {
        guard let id = binary(attachment) else {
            throw NodeError(
                .notFound, "the file is kept elsewhere, or nowhere",
                hint: "ask whoever wrote the record")
        }
        return id
    }

    /// Largest file that goes into a proof: a browser holds it a few times.
    static let provenBytesMax = 32 * 1024 * 1024

    /// What a browser may show in place: told by the file's own first bytes, never by what
    /// somebody said that it is.
    static func shownType(_ first: some Collection<UInt8>) -> String? {
        let kinds: [(String, [UInt8])] = [
            ("application/pdf", Array("%PDF-".utf8)),
            ("image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
            ("image/jpeg", [0xff, 0xd8, 0xff]),
        ]
        return kinds.first { first.starts(with: $0.1) }?.0
    }
}

extension Handlers {
    /// GET /patients/{id}/records/{type}/{rid}/files/{n}: to keep; with `show=1` in place, where
    /// it is a PDF, PNG or JPEG.
    func patientFile(_ call: Call) throws -> Response {
        let parameters = FHIRParameters(try call.parameters())
        try parameters.requireOnly(["show"])
        let document = try document(call)
        let attachment = try attachment(call, document)
        let wantsShown = parameters.value("show") == "1"
        if let data = attachment["data"]?.filled {
            guard let bytes = Base64.decode(data) else {
                throw NodeError(.unprocessable, "the record's data is no base64")
            }
            let type = attachment["contentType"]?.filled ?? Answer.octets
            let answer = Answer.file(
                mediaType: type, status: .ok, headers: [:],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
            return wantsShown ? try shown(answer, first: bytes.prefix(8)) : answer
        }
        let file = try records.file(id: try RecordFiles.kept(attachment))
        let answer = try binary(file, call.withoutQuery)
        guard wantsShown else { return answer }
        return try shown(answer, first: try first(of: file, id: file.row.fhirID))
    }

    /// GET /patients/{id}/records/{type}/{rid}/files/{n}/proof: of the Binary that keeps the file,
    /// with its content, for the browser to check. Its record stands in `Cairn-Record`.
    func patientFileProof(_ call: Call) async throws -> Response {
        try requireNoQuery(call)
        let document = try document(call)
        let file = try records.file(id: try RecordFiles.kept(try attachment(call, document)))
        guard file.sizeBytes <= RecordFiles.provenBytesMax else {
            throw NodeError(
                .unprocessable, "the file is too large to be checked in a browser",
                hint: "keep its proof with cairn proof, and check it with cairn verify")
        }
        let bytes = try await node.proofs.proof(
            of: file.row.record, version: file.row.version, opening: true)
        var answer = Answer.bytes(bytes, mediaType: Answer.octets)
        answer.headers[.cairnRecord] = "\(file.row.record)"
        return Answer.guarded(answer)
    }

    /// The record that the path names, as it is served.
    private func document(_ call: Call) throws -> JSONDocument {
        let patient = try patientRow(call)
        let row = try records.row(
            ofPatient: patient.record, type: call.argument(1), id: try call.resourceID(2))
        return try JSONDocument(parsing: try ResourceAnswer.json(records.opened(row)))
    }

    /// The attachment that the path's number names.
    private func attachment(_ call: Call, _ document: JSONDocument) throws -> JSONView {
        let attachments = RecordFiles.attachments(document.root)
        guard let number = Int(call.argument(3)), attachments.indices.contains(number) else {
            throw NodeError(.notFound, "this record has no such file")
        }
        return attachments[number]
    }

    private func first(of file: StoredFile, id: String) throws -> [UInt8] {
        guard file.sidecar.form == .raw else {
            let stored = try records.read(type: "Binary", id: id)
            return Array(try BinaryResource.content(stored.content).bytes.prefix(8))
        }
        return try records.head(of: file, bytes: 8)
    }

    private func shown(_ answer: Response, first: some Collection<UInt8>) throws -> Response {
        guard let type = RecordFiles.shownType(first) else {
            throw NodeError(
                .unsupportedMediaType, "this file is neither a PDF nor a PNG or JPEG",
                hint: "keep it, and open it with a program for it")
        }
        var answer = answer
        answer.headers[.contentType] = type
        answer.headers[.contentDisposition] = "inline"
        answer.headers[.contentSecurityPolicy] =
            "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; "
            + "frame-ancestors 'self'"
        return answer
    }
}

extension Call {
    /// The same call without its query.
    var withoutQuery: Call {
        Call(
            operation: operation, arguments: arguments, head: head, path: path, query: nil,
            caller: caller, session: session, body: body)
    }
}
