import FHIR
import FoundationEssentials
import LedgerCore
import Node

/// A file as FHIR's resource Binary, and such a resource as a file.
enum BinaryResource {
    /// Without the data.
    static func summary(_ row: VersionRow, mediaType: String) -> [UInt8] {
        open(row, mediaType: mediaType) + Array("}".utf8)
    }

    /// The JSON before and after the base64 of the data.
    static func frame(
        _ row: VersionRow, mediaType: String
    ) -> (before: [UInt8], after: [UInt8]) {
        (open(row, mediaType: mediaType) + Array(",\"data\":\"".utf8), Array("\"}".utf8))
    }

    /// The object with everything but its data, not yet closed.
    private static func open(_ row: VersionRow, mediaType: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", "Binary")
        writer.member("id", row.fhirID)
        writer.key("meta")
        writer.beginObject()
        writer.member("versionId", String(row.version))
        writer.member("lastUpdated", Instant.format(row.lastUpdatedMs))
        writer.endObject()
        writer.member("contentType", mediaType)
        return writer.bytes
    }

    /// The data and media type of a Binary that was sent as JSON.
    static func content(_ json: [UInt8]) throws -> (bytes: [UInt8], mediaType: String) {
        guard let root = try? JSONDocument(parsing: json).root else {
            throw NodeError(.damaged, "the stored Binary is no JSON")
        }
        let type = root["contentType"]?.string ?? ""
        let text = root["data"].map { Data($0.utf8) } ?? Data()
        guard let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters) else {
            throw NodeError(
                .notAcceptable, "the Binary's data is no base64",
                hint: "ask with Accept: application/fhir+json")
        }
        return ([UInt8](data), isPlain(type) ? type : Answer.octets)
    }

    /// Whether a stored media type can stand in a header.
    static func isPlain(_ mediaType: String) -> Bool {
        (1...GatewayLimits.mediaTypeBytesMax).contains(mediaType.utf8.count)
            && mediaType.utf8.allSatisfy { (0x20...0x7e).contains($0) }
    }
}

/// Base64 of pieces that come one by one, framed: constant memory whatever the size.
struct Base64Pieces<Pieces: AsyncSequence & Sendable>: AsyncSequence, Sendable
where Pieces.Element == [UInt8] {
    typealias Element = [UInt8]
    let pieces: Pieces
    let before: [UInt8]
    let after: [UInt8]

    /// The whole length for `sizeBytes` of data.
    func lengthBytes(sizeBytes: Int) -> Int {
        before.count + (sizeBytes + 2) / 3 * 4 + after.count
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(pieces: pieces.makeAsyncIterator(), before: before, after: after)
    }

    struct Iterator: AsyncIteratorProtocol {
        var pieces: Pieces.AsyncIterator
        var before: [UInt8]?
        var after: [UInt8]?
        /// Up to two bytes that do not fill a group of three yet.
        private var rest: [UInt8] = []

        init(pieces: Pieces.AsyncIterator, before: [UInt8], after: [UInt8]) {
            self.pieces = pieces
            self.before = before
            self.after = after
        }

        mutating func next() async throws -> [UInt8]? {
            if let start = before {
                before = nil
                return start
            }
            while let piece = try await pieces.next() {
                let bytes = rest + piece
                let whole = bytes.count - bytes.count % 3
                rest = Array(bytes[whole...])
                if whole > 0 { return Array(Base64.encode(Array(bytes[..<whole])).utf8) }
            }
            guard let end = after else { return nil }
            after = nil
            return Array(Base64.encode(rest).utf8) + end
        }
    }
}
