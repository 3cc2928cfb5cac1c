import FHIR
import HTTPTypes
import Hummingbird
import LedgerCore
import Node

/// This node as a witness of other logs (C2SP tlog-witness), and the timestamps of its own.
extension Handlers {
    /// `add-checkpoint`: cosigns a log's checkpoint where it goes on from the one before. The log's
    /// signature is all the credential that the protocol knows.
    func addCheckpoint(_ call: Call) async throws -> Response {
        try requireNoQuery(call)
        return try await call.body.collect(limitBytes: WitnessRequest.bytesMax) { body in
            let request: WitnessRequest
            do throws(MalformedBytes) {
                request = try WitnessRequest(bytes: body)
            } catch {
                throw NodeError(
                    .badRequest, error.description,
                    hint: "send what C2SP tlog-witness calls an add-checkpoint request")
            }
            do {
                let line = try node.witness.add(request)
                return Answer.bytes(
                    Array(Checkpoint.lines([line]).utf8), mediaType: Answer.text)
            } catch let refusal as Witness.Refusal {
                return try answer(refusal)
            }
        }
    }

    private func answer(_ refusal: Witness.Refusal) throws -> Response {
        switch refusal {
        case .unknownLog: throw NodeError(.notFound, "this witness does not know the log")
        case .notSigned:
            throw NodeError(.forbidden, "no signature is by the key that this witness knows")
        case .oldSizeAbove:
            throw NodeError(.badRequest, "the old size is above the checkpoint's")
        case .inconsistent:
            throw NodeError(
                .unprocessable, "the proof does not show that the log goes on from there")
        case .otherSize(let size), .otherRoot(let size):
            return Answer.bytes(
                Array("\(size)\n".utf8), mediaType: "text/x.tlog.size", status: .conflict)
        }
    }

    /// Which checkpoints have a timestamp, the newest first.
    func logTimestamps(_ call: Call) throws -> Response {
        try requireChannel(call)
        let query = try LedgerQuery(call, ["before", "count"])
        let count = try query.count(usual: 20, atMost: GatewayLimits.pageItemsMax)
        let sizes = node.timestamps.sizes(
            below: try query.number("before") ?? .max, atMost: count)
        var writer = JSONWriter(capacityBytes: 1_024)
        writer.beginObject()
        writer.key("sizes")
        writer.beginArray()
        for size in sizes { writer.integer(Int(clamping: size)) }
        writer.endArray()
        if sizes.count == count, let last = sizes.last {
            writer.key("before")
            writer.integer(Int(clamping: last))
        }
        writer.endObject()
        return Answer.json(writer.bytes, isFHIR: false)
    }

    /// The signed note that was stamped, to the byte.
    func stampedCheckpoint(_ call: Call) throws -> Response {
        var response = Answer.bytes(try kept(call).note, mediaType: Answer.text)
        response.headers[.cacheControl] = "public, max-age=31536000, immutable"
        return response
    }

    /// The authority's response over the SHA-256 of that note (RFC 3161).
    func timestamp(_ call: Call) throws -> Response {
        var response = Answer.bytes(
            try kept(call).response, mediaType: "application/timestamp-reply")
        response.headers[.cacheControl] = "public, max-age=31536000, immutable"
        return response
    }

    private func kept(_ call: Call) throws -> Timestamps.Kept {
        try requireChannel(call)
        try requireNoQuery(call)
        guard let size = UInt64(call.argument(1)), String(size) == call.argument(1) else {
            throw NodeError(.badRequest, "the size is a whole number")
        }
        guard let kept = try node.timestamps.kept(size) else {
            throw NodeError(
                .notFound, "no checkpoint of this size has a timestamp",
                hint: "GET …/log/timestamps lists them")
        }
        return kept
    }
}
