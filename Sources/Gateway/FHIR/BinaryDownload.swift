import HTTPTypes
import Hummingbird
import Node

/// GET under /fhir/Binary: the bytes themselves, whole or a range; or the FHIR resource, where the
/// client names FHIR JSON.
extension Handlers {
    func readBinary(_ call: Call) throws -> Response {
        try call.body.requireNone()
        return try binary(try records.file(id: try call.resourceID(0)), call)
    }

    func vreadBinary(_ call: Call) throws -> Response {
        try call.body.requireNone()
        let id = try call.resourceID(0)
        return try binary(try records.file(id: id, version: call.argument(1)), call)
    }

    /// The answer with a file's bytes.
    func binary(_ file: StoredFile, _ call: Call) throws -> Response {
        let parameters = FHIRParameters(try call.parameters())
        try parameters.requireOnly([])
        guard file.sidecar.form == .raw else {
            let version = String(file.row.version)
            return try json(
                try records.read(type: "Binary", id: file.row.fhirID, version: version), call)
        }
        let headers = ResourceAnswer.headers(file.row)
        if Conditions.isUnchanged(file.row, call) {
            return Answer.empty(.notModified, headers: headers)
        }
        if ContentNegotiation.namesFHIRJSON(call, format: parameters.format) {
            return try embedded(file, headers)
        }
        return try ranged(
            file.row, call, mediaType: file.sidecar.mediaType, sizeBytes: file.sizeBytes
        ) { range in
            Answer.stream(try records.stream(file, range: range), lengthBytes: range.count)
        }
    }

    /// The bytes of a file, all of them or the range that was asked for.
    private func ranged(
        _ row: VersionRow, _ call: Call, mediaType: String, sizeBytes size: Int,
        _ body: (Range<Int>) throws -> ResponseBody
    ) throws -> Response {
        var headers = ResourceAnswer.headers(row)
        headers[.acceptRanges] = "bytes"
        do {
            let asked = Conditions.allowsRange(row, call) ? call.header(.range) : nil
            guard let range = try ByteRange.parse(asked, sizeBytes: size) else {
                return Answer.file(
                    mediaType: mediaType, status: .ok, headers: headers, body: try body(0..<size))
            }
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
            return Answer.file(
                mediaType: mediaType, status: .partialContent, headers: headers,
                body: try body(range))
        } catch let error as NodeError where error.code == .rangeNotSatisfiable {
            var response = ProblemAnswer.response(error, isFHIR: true)
            response.headers[.contentRange] = "bytes */\(size)"
            return response
        }
    }

    /// A file as a FHIR resource with its data in base64.
    private func embedded(_ file: StoredFile, _ headers: HTTPFields) throws -> Response {
        guard file.sizeBytes <= GatewayLimits.embeddedFileBytesMax else {
            throw NodeError(
                .notAcceptable,
                "a file of more than \(GatewayLimits.embeddedFileBytesMax >> 20) MiB is not put "
                    + "into JSON",
                hint: "ask for its own media type: leave Accept out")
        }
        let frame = BinaryResource.frame(file.row, mediaType: file.sidecar.mediaType)
        let body = embeddedBody(
            try records.stream(file, range: 0..<file.sizeBytes), frame.before, frame.after,
            sizeBytes: file.sizeBytes)
        var response = Answer.json([], isFHIR: true, headers: headers)
        response.body = body
        return response
    }

    private func embeddedBody<Pieces: AsyncSequence & Sendable>(
        _ pieces: Pieces, _ before: [UInt8], _ after: [UInt8], sizeBytes: Int
    ) -> ResponseBody where Pieces.Element == [UInt8] {
        let encoded = Base64Pieces(pieces: pieces, before: before, after: after)
        return Answer.stream(encoded, lengthBytes: encoded.lengthBytes(sizeBytes: sizeBytes))
    }

    /// A Binary that was sent as FHIR JSON: as it is, or its data under its own media type.
    private func json(_ stored: StoredVersion, _ call: Call) throws -> Response {
        let format = FHIRParameters(try call.parameters()).format
        if ContentNegotiation.namesFHIRJSON(call, format: format) {
            return try ResourceAnswer.version(stored, call)
        }
        let headers = ResourceAnswer.headers(stored.row)
        if Conditions.isUnchanged(stored.row, call) {
            return Answer.empty(.notModified, headers: headers)
        }
        let content = try BinaryResource.content(stored.content)
        return try ranged(
            stored.row, call, mediaType: content.mediaType, sizeBytes: content.bytes.count
        ) { range in
            ResponseBody(byteBuffer: ByteBuffer(bytes: content.bytes[range]))
        }
    }
}
