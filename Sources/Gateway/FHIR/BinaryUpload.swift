import HTTPTypes
import Hummingbird
import Node

/// POST and PUT under /fhir/Binary: any media type but FHIR JSON is a file, taken as it comes and
/// never held whole.
extension Handlers {
    func createBinary(_ call: Call) async throws -> Response {
        if ContentNegotiation.isFHIRJSONBody(call) {
            return try await create(call.named("Binary"))
        }
        return try await upload(call, id: nil)
    }

    func updateBinary(_ call: Call) async throws -> Response {
        let id = try call.resourceID(0)
        if ContentNegotiation.isFHIRJSONBody(call) {
            return try await update(call.named("Binary"))
        }
        return try await upload(call, id: id)
    }

    private func upload(_ call: Call, id: String?) async throws -> Response {
        try FHIRParameters(try call.parameters()).requireOnly([])
        guard call.header(.ifNoneExist) == nil else {
            throw NodeError(
                .badRequest, "a file cannot be created conditionally",
                hint: "use Idempotency-Key, so that sending it twice stores it once")
        }
        let mediaType = call.header(.contentType) ?? Answer.octets
        guard BinaryResource.isPlain(mediaType) else {
            throw NodeError(.badRequest, "Content-Type is longer than 255 bytes or not plain text")
        }
        let limit = Records.fileBytesMax
        if let announced = call.body.announcedBytes, UInt64(clamping: announced) > limit {
            throw NodeError(.tooLarge, "a file has at most \(limit) bytes")
        }
        let request = try writeRequest(call)
        if let earlier = try await records.earlierFile(id: id, mediaType: mediaType, request) {
            // Taken off the connection and compared, not stored again.
            try await call.body.forEach { try await earlier.compare($0) }
            return try answer(try await earlier.finish(), call, isFile: true)
        }
        let file = try await records.beginFile(
            id: id, mediaType: mediaType, ifMatch: call.header(.ifMatch), request)
        do {
            // Returns only when the body was complete and had the signed digest.
            try await call.body.forEach { try await file.append($0) }
        } catch {
            await file.abandon()
            throw error
        }
        return try answer(try await file.finish(), call, isFile: true)
    }
}

extension Call {
    /// The same call with the resource type in front of its arguments, for routes that name it.
    func named(_ type: String) -> Call {
        Call(
            operation: operation, arguments: [type] + arguments, head: head, path: path,
            query: query, caller: caller, session: session, body: body)
    }
}
