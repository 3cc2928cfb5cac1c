import HTTPTypes
import Hummingbird
import NIOCore
import Node

/// GET /api/v1/ledger/{channel}/audit: the blocks between two states of the log. `from` and `to`
/// are heights, `fromSize` and `toSize` sizes of the log; without a second one, up to the newest
/// checkpoint.
extension Handlers {
    func audit(_ call: Call) throws -> Response {
        try requireChannel(call)
        let parameters = FHIRParameters(try call.parameters())
        try parameters.requireOnly(["from", "fromSize", "to", "toSize"])
        func place(_ height: String, _ size: String) throws -> AuditSource.Place? {
            let texts = (parameters.value(height), parameters.value(size))
            switch texts {
            case (nil, nil): return nil
            case (let text?, nil): return .height(try number(text, height))
            case (nil, let text?): return .size(try number(text, size))
            default: throw NodeError(.badRequest, "\(height) and \(size) exclude each other")
            }
        }
        guard let from = try place("from", "fromSize") else {
            throw NodeError(.badRequest, "from or fromSize is missing")
        }
        let range = try node.audit.range(from: from, to: try place("to", "toSize") ?? .newest)
        return Response(
            status: .ok, headers: [.contentType: Answer.octets, .cacheControl: "no-store"],
            body: ResponseBody { writer in
                try await range.run { try await writer.write(ByteBuffer(bytes: $0)) }
                try await writer.finish(nil)
            })
    }

    private func number(_ text: String, _ name: String) throws -> UInt64 {
        guard let number = UInt64(text), String(number) == text, number < UInt64(Int64.max) else {
            throw NodeError(.badRequest, "\(name) is a number from 0 on")
        }
        return number
    }
}
