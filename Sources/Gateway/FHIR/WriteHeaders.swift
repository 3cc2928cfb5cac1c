import FHIR
import HTTPTypes
import Hummingbird
import Identity
import LedgerCore
import Node

/// What a write's header fields ask for, and what its answer says.
extension Handlers {
    /// Author, stamp and idempotency key of a write.
    func writeRequest(_ call: Call) throws -> WriteRequest {
        let caller = try call.requireCaller()
        var stamp: StampedRequest?
        if let header = call.header(.cairnStamp) {
            let read: StampedRequest
            do {
                read = try StampedRequest(header: header)
            } catch {
                throw NodeError(
                    .badRequest, "Cairn-Stamp cannot be read",
                    hint: "it is the base64url of a RequestStamp (proto/cairn/v1/api.proto)")
            }
            guard read.author == caller.person else {
                throw NodeError(
                    .forbidden, "the stamp's author is not who makes the request",
                    hint: "stamp with the wallet that authenticates")
            }
            stamp = read
        }
        return WriteRequest(
            caller: caller, stamp: stamp, idempotencyKey: call.header(.idempotencyKey),
            base: call.serverBase)
    }

    /// The answer to a single write.
    func answer(_ outcome: WriteOutcome, _ call: Call, isFile: Bool = false) throws -> Response {
        var headers = outcome.row.map(ResourceAnswer.headers) ?? HTTPFields()
        if let row = outcome.row {
            headers[.cairnRecord] = row.record.description
            if !row.deleted { headers[.location] = "/fhir/\(ResourceAnswer.location(row))" }
        }
        if let receipt = outcome.receipt {
            headers[.cairnTransaction] = receipt.transaction.description
            headers[.cairnReceipt] = Base64.encodeURL(Wire.encode(receipt.wire))
        }
        if outcome.isReplay { headers[.idempotencyReplayed] = "true" }
        let status: HTTPResponse.Status = outcome.effect == .created ? .created : .ok
        let preference = Preference(call)
        if preference == .outcome {
            headers[.preferenceApplied] = "return=OperationOutcome"
            return Answer.json(
                OperationOutcome.json([]), status: status, isFHIR: true, headers: headers)
        }
        guard let row = outcome.row, !row.deleted else {
            return Answer.empty(.noContent, headers: headers)
        }
        guard preference != .minimal, !isFile else {
            return Answer.empty(status, headers: headers)
        }
        let stored = try records.read(
            type: row.type, id: row.fhirID, version: String(row.version))
        return Answer.json(
            try ResourceAnswer.json(stored), status: status, isFHIR: true, headers: headers)
    }
}

/// `Prefer: return=…` (RFC 7240). Where nothing is said, a single write sends the resource back,
/// and a bundle does not.
enum Preference {
    case unsaid, minimal, representation, outcome

    init(_ call: Call) {
        let entries = (call.header(.prefer) ?? "").utf8.split {
            $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ";")
        }
        self = .unsaid
        for entry in entries {
            switch String(decoding: entry.filter { $0 != 0x20 }, as: UTF8.self) {
            case "return=minimal": self = .minimal
            case "return=representation": self = .representation
            case "return=OperationOutcome": self = .outcome
            default: continue
            }
            return
        }
    }
}
