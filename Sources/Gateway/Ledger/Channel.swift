import Contracts
import FHIR
import HTTPTypes
import Hummingbird
import LedgerCore
import Node

extension Handlers {
    /// Refuses channels that this node does not hold.
    func requireChannel(_ call: Call) throws {
        guard call.argument(0) == CairnNode.channel else {
            throw NodeError(
                .notFound, "this node holds no such channel",
                hint: "GET /.well-known/cairn names it")
        }
    }

    /// Refuses a query where the route takes none.
    func requireNoQuery(_ call: Call) throws {
        try FHIRParameters(try call.parameters()).requireOnly([])
    }

    /// The file that founded the network.
    func genesis() -> Response {
        Answer.bytes(node.identity.genesis.bytes, mediaType: Answer.octets)
    }

    /// Where the channel stands, with its newest checkpoint.
    func head(_ call: Call) throws -> Response {
        try requireChannel(call)
        try requireNoQuery(call)
        let head = try node.head()
        var writer = JSONWriter(capacityBytes: 1_024)
        writer.beginObject()
        writer.key("height")
        writer.integer(Int(clamping: head.header.height))
        writer.member("hash", "\(BlockHash.of(header: head.header.bytes))")
        writer.key("timeMs")
        writer.integer(Int(clamping: head.header.timeMs))
        writer.key("logSize")
        writer.integer(Int(clamping: head.tip.log.size))
        writer.member("logRoot", "\(head.tip.log.root)")
        if let root = head.header.stateRoot {
            writer.member("stateRoot", "\(root)")
            writer.key("stateHeight")
            writer.integer(Int(clamping: head.header.height - head.header.stateLag))
        }
        if let (size, seconds) = try node.finality.cosignedTime() {
            writer.key("finalSize")
            writer.integer(Int(clamping: size))
            writer.key("cosignedMs")
            writer.integer(Int(clamping: seconds) * 1_000)
        }
        writer.member("checkpoint", head.checkpoint.note)
        writer.endObject()
        return Answer.json(writer.bytes, isFHIR: false)
    }
}
