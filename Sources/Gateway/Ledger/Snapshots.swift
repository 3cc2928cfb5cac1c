import HTTPTypes
import Hummingbird
import NIOCore
import Node

/// GET /api/v1/ledger/{channel}/snapshot: a snapshot of the ledger, made while it is sent.
extension Handlers {
    func snapshot(_ call: Call) async throws -> Response {
        try requireChannel(call)
        try requireNoQuery(call)
        let prepared = try await node.snapshots.prepare()
        return Response(
            status: .ok, headers: [.contentType: Answer.octets, .cacheControl: "no-store"],
            body: ResponseBody { writer in
                _ = try await prepared.run { bytes in
                    try await writer.write(ByteBuffer(bytes: bytes))
                }
                try await writer.finish(nil)
            })
    }
}
