import HTTPTypes
import Hummingbird
import NIOCore

/// Builds answers with the headers that every one of them carries.
enum Answer {
    static let fhirJSON = "application/fhir+json; charset=utf-8"
    static let json = "application/json; charset=utf-8"
    static let protobuf = "application/x-protobuf"
    static let octets = "application/octet-stream"
    static let text = "text/plain; charset=utf-8"

    /// Health records stay in no cache, and no browser guesses what they are or shows them in
    /// place.
    private static func guarded(_ headers: HTTPFields, mediaType: String) -> HTTPFields {
        var headers = headers
        headers[.contentType] = mediaType
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        return headers
    }

    static func bytes(
        _ bytes: [UInt8], mediaType: String, status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:]
    ) -> Response {
        Response(
            status: status, headers: guarded(headers, mediaType: mediaType),
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func json(
        _ bytes: [UInt8], status: HTTPResponse.Status = .ok, isFHIR: Bool,
        headers: HTTPFields = [:]
    ) -> Response {
        self.bytes(
            bytes, mediaType: isFHIR ? fhirJSON : json, status: status, headers: headers)
    }

    /// Without a body.
    static func empty(_ status: HTTPResponse.Status, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers)
    }

    /// A file of whatever type: never shown in place, whatever it claims to be.
    static func file(
        mediaType: String, status: HTTPResponse.Status, headers: HTTPFields, body: ResponseBody
    ) -> Response {
        var headers = guarded(headers, mediaType: mediaType)
        headers[.contentDisposition] = "attachment"
        headers[.contentSecurityPolicy] = "default-src 'none'; sandbox"
        return Response(status: status, headers: headers, body: body)
    }

    /// A body of known length from pieces that come one by one. Generic, so that the pieces' own
    /// type stays where it is made.
    static func stream<Pieces: AsyncSequence & Sendable>(
        _ pieces: Pieces, lengthBytes: Int
    ) -> ResponseBody where Pieces.Element == [UInt8] {
        ResponseBody(contentLength: lengthBytes) { writer in
            for try await piece in pieces { try await writer.write(ByteBuffer(bytes: piece)) }
            try await writer.finish(nil)
        }
    }
}
