import FHIR
import Hummingbird
import LedgerCore
import Node

/// Health and discovery, for anyone: they say nothing that a stranger may not know.
extension Handlers {
    /// The process answers.
    func livez() -> Response { Answer.bytes(Array("ok\n".utf8), mediaType: Answer.text) }

    /// The node takes work.
    func readyz() -> Response {
        if let halted = node.engine.halted {
            return Answer.bytes(
                Array("\(halted.message)\n".utf8), mediaType: Answer.text,
                status: .serviceUnavailable)
        }
        return switch lifecycle.phase {
        case .ready: Answer.bytes(Array("ready\n".utf8), mediaType: Answer.text)
        case .starting:
            Answer.bytes(
                Array("starting\n".utf8), mediaType: Answer.text, status: .serviceUnavailable)
        case .stopping:
            Answer.bytes(
                Array("stopping\n".utf8), mediaType: Answer.text, status: .serviceUnavailable)
        }
    }

    /// Which network, member and node this is, and with which keys its checkpoints are checked.
    func discovery() -> Response {
        let identity = node.identity
        var writer = JSONWriter(capacityBytes: 1_024)
        writer.beginObject()
        writer.member("name", identity.genesis.body.name)
        writer.member("network", "\(identity.genesis.digest)")
        writer.member("channel", CairnNode.channel)
        writer.member("member", "\(identity.member)")
        writer.member("node", "\(identity.node)")
        writer.member("version", configuration.version)
        writer.key("sample")
        writer.boolean(identity.genesis.body.parameters.sample)
        writer.key("checkpointKeys")
        writer.beginArray()
        for key in (try? node.finality.keys()) ?? [] { writer.string(key.text) }
        writer.endArray()
        writer.endObject()
        return Answer.json(writer.bytes, isFHIR: false)
    }

    /// The figures, as Prometheus reads them.
    func scrape(_ call: Call) throws -> Response {
        try requireNoQuery(call)
        return Answer.bytes(
            metrics.text(), mediaType: "text/plain; version=0.0.4; charset=utf-8")
    }
}
