import Contracts
import FHIR
import Hummingbird
import LedgerCore
import Node

/// Which versions of the contracts the channel runs, and what waits.
extension Handlers {
    func contracts(_ call: Call) throws -> Response {
        try requireChannel(call)
        try requireNoQuery(call)
        let table = try node.engine.state.contracts()
        var writer = JSONWriter(capacityBytes: 1_024)
        writer.beginObject()
        writer.key("height")
        writer.integer(Int(clamping: try node.head().header.height))
        writer.key("members")
        writer.integer(try node.engine.state.members().count)
        writer.key("contracts")
        writer.beginArray()
        for row in table.contracts {
            writer.beginObject()
            writer.member("name", row.name)
            writer.key("oldest")
            writer.integer(Int(row.oldest))
            writer.key("newest")
            writer.integer(Int(row.newest))
            writer.key("paused")
            writer.boolean(row.paused)
            writer.endObject()
        }
        writer.endArray()
        if table.hasPending { write(table.pending, to: &writer) }
        // What this node's program has: an activation beyond it halts the node.
        writer.key("program")
        writer.beginArray()
        for version in ContractVersions.present {
            writer.beginObject()
            writer.member("name", version.contract)
            writer.key("newest")
            writer.integer(Int(version.version))
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return Answer.json(writer.bytes, isFHIR: false)
    }

    private func write(_ pending: WireActivate, to writer: inout JSONWriter) {
        writer.key("pending")
        writer.beginObject()
        writer.key("height")
        writer.integer(Int(clamping: pending.height))
        writer.member("release", pending.release)
        writer.key("versions")
        writer.beginArray()
        for version in pending.versions {
            writer.beginObject()
            writer.member("name", version.contract)
            writer.key("newest")
            writer.integer(Int(version.version))
            writer.key("oldest")
            writer.integer(Int(version.oldest))
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}
